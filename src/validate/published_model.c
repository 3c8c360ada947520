/* published_model.c - `model` of a published run: sizes of the language model, then what it has beside them.
 *
 * What is read here is not what is modelled: kinds.c decides that, so that nothing which a row says is dropped in silence.
 */
#include <string.h>

#include "validate/published.h"

#define LARGEST 10000000 /* of a width or a number of layers: beyond it a unit was confused */
#define LARGEST_VALUE 1e15

static int positive(const tc_json *json, const char *key, int missing) {
    return (int)tc_json_integer(json, key, 1, LARGEST, missing);
}

static int count_of(const tc_json *json, const char *key) { return (int)tc_json_integer(json, key, 0, LARGEST, 0); }

static double measure(const tc_json *json, const char *key) {
    double value = tc_json_number(json, key, 0, LARGEST_VALUE, 0);
    const json_t *given = tc_json_value(json, key);
    if (given && value <= 0) tc_json_fail(json, key, "0; a number above 0 is needed");
    return value;
}

static void read_mixers(const tc_json *json, tc_published_mixers *m, tc_arena *arena) {
    tc_json delta = tc_json_child(json, "gdn"), index = tc_json_child(json, "index");
    *m = (tc_published_mixers){.mamba_layers = count_of(json, "mamba_layers"),
                               .linear_layers = count_of(json, "linear_layers"),
                               .encoder_layers = count_of(json, "encoder_layers"),
                               .cross_attention_layers = count_of(json, "cross_attention_layers"),
                               .moe_latent = count_of(json, "moe_latent"),
                               .pattern = tc_published_text(json, "pattern", NULL, arena),
                               .attention_layers = count_of(json, "attention_layers"),
                               .mlp_layers = count_of(json, "mlp_layers"),
                               .moe_layers = count_of(json, "moe_layers"),
                               .full_attention_interval = count_of(json, "full_attention_interval"),
                               .ssm_heads = count_of(json, "ssm_heads"),
                               .ssm_head_dim = count_of(json, "ssm_head_dim"),
                               .ssm_groups = count_of(json, "ssm_groups"),
                               .ssm_state = count_of(json, "ssm_state"),
                               .ssm_chunk = count_of(json, "ssm_chunk"),
                               .conv = count_of(json, "conv"),
                               .key_heads = count_of(&delta, "key_heads"),
                               .value_heads = count_of(&delta, "value_heads"),
                               .key_dim = count_of(&delta, "key_dim"),
                               .value_dim = count_of(&delta, "value_dim"),
                               .delta_conv = count_of(&delta, "conv"),
                               .index_heads = count_of(&index, "heads"),
                               .index_dim = count_of(&index, "head_dim"),
                               .index_top_k = count_of(&index, "topk"),
                               .gated_attention = tc_json_bool(json, "gated_attention", TC_UNSET),
                               .window = count_of(json, "window"),
                               .full_layers = count_of(json, "full_layers"),
                               .sliding_layers = count_of(json, "sliding_layers"),
                               .sparse_attention = tc_json_value(json, "index") != NULL,
                               .compressed_attention = tc_json_value(json, "compress_ratios") != NULL,
                               .hyper_connections = tc_json_value(json, "mhc") != NULL,
                               .mtp = (int)tc_json_integer(json, "mtp", 0, LARGEST, TC_UNSET)};
}

static void read_tower(const tc_json *model, const char *key, tc_published_tower *t, tc_arena *arena) {
    tc_json json = tc_json_child(model, key);
    *t = (tc_published_tower){
        .stated = json.object != NULL,
        .name = tc_published_text(&json, "name", NULL, arena),
        .projector = tc_published_text(&json, "projector", NULL, arena),
        .params_b = measure(&json, "params_b"),
        .layers = count_of(&json, "layers"),
        .hidden = count_of(&json, "hidden"),
        .heads = count_of(&json, "heads"),
        .ffn = count_of(&json, "ffn"),
        .patch = count_of(&json, "patch"),
        .merge = count_of(&json, "merge"),
        .temporal_patch = count_of(&json, "temporal_patch"),
        .image_size = count_of(&json, "image_size"),
        .tiles = count_of(&json, "tiles"),
        .tokens_per_image = count_of(&json, "tokens_per_image"),
        .window = count_of(&json, "window"),
        .full_attention_blocks = (int)json_array_size(tc_json_value(&json, "full_attention_blocks")),
        .deepstack_layers = (int)json_array_size(tc_json_value(&json, "deepstack_layers")),
    };
}

