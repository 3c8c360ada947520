"""Types of the answers. Made of docs/json.md by tools/json_tables.py."""

from typing import Any

from . import Answer


class Common(Answer):
    traincast: str
    schema: str
    data: str | None
    set: list[str]
    assumed: list[str]
    model: str
    accelerator: str
    devices: float
    fabric: str | None
    stack: str
    dtype: str
    attention: str
    frozen_base: bool
    layers: float
    towers: str
    images: float
    image_size: str
    image_tokens: float
    finetune: str
    trained_parameters: float
    balanced_routing: bool
    cached_latents: bool
    ema: float
    optimizer: str
    seq: float
    frames: float
    height: float
    width: float
    text_tokens: float
    global_batch: float
    tokens_per_step: float
    layout: Answer
    step_s: float
    step_s_p10: float | None
    step_s_p90: float | None
    evidence: str | None
    distance: float | None
    distance_reasons: list[str]
    tokens_per_s_per_device: float
    buckets: list[Answer]
    mean_step_s: float
    slowest_rank_step_s: float
    worst_step_s: float
    samples_per_s: float
    tflops_per_device: float
    mfu_pct: float | None
    hfu_pct: float
    memory_gib_per_device: float
    memory_gib_per_device_p10: float | None
    memory_gib_per_device_p90: float | None
    memory_gib_p10: float | None
    memory_gib_p90: float | None
    memory_allocated_gib: float | None
    host_memory_gib_per_server: float
    fits: bool
    fits_probability: float
    memory_gib: Answer
    beyond_stack: list[str]
    tokens: float | None
    across: str
    tuning: str
    local_steps: float
    mixing_efficiency: float
    ideal_step_s: float
    of_parts: float | None
    link: Answer
    pools: list[Answer]


class Calibrate(Common):
    steps: float
    kernels: float
    output: str | None
    contributed: float
    error_before_pct: float | None
    error_after_pct: float | None
    error_without_pct: float | None
    interval_scale: float
    parameters: list[Answer]
    rows: list[Answer]
    contradictions: list[Answer]
    next: list[Answer]


class Collective(Common):
    operation: str
    algorithm: str
    accelerator: str
    fabric: str
    ranks: float
    stride: float
    rows: list[Answer]


class Compare(Common):
    items: list[Answer]
    input_tokens: float | None
    output_tokens: float | None


class Controls(Common):
    note: str
    items: list[Answer]


class Explain(Common):
    micro_batches: float
    bound_by: str
    bound_share: float
    waterfall: list[Answer]
    operators: list[Answer]
    memory_peaks: list[Answer]
    change: str
    in_stack: bool
    gain_pct: float
    searched: Answer
    mixed_changes: list[Answer]


class Import(Common):
    framework: str
    release: str
    stack: Answer
    understood: list[str]
    ignored: list[str]


class Infer(Common):
    engine: str
    dtype: str
    kv_dtype: str
    phase: str
    cached_share: float
    input_tokens: float
    output_tokens: float
    prefill_tokens_per_s_per_device: float
    decode_tokens_per_s_per_device: float | None
    output_tokens_per_s: float
    output_tokens_per_s_p10: float
    output_tokens_per_s_p90: float
    output_tokens_per_s_per_device: float
    total_tokens_per_s: float
    denoising_steps: float
    guidance: bool
    latent_tokens: float
    clip_s: float
    clip_s_p10: float
    clip_s_p90: float
    pass_s: float
    denoising_s: float
    codec_s: float
    devices_per_clip: float
    clips_per_hour: float
    rented_usd: float | None
    owned_usd: float | None
    fits: bool
    requests_per_s: float
    ttft_s: float | None
    ttft_s_p10: float | None
    ttft_s_p90: float | None
    ttft_s_p95: float | None
    tpot_s: float | None
    tpot_s_p10: float | None
    tpot_s_p90: float | None
    tpot_s_p95: float | None
    e2e_s: float | None
    e2e_s_p10: float | None
    e2e_s_p90: float | None
    concurrency: float | None
    running: float
    batch: float
    decode_step_s: float | None
    prefill_s: float
    accepted_tokens: float
    kv_transfer_s: float
    kv_tokens: float
    kv_bytes_per_token: float
    kv_share: float
    most_requests: float
    memory_limit_gib_per_device: float
    weights_gib_per_device: float
    kv_gib_per_device: float
    meets_objectives: bool
    bound: str
    utilisation: float
    bandwidth_share: float | None
    cost_usd_per_m_tokens: float | None
    owned_usd_per_m_tokens: float | None
    rented_usd_per_m_tokens: float | None
    energy_j_per_token: float | None
    power_w: float | None
    goal: str
    tried: float
    evaluated: float
    front: list[Answer]
    layout: Answer
    simulated: Answer


class Launch(Common):
    framework: str
    release: str
    unsaid: list[str]
    files: list[Answer]


class List(Common):
    kind: str
    items: list[Answer]


