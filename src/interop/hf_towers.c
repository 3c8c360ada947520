/* hf_towers.c - vision and audio towers of config.json: a function a class, of what its modules are.
 *
 * Source: the modeling files of huggingface/transformers v4.45 to v5 (siglip, clip, pixtral, qwen2_vl, qwen2_5_vl, qwen3_vl,
 * mllama4, gemma3, mistral3, llava, internvl, qwen2_audio) and of OpenGVLab/InternVL and moonshotai/Kimi-VL (MoonViT). What a file leaves out
 * is its class's default. Counts: tests/hf/towers.tsv.
 * Ignored: a second pass over thumbnails and crops that only some processors make, learned positions that are interpolated. */
#include "interop/hf_towers.h"

#include <stdio.h>
#include <string.h>

#define LARGEST 10000000

typedef struct reading {
    const tc_json *file;   /* the file's own object */
    const tc_json *vision; /* the section of the tower */
    tc_model *model;
} reading;

/* ---- what towers are built of ------------------------------------------------------------------- */

static int size_of(const tc_json *json, const char *key, int missing) {
    return (int)tc_json_integer(json, key, 1, LARGEST, missing);
}

/* A width or count that follows from others; one beyond all bounds is refused. */
static int product(const tc_json *json, double a, double b) {
    if (a * b >= 0 && a * b <= LARGEST) return (int)(a * b);
    tc_json_fail(json, NULL, "%.0f x %.0f of its sizes; at most %d together is possible", a, b, LARGEST);
    return 1;
}

/* The first of two spellings. */
static int either(const tc_json *json, const char *key, const char *other, int missing) {
    return size_of(json, tc_json_value(json, key) ? key : other, missing);
}

/* A square side, or the first of a list of two. */
static int side_of(const tc_json *json, const char *key, int missing) {
    const json_t *list = tc_json_value(json, key);
    if (!json_is_array(list)) return size_of(json, key, missing);
    json_int_t side = json_integer_value(json_array_get(list, 0));
    if (side < 1 || side > LARGEST) tc_json_fail(json, key, "a list without a size; [448, 448] is needed");
    return side < 1 || side > LARGEST ? missing : (int)side;
}

