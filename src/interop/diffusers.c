/* diffusers.c - diffusion transformers by `_class_name`: a function a class, of what its modules are.
 *
 * Source: the classes of huggingface/diffusers v0.30 to v0.36 (models/transformers), Wan-Video/Wan2.1 (wan/modules/model.py).
 * Counts of public checkpoints: tests/hf/diffusers.tsv. A file says nothing about the autoencoder, the text or the size of
 * samples: what the family's released pipeline has is taken, and options go over it. Ignored: what no count depends on
 * (activation, rope, sizes of position buffers). */
#include "interop/diffusers.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define LARGEST 1000000 /* of a width */
#define MOST_CHANNELS 65536
#define LARGEST_PATCH 16
#define MOST_REFINERS 64
#define MOST_WEIGHTS 1000000000 /* of a table */
#define MOST_LAYERS 4096
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FREQUENCIES 256 /* sines of a time step (diffusers: Timesteps(256)) */

typedef struct reader {
    const tc_json *json;
    tc_model *model;
    int h, heads, head_dim;
} reader;

static int size_of(const reader *r, const char *key, int missing) {
    return (int)tc_json_integer(r->json, key, 1, LARGEST, missing);
}

static int channels_of(const reader *r, const char *key, int missing) {
    return (int)tc_json_integer(r->json, key, 1, MOST_CHANNELS, missing);
}

static int patch_of(const reader *r, const char *key, int missing) {
    return (int)tc_json_integer(r->json, key, 1, LARGEST_PATCH, missing);
}

static int count_of(const reader *r, const char *key, int missing) {
    return (int)tc_json_integer(r->json, key, 0, MOST_LAYERS, missing);
}

/* ---- ends --------------------------------------------------------------------------------- */

static tc_projection *add(reader *r, tc_projected of, int input, int middle, int output) {
    tc_model *m = r->model;
    tc_projection *p = &m->projection[m->projections++];
    *p = (tc_projection){of, input, middle, output, true, false};
    return p;
}

static void add_table(reader *r, int elements, bool last) { add(r, TC_PROJECTED_SAMPLE, 0, 0, elements)->last = last; }

static void add_last(reader *r, tc_projected of, int input, int output) { add(r, of, input, 0, output)->last = true; }

/* A sine of the time step, or of another number, to the width: two matrices. */
static void add_condition(reader *r) { add(r, TC_PROJECTED_SAMPLE, FREQUENCIES, r->h, r->h); }

/* Scale and shift before the last product, by a product of the condition, and the product. */
static void add_outputs(reader *r, int output) {
    add_last(r, TC_PROJECTED_SAMPLE, r->h, 2 * r->h);
    add_last(r, TC_PROJECTED_LATENTS, r->h, output);
}

/* ---- blocks ------------------------------------------------------------------------------- */

static tc_block *add_blocks(reader *r, int count) {
    static tc_block none;
    tc_model *m = r->model;
    if (count == 0 || m->blocks == TC_MAX_BLOCKS) return &none; /* what follows fills a block that nobody has */
    tc_block *b = &m->block[m->blocks++];
    *b = tc_default_block();
    b->count = count;
    b->attention = (tc_attention){.heads = r->heads,
                                  .kv_heads = r->heads,
                                  .head_dim = r->head_dim,
                                  .qkv_bias = true,
                                  .out_bias = true};
    b->dense = (tc_dense){TC_MLP_PLAIN, 4 * r->h, true};
    b->modulation.vectors = 6;
    return b;
}

/* ---- classes ------------------------------------------------------------------------------ */

static void start(reader *r, int heads, int head_dim) {
    r->heads = size_of(r, "num_attention_heads", heads);
    r->head_dim = size_of(r, "attention_head_dim", head_dim);
    if ((int64_t)r->heads * r->head_dim > LARGEST) {
        tc_json_fail(r->json, "attention_head_dim", "%d x %d heads; their product, at most %d, is the width",
                     r->head_dim, r->heads, LARGEST);
        r->heads = r->head_dim = 1;
    }
    r->h = r->model->hidden = r->heads * r->head_dim;
}

