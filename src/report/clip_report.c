/* clip_report.c - a clip made by denoising as a page and as JSON. */
#include "report/clip_report.h"

#include <math.h>

#include "base/vocabulary.h"
#include "report/format.h"

void tc_report_clip(tc_target *target, const tc_clip_question *q, const tc_clip_answer *a) {
    const tc_question *m = &q->model;
    tc_writer w = tc_write_begin(target, "infer-clip/1", NULL);
    tc_write_array(&w, "assumed");
    tc_write_string(&w, NULL, "the decoder of the latents takes 1.5 times its encoder");
    tc_write_close(&w);
    tc_write_string(&w, "model", m->job.model.slug);
    tc_write_string(&w, "accelerator", m->cluster.accelerator.slug);
    tc_write_integer(&w, "devices", a->devices);
    tc_write_string(&w, "stack", m->stack.slug);
    tc_write_string(&w, "dtype", tc_dtype_names[m->job.dtype]);
    tc_write_integer(&w, "frames", m->job.model.latents.frames);
    tc_write_integer(&w, "height", m->job.model.latents.height);
    tc_write_integer(&w, "width", m->job.model.latents.width);
    tc_write_integer(&w, "denoising_steps", q->steps);
    tc_write_bool(&w, "guidance", q->guidance);
    tc_write_number(&w, "latent_tokens", a->tokens);
    tc_write_number(&w, "clip_s", a->clip_s);
    tc_write_number(&w, "clip_s_p10", a->clip_s_p10);
    tc_write_number(&w, "clip_s_p90", a->clip_s_p90);
    tc_write_number(&w, "pass_s", a->pass_s);
    tc_write_number(&w, "denoising_s", a->denoising_s);
    tc_write_number(&w, "codec_s", a->codec_s);
    tc_write_integer(&w, "devices_per_clip", a->devices_per_clip);
    tc_write_number(&w, "clips_per_hour", a->clips_per_h);
    tc_write_number(&w, "rented_usd", a->rented_usd);
    tc_write_number(&w, "owned_usd", a->owned_usd);
    tc_write_bool(&w, "fits", a->fits);
    tc_write_end(&w);
}

void tc_report_clip_text(FILE *file, const tc_style *style, const tc_clip_question *q, const tc_clip_answer *a) {
    const tc_latents *l = &q->model.job.model.latents;
    tc_print_headingf(file, style, "%.100s on %d x %.80s: %d x %d x %d pixels, %d denoising steps%s",
                      q->model.job.model.name, a->devices, q->model.cluster.accelerator.name, l->frames, l->height,
                      l->width, q->steps, q->guidance ? " with guidance" : "");
    fputc('\n', file);
    tc_print_linef(file, style, "clip", "%s (80 %% interval %s to %s) on %d of the devices",
                   tc_format_seconds(a->clip_s).s, tc_format_seconds(a->clip_s_p10).s,
                   tc_format_seconds(a->clip_s_p90).s, a->devices_per_clip);
    tc_print_linef(file, style, "denoising", "%s: %d passes of %s; text and decoder %s",
                   tc_format_seconds(a->denoising_s).s, q->steps * (q->guidance ? 2 : 1),
                   tc_format_seconds(a->pass_s).s, tc_format_seconds(a->codec_s).s);
    tc_print_linef(file, style, "throughput", "%s clips an hour of all devices",
                   tc_format_significant(a->clips_per_h, 3).s);
    tc_print_linef(file, style, "cost", "%s owned, %s rented a clip", tc_format_usd(a->owned_usd).s,
                   tc_format_usd(a->rented_usd).s);
    tc_print_linef(file, style, "memory", "weights %s a device: %s", tc_format_gib(a->weight_bytes).s,
                   a->fits ? "fits" : "does NOT fit");
}