static tc_tower *add_tower(reading *r, const char *name) {
    if (r->model->towers == TC_MAX_TOWERS) {
        tc_json_fail(r->file, NULL, "more than %d towers; at most so many are read", TC_MAX_TOWERS);
        return &r->model->tower[TC_MAX_TOWERS - 1];
    }
    tc_tower *t = &r->model->tower[r->model->towers++];
    *t = tc_default_tower();
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

/* Plain blocks with layer norms and all biases: ViT, CLIP, SigLIP. */
static void add_blocks(tc_tower *t, const tc_json *json, int layers, int heads, int ffn) {
    tc_block b = tc_default_block();
    b.count = layers;
    b.attention = (tc_attention){.heads = heads, .kv_heads = heads, .qkv_bias = true, .out_bias = true};
    b.attention.head_dim = heads > 0 ? size_of(json, "head_dim", t->hidden / heads) : 0;
    if (heads > 0 && b.attention.head_dim < 1)
        tc_json_fail(json, "num_attention_heads", "%d; at most the width of %d is needed", heads, t->hidden);
    b.dense = (tc_dense){.kind = TC_MLP_PLAIN, .ffn = ffn, .bias = true};
    t->block[0] = b;
    t->blocks = 1;
}

/* A tower of the usual keys, with the class's defaults. */
typedef struct usual {
    int hidden, layers, heads, ffn, patch, image;
} usual;

static tc_tower *add_vision(reading *r, usual d) {
    const tc_json *v = r->vision;
    tc_tower *t = add_tower(r, "vision");
    t->hidden = either(v, "hidden_size", "embed_dim", d.hidden);
    t->patch = side_of(v, "patch_size", d.patch);
    t->inputs = product(v, 3.0 * t->patch, t->patch);
    add_blocks(t, v, either(v, "num_hidden_layers", "depth", d.layers),
               either(v, "num_attention_heads", "num_heads", d.heads), size_of(v, "intermediate_size", d.ffn));
    int side = side_of(v, "image_size", d.image);
    r->model->image_width = r->model->image_height = side;
    return t;
}

/* Patches of a square image. */
static int grid_of(const reading *r, const tc_tower *t) {
    int side = r->model->image_width / t->patch;
    return product(r->vision, side, side);
}

/* Images become squares of the tower's own size. */
static void take_squares(reading *r, tc_tower *t, int most) {
    t->tile = r->model->image_width;
    t->max_tiles = most;
}

static tc_tower *add_projector(reading *r, const char *name, tc_projector p) {
    tc_tower *t = add_tower(r, name);
    t->after = 1;
    p.copies = p.copies > 0 ? p.copies : 1;
    t->projector = p;
    return t;
}

/* ---- the classes ------------------------------------------------------------------------------------ */

/* SigLIP at 896 pixels, averaged to 256 tokens, an RMS norm and one matrix (Gemma Team 2025, arXiv 2503.19786). */
static void read_gemma3(reading *r) {
    tc_tower *t = add_vision(r, (usual){1152, 27, 16, 4304, 14, 896});
    t->inputs_bias = true;
    t->learned_positions = grid_of(r, t);
    t->norms = 1;
    int tokens = size_of(r->file, "mm_tokens_per_image", 256);
    t->merge = t->learned_positions / tokens > 0 ? t->learned_positions / tokens : 1;
    take_squares(r, t, 1);
    tc_tower *p
        = add_projector(r, "projector",
                        (tc_projector){.layers = 1, .in = t->hidden, .out = r->model->hidden, .norm = t->hidden});
    p->norm = TC_NORM_RMS;
    p->norm_bias = false;
    p->joins = true;
}

/* Patches of two frames, rotary positions, 2 x 2 of them joined by a norm and two matrices. */
static tc_tower *add_qwen_vision(reading *r, usual d, int norm_width) {
    const tc_json *v = r->vision;
    tc_tower *t = add_vision(r, d);
    int merge = size_of(v, "spatial_merge_size", 2);
    t->inputs = product(v, t->inputs, size_of(v, "temporal_patch_size", 2));
    t->positions = TC_POSITIONS_ROTARY;
    t->merge = product(v, merge, merge);
    r->model->image_width = r->model->image_height = 448;
    int joined = product(r->vision, t->hidden, t->merge), out = size_of(v, "out_hidden_size", r->model->hidden);
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 2,
                                               .in = joined,
                                               .width = joined,
                                               .out = out,
                                               .bias = true,
                                               .norm = norm_width > 0 ? norm_width : t->hidden});
    p->joins = true;
    return &r->model->tower[0];
}

/* Wang et al. 2024, arXiv 2409.12191: hidden_size is the width that the merger makes. */
static void read_qwen2_vl(reading *r) {
    tc_tower *t = add_qwen_vision(r, (usual){1280, 32, 16, 5120, 14, 448}, 0);
    double ratio = tc_json_number(r->vision, "mlp_ratio", 0.01, 1000, 4);
    t->hidden = size_of(r->vision, "embed_dim", 1280);
    int joined = product(r->vision, t->hidden, t->merge);
    t->block[0].attention.head_dim
        = t->hidden / t->block[0].attention.heads > 0 ? t->hidden / t->block[0].attention.heads : 1;
    t->block[0].dense.ffn = product(r->vision, ratio, t->hidden);
    tc_projector *p = &r->model->tower[1].projector;
    p->in = p->width = joined;
    p->norm = t->hidden;
    p->out = size_of(r->vision, "hidden_size", r->model->hidden);
}

/* Bai et al. 2025, arXiv 2502.13923: gated, RMS norms, windows of 112 pixels but in four layers. */
static void read_qwen2_5_vl(reading *r) {
    tc_tower *t = add_qwen_vision(r, (usual){1280, 32, 16, 3420, 14, 448}, 0);
    const json_t *full = tc_json_value(r->vision, "fullatt_block_indexes");
    int whole = full ? (int)json_array_size(full) : 4, layers = t->block[0].count;
    int window = size_of(r->vision, "window_size", 112) / t->patch;
    t->norm = r->model->tower[1].norm = TC_NORM_RMS;
    t->norm_bias = r->model->tower[1].norm_bias = false;
    t->block[0].dense.kind = TC_MLP_GATED;
    if (whole >= layers || window < 1) return;
    t->block[1] = t->block[0];
    t->block[0].count = layers - whole;
    t->block[0].attention.window = product(r->vision, window, window);
    t->block[1].count = whole;
    t->blocks = whole > 0 ? 2 : 1;
}