static void set_latents(reader *r, tc_latents l) { r->model->latents = l; }

/* Two streams, then one: FLUX.1 (Black Forest Labs 2024), HunyuanVideo. */
static void add_streams(reader *r, int doubles, int singles) {
    tc_block *b = add_blocks(r, doubles);
    b->stream = TC_STREAM_DOUBLE;
    b->attention.qk_norm = true;
    b = add_blocks(r, singles);
    b->stream = TC_STREAM_JOINT;
    b->attention.qk_norm = true;
    b->attention.out_bias = false; /* one product for both branches, with one bias */
    b->parallel_residual = true;
    b->norms = 1;
    b->modulation.vectors = 3;
}

static void read_flux(reader *r) {
    start(r, 24, 128);
    int in = channels_of(r, "in_channels", 64);
    add(r, TC_PROJECTED_LATENTS, in, 0, r->h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "joint_attention_dim", 4096), 0, r->h);
    add_condition(r);
    if (tc_json_bool(r->json, "guidance_embeds", 0) == 1) add_condition(r);
    add(r, TC_PROJECTED_SAMPLE, size_of(r, "pooled_projection_dim", 768), r->h, r->h);
    add_streams(r, count_of(r, "num_layers", 19), count_of(r, "num_single_layers", 38));
    add_outputs(r, channels_of(r, "out_channels", in));
    set_latents(r, (tc_latents){1, 1024, 1024, 1, 8, 1, 2, 512});
}

/* FLUX.2: no biases, gated MLPs, one modulation for all blocks of a kind. */
static void read_flux2(reader *r) {
    start(r, 48, 128);
    int in = channels_of(r, "in_channels", 128);
    double ratio = tc_json_number(r->json, "mlp_ratio", 0.1, 100, 3);
    tc_dense mlp = {TC_MLP_GATED, (int)(ratio * r->h), false};
    add(r, TC_PROJECTED_LATENTS, in, 0, r->h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "joint_attention_dim", 15360), 0, r->h);
    int sines = size_of(r, "timestep_guidance_channels", FREQUENCIES);
    add(r, TC_PROJECTED_SAMPLE, sines, r->h, r->h);
    if (tc_json_bool(r->json, "guidance_embeds", 1) == 1) add(r, TC_PROJECTED_SAMPLE, sines, r->h, r->h);
    add(r, TC_PROJECTED_SAMPLE, r->h, 0, 12 * r->h);
    add(r, TC_PROJECTED_SAMPLE, r->h, 0, 3 * r->h);
    add_streams(r, count_of(r, "num_layers", 8), count_of(r, "num_single_layers", 48));
    for (int i = 0; i < r->model->blocks; i++) {
        tc_block *b = &r->model->block[i];
        b->dense = mlp;
        b->attention.qkv_bias = b->attention.out_bias = false;
        b->modulation.kind = TC_MODULATION_SHARED;
    }
    add_outputs(r, channels_of(r, "out_channels", in));
    for (int i = 0; i < r->model->projections; i++) r->model->projection[i].bias = false;
    set_latents(r, (tc_latents){1, 1024, 1024, 1, 8, 1, 2, 512});
}

/* How many of the first layers have a second attention. */
static int count_dual(const reader *r, int layers) {
    const json_t *list = tc_json_value(r->json, "dual_attention_layers");
    int n = json_is_array(list) ? (int)json_array_size(list) : 0;
    for (int i = 0; i < n; i++)
        if (json_integer_value(json_array_get(list, (size_t)i)) != i || n >= layers) {
            tc_json_fail(r->json, "dual_attention_layers",
                         "not the first ones in order, fewer than all; these are needed");
            return 0;
        }
    return n;
}

