/* timeline_svg.c - the pipeline of a step as a picture: a row a stage, time to the right.
 *
 * Forward, backward, input and weight gradient have a colour each, second chunks a lighter one; below a row
 * lies its data-parallel communication. Slots narrower than half a pixel are drawn together. */
#include <stdio.h>
#include <string.h>

#include "report/format.h"
#include "report/trace.h"

#define LEFT 64.0
#define WIDTH 1120.0
#define ROW 24.0
#define TOP 46.0
#define NARROW 0.5

typedef struct canvas {
    const tc_trace_part *in;
    tc_sink sink;
    bool failed;
    double scale; /* pixels per second */
} canvas;

static void put(canvas *c, const char *text) {
    if (!c->failed) c->failed = !c->sink.write(c->sink.context, text, strlen(text));
}

static tc_text px(double value) {
    tc_text t;
    tc_format_double(t.s, sizeof t.s, "%.2f", value);
    return t;
}

/* okabe-ito colours: told apart by the colour-blind, and in print */
static const char *const slot_fill[TC_SLOT_KINDS][2]
    = {{"#0072b2", "#56b4e9"}, {"#009e73", "#66c5a8"}, {"#009e73", "#66c5a8"}, {"#e69f00", "#f3cf80"}};
static const char *const slot_words[TC_SLOT_KINDS] = {"forward", "backward", "input gradient", "weight gradient"};

static double x_of(const canvas *c, double seconds) { return LEFT + seconds * c->scale; }

static void rectangle(canvas *c, double begin, double end, double y, double height, const char *fill,
                      const char *title) {
    char text[1200], words[1000];
    double width = (end - begin) * c->scale;
    if (width <= 0) return;
    snprintf(text, sizeof text, "<rect x=\"%.20s\" y=\"%.20s\" width=\"%.20s\" height=\"%.20s\" fill=\"%s\">",
             px(x_of(c, begin)).s, px(y).s, px(width).s, px(height).s, fill);
    put(c, text);
    if (title) {
        snprintf(text, sizeof text, "<title>%s</title>", tc_format_xml(words, sizeof words, title));
        put(c, text);
    }
    put(c, "</rect>\n");
}

static void label(canvas *c, double x, double y, const char *anchor, const char *colour, int size, const char *words) {
    char text[1400], escaped[1200];
    snprintf(text, sizeof text,
             "<text x=\"%.20s\" y=\"%.20s\" text-anchor=\"%s\" fill=\"%s\" font-size=\"%d\">%s</text>\n", px(x).s,
             px(y).s, anchor, colour, size, tc_format_xml(escaped, sizeof escaped, words));
    put(c, text);
}

static void draw_slot(canvas *c, const tc_slot *slot, double begin, double end, double y) {
    char title[120], number[16];
    snprintf(title, sizeof title, "%s of micro-batch %d, chunk %d: %.20s", slot_words[slot->kind], slot->micro_batch,
             slot->chunk, tc_format_seconds(end - begin).s);
    rectangle(c, begin, end, y, ROW - 7, slot_fill[slot->kind][slot->chunk % 2], title);
    snprintf(number, sizeof number, "%d", slot->micro_batch);
    if ((end - begin) * c->scale > 5.5 * (double)strlen(number) + 2)
        label(c, x_of(c, (begin + end) / 2), y + 12, "middle",
              slot->chunk % 2 || slot->kind == TC_SLOT_WEIGHT ? "#000" : "#fff", 9, number);
}

