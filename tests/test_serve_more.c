/* test_serve_more.c - a clip made by denoising, and accelerators compared by what they serve. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "near.h"
#include "run/clips.h"
#include "serving/compare.h"

static tc_catalog *catalog;

static int open_catalog(void **state) {
    (void)state;
    tc_error error;
    return tc_catalog_open(NULL, 0, &catalog, &error) != TC_OK;
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

static void take_chip(const char *slug, int devices, tc_cluster *out) {
    tc_error error = {0};
    assert_int_equal(tc_catalog_accelerator(catalog, slug, &out->accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, out->accelerator.fabric, &out->fabric, &error), TC_OK);
    out->devices = devices;
}

static tc_clip_answer clip_of(const char *model, int devices, int steps, bool guidance) {
    static tc_clip_question q;
    tc_clip_answer a;
    tc_error error = {0};
    q = (tc_clip_question){.model = tc_default_question(), .steps = steps, .guidance = guidance};
    q.price_usd = q.rental_usd_per_h = TC_UNSET;
    assert_int_equal(tc_catalog_model(catalog, model, &q.model.job.model, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &q.model.stack, &error), TC_OK);
    take_chip("h100-sxm", devices, &q.model.cluster);
    if (tc_forecast_clip(&q, &a, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return a;
}

static void a_clip_is_passes(void **state) {
    (void)state;
    tc_clip_answer one = clip_of("wan2.1-t2v-14b", 1, 50, true), eight = clip_of("wan2.1-t2v-14b", 8, 50, true);
    assert_near(one.denoising_s, 100 * one.pass_s, 1e-9);
    assert_near(one.clip_s, one.denoising_s + one.codec_s, 1e-9);
    assert_true(one.codec_s > 0);
    assert_near(clip_of("wan2.1-t2v-14b", 1, 25, false).denoising_s, one.denoising_s / 4, 1e-9);
    assert_int_equal(eight.devices_per_clip, 8);
    assert_true(eight.denoising_s < one.denoising_s / 5 && eight.denoising_s > one.denoising_s / 8);
    /* never above the peak: 2 FLOPs a parameter and token at least */
    assert_true(one.pass_s > 2 * 14e9 * one.tokens / 989e12);
    assert_near(one.clips_per_h, 3600 / one.clip_s, 1e-9);
}

static void language_models_make_no_clips(void **state) {
    (void)state;
    tc_clip_question q = {.model = tc_default_question(), .steps = 50};
    tc_clip_answer a;
    tc_error error = {0};
    assert_int_equal(tc_catalog_model(catalog, "llama-3.1-8b", &q.model.job.model, &error), TC_OK);
    assert_int_equal(tc_forecast_clip(&q, &a, &error), TC_INVALID);
    assert_string_equal(error.place, "--model");
}

/* The H20 has seven times less peak than the H100 and more bandwidth: good for outputs. */
static void what_each_is_good_for(void **state) {
    (void)state;
    static tc_serving_comparison items[3];
    static const char *const chips[] = {"h20", "h100-sxm", "ascend-910b2"};
    tc_error error = {0};
    for (int i = 0; i < 3; i++) {
        tc_serving_question *q = &items[i].question;
        *q = tc_default_serving_question();
        take_chip(chips[i], 64, &q->cluster);
        assert_int_equal(tc_catalog_model(catalog, "qwen2.5-72b", &q->model, &error), TC_OK);
        assert_int_equal(tc_catalog_engine(catalog, i == 2 ? "mindie" : "sglang", &q->cluster.accelerator, &q->engine,
                                           &error),
                         TC_OK);
        q->weights = TC_WEIGHTS_W8A8;
        q->input_tokens = 2000;
        q->output_tokens = 500;
        q->ttft_s = 2;
        q->tpot_s = 0.06;
    }
    assert_int_equal(tc_compare_serving(items, 3, &error), TC_OK);
    assert_true(items[0].found && items[1].found);
    assert_true(items[0].merits & TC_MERIT_DECODE);
    assert_true(items[0].decode_share > 1.3 * items[0].prefill_share);
    assert_near(items[1].prefill_share, 1, 0);
    assert_true(items[1].merits & TC_MERIT_MOST);
    for (int i = 0; i < 3; i++)
        assert_true(!items[i].found || (items[i].best.ttft_s_p95 <= 2 && items[i].best.tpot_s_p95 <= 0.06));
    items[0].question.tpot_s = 1e-6; /* what nobody meets */
    assert_int_equal(tc_compare_serving(items, 1, &error), TC_OK);
    assert_true(!items[0].found && !items[0].code);
}