class Plan(Common):
    scenario: str
    name: str
    start: str | None
    feasible: bool
    complete: bool
    served: bool
    candidate: str | None
    pool: str | None
    jobs: list[Answer]
    pools: list[Answer]
    months: list[Answer]
    by: list[Answer]
    drivers: list[Answer]
    criticality: list[Answer]
    take: list[Answer]
    best_by: list[Answer]
    since: Answer
    dates: list[Answer]
    changes: list[Answer]
    difference: list[Answer]
    before: str | None
    presence: str
    p10_days: float | None
    p50_days: float | None
    p90_days: float | None
    standard_error_days: float | None
    finish_p10: str | None
    finish_p50: str | None
    finish_p90: str | None
    unit: str | None
    days: float | None
    days_p10: float | None
    days_p90: float | None
    goodput: float | None
    failures: float | None
    device_hours: float | None
    cost_usd: float | None
    cost_usd_p10: float | None
    cost_usd_p90: float | None
    energy_mwh: float | None
    energy_mwh_p10: float | None
    energy_mwh_p90: float | None
    co2_t: float | None
    co2_t_p10: float | None
    co2_t_p90: float | None
    tonnes_co2: float | None
    tonnes_co2_p10: float | None
    tonnes_co2_p90: float | None
    from: str
    to: str
    model: str | None
    phases: list[Answer]
    available: float
    at_once: list[Answer]
    rentals: list[Answer]
    rules: list[Answer]
    serving: list[Answer]
    seed: float
    samples: float
    why: str
    advice: list[str]


class Report(Common):
    scenario: str
    feasible: bool
    output: str | None
    html: str | None


class Require(Common):
    like: str | None
    target_s: float
    today_s: float | None
    alone: list[Answer]
    set: list[str]
    together: Answer
    price_usd: float | None
    price_at_target_usd: float | None
    limits: Answer
    front: list[Answer]
    timing: Answer
    searches: float
    forecasts: float


class Rl(Common):
    generation_accelerator: str
    engine: str
    program: str
    algorithm: str
    placement: str
    prompts: float
    responses: float
    updates: float
    epochs: float
    generation_devices: float
    training_devices: float
    step_s: float
    step_s_p10: float
    step_s_p90: float
    phases_s: Answer
    overhead_s: float
    generation_s: float
    training_s: float
    tokens_per_step: float
    samples_per_s: float
    generated_tokens_per_s_per_device: float
    longest_response: float
    energy_kwh: float | None
    owned_usd: float | None
    rented_usd: float | None
    owned_usd_per_million_tokens: float | None
    rented_usd_per_million_tokens: float | None
    engine_layout: Answer
    update_step_s: float
    fits: bool


class Run(Common):
    packages: float
    steps: float
    days: float | None
    days_p10: float | None
    days_p90: float | None
    wall_s: float
    wall_s_p10: float
    wall_s_p90: float
    ideal_s: float
    goodput: float | None
    goodput_failures: float | None
    operations_share: float
    checkpoint_share: float
    lost_share: float
    restart_share: float
    failures: float | None
    on_failure: str
    job_mtbf_s: float | None
    checkpoint_bytes: float
    checkpoint_s: float
    checkpoint_interval_s: float
    checkpoint_interval_steps: float
    interval_young_s: float
    interval_daly_s: float
    device_hours: float | None
    owned_usd: float | None
    owned_usd_p10: float | None
    owned_usd_p90: float | None
    owned_capital_usd: float | None
    owned_energy_usd: float | None
    rented_usd: float | None
    rented_usd_p10: float | None
    rented_usd_p90: float | None
    owned_usd_per_million_tokens: float | None
    rented_usd_per_million_tokens: float | None
    power_w: float | None
    energy_mwh: float | None
    energy_mwh_p10: float | None
    energy_mwh_p90: float | None
    co2_t: float | None
    co2_t_p10: float | None
    co2_t_p90: float | None
    egress_usd: float


class Search(Common):
    best: list[Answer]
    evaluated_mixed: float
    objective: str
    space: float
    evaluated: float
    evaluated_idle: float
    pruned: float
    given: Answer
    timing: Answer
    target: Answer
    clusters: list[Answer]
    searches: list[Answer]
    advice: list[Answer]


class Show(Common):
    tower_parameters: float
    total_parameters: float
    tower_counts: list[Answer]
    kind: str
    slug: str
    name: str
    file: str
    parameters: float
    active_parameters: float
    mtp_parameters: float
    embedding_parameters: float
    stored: str
    not_modelled: str
    contradiction: str


class Step(Common):
    micro_batches: float
    flops_convention: str
    flops_per_step: Answer
    breakdown_s: Answer
    memory_gib: Answer


class Sweep(Common):
    name: str
    searches: list[Answer]


class Trace(Common):
    output: str | None
    svg: str | None
    spans: float


class Validate(Common):
    id: str
    group: str
    source_family: str
    status: str
    reason: str | None
    counts: bool
    complete: bool
    metric: str | None
    measured: float | None
    predicted: float | None
    error_pct: float | None
    covered: bool | None
    summary: Answer
    by_accelerator: list[Answer]
    n: float
    mape_pct: float
    bias_pct: float
    by_family: list[Answer]
    by_stack: list[Answer]
    serving_runs: list[Answer]
    predicted_p10: float | None
    predicted_p90: float | None
    serving_by_metric: list[Answer]
    macro_mape_pct: float
    median_ape_pct: float
    coverage80_pct: float | None
    serving_by_accelerator: list[Answer]
    serving_by_engine: list[Answer]
    serving_by_family: list[Answer]
    oom_runs: list[Answer]
    sweeps: list[Answer]
    scored: float
    tools: list[Answer]
    common: list[Answer]
    parts: list[Answer]
    missing: list[Answer]
    histories: list[Answer]
    progress: list[Answer]