static void read_latents(const tc_json *json, tc_published_latents *l, tc_arena *arena) {
    *l = (tc_published_latents){.frames = count_of(json, "frames"),
                                .height = count_of(json, "height"),
                                .width = count_of(json, "width"),
                                .latent_tokens = count_of(json, "latent_tokens"),
                                .text_tokens = count_of(json, "text_tokens"),
                                .double_blocks = count_of(json, "double_blocks"),
                                .single_blocks = count_of(json, "single_blocks"),
                                .cross_attention = tc_json_bool(json, "cross_attention", TC_UNSET),
                                .cond = tc_published_text(json, "cond", NULL, arena),
                                .vae = tc_published_text(json, "vae", NULL, arena),
                                .attention = tc_published_text(json, "attention", NULL, arena),
                                .text_encoder = tc_published_text(json, "text_encoder", NULL, arena)};
}

/* `trainable` is a number of parameters, or a text for people. */
static double trainable_of(const tc_json *json) {
    const json_t *number = tc_json_value(json, "trainable");
    if (json_is_number(number)) return tc_json_number(json, "trainable", 0, LARGEST_VALUE, 0);
    return tc_json_number(json, "trainable_params", 0, LARGEST_VALUE, 0);
}

static void read_finetune(const tc_json *model, tc_published_finetune *f, tc_arena *arena) {
    tc_json json = tc_json_child(model, "finetune");
    *f = (tc_published_finetune){.kind = tc_published_text(&json, "kind", json.object ? "" : NULL, arena),
                                 .rank = count_of(&json, "rank"),
                                 .targets = tc_published_text(&json, "targets", NULL, arena),
                                 .base_bits = count_of(&json, "base_bits"),
                                 .quant = tc_published_text(&json, "quant", NULL, arena),
                                 .dataset = tc_published_text(&json, "dataset", NULL, arena),
                                 .packed = tc_json_bool(&json, "packed", TC_UNSET),
                                 .freeze_vision = tc_json_bool(&json, "freeze_vision", TC_UNSET),
                                 .reference_model = tc_json_bool(&json, "reference_model", TC_UNSET),
                                 .train_embeddings = tc_json_bool(&json, "train_embeddings", TC_UNSET),
                                 .use_dora = tc_json_bool(&json, "use_dora", TC_UNSET),
                                 .trainable = trainable_of(&json)};
}

/* Measured phases: those that generate (gen, rollout, their wait and the weights to them) and all others; the step itself is none. */
static void read_phases(const tc_json *rl, tc_published_rl *out) {
    const char *key;
    json_t *value, *phases = (json_t *)(uintptr_t)tc_json_value(rl, "phase_s");
    if (!json_is_object(phases)) return;
    json_object_foreach(phases, key, value) {
        double seconds = json_is_number(value) ? json_number_value(value) : 0;
        if (!(seconds > 0) || strcmp(key, "step") == 0 || strcmp(key, "total") == 0 || strcmp(key, "sum") == 0)
            continue;
        bool generates = strstr(key, "gen") || strstr(key, "rollout") || strstr(key, "refit");
        *(generates ? &out->generation_s : &out->training_s) += seconds;
    }
}

