#!/usr/bin/env python3
"""Searches for jobs whose layout was published, beside that layout.

usage: bench/worked_examples.py [PROGRAM] > docs/search-examples.md
"""
import json
import os
import subprocess
import sys

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "build", "traincast")

# name, job, search options, layout that was used, what was measured: (seconds a step | None, MFU % | None, tokens/s/device | None), where
EXAMPLES = (
    ("GPT-3 175B on 512 A100", "--model gpt3-175b --accelerator a100-sxm-80g --devices 512 --global-batch 512 --stack megatron-lm",
     "", "--tp 8 --pp 8 --vpp 3 --micro-batch 1 --sequence-parallel --recompute selective --sharding none", (13.75, None, None),
     "Korthikanti et al. 2022, table 5: this layout on 64 GPUs with a batch of 64, of which 512 GPUs are eight replicas"),
    ("Llama 3.1 405B on 16,384 H100", "--model llama-3.1-405b --accelerator h100-sxm --devices 16384 --global-batch 2048 --seq 8192",
     "", "--tp 8 --pp 16 --vpp 8 --micro-batch 1 --sequence-parallel --sharding zero1 --recompute none", (None, 41, None),
     "Llama Team 2024, table 4: TP 8, PP 16, DP 128; the number of virtual stages is not given"),
    ("DeepSeek-V3 on 2,048 H800", "--model deepseek-v3 --accelerator h800-sxm --devices 2048 --global-batch 15360 --seq 4096 --dtype fp8 --stack hai-llm",
     "--allow-schedules all", "--pp 16 --ep 64 --schedule dualpipe --micro-batch 1 --sharding zero1 --recompute norm,qkv-up,activation", (None, None, 1543.2),
     "DeepSeek-AI 2024, section 3.2: PP 16, EP 64, ZeRO-1, DualPipe; norms, MLA up-projections and SwiGLU are recomputed, inputs of matmuls "
     "and of SwiGLU kept in 8 bit"),
    ("Pangu Ultra 135B on 8,192 Ascend 910B", "--model pangu-ultra-135b --accelerator ascend-910b --devices 8192 --global-batch 2048 --seq 4096 "
     "--stack mindspeed-llm", "", "--tp 8 --pp 8 --vpp 6 --micro-batch 1 --sequence-parallel --sharding zero1 --recompute none", (None, 52, None),
     "Pangu Team 2025: TP 8, PP 8, VPP 6, DP 128, over 52 % after fusing matmul and collectives, 43 % before"),
    ("Llama 2 7B on 8 H20", "--model llama-2-7b --accelerator h20 --devices 8 --global-batch 128 --stack megatron-core",
     "", "--tp 2 --micro-batch 1 --sequence-parallel --sharding zero1 --recompute none", (None, None, None),
     "no published run of a 7B model on eight H20 was found; TP 2 with a distributed optimizer is the usual recipe"),
)


def run(command, options):
    words = [program, command, *options.split(), "--json"]
    result = subprocess.run(words, capture_output=True, text=True)
    return json.loads(result.stdout)


def layout_text(best):
    l = best["layout"]
    names = (("tp", "TP"), ("pp", "PP"), ("vpp", "VPP"), ("cp", "CP"), ("ep", "EP"), ("dp", "DP"))
    text = ", ".join(f"{name} {l[key]}" for key, name in names if l[key] > 1) or "one device"
    recompute = {"layers": f"{l.get('recompute_layers', 0):g} layers", "operators": l.get("recompute_operators")}.get(l["recompute"], l["recompute"])
    schedule = f", {l['schedule']}" if l["pp"] > 1 else ""
    offload = f", offload {best['offload']}" if best.get("offload", "none") != "none" else ""
    context = f", context by {l['cp_kind']}" + (f":{l['cp_all_to_all']}" if l["cp_kind"] == "both" else "") if l["cp"] > 1 else ""
    ends = f", {l['first_layers']} layers first, {l['last_layers']} last" if "first_layers" in l else ""
    return f"{text}; micro-batch {l['micro_batch']}, {l['sharding']}, recompute {recompute}{schedule}{ends}{context}{offload}"


def measured_text(measured, step):
    seconds, mfu, rate = measured
    if seconds is None and mfu is not None:
        seconds = step["step_s"] * step["mfu_pct"] / mfu
    if seconds is None and rate is not None:
        seconds = step["step_s"] * step["tokens_per_s_per_device"] / rate
    return f"{seconds:.2f} s" if seconds else "-"


def row(what, best):
    fits = "" if best["fits"] else " (does not fit)"
    print(f"| {what} | {layout_text(best)} | {best['step_s']:.2f} s | {best['mfu_pct']:.1f} % | {best['memory_gib_per_device']:.1f} GiB{fits} | ", end="")


def main():
    print("# Worked examples: the layouts found and those that were used\n")
    print("Written by `bench/worked_examples.py`. Each job is searched as it is, and once more without offloading to the host, which no published run "
          "of these used. The times beside a layout are forecasts of it; *measured* is what the source reports for the layout that was used.\n")
    for name, job, options, used, measured, source in EXAMPLES:
        print(f"## {name}\n\n```\ntraincast search {job}{' ' + options if options else ''}\n```\n")
        found, plain = run("search", f"{job} {options} --top 1"), run("search", f"{job} {options} --top 1 --fix offload=none")
        step = run("step", f"{job} {used}")
        print(f"{found['space']:,} layouts.\n")
        print("| | layout | step | MFU | memory | measured |\n| --- | --- | ---: | ---: | ---: | ---: |")
        row("best", found["best"][0])
        print("|")
        row("best without offload", plain["best"][0])
        print("|")
        row("used", step)
        print(measured_text(measured, step), "|\n")
        print(f"Used: {source}.\n")


if __name__ == "__main__":
    main()
