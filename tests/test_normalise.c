/* test_normalise.c - what sources say in the words of their own software, as fields of the closed vocabulary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "validate/normalise.h"

/* What the words of a text are in the closed vocabulary. */
static tc_stated read_texts(tc_row_text text, const char *words, const char *accelerator) {
    static tc_arena arena;
    static tc_words *phrases;
    const char *texts[TC_ROW_TEXTS] = {[TC_ROW_ACCELERATOR] = accelerator};
    texts[text] = words;
    if (!phrases) assert_int_equal(tc_words_open(&arena, &phrases, NULL), TC_OK);
    tc_stated stated = tc_stated_none();
    tc_words_read(phrases, texts, text == TC_ROW_RECOMPUTE, &stated);
    if (!words) {
        tc_arena_free(&arena);
        phrases = NULL;
    }
    return stated;
}

/* Words of sources as they stand in data/runs: field=value of each that is stated. */
static void words(void **state) {
    (void)state;
    static const struct {
        tc_row_text text;
        const char *words, *accelerator, *stated;
    } cases[] = {
        {TC_ROW_NOTES,
         "17 frames 480x720; text tokens (226) on top, with 4x8x8 VAE and 1x2x2 patch; VAE encode runs on the fly",
         NULL, "\"cached_latents\":false \"frames\":17 \"height\":480 \"width\":720 \"text_tokens\":226"},
        {TC_ROW_NOTES, "features pre-extracted, 93 frames 480x848 => 24x30x53=38160 tokens + 256 text tokens", NULL,
         "\"cached_latents\":true \"frames\":93 \"height\":480 \"width\":848 \"text_tokens\":256"},
        {TC_ROW_NOTES, "out of memory for 49x512x768", NULL, "\"frames\":49 \"height\":512 \"width\":768"},
        {TC_ROW_NOTES, "93 frames, max_hxw 236544", NULL, "\"frames\":93 \"height\":480 \"width\":480"},
        {TC_ROW_NOTES, "resolution 512; image-to-image", NULL, "\"height\":512 \"width\":512 \"references\":1"},
        {TC_ROW_NOTES, "tuned at 512 px on 1x8 devices", NULL, "\"height\":512 \"width\":512"},
        {TC_ROW_NOTES, "65 frames at 720p", NULL, "\"frames\":65 \"height\":720 \"width\":1280"},
        {TC_ROW_NOTES, "BUCKETED resolutions, auto buckets (1..129 frames), 480x832", NULL, "\"buckets\":true"},
        {TC_ROW_NOTES, "VARIABLE sequence lengths: tokens of a step unknown", NULL, "\"natural_lengths\":true"},
        {TC_ROW_NOTES, "mean 209.9 tokens a sample (padding to the longest of a batch of 4 comes on top)", NULL,
         "\"natural_lengths\":true \"mean_length\":true"},
        {TC_ROW_NOTES, "packed to max_length, so the tokens of a step are known", NULL, "\"natural_lengths\":false"},
        {TC_ROW_NOTES, "bounded FUNCTIONAL run (real data, natural routing)", NULL,
         "\"cuda_graphs\":\"none\" \"ep_overlap\":false \"routing\":\"real\""},
        {TC_ROW_FRAMEWORK, "Megatron Bridge main (2026-08)", NULL, "\"date\":\"2026-08\""},
        {TC_ROW_OPTIMIZER, "adamw-8bit", NULL, "\"optimizer_states\":\"8-bit\""},
        {TC_ROW_ID, "train-tuners-lisa-train", NULL, "\"method\":\"LISA\""},
        {TC_ROW_ID, "cogvideox1.5-5b-dp1sp8-cached", NULL, "\"cached_latents\":true"},
        {TC_ROW_NOTES, "plain all-to-all; force-balanced router", NULL,
         "\"dispatcher\":\"alltoall\" \"routing\":\"balanced\""},
        {TC_ROW_NOTES, "HybridEP dispatcher", NULL, "\"dispatcher\":\"hybridep\""},
        {TC_ROW_NOTES, "dense", NULL, ""},
        {TC_ROW_NOTES, "recompute taken from repo recipe X at tag v0.2.0: moe_a2a_overlap=True", NULL,
         "\"cuda_graphs\":\"none\" \"ep_overlap\":true \"dispatcher\":\"alltoall\""},
        {TC_ROW_NOTES, "moe-token-dispatcher-type=allgather", NULL, "\"dispatcher\":\"allgather\""},
        {TC_ROW_NOTES, "forced load balancing; graph_trainer full inductor", NULL,
         "\"compiled\":true \"routing\":\"balanced\""},
        {TC_ROW_ID, "llama31-8b-64xh100-float8rowwise-asynctp", NULL,
         "\"fp8_recipe\":\"rowwise\" \"tp_fused_overlap\":true"},
        {TC_ROW_ID, "llama31-8b-64xh100-float8tensorwise-vanillatp", NULL,
         "\"fp8_recipe\":\"tensorwise\" \"tp_fused_overlap\":false"},
        {TC_ROW_NOTES, "FP8 = per-tensor current scaling; fp8_dot_product_attention", NULL,
         "\"low_precision_attention\":true \"fp8_recipe\":\"tensorwise\""},
        {TC_ROW_NOTES, "recompute taken from repo recipe X at tag v0.4.2: moe_flex_dispatcher_backend=hybridep", NULL,
         "\"cuda_graphs\":\"none\" \"ep_overlap\":false \"dispatcher\":\"hybridep\""},
        {TC_ROW_NOTES, "Gradient all-reduce NOT overlapped with back-propagation", NULL, "\"grad_overlap\":false"},
        {TC_ROW_FRAMEWORK, "overlap-grad-reduce and overlap-param-gather", NULL, "\"grad_overlap\":true"},
        {TC_ROW_NOTES, "EP overlap off", NULL, "\"ep_overlap\":false"},
        {TC_ROW_NOTES, "overlap features off", NULL, "\"overlap\":\"none\""},
        {TC_ROW_NOTES, "Table 4, schedule 1F1B-I. First and last stage hold one layer fewer", NULL,
         "\"schedule\":\"interleaved\""},
        {TC_ROW_NOTES, "FSDP 64, PP 8 Interleaved1F1B, EP 32", NULL, "\"schedule\":\"interleaved\""},
        {TC_ROW_NOTES, "Pipeline schedule 1f1b; interleaved with VPP 2 ran out of memory", NULL,
         "\"schedule\":\"1f1b\""},
        {TC_ROW_ID, "zerobubble-1.5b-zb-1p-m24", NULL, "\"schedule\":\"zb-h1\""},
        {TC_ROW_NOTES, "Table 4, schedule ZB-2p", NULL, "\"schedule\":\"zb-h2\""},
        {TC_ROW_NOTES, "schedules-method=dualpipev", NULL, "\"schedule\":\"zb-v\""},
        {TC_ROW_NOTES, "DualPipe; MTP depth 1", NULL, "\"schedule\":\"dualpipe\" \"mtp_layers\":1"},
        {TC_ROW_NOTES, "interleave-sliding-window=4096", NULL, ""},
        {TC_ROW_INTER_NODE, "AWS EFA 400 Gb/s per node (p4d)", "a100-sxm-40g",
         "\"fabric\":\"aws-p4d-efa\" \"node_gbit_s\":400"},
        {TC_ROW_INTRA_NODE, "DGX-2 NVSwitch", "v100-sxm-32g", "\"fabric\":\"dgx-2\""},
        {TC_ROW_INTER_NODE, "AWS EFA", "mi300x", ""},
        {TC_ROW_INTER_NODE, "HPE Slingshot 11, 8x200 Gb/s per node", NULL, "\"node_gbit_s\":1600"},
        {TC_ROW_INTER_NODE, "RDMA fabric 400 Gb/s (ConnectX-7) per GPU", NULL, "\"device_gbit_s\":400"},
        {TC_ROW_INTER_NODE, "InfiniBand 8x50 GB/s per node", NULL, "\"node_gbit_s\":3200"},
        {TC_ROW_INTER_NODE, "InfiniBand 200 Gb/s", NULL, ""},
        {TC_ROW_NOTES, "MindFormers on Atlas 800T A2", "ascend-910b2", "\"bin\":\"ascend-910b3\""},
        {TC_ROW_NOTES, "MiCS: parameters sharded over groups of 128 GPUs", NULL, "\"shard_group\":128"},
        {TC_ROW_NOTES,
         "flags: use-mc2, context-parallel-algo=ulysses_cp_algo, moe-expert-capacity-factor=0.5, moe-grouped-gemm, "
         "reset-position-ids, sliding-window=4096, noop-layers=1,15, mtp-num-layers=1; train-iters 15",
         NULL,
         "\"flags_listed\":true \"grouped_gemm\":true \"tp_fused_overlap\":true \"expert_capacity\":0.5 "
         "\"cp_kind\":\"all-to-all\" \"mtp_layers\":1 \"noop_layers\":2 \"window\":4096 \"packed\":true"},
        {TC_ROW_NOTES, "flags: --offload-opt-m", NULL, ""},
        {TC_ROW_NOTES, "fp32 line: TF32 matmuls (156 TFLOP/s peak)", NULL, "\"format\":\"tf32\""},
        {TC_ROW_NOTES, "megatron_cp_algo, cp-attention-mask-type=general", NULL,
         "\"cp_kind\":\"ring\" \"mask\":\"full\""},
        {TC_ROW_NOTES, "cuda_graph_scope=[attn,moe_router], mlp bias", NULL,
         "\"cuda_graphs\":\"partial\" \"graphed\":\"norm+qkv+position+attention+out-projection+router\""},
        {TC_ROW_NOTES, "nvfp4: saves quantized activations", NULL, "\"low_precision_inputs\":true"},
        {TC_ROW_NOTES, "the loss frees the 16-bit logits", NULL, "\"loss\":\"compiled\""},
        {TC_ROW_NOTES, "eager, no Liger", NULL,
         "\"compiled\":false \"fused\":\"norm+position+activation\" \"loss\":\"eager\" \"fused_modules\":false"},
        {TC_ROW_OPTIMIZER, "adamw (bf16 states, fused)", NULL,
         "\"fused_optimizer\":true \"optimizer_states\":\"16-bit\""},
        {TC_ROW_OFFLOAD, "optimizer states and step on CPU", NULL, "\"offload\":\"optimizer\""},
        {TC_ROW_MEASURED_AS, "12 ms, forward+backward only (no optimizer)", NULL, "\"optimizer\":\"none\""},
        {TC_ROW_URL, "https://arxiv.org/abs/2401.10241", NULL, "\"date\":\"2024-01\""},
        {TC_ROW_SOURCE, "Megatron-Bridge performance summary, NeMo container 26.04.01", NULL, "\"date\":\"2026-04\""},
        {TC_ROW_SOURCE, "torchtitan benchmark, Llama 3.1 on H100, Dec 2024", NULL, "\"date\":\"2024-12\""},
        {TC_ROW_SOURCE, "PyTorch blog (IBM+Meta, 2024-11-25), Table 3 of 2024", NULL, "\"date\":\"2024-11\""},
        {TC_ROW_SOURCE, "README performance table, 2023-2025", NULL, "\"date\":\"2025\""},
        {TC_ROW_NOTES, "CI baseline file minicpm_2b.json at commit 634edae3 (2025-06-09)", NULL,
         "\"date\":\"2025-06\""},
        {TC_ROW_NOTES, "CI regression baseline of 2025-11-25 (tests/pipeline)", NULL, "\"date\":\"2025-11\""},
        {TC_ROW_SOURCE, "model cards, r1.3.0", NULL, "\"date\":\"2024-11\""},
        {TC_ROW_RECOMPUTE, "partial:+swap-attention", NULL,
         "\"recompute_by\":\"none\" \"offload_operators\":\"qkv+attention\""},
        {TC_ROW_RECOMPUTE, "partial: +recompute-activation-function 1 layers", NULL,
         "\"recompute_operators\":\"activation\" \"recompute_count\":1 \"recompute_per\":\"chunk\""},
        {TC_ROW_RECOMPUTE, "partial: +recompute-activation-function +recompute-norm", NULL,
         "\"recompute_operators\":\"norm+activation\""},
        {TC_ROW_RECOMPUTE, "partial:recompute-num-layers 1 per PP rank", NULL,
         "\"recompute_count\":1 \"recompute_per\":\"stage\""},
        {TC_ROW_RECOMPUTE, "partial:recompute=[3, 0] select_recompute=false", NULL,
         "\"recompute_count\":3 \"recompute_per\":\"model\""},
        {TC_ROW_RECOMPUTE, "partial:selective AC (every n-th block)", NULL, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_stated stated = read_texts(cases[i].text, cases[i].words, cases[i].accelerator);
        char text[1024] = "", field[256];
        for (int k = 0; k < tc_stated_field_count; k++) {
            if (!tc_stated_is_set(&stated, &tc_stated_fields[k])) continue;
            if (text[0]) strcat(text, " ");
            strcat(text, tc_stated_text(&stated, &tc_stated_fields[k], field, sizeof field));
        }
        assert_string_equal(text, cases[i].stated);
    }
    read_texts(TC_ROW_NOTES, NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
