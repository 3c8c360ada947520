/* clips.c - a clip is denoising steps times a pass forward of the diffusion transformer, twice as many with classifier-free guidance (Ho and
 * Salimans 2022, arXiv 2207.12598), the text encoder before and the decoder of the latents after.
 *
 * A pass is what a training step has of passes that are forward only (step/, the reference model of direct preference optimisation), of a
 * sample shared by context parallelism. The autoencoder's encoder and the text encoder are the frozen towers of a training step; a decoder has three
 * residual blocks a level where the encoder has two (Rombach et al. 2022, arXiv 2112.10752), hence DECODER. The decoder runs on one device.
 * Ignored: caches of features between steps, distilled models (fewer steps say that), tiles. */
#include "run/clips.h"

#include <math.h>

#include "base/error.h"
#include "run/upkeep.h"

#define DECODER 1.5
#define MOST_OF_MEMORY 0.8 /* that weights may take: activations of a pass need the rest */

typedef struct pass {
    double seconds, low, high; /* of a sample; low, high: ends of the interval over the middle */
} pass;

static tc_code step_of(tc_question *q, int preference, tc_step *out, tc_error *error) {
    q->job.finetune.preference = preference;
    return tc_forecast(q, out, error);
}

static tc_question one_sample(const tc_clip_question *question, int ranks) {
    tc_question q = question->model;
    q.cluster.devices = ranks;
    q.layout.cp = ranks;
    q.layout.dp = 1;
    q.layout.micro_batch = 1;
    q.job.global_batch = 1;
    q.job.cached_latents = 1;
    return q;
}

static tc_code find_pass(const tc_clip_question *question, int ranks, pass *out, tc_error *error) {
    tc_question q = one_sample(question, ranks);
    tc_step with, without;
    tc_code code = step_of(&q, TC_PREFERENCE_DPO, &with, error);
    if (!code) code = step_of(&q, TC_PREFERENCE_ORPO, &without, error);
    if (code) return code;
    *out = (pass){fmax(with.step_s - without.step_s, 0) / 2, 1, 1};
    if (with.step_s_p90 > 0) {
        out->low = with.step_s_p10 / with.step_s;
        out->high = with.step_s_p90 / with.step_s;
    }
    return TC_OK;
}

/* Text encoder and decoder, of a sample on one device. */
static tc_code find_codec(const tc_clip_question *question, double *seconds, tc_error *error) {
    tc_question q = one_sample(question, 1);
    tc_step cached, all;
    *seconds = 0;
    if (q.job.model.towers == 0) return TC_OK;
    tc_code code = step_of(&q, TC_PREFERENCE_TOKENS, &cached, error);
    q.job.cached_latents = 0;
    if (!code) code = step_of(&q, TC_PREFERENCE_TOKENS, &all, error);
    if (!code) *seconds = DECODER * fmax(all.step_s - cached.step_s, 0);
    return code;
}

static void fill_money(const tc_clip_question *question, tc_clip_answer *out) {
    tc_run_input in = tc_default_run_input();
    double device_h = out->devices / out->clips_per_h;
    out->owned_usd = out->rented_usd = NAN;
    if (!question->economics) return;
    in.cluster = question->model.cluster;
    in.price_usd = question->price_usd;
    in.rental_usd_per_h = question->rental_usd_per_h;
    for (int rented = 0; rented < 2; rented++) {
        in.rented_only = rented == 1;
        tc_upkeep u = tc_upkeep_of(&in, question->economics);
        *(rented ? &out->rented_usd : &out->owned_usd)
            = device_h * (u.usd_per_h + (u.usd_per_mwh > 0 ? u.mw_at_work * u.usd_per_mwh : 0));
    }
}

tc_code tc_forecast_clip(const tc_clip_question *question, tc_clip_answer *out, tc_error *error) {
    const tc_question *q = &question->model;
    const tc_model *model = &q->job.model;
    *out = (tc_clip_answer){.devices = q->cluster.devices};
    if (model->latents.stride == 0)
        return tc_fail(error, TC_INVALID, "--model", "%.80s makes no images or video; give a diffusion transformer",
                       model->name);
    if (question->steps < 1) return tc_fail(error, TC_INVALID, "--denoising-steps", "none; give 1 or more");
    pass best = {.seconds = HUGE_VAL};
    tc_error first = {.code = TC_OK};
    for (int ranks = 1; ranks <= q->cluster.devices && ranks <= 64; ranks *= 2) {
        pass p;
        tc_error cause = {.code = TC_OK};
        if (q->cluster.devices % ranks) break;
        if (find_pass(question, ranks, &p, &cause) != TC_OK) {
            if (!first.code) first = cause;
        } else if (p.seconds < best.seconds) {
            best = p;
            out->devices_per_clip = ranks;
        }
    }
    if (isinf(best.seconds)) {
        if (error) *error = first;
        return first.code ? first.code : TC_INVALID;
    }
    tc_code code = find_codec(question, &out->codec_s, error);
    if (code) return code;
    out->pass_s = best.seconds;
    out->denoising_s = question->steps * (question->guidance ? 2 : 1) * best.seconds;
    out->clip_s = out->denoising_s + out->codec_s;
    out->clip_s_p10 = out->clip_s * best.low;
    out->clip_s_p90 = out->clip_s * best.high;
    out->clips_per_h = 3600 / out->clip_s * (out->devices / out->devices_per_clip);
    out->tokens = model->seq;
    tc_model_size size = tc_model_count(model);
    out->weight_bytes = 2 * (size.parameters + size.tower_parameters);
    out->fits = out->weight_bytes <= MOST_OF_MEMORY * q->cluster.accelerator.memory_bytes;
    fill_money(question, out);
    return TC_OK;
}