static void read_sd3(reader *r) {
    start(r, 18, 64);
    int in = channels_of(r, "in_channels", 16), patch = patch_of(r, "patch_size", 2),
        layers = count_of(r, "num_layers", 18);
    int dual = count_dual(r, layers), caption = size_of(r, "caption_projection_dim", r->h);
    bool norm = tc_json_string(r->json, "qk_norm", NULL) != NULL;
    if (caption != r->h) tc_json_fail(r->json, "caption_projection_dim", "%d; the width %d is needed", caption, r->h);
    if (layers < 1) {
        tc_json_fail(r->json, "num_layers", "no layers; 1 or more");
        return;
    }
    add(r, TC_PROJECTED_LATENTS, in * patch * patch, 0, r->h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "joint_attention_dim", 4096), 0, r->h);
    add_condition(r);
    add(r, TC_PROJECTED_SAMPLE, size_of(r, "pooled_projection_dim", 2048), r->h, r->h);
    tc_block *b = add_blocks(r, dual);
    b->modulation = (tc_modulation){.vectors = 9, .text_vectors = 6};
    b->cross = (tc_cross){.heads = r->heads, .head_dim = r->head_dim, .itself = true, .bias = true, .qk_norm = norm};
    add_blocks(r, layers - 1 - dual);
    add_blocks(r, 1)->modulation.text_vectors = 2; /* scale and shift before attention */
    for (int i = 0; i < r->model->blocks; i++) {
        r->model->block[i].stream = TC_STREAM_DOUBLE;
        r->model->block[i].attention.qk_norm = norm;
    }
    r->model->block[r->model->blocks - 1].text_ends = true;
    r->model->positions = TC_POSITIONS_NONE; /* a buffer of sines */
    add_outputs(r, channels_of(r, "out_channels", in) * patch * patch);
    set_latents(r, (tc_latents){1, 1024, 1024, 1, 8, 1, patch, 333});
}

static int patch_at(const reader *r, int i, int missing) {
    const json_t *list = tc_json_value(r->json, "patch_size");
    if (!json_is_array(list)) return missing;
    json_int_t value = json_integer_value(json_array_get(list, (size_t)i));
    if (value < 1 || value > LARGEST_PATCH)
        tc_json_fail(r->json, "patch_size", "a list of three, 1 to %d, is needed", LARGEST_PATCH);
    return value < 1 || value > LARGEST_PATCH ? 1 : (int)value;
}

/* Wan 2.1 and 2.2 (Wan Team 2025, arXiv 2503.20314), of diffusers or by its own names. */
static void read_wan(reader *r) {
    const tc_json *json = r->json;
    bool own = tc_json_value(json, "dim") != NULL;
    start(r, own ? size_of(r, "num_heads", 40) : 40, 128);
    if (own) r->h = r->model->hidden = size_of(r, "dim", 5120);
    if (own) r->head_dim = r->h / r->heads;
    int d = r->h, text = size_of(r, "text_dim", 4096), time = patch_at(r, 0, 1), side = patch_at(r, 1, 2);
    int in = channels_of(r, own && tc_json_value(json, "in_dim") ? "in_dim" : "in_channels", 16),
        out = channels_of(r, own && tc_json_value(json, "out_dim") ? "out_dim" : "out_channels", 16);
    const char *type = tc_json_string(json, "model_type", "t2v");
    bool image = own ? strcmp(type, "i2v") == 0 : tc_json_value(json, "image_dim") != NULL;
    int from = size_of(r, "image_dim", 1280);
    if (d % r->heads) tc_json_fail(json, "num_heads", "%d; a divisor of the width %d is needed", r->heads, d);
    add(r, TC_PROJECTED_LATENTS, in * time * side * side, 0, d);
    add(r, TC_PROJECTED_TEXT, text, d, d);
    add(r, TC_PROJECTED_SAMPLE, size_of(r, "freq_dim", FREQUENCIES), d, d);
    add(r, TC_PROJECTED_SAMPLE, d, 0, 6 * d);
    if (image) {
        add(r, TC_PROJECTED_SAMPLE, from, from, d);
        add_table(r, 2 * from + 2 * d, false); /* norms around it */
    }
    tc_block *b = add_blocks(r, count_of(r, "num_layers", 40));
    b->attention.qk_norm = b->attention.qk_norm_full = true;
    b->dense.ffn = size_of(r, "ffn_dim", 13824);
    b->modulation.kind = TC_MODULATION_TABLE;
    b->cross = (tc_cross){.heads = r->heads,
                          .head_dim = r->head_dim,
                          .image_tokens = image ? 257 : 0, /* of CLIP ViT-H/14 */
                          .bias = true,
                          .qk_norm = true,
                          .qk_norm_full = true,
                          .norm = tc_json_bool(json, "cross_attn_norm", 1) == 1};
    add_table(r, 2 * d, true);
    add_last(r, TC_PROJECTED_LATENTS, d, out * time * side * side);
    bool wide = out == 48; /* the autoencoder of Wan 2.2 TI2V: 48 channels, 16 x 16 pixels */
    int tokens = size_of(r, "text_len", 512);
    set_latents(r, wide ? (tc_latents){121, 704, 1280, 4, 16, time, side, tokens}
                        : (tc_latents){81, 480, 832, 4, 8, time, side, tokens});
}