static void read_rl(const tc_json *model, tc_published_rl *rl, tc_arena *arena) {
    tc_json json = tc_json_child(model, "rl");
    const json_t *length = tc_json_value(&json, "response_len");
    *rl = (tc_published_rl){.algorithm = tc_published_text(&json, "algorithm", json.object ? "" : NULL, arena),
                            .schedule = tc_published_text(&json, "schedule", NULL, arena),
                            .engine = tc_published_text(&json, "gen_engine", NULL, arena),
                            .prompts = count_of(&json, "prompts"),
                            .samples_per_prompt = count_of(&json, "samples_per_prompt"),
                            .samples = count_of(&json, "samples_per_step"),
                            .train_batch = count_of(&json, "train_global_batch"),
                            .updates = count_of(&json, "updates_per_step"),
                            .epochs = count_of(&json, "ppo_epochs"),
                            .mean_total_len = tc_json_number(&json, "mean_total_len", 0, LARGEST_VALUE, 0),
                            .mean_response_len = tc_json_number(&json, "mean_response_len", 0, LARGEST_VALUE, 0),
                            .max_total_len = count_of(&json, "max_total_len"),
                            .max_response_len = count_of(&json, "max_response_len"),
                            .engine_tp = count_of(&json, "gen_tp"),
                            .off_policy_steps = (int)tc_json_integer(&json, "off_policy_steps", 0, LARGEST, TC_UNSET),
                            .reference_model = tc_json_bool(&json, "reference_model", TC_UNSET)};
    if (json_is_number(length)) rl->response_len = json_number_value(length);
    rl->mean_prompt_len = tc_json_number(&json, "mean_prompt_len", 0, LARGEST_VALUE, 0);
    if (json_is_string(tc_json_value(&json, "critic"))) rl->critic = tc_published_text(&json, "critic", NULL, arena);
    if (json_is_string(tc_json_value(&json, "reward"))) rl->reward = tc_published_text(&json, "reward", NULL, arena);
    if (json_is_integer(tc_json_value(&json, "train_devices"))) rl->train_devices = count_of(&json, "train_devices");
    if (json_is_integer(tc_json_value(&json, "gen_devices"))) rl->gen_devices = count_of(&json, "gen_devices");
    read_phases(&json, rl);
}

void tc_published_read_model(const tc_json *row, tc_published_model *model, tc_arena *arena) {
    tc_json json = tc_json_child(row, "model");
    model->name = tc_published_text(&json, "name", "", arena);
    model->family = tc_published_text(&json, "family", "", arena);
    model->params_b = measure(&json, "params_b");
    model->active_params_b = measure(&json, "active_params_b");
    model->layers = positive(&json, "layers", 0);
    model->hidden = positive(&json, "hidden", 0);
    model->heads = positive(&json, "heads", 0);
    model->kv_heads = positive(&json, "kv_heads", 0);
    model->head_dim = positive(&json, "head_dim", 0);
    model->ffn = positive(&json, "ffn", 0);
    model->ffn_kind = tc_published_text(&json, "ffn_kind", NULL, arena);
    model->vocab = positive(&json, "vocab", 0);
    model->seq = (int)tc_json_integer(&json, "seq", 1, 1 << 30, 0);
    model->tied_embeddings = tc_json_bool(&json, "tied_embeddings", TC_UNSET);
    model->experts = (int)tc_json_integer(&json, "experts", 0, LARGEST, 0);
    model->experts_per_token = (int)tc_json_integer(&json, "experts_per_token", 0, LARGEST, 0);
    model->expert_ffn = positive(&json, "expert_ffn", 0);
    model->shared_experts = (int)tc_json_integer(&json, "shared_experts", 0, LARGEST, TC_UNSET);
    /* -1 is how some launch scripts write "no dense layer". */
    int dense = (int)tc_json_integer(&json, "dense_layers", -1, LARGEST, TC_UNSET);
    model->dense_layers = dense == -1 && tc_json_value(&json, "dense_layers") ? 0 : dense;
    if (model->experts && model->experts_per_token > model->experts)
        tc_json_fail(&json, "experts_per_token", "%d; at most the %d experts are possible", model->experts_per_token,
                     model->experts);

    tc_json mla = tc_json_child(&json, "mla");
    model->mla.q_rank = positive(&mla, "q_lora", 0);
    model->mla.kv_rank = positive(&mla, "kv_lora", 0);
    model->mla.nope_dim = positive(&mla, "qk_nope", 0);
    model->mla.rope_dim = positive(&mla, "qk_rope", 0);
    model->mla.v_dim = positive(&mla, "v", 0);
    model->shared_expert_ffn = count_of(&json, "shared_expert_ffn");
    read_mixers(&json, &model->mixers, arena);
    read_tower(&json, "vision", &model->vision, arena);
    read_tower(&json, "audio", &model->audio, arena);
    read_latents(&json, &model->latents, arena);
    read_finetune(&json, &model->finetune, arena);
    read_rl(&json, &model->rl, arena);
}