static void draw_stage(canvas *c, int stage) {
    const tc_order *o = &c->in->slots->order;
    const tc_step_times *times = c->in->times;
    const tc_stage_times *s = &times->stage[stage];
    double y = TOP + ROW * (c->in->first + stage), merged = -1, merged_end = -1;
    char name[32];
    snprintf(name, sizeof name, "stage %d", stage);
    label(c, LEFT - 8, y + 12, "end", "#333", 11, name);
    if (c->in->pool) label(c, LEFT + WIDTH + 6, y + 12, "start", "#333", 10, c->in->pool[stage]);
    for (int64_t i = o->first[stage]; i < o->first[stage + 1]; i++) {
        double begin = times->host_s + c->in->slots->time[i].begin, end = times->host_s + c->in->slots->time[i].end;
        if ((end - begin) * c->scale >= NARROW) {
            draw_slot(c, &o->slot[i], begin, end, y);
            continue;
        }
        if (merged < 0 || begin - merged_end > NARROW / c->scale) merged = begin;
        merged_end = end;
        bool last = i + 1 == o->first[stage + 1];
        if (!last && (merged_end - merged) * c->scale < 2) continue;
        rectangle(c, merged, merged_end, y, ROW - 7, "#5b8fb9", NULL);
        merged = -1;
    }
    rectangle(c, times->host_s, times->host_s + s->gather_s, y + ROW - 6, 3, "#cc79a7", "weights are gathered");
    rectangle(c, s->reduce_begin, s->reduce_end, y + ROW - 6, 3, "#cc79a7", "gradients are reduced");
    rectangle(c, 0, times->host_s, y, ROW - 7, "#bbbbbb", "host");
    double slowest = times->sync_s + times->straggler_s, waited = slowest + c->in->lost_s;
    if (c->in->meet_s > 0)
        rectangle(c, times->sync_s - c->in->link_s, times->sync_s, y + ROW - 3, 3, "#8a5a00",
                  "gradients between pools");
    rectangle(c, times->sync_s, slowest, y, ROW - 7, "#e5e5e5", "the slowest rank is waited for");
    rectangle(c, slowest, waited, y, ROW - 7, "#cfcfcf", "software that mixes kinds");
    rectangle(c, waited, waited + s->optimizer_s, y, ROW - 7, "#777777", "optimizer");
}

static void draw_legend(canvas *c) {
    static const struct {
        const char *fill, *words;
    } all[] = {{"#0072b2", "forward"},         {"#009e73", "backward or input gradient"},
               {"#e69f00", "weight gradient"}, {"#cc79a7", "data-parallel comm."},
               {"#777777", "optimizer"},       {"#bbbbbb", "host"},
               {"#e5e5e5", "stragglers"}};
    double x = LEFT;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char text[160];
        snprintf(text, sizeof text, "<rect x=\"%.20s\" y=\"26\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", px(x).s,
                 all[i].fill);
        put(c, text);
        label(c, x + 14, 35, "start", "#333", 10, all[i].words);
        x += 34 + 5.6 * (double)strlen(all[i].words);
    }
}

static void draw_axis(canvas *c, double step_s, double bottom) {
    double unit = 1;
    while (unit > step_s) unit /= 10;
    while (unit * 10 < step_s) unit *= 10;
    if (step_s / unit < 2.5) unit /= 5;
    if (step_s / unit > 12) unit *= 2;
    for (double at = 0; at <= step_s * (1 + 1e-9); at += unit) {
        char text[200];
        snprintf(text, sizeof text,
                 "<line x1=\"%.20s\" x2=\"%.20s\" y1=\"%.20s\" y2=\"%.20s\" stroke=\"#999\" stroke-width=\"0.5\"/>\n",
                 px(x_of(c, at)).s, px(x_of(c, at)).s, px(TOP - 4).s, px(bottom + 3).s);
        put(c, text);
        label(c, x_of(c, at), bottom + 14, "middle", "#333", 10, at > 0 ? tc_format_seconds(at).s : "0");
    }
}

bool tc_report_timeline_svg(const tc_trace_input *in, tc_sink sink) {
    double step_s = in->part[0].times->step_s, right = in->part[0].pool ? 130 : 24;
    canvas c = {.in = &in->part[0], .sink = sink, .scale = WIDTH / step_s};
    int rows = 0;
    for (int i = 0; i < in->parts; i++) rows += in->part[i].times->stages;
    double bottom = TOP + ROW * rows;
    char text[600];
    snprintf(text, sizeof text,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
             "font-family=\"sans-serif\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
             LEFT + WIDTH + right, bottom + 24, LEFT + WIDTH + right, bottom + 24);
    put(&c, text);
    snprintf(text, sizeof text, "%.400s: a step of %.20s", in->title, tc_format_seconds(step_s).s);
    label(&c, LEFT, 16, "start", "#000", 13, text);
    draw_legend(&c);
    draw_axis(&c, step_s, bottom);
    for (int i = 0; i < in->parts; i++) {
        c.in = &in->part[i];
        for (int s = 0; s < c.in->times->stages; s++) draw_stage(&c, s);
    }
    put(&c, "</svg>\n");
    return !c.failed;
}