static void read_hunyuan_video(reader *r) {
    start(r, 24, 128);
    int side = patch_of(r, "patch_size", 2), time = patch_of(r, "patch_size_t", 1),
        in = channels_of(r, "in_channels", 16);
    int text = size_of(r, "text_embed_dim", 4096), h = r->h;
    int refiners = (int)tc_json_integer(r->json, "num_refiner_layers", 0, MOST_REFINERS, 2);
    int values = side * side * time;
    add(r, TC_PROJECTED_LATENTS, in * values, 0, h);
    add_condition(r);
    if (tc_json_bool(r->json, "guidance_embeds", 1) == 1) add_condition(r);
    add(r, TC_PROJECTED_SAMPLE, size_of(r, "pooled_projection_dim", 768), h, h);
    /* the refiner of text: its own condition, of time and of the mean text; norms with a scale and shift; gates alone */
    add_condition(r);
    add(r, TC_PROJECTED_SAMPLE, text, h, h);
    add(r, TC_PROJECTED_TEXT, text, 0, h);
    if (refiners > 0) add_table(r, refiners * 4 * h, false);
    tc_block *b = add_blocks(r, refiners);
    b->stream = TC_STREAM_TEXT;
    b->modulation.vectors = 2;
    add_streams(r, count_of(r, "num_layers", 20), count_of(r, "num_single_layers", 40));
    add_outputs(r, channels_of(r, "out_channels", in) * values);
    set_latents(r, (tc_latents){129, 720, 1280, 4, 8, time, side, 256});
}

static void read_cogvideox(reader *r) {
    start(r, 30, 64);
    int side = patch_of(r, "patch_size", 2), in = channels_of(r, "in_channels", 16), h = r->h;
    int time = tc_json_value(r->json, "patch_size_t") ? patch_of(r, "patch_size_t", 2) : 1;
    int condition = size_of(r, "time_embed_dim", 512), offset = size_of(r, "ofs_embed_dim", 1);
    add(r, TC_PROJECTED_LATENTS, in * side * side * time, 0, h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "text_embed_dim", 4096), 0, h);
    add(r, TC_PROJECTED_SAMPLE, h, condition, condition);
    if (offset > 1) add(r, TC_PROJECTED_SAMPLE, offset, offset, offset);
    tc_block *b = add_blocks(r, count_of(r, "num_layers", 30));
    b->stream = TC_STREAM_JOINT;
    b->attention.qk_norm = b->attention.qk_norm_bias = true;
    b->attention.qkv_bias = tc_json_bool(r->json, "attention_bias", 1) == 1;
    b->modulation = (tc_modulation){.vectors = 12, .width = condition}; /* of latents and text, each apart */
    add_last(r, TC_PROJECTED_SAMPLE, condition, 2 * h);
    add_table(r, 2 * h, true); /* a second norm at the end */
    add_last(r, TC_PROJECTED_LATENTS, h, channels_of(r, "out_channels", 16) * side * side * time);
    r->model->norm_weight = r->model->norm_bias = true;
    set_latents(r, (tc_latents){49, 480, 720, size_of(r, "temporal_compression_ratio", 4), 8, time, side,
                                size_of(r, "max_text_seq_length", 226)});
}