static bool says(const tc_serving_answer *a, const char *text) {
    for (int i = 0; i < a->assumed_count; i++)
        if (strstr(a->assumed[i], text)) return true;
    return false;
}

/* Unset, the weights are in the checkpoint's format where the device has products in it or the engine unpacks it, else in 16 bit; which of
 * them is said. */
static void weights_as_they_are_stored(void **state) {
    (void)state;
    static const struct {
        const char *model, *chip, *engine;
        int given, format;
        const char *said;
    } cases[] = {
        {"deepseek-v3", "h100-sxm", "vllm", TC_UNSET, TC_WEIGHTS_FP8, "weights in fp8, as"},
        {"deepseek-v3", "a100-sxm-80g", "vllm", TC_UNSET, TC_WEIGHTS_FP8, "weights in fp8, as"}, /* unpacked */
        {"deepseek-v3", "ascend-910b", "vllm-ascend", TC_UNSET, TC_WEIGHTS_BF16, "checkpoint's fp8 runs on no"},
        {"deepseek-v3", "h100-sxm", "vllm", TC_WEIGHTS_BF16, TC_WEIGHTS_BF16, NULL},
        {"gpt-oss-120b", "h100-sxm", "vllm", TC_UNSET, TC_WEIGHTS_MXFP4, "weights in mxfp4, as"},
        {"llama-3.1-8b", "h100-sxm", "vllm", TC_UNSET, TC_WEIGHTS_BF16, NULL},
    };
    static tc_serving_question q;
    tc_serving_answer a, given;
    tc_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q = tc_default_serving_question();
        take_chip(cases[i].chip, 64, &q.cluster);
        assert_int_equal(tc_catalog_model(catalog, cases[i].model, &q.model, &error), TC_OK);
        assert_int_equal(tc_catalog_engine(catalog, cases[i].engine, &q.cluster.accelerator, &q.engine, &error), TC_OK);
        q.weights = cases[i].given;
        assert_int_equal(tc_serving_weights(&q), cases[i].format);
        assert_int_equal(tc_infer(&q, &a, &error), TC_OK);
        assert_int_equal(says(&a, cases[i].said ? cases[i].said : "weights in"), cases[i].said != NULL);
        q.weights = cases[i].format;
        assert_int_equal(tc_infer(&q, &given, &error), TC_OK);
        assert_near(a.output_tokens_per_s, given.output_tokens_per_s, 0);
        assert_near(a.weight_bytes, given.weight_bytes, 0);
    }
    static const struct {
        const char *stored;
        int format;
    } files[] = {{"gptq, 4 bit", TC_WEIGHTS_INT4},
                 {"bitsandbytes, 8 bit", TC_WEIGHTS_INT8},
                 {"compressed-tensors", TC_WEIGHTS_BF16}};
    q.weights = TC_UNSET;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        strcpy(q.model.stored, files[i].stored);
        assert_int_equal(tc_serving_weights(&q), files[i].format);
    }
    assert_int_equal(tc_infer(&q, &a, &error), TC_OK);
    assert_true(says(&a, "though the model's file has them as compressed-tensors"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_as_they_are_stored),
        cmocka_unit_test(a_clip_is_passes),
        cmocka_unit_test(language_models_make_no_clips),
        cmocka_unit_test(what_each_is_good_for),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