/* Learned positions beside the rotary ones; mergers of some layers' outputs, added to the first layers of the main stack
 * (DeepStack; Qwen Team 2025, arXiv 2511.21631). */
static void read_qwen3_vl(reading *r) {
    tc_tower *t = add_qwen_vision(r, (usual){1152, 27, 16, 4304, 16, 448}, 0);
    const json_t *stack = tc_json_value(r->vision, "deepstack_visual_indexes");
    int copies = stack ? (int)json_array_size(stack) : 0;
    t->inputs_bias = true;
    t->learned_positions = size_of(r->vision, "num_position_embeddings", 2304);
    tc_projector p = r->model->tower[1].projector;
    if (copies < 1 || copies > 64) return;
    p.norm = p.in;
    p.copies = copies;
    add_projector(r, "deepstack", p);
}

/* Meta's own tower: 2 x 2 patches shuffled into one, two matrices behind it, one to the main stack. */
static void read_llama4(reading *r) {
    const tc_json *v = r->vision;
    tc_tower *t = add_vision(r, (usual){768, 34, 16, 5632, 14, 448});
    double ratio = tc_json_number(v, "pixel_shuffle_ratio", 0.01, 1, 0.5);
    t->positions = TC_POSITIONS_ROTARY;
    t->class_tokens = 1;
    t->learned_positions = grid_of(r, t) + 1;
    t->norms = 2;
    t->merge = (int)(1 / ratio + 0.5) * (int)(1 / ratio + 0.5);
    take_squares(r, t, 16);
    int middle = size_of(v, "projector_input_dim", 4096), out = size_of(v, "projector_output_dim", 4096);
    add_projector(r, "adapter",
                  (tc_projector){.layers = 2,
                                 .in = product(r->vision, t->hidden, t->merge),
                                 .width = middle,
                                 .out = out});
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 1,
                                               .in = size_of(v, "vision_output_dim", out),
                                               .out = r->model->hidden,
                                               .bias = tc_json_bool(v, "multi_modal_projector_bias", 0) == 1});
    p->after = 2;
    p->joins = true;
}

/* RMS norms, rotary positions, gated, no biases (Agrawal et al. 2024, arXiv 2410.07073). */
static tc_tower *add_pixtral(reading *r) {
    tc_tower *t = add_vision(r, (usual){1024, 24, 16, 4096, 16, 1024});
    t->norm = TC_NORM_RMS;
    t->norm_bias = false;
    t->norms = 1;
    t->positions = TC_POSITIONS_ROTARY;
    if (r->model->image_width > 1024)
        r->model->image_width = r->model->image_height = 1024; /* the file's is the most */
    t->block[0].attention.qkv_bias = t->block[0].attention.out_bias = t->block[0].dense.bias = false;
    t->block[0].dense.kind = TC_MLP_GATED;
    return t;
}

/* A norm, 2 x 2 patches to one of the tower's width, two matrices. */
static void read_mistral3(reading *r) {
    tc_tower *t = add_pixtral(r);
    int merge = size_of(r->file, "spatial_merge_size", 2);
    t->merge = product(r->file, merge, merge);
    bool bias = tc_json_bool(r->file, "multimodal_projector_bias", 0) == 1;
    tc_tower *m = add_projector(r, "merger",
                                (tc_projector){.layers = 1,
                                               .in = product(r->vision, t->hidden, t->merge),
                                               .out = t->hidden,
                                               .norm = t->hidden});
    m->norm = TC_NORM_RMS;
    m->norm_bias = false;
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 2,
                                               .in = t->hidden,
                                               .width = r->model->hidden,
                                               .out = r->model->hidden,
                                               .bias = bias});
    p->after = 2;
    p->joins = true;
}

/* CLIP's tower: a class token, learned positions, a norm before and one behind, of which the projector takes the patches
 * (Liu et al. 2023, arXiv 2310.03744: a square of 336 pixels). */
static tc_tower *add_clip(reading *r) {
    tc_tower *t = add_vision(r, (usual){1024, 24, 16, 4096, 14, 336});
    t->class_tokens = 1;
    t->learned_positions = grid_of(r, t) + 1;
    t->norms = 2;
    return t;
}