static void read_qwen_image(reader *r) {
    start(r, 24, 128);
    int in = channels_of(r, "in_channels", 64), side = patch_of(r, "patch_size", 2);
    int text = size_of(r, "joint_attention_dim", 3584), out = channels_of(r, "out_channels", 16);
    add(r, TC_PROJECTED_LATENTS, in, 0, r->h);
    add_table(r, text, false); /* a norm of the text */
    add(r, TC_PROJECTED_TEXT, text, 0, r->h);
    add_condition(r);
    tc_block *b = add_blocks(r, count_of(r, "num_layers", 60));
    b->stream = TC_STREAM_DOUBLE;
    b->attention.qk_norm = true;
    add_outputs(r, out * side * side);
    set_latents(r, (tc_latents){1, 1328, 1328, 1, 8, 1, side, 512});
}

static void read_ltx(reader *r) {
    start(r, 32, 64);
    int h = r->h, in = channels_of(r, "in_channels", 128);
    add(r, TC_PROJECTED_LATENTS, in, 0, h);
    add_condition(r);
    add(r, TC_PROJECTED_SAMPLE, h, 0, 6 * h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "caption_channels", 4096), h, h);
    tc_block *b = add_blocks(r, count_of(r, "num_layers", 28));
    b->attention.qk_norm = b->attention.qk_norm_full = true;
    b->modulation.kind = TC_MODULATION_TABLE;
    b->cross = (tc_cross){.heads = r->heads,
                          .head_dim = r->head_dim,
                          .width = size_of(r, "cross_attention_dim", 2048),
                          .bias = true,
                          .qk_norm = true,
                          .qk_norm_full = true};
    add_table(r, 2 * h, true);
    add_last(r, TC_PROJECTED_LATENTS, h, channels_of(r, "out_channels", in));
    r->model->norm = TC_NORM_RMS;
    set_latents(r, (tc_latents){121, 512, 768, 8, 32, 1, 1, 128});
}

/* DiT conditions on a class; every block of diffusers' has an embedding of the class and time of its own. */
static void read_dit(reader *r) {
    start(r, 16, 72);
    int h = r->h, side = patch_of(r, "patch_size", 2), in = channels_of(r, "in_channels", 4);
    int classes = size_of(r, "num_embeds_ada_norm", 1000) + 1, layers = count_of(r, "num_layers", 28);
    int64_t each = (int64_t)classes * h + (int64_t)(FREQUENCIES + h + 2) * h;
    if (each * layers > MOST_WEIGHTS) {
        tc_json_fail(r->json, "num_embeds_ada_norm", "%d; too large for a class-conditioned model", classes - 1);
        return;
    }
    add(r, TC_PROJECTED_LATENTS, in * side * side, 0, h);
    add_condition(r);
    add_table(r, classes * h, false);
    if (layers > 1) add_table(r, (int)((layers - 1) * each), false);
    add_blocks(r, layers);
    add_outputs(r, channels_of(r, "out_channels", in) * side * side);
    r->model->positions = TC_POSITIONS_NONE;
    set_latents(r, (tc_latents){1, 256, 256, 1, 8, 1, side, 0});
}

static void read_pixart(reader *r) {
    start(r, 16, 72);
    int h = r->h, side = patch_of(r, "patch_size", 2), in = channels_of(r, "in_channels", 4);
    int size = size_of(r, "sample_size", 128);
    add(r, TC_PROJECTED_LATENTS, in * side * side, 0, h);
    add_condition(r);
    /* of resolution and aspect ratio, a third of the width each */
    if (tc_json_bool(r->json, "use_additional_conditions", size == 128) == 1)
        for (int i = 0; i < 2; i++) add(r, TC_PROJECTED_SAMPLE, FREQUENCIES, h / 3, h / 3);
    add(r, TC_PROJECTED_SAMPLE, h, 0, 6 * h);
    add(r, TC_PROJECTED_TEXT, size_of(r, "caption_channels", 4096), h, h);
    tc_block *b = add_blocks(r, count_of(r, "num_layers", 28));
    b->modulation.kind = TC_MODULATION_TABLE;
    b->cross = (tc_cross){.heads = r->heads,
                          .head_dim = r->head_dim,
                          .width = size_of(r, "cross_attention_dim", h),
                          .bias = true};
    add_table(r, 2 * h, true);
    add_last(r, TC_PROJECTED_LATENTS, h, channels_of(r, "out_channels", 8) * side * side);
    r->model->positions = TC_POSITIONS_NONE;
    set_latents(r, (tc_latents){1, 8 * size, 8 * size, 1, 8, 1, side, 120});
}

