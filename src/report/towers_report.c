/* towers_report.c - what the towers of a model are and do, on one image of the model's usual size. */
#include "report/towers_report.h"

#include "base/text.h"
#include "base/vocabulary.h"
#include "report/format.h"
#include "report/show_parts.h"
#include "workload/towers.h"

static tc_images one_image(const tc_model *m) { return (tc_images){1, m->image_width, m->image_height}; }

void tc_write_tower_counts(tc_writer *writer, const tc_model *m) {
    const tc_images images = one_image(m);
    if (m->towers < 1) return;
    tc_model_size size = tc_model_count(m);
    tc_write_number(writer, "tower_parameters", size.tower_parameters);
    tc_write_number(writer, "total_parameters", size.parameters + size.mtp_parameters + size.tower_parameters);
    if (tc_takes_images(m)) tc_write_number(writer, "image_tokens", tc_image_tokens(m, &images));
    tc_write_array(writer, "tower_counts");
    for (int i = 0; i < m->towers; i++) {
        tc_tower_work work = tc_tower_work_of(m, &images, i);
        tc_write_object(writer, NULL);
        tc_write_string(writer, "tower", m->tower[i].name);
        tc_write_number(writer, "parameters", tc_tower_parameters(m, i));
        if (m->tower[i].unit != TC_TOWER_PIXEL) {
            tc_write_number(writer, "tower_tokens", work.units * work.tokens);
            tc_write_number(writer, "tower_outputs", work.units * work.outputs);
        }
        tc_write_number(writer, "forward_flops", tc_tower_forward_flops(m, &images, i));
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_print_tower_counts(FILE *file, const tc_style *style, const tc_model *m) {
    const tc_images images = one_image(m);
    char text[160];
    for (int i = 0; i < m->towers; i++) {
        tc_tower_work work = tc_tower_work_of(m, &images, i);
        snprintf(text, sizeof text, "%.24s to %.24s tokens, %.24s GFLOP forward",
                 tc_format_count(work.units * work.tokens).s, tc_format_count(work.units * work.outputs).s,
                 tc_format_significant(tc_tower_forward_flops(m, &images, i) / 1e9, 4).s);
        if (m->tower[i].unit == TC_TOWER_PIXEL)
            snprintf(text, sizeof text, "%.24s pixels, %.24s GFLOP forward", tc_format_count(work.units).s,
                     tc_format_significant(tc_tower_forward_flops(m, &images, i) / 1e9, 4).s);
        tc_print_pair(file, style, m->tower[i].name, tc_format_count(tc_tower_parameters(m, i)).s, text);
    }
    tc_model_size size = tc_model_count(m);
    double all = size.parameters + size.mtp_parameters + size.tower_parameters;
    if (m->towers > 0) tc_print_pair(file, style, "with all of them", tc_format_count(all).s, tc_format_short(all).s);
    if (!tc_takes_images(m)) return;
    snprintf(text, sizeof text, "%d x %d", m->image_width, m->image_height);
    tc_print_pair(file, style, "tokens of an image", tc_format_count(tc_image_tokens(m, &images)).s, text);
}

void tc_write_job_towers(tc_writer *writer, const tc_job *job) {
    const tc_model *m = &job->model;
    tc_images images = tc_images_of(job);
    char text[256] = "";
    for (int i = 0; i < m->towers; i++)
        tc_append(text, sizeof text, "%s%s=%s", i ? "," : "", m->tower[i].name,
                  tc_tower_state_names[m->tower[i].state]);
    if (m->towers > 0) tc_write_string(writer, "towers", text);
    if (!tc_takes_images(m)) return;
    snprintf(text, sizeof text, "%.0fx%.0f", images.width, images.height);
    tc_write_number(writer, "images", images.count);
    tc_write_string(writer, "image_size", text);
    tc_write_number(writer, "image_tokens", tc_image_tokens(m, &images));
}