static tc_tower *add_siglip(reading *r) {
    tc_tower *t = add_vision(r, (usual){768, 12, 12, 3072, 16, 224});
    t->inputs_bias = true;
    t->learned_positions = grid_of(r, t);
    t->norms = 1;
    /* attention pooling, which nothing here takes: a query, its attention, a norm and an MLP */
    double h = t->hidden, ffn = t->block[0].dense.ffn;
    if (tc_json_bool(r->vision, "vision_use_head", 1) == 1)
        t->weights = h + 4 * h * h + 4 * h + 2 * h + 2 * h * ffn + ffn + h;
    return t;
}

static tc_tower *add_by_type(reading *r) {
    const char *type = tc_json_string(r->vision, "model_type", "clip_vision_model");
    if (strcmp(type, "pixtral") == 0) return add_pixtral(r);
    return strncmp(type, "siglip", 6) == 0 ? add_siglip(r) : add_clip(r);
}

static void read_llava(reading *r, int squares) {
    tc_tower *t = add_by_type(r);
    bool bias = tc_json_bool(r->file, "multimodal_projector_bias", 1) == 1;
    if (t->positions != TC_POSITIONS_ROTARY) take_squares(r, t, squares);
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 2,
                                               .in = t->hidden,
                                               .width = r->model->hidden,
                                               .out = r->model->hidden,
                                               .bias = bias});
    p->joins = true;
}

static void read_llava_15(reading *r) { read_llava(r, 1); }

/* A square and up to four of its parts (LLaVA-NeXT, 30 January 2024); a row of the newline's embedding. */
static void read_llava_next(reading *r) {
    read_llava(r, 4);
    r->model->tower[0].weights += r->model->hidden;
}

/* InternViT: layer scales, squares of 448 pixels, 2 x 2 patches shuffled (Chen et al. 2024, arXiv 2404.16821). */
static void read_internvl(reading *r) {
    const tc_json *v = r->vision;
    tc_tower *t = add_vision(r, (usual){1024, 24, 16, 4096, 14, 448});
    const char *norm = tc_json_string(v, "norm_type", "layer_norm");
    double ratio = tc_json_number(r->file, "downsample_ratio", 0.01, 1, 0.5);
    int most = size_of(r->file, "max_dynamic_patch", 12);
    t->inputs_bias = true;
    t->class_tokens = 1;
    t->learned_positions = grid_of(r, t) + 1;
    t->merge = (int)(1 / ratio + 0.5) * (int)(1 / ratio + 0.5);
    t->weights = 2.0 * t->block[0].count * t->hidden;
    if (strcmp(norm, "rms_norm") == 0) {
        t->norm = TC_NORM_RMS;
        t->norm_bias = false;
    }
    tc_attention *a = &t->block[0].attention;
    a->qkv_bias = tc_json_bool(v, tc_json_value(v, "attention_bias") ? "attention_bias" : "qkv_bias", 0) == 1;
    a->qk_norm = a->qk_norm_full
        = tc_json_bool(v, tc_json_value(v, "use_qk_norm") ? "use_qk_norm" : "qk_normalization", 0) == 1;
    take_squares(r, t, most);
    int joined = product(r->vision, t->hidden, t->merge), out = r->model->hidden;
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 2,
                                               .in = joined,
                                               .width = out,
                                               .out = out,
                                               .norm = joined,
                                               .bias = true});
    p->joins = true;
}

/* MoonViT: learned positions that are interpolated beside rotary ones (Kimi Team 2025, arXiv 2504.07491). */
static void read_kimi(reading *r) {
    const tc_json *v = r->vision;
    bool named = tc_json_value(v, "vt_hidden_size") != NULL; /* Kimi K2.5's spelling */
    tc_tower *t = add_vision(r, (usual){1152, 27, 16, 4304, 14, 448});
    if (named) {
        t->hidden = size_of(v, "vt_hidden_size", 1152);
        add_blocks(t, v, size_of(v, "vt_num_hidden_layers", 27), size_of(v, "vt_num_attention_heads", 16),
                   size_of(v, "vt_intermediate_size", 4304));
    }
    t->inputs_bias = true;
    t->positions = TC_POSITIONS_ROTARY;
    t->learned_positions = product(v, size_of(v, "init_pos_emb_height", 64), size_of(v, "init_pos_emb_width", 64));
    t->norms = 1;
    int merge = side_of(v, "merge_kernel_size", 2);
    t->merge = product(v, merge, merge);
    r->model->image_width = r->model->image_height = 448;
    int joined = product(r->vision, t->hidden, t->merge);
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 2,
                                               .in = joined,
                                               .width = joined,
                                               .out = r->model->hidden,
                                               .norm = t->hidden,
                                               .bias = true});
    p->joins = true;
}