static const struct {
    const char *class, *family;
    void (*read)(reader *);
} classes[] = {
    {"FluxTransformer2DModel", "dit-image", read_flux},
    {"Flux2Transformer2DModel", "dit-image", read_flux2},
    {"SD3Transformer2DModel", "dit-image", read_sd3},
    {"QwenImageTransformer2DModel", "dit-image", read_qwen_image},
    {"DiTTransformer2DModel", "dit-image", read_dit},
    {"PixArtTransformer2DModel", "dit-image", read_pixart},
    {"WanTransformer3DModel", "dit-video", read_wan},
    {"WanModel", "dit-video", read_wan},
    {"HunyuanVideoTransformer3DModel", "dit-video", read_hunyuan_video},
    {"CogVideoXTransformer3DModel", "dit-video", read_cogvideox},
    {"LTXVideoTransformer3DModel", "dit-video", read_ltx},
};

/* Classes that are not read, by how they begin. */
static const struct {
    const char *class, *lack;
} lacking[] = {
    {"UNet", "is a U-Net of convolutions"},
    {"AutoencoderKL", "is an autoencoder; give the file in the folder transformer"},
    {"Autoencoder", "is an autoencoder; give the file in the folder transformer"},
    {"SanaTransformer", "has linear attention"},
    {"SanaVideo", "has linear attention"},
    {"CosmosTransformer", "has parts of counts that were not checked"},
    {"HunyuanVideo15", "has parts of counts that were not checked"},
    {"HunyuanImage", "has parts of counts that were not checked"},
    {"HiDream", "has experts between streams"},
    {"ZImage", "has parts of counts that were not checked"},
    {"Lumina2", "has parts of counts that were not checked"},
    {"LTX2", "has streams of two widths, for video and sound"},
    {"Mochi", "has streams of two widths"},
};

static void fail_class(const tc_json *json, const char *word) {
    char list[420] = "";
    for (size_t i = 0; i < COUNT(lacking); i++)
        if (strncmp(word, lacking[i].class, strlen(lacking[i].class)) == 0) {
            tc_json_fail(json, "_class_name", "\"%.48s\" %s, which no forecast here has yet", word, lacking[i].lack);
            return;
        }
    for (size_t i = 0; i < COUNT(classes); i++) tc_append(list, sizeof list, "%s%s", i ? ", " : "", classes[i].class);
    tc_json_fail(json, "_class_name", "\"%.48s\" is not supported; it must be one of %s", word, list);
}

bool tc_is_diffusers(const tc_json *json) { return tc_json_value(json, "_class_name") != NULL; }

void tc_diffusers_read(const tc_json *json, tc_model *out) {
    const char *word = tc_json_string(json, "_class_name", "");
    reader r = {.json = json, .model = out};
    size_t i = 0;
    while (i < COUNT(classes) && strcmp(word, classes[i].class) != 0) i++;
    if (i == COUNT(classes)) {
        fail_class(json, word);
        return;
    }
    *out = tc_default_model();
    snprintf(out->family, sizeof out->family, "%s", classes[i].family);
    out->norm = TC_NORM_LAYER;
    out->norm_weight = out->causal = out->lm_head = false;
    classes[i].read(&r);
    tc_error error;
    if (json->document->code == TC_OK && out->blocks == 0) tc_json_fail(json, "num_layers", "no layers; 1 or more");
    if (json->document->code == TC_OK && tc_model_set_sample(out, TC_UNSET, TC_UNSET, TC_UNSET, &error))
        tc_json_fail(json, NULL, "%.80s: %.200s", error.place, error.text);
}