/* Whisper's encoder on 30 seconds: two convolutions over 3000 frames of 128 mels, half of them kept, 1500 tokens, averaged
 * in pairs (Chu et al. 2024, arXiv 2407.10759). */
static void read_qwen2_audio(reading *r) {
    const tc_json *a = r->vision;
    tc_tower *t = add_tower(r, "audio");
    int mels = size_of(a, "num_mel_bins", 128), frames = size_of(a, "max_source_positions", 1500);
    t->unit = TC_TOWER_SAMPLE;
    t->hidden = size_of(a, "d_model", 1280);
    t->tokens = frames;
    t->merge = 2;
    t->inputs = product(a, 3, mels);
    t->inputs_bias = true;
    t->learned_positions = frames;
    t->norms = 1;
    add_blocks(t, a, size_of(a, "encoder_layers", 32), size_of(a, "encoder_attention_heads", 20),
               size_of(a, "encoder_ffn_dim", 5120));
    /* the second convolution: h x h x 3 and its shift; keys have no bias */
    double h = t->hidden;
    t->weights = 3 * h * h + h - (double)t->block[0].count * h;
    t->flops = 2 * 3 * h * h * frames;
    tc_tower *p = add_projector(r, "projector",
                                (tc_projector){.layers = 1, .in = t->hidden, .out = r->model->hidden, .bias = true});
    p->joins = true;
}

/* ---- which file has which --------------------------------------------------------------------------- */

static const struct {
    const char *type, *section;
    void (*read)(reading *);
} classes[] = {
    {"gemma3", "vision_config", read_gemma3},          {"qwen2_vl", "vision_config", read_qwen2_vl},
    {"qwen2_5_vl", "vision_config", read_qwen2_5_vl},  {"qwen3_vl", "vision_config", read_qwen3_vl},
    {"qwen3_vl_moe", "vision_config", read_qwen3_vl},  {"qwen3_5", "vision_config", read_qwen3_vl},
    {"qwen3_5_moe", "vision_config", read_qwen3_vl},   {"llama4", "vision_config", read_llama4},
    {"mistral3", "vision_config", read_mistral3},      {"ministral3", "vision_config", read_mistral3},
    {"llava", "vision_config", read_llava_15},         {"llava_next", "vision_config", read_llava_next},
    {"internvl", "vision_config", read_internvl},      {"internvl_chat", "vision_config", read_internvl},
    {"kimi_vl", "vision_config", read_kimi},           {"kimi_k25", "vision_config", read_kimi},
    {"qwen2_audio", "audio_config", read_qwen2_audio},
};
#define CLASSES (sizeof classes / sizeof classes[0])

static const char *const sections[]
    = {"vision_config", "audio_config", "speech_config", "visual", "img_processor", "vision_tower", "mm_vision_tower"};
#define SECTIONS (sizeof sections / sizeof sections[0])

void tc_hf_read_towers(const tc_json *file, tc_model *model) {
    const char *type = tc_json_string(file, "model_type", "");
    const char *read = "";
    for (size_t i = 0; i < CLASSES && file->document->code == TC_OK; i++) {
        if (strcmp(classes[i].type, type) != 0) continue;
        tc_json section = tc_json_child(file, classes[i].section);
        if (!section.object) continue;
        reading r = {file, &section, model};
        model->images = 1;
        classes[i].read(&r);
        read = classes[i].section;
    }
    size_t used = 0;
    for (size_t i = 0; i < SECTIONS; i++)
        if (tc_json_value(file, sections[i]) && strcmp(sections[i], read) != 0 && used < sizeof model->left_out)
            used += (size_t)snprintf(model->left_out + used, sizeof model->left_out - used, "%s%s", used ? ", " : "",
                                     sections[i]);
}
