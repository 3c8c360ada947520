/* chart.c - a small writer of charts as SVG. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "base/utf8.h"

#define EDGE 20.0 /* of the picture */
#define GRID "#e3e3e3"
#define AXIS "#8a8a8a"
#define WORDS "#333333"
#define FAINT "#666666"
#define SMALL 11.0
#define NOTE_LINE 14.0
#define KEY_LINE 18.0

/* Okabe and Ito 2008, without the yellow that white swallows, and a grey. */
static const struct {
    const char *fill, *ink;
} colours[TC_CHART_COLOURS]
    = {{"#0072b2", "#ffffff"}, {"#e69f00", "#000000"}, {"#009e73", "#ffffff"}, {"#cc79a7", "#000000"},
       {"#56b4e9", "#000000"}, {"#d55e00", "#ffffff"}, {"#7f7f7f", "#ffffff"}};

const char *tc_chart_colour(int n) { return colours[n % TC_CHART_COLOURS].fill; }
const char *tc_chart_ink(int n) { return colours[n % TC_CHART_COLOURS].ink; }

static tc_text px(double value) {
    tc_text t;
    tc_format_double(t.s, sizeof t.s, "%.1f", value);
    return t;
}

static tc_text plain(double value, int decimals) {
    tc_text t;
    char format[16];
    snprintf(format, sizeof format, "%%.%df", decimals);
    tc_format_double(t.s, sizeof t.s, format, value);
    return t;
}

/* ---- texts ---------------------------------------------------------------------------------- */

double tc_chart_text_width(const char *text, double size) { return 0.57 * size * tc_text_width(text); }

char *tc_chart_cut(char *out, size_t size, const char *text, double room, double font) {
    size_t used = 0;
    if (tc_chart_text_width(text, font) <= room) return tc_utf8_cut(out, size, text);
    room -= tc_chart_text_width("..", font);
    for (size_t left = strlen(text), length; left > 0; left -= length) {
        uint32_t c;
        char one[8] = "";
        tc_utf8_next(text + used, left, &length, &c);
        memcpy(one, text + used, length);
        room -= tc_chart_text_width(one, font);
        if (room < 0 || used + length + 3 > size) break;
        memcpy(out + used, one, length);
        used += length;
    }
    memcpy(out + used, "..", 3);
    return out;
}

static void put_text(const tc_chart *chart, double x, double y, tc_anchor anchor, double size, const char *attributes,
                     const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    char escaped[2400];
    fprintf(chart->file, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" font-size=\"%s\" %s>%s</text>\n", px(x).s, px(y).s,
            anchors[anchor], plain(size, 0).s, attributes, tc_format_xml(escaped, sizeof escaped, text));
}

void tc_chart_text(const tc_chart *chart, double x, double y, tc_anchor anchor, double size, const char *colour,
                   const char *text) {
    char attributes[40];
    snprintf(attributes, sizeof attributes, "fill=\"%.20s\"", colour);
    put_text(chart, x, y, anchor, size, attributes, text);
}

void tc_chart_strong(const tc_chart *chart, double x, double y, tc_anchor anchor, double size, const char *text) {
    put_text(chart, x, y, anchor, size, "fill=\"#000000\" font-weight=\"bold\"", text);
}

/* Lines of words from (x, y) down, at most `most`; returns their number. chart NULL: only counts. */
static int paragraph(const tc_chart *chart, double x, double y, double width, double size, const char *colour, int most,
                     const char *text) {
    int lines = 0;
    while (*text && lines < most) {
        char line[600];
        size_t end = 0, next = strcspn(text, " ");
        while (next < sizeof line) { /* one word more, while there is room */
            snprintf(line, sizeof line, "%.*s", (int)next, text);
            if (end > 0 && tc_chart_text_width(line, size) > width) break;
            end = next;
            if (!text[next]) break;
            next += 1 + strcspn(text + next + 1, " ");
        }
        if (end == 0) end = strlen(text);
        snprintf(line, sizeof line, "%.*s", (int)(end < sizeof line - 1 ? end : sizeof line - 1), text);
        char cut[600];
        bool last = lines == most - 1 && text[end];
        if (chart && last)
            snprintf(line, sizeof line, "%.590s ..",
                     tc_chart_cut(cut, sizeof cut, line, width - tc_chart_text_width(" ..", size), size));
        if (chart)
            tc_chart_text(chart, x, y + lines * (size + 3), TC_ANCHOR_START, size, colour,
                          tc_chart_cut(cut, sizeof cut, line, width, size));
        lines++;
        text += end;
        while (*text == ' ') text++;
    }
    return lines;
}

/* ---- the picture ------------------------------------------------------------------------------ */

tc_chart tc_chart_begin(FILE *file, double width, double height, const char *title, const char *subtitle) {
    tc_chart chart = {file, width, height};
    char cut[400], escaped[2000];
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\" "
            "font-family=\"sans-serif\">\n"
            "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
            plain(width, 0).s, plain(height, 0).s, plain(width, 0).s, plain(height, 0).s,
            tc_format_xml(escaped, sizeof escaped, title));
    tc_chart_strong(&chart, EDGE, 26, TC_ANCHOR_START, 16, tc_chart_cut(cut, sizeof cut, title, width - 2 * EDGE, 17));
    paragraph(&chart, EDGE, 44, width - 2 * EDGE, 12, FAINT, 2, subtitle);
    return chart;
}

double tc_chart_note_height(double width, const char *note) {
    return 12 + NOTE_LINE * paragraph(NULL, 0, 0, width - 2 * EDGE, SMALL, FAINT, 6, note);
}

void tc_chart_end(const tc_chart *chart, const char *note) {
    double y = chart->height - tc_chart_note_height(chart->width, note) + NOTE_LINE;
    paragraph(chart, EDGE, y, chart->width - 2 * EDGE, SMALL, FAINT, 6, note);
    fputs("</svg>\n", chart->file);
}

void tc_chart_rule(const tc_chart *chart, double x1, double y1, double x2, double y2, const char *colour) {
    fprintf(chart->file, "<path d=\"M%s %sL%s %s\" stroke=\"%s\" stroke-width=\"1\"/>\n", px(x1).s, px(y1).s, px(x2).s,
            px(y2).s, colour);
}

static void box(const tc_chart *chart, double x, double y, double width, double height, const char *colour,
                const char *opacity, const char *title) {
    char escaped[1200];
    fprintf(chart->file, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"%s", px(x).s, px(y).s,
            px(width).s, px(height).s, colour, opacity);
    if (title)
        fprintf(chart->file, "><title>%s</title></rect>\n", tc_format_xml(escaped, sizeof escaped, title));
    else
        fputs("/>\n", chart->file);
}

static void draw_key(const tc_chart *chart, double x, double y, const tc_key *key) {
    switch (key->kind) {
    case TC_KEY_AREA: box(chart, x, y - 10, 16, 11, key->colour, "", NULL); break;
    case TC_KEY_BAND: box(chart, x, y - 10, 16, 11, key->colour, " fill-opacity=\"0.25\"", NULL); break;
    case TC_KEY_LINE:
    case TC_KEY_DASHED:
        fprintf(chart->file, "<path d=\"M%s %sh16\" stroke=\"%s\" stroke-width=\"2.5\"%s/>\n", px(x).s, px(y - 4.5).s,
                key->colour, key->kind == TC_KEY_DASHED ? " stroke-dasharray=\"4 3\"" : "");
        break;
    case TC_KEY_DOT:
        fprintf(chart->file, "<circle cx=\"%s\" cy=\"%s\" r=\"4\" fill=\"%s\"/>\n", px(x + 8).s, px(y - 4.5).s,
                key->colour);
        break;
    }
    tc_chart_text(chart, x + 21, y, TC_ANCHOR_START, SMALL, WORDS, key->words);
}

double tc_chart_legend(const tc_chart *chart, double x, double y, double width, const tc_key *key, int keys) {
    double at = 0, down = 0;
    for (int i = 0; i < keys; i++) {
        char cut[200];
        tc_key one = key[i];
        one.words = tc_chart_cut(cut, sizeof cut, key[i].words, width - 24, SMALL);
        double takes = 21 + tc_chart_text_width(one.words, SMALL) + 14;
        if (at > 0 && at + takes - 14 > width) at = 0, down += KEY_LINE;
        if (chart) draw_key(chart, x + at, y + down + 12, &one);
        at += takes;
    }
    return keys > 0 ? down + KEY_LINE : 0;
}

/* ---- ticks ------------------------------------------------------------------------------------- */

/* 1, 2 or 5 by a power of ten: the least such that no more than `most` lie in a span. */
static double round_step(double span, int most) {
    double step = pow(10, floor(log10(span / most)));
    static const double by[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++)
        if (span / (by[i] * step) <= most * (1 + 1e-9)) return by[i] * step;
    return 10 * step;
}

tc_axis tc_axis_upto(tc_axis_kind kind, double low, double high, const char *title) {
    if (!(high > 0) || !isfinite(high)) high = 1;
    if (!(low <= 0) || !isfinite(low)) low = 0;
    double step = round_step(high - low, 5);
    return (tc_axis){kind, step * floor(low / step + 1e-9), step * ceil(high / step - 1e-9), title, false, NULL, 0};
}

static const double log_steps[] = {1, 2, 5};

/* The greatest of 1, 2, 5 by a power of ten that is at most a value. */
static double round_below(double value) {
    double decade = pow(10, floor(log10(value) + 1e-9));
    for (int i = 2; i > 0; i--)
        if (log_steps[i] * decade <= value * (1 + 1e-9)) return log_steps[i] * decade;
    return decade;
}

tc_axis tc_axis_log(double low, double high, const char *title) {
    if (!(low > 0) || !isfinite(low)) low = 1;
    if (!(high >= low) || !isfinite(high)) high = low;
    double from = round_below(low), to = round_below(high);
    if (to < high * (1 - 1e-9)) to = round_below(2.5 * to); /* the next one: 2, 5 (at 2.5), 10 */
    if (to <= from) to = round_below(2.5 * from);
    return (tc_axis){TC_AXIS_LOG, from, to, title, false, NULL, 0};
}

/* "$7.5 M", "12,000", "80 %" */
static tc_text tick_text(const tc_axis *axis, double value, double step) {
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1e12, " T"}, {1e9, " B"}, {1e6, " M"}};
    tc_text out;
    double unit = 1, most = fmax(fabs(axis->low), fabs(axis->high));
    const char *name = "";
    if (axis->kind == TC_AXIS_PERCENT) {
        snprintf(out.s, sizeof out.s, "%.20s %%", tc_format_fixed(100 * value, 0).s);
        return out;
    }
    for (int i = 0; i < 3 && unit == 1; i++)
        if (most >= units[i].unit) unit = units[i].unit, name = units[i].name;
    int decimals = (int)fmax(0, ceil(-log10(step / unit) - 1e-9));
    snprintf(out.s, sizeof out.s, "%s%.24s%s", axis->kind == TC_AXIS_USD ? "$" : "",
             tc_format_fixed(value / unit, value == 0 ? 0 : decimals).s, value == 0 ? "" : name);
    return out;
}

#define MOST_TICKS 64

typedef struct tick {
    double value;
    tc_text words;
} tick;

/* "0.5", "16", "20 k" */
static tc_text log_words(double value) {
    static const char *const names[] = {"", " k", " M", " B", " T"};
    tc_text out;
    int unit = 0;
    while (unit < 4 && value >= (unit ? 1000 : 10000)) value /= 1000, unit++;
    char number[24];
    tc_format_double(number, sizeof number, "%.4g", value);
    snprintf(out.s, sizeof out.s, "%s%s", number, names[unit]);
    return out;
}

/* Of a logarithmic axis: those that are given; else 1, 2 and 5 by powers of ten, the powers alone where there are many. */
static int log_ticks(const tc_axis *axis, tick out[MOST_TICKS]) {
    int n = 0;
    double decades = log10(axis->high / axis->low);
    int each = decades <= 3 ? 3 : 1;
    for (int i = 0; axis->at && i < axis->ats && n < MOST_TICKS; i++)
        if (axis->at[i] >= axis->low && axis->at[i] <= axis->high) out[n++].value = axis->at[i];
    for (double decade = pow(10, floor(log10(axis->low) + 1e-9)); !axis->at && decade <= axis->high * (1 + 1e-9);
         decade *= 10)
        for (int i = 0; i < each && n < MOST_TICKS; i++) {
            double value = log_steps[i] * decade;
            if (value >= axis->low * (1 - 1e-9) && value <= axis->high * (1 + 1e-9)) out[n++].value = value;
        }
    for (int i = 0; i < n; i++) out[i].words = log_words(out[i].value);
    return n;
}

/* most: of an axis of numbers. */
static int ticks_of(const tc_axis *axis, int most, tick out[MOST_TICKS]) {
    if (axis->kind == TC_AXIS_LOG) return log_ticks(axis, out);
    int n = 0;
    double step = round_step(axis->high - axis->low, most);
    for (int i = (int)ceil(axis->low / step - 1e-9); i * step <= axis->high + step * 1e-6 && n < MOST_TICKS; i++)
        out[n++] = (tick){i * step, tick_text(axis, i * step, step)};
    return n;
}

static void draw_y(const tc_plot *p) {
    tick ticks[MOST_TICKS];
    double widest = 0;
    int n = ticks_of(&p->y, p->height < 90 ? 3 : 5, ticks);
    for (int i = 0; i < n; i++) {
        double y = tc_plot_y(p, ticks[i].value);
        tc_chart_rule(p->chart, p->left, y, p->left + p->width, y, GRID);
        if (!p->y.bare) tc_chart_text(p->chart, p->left - 7, y + 4, TC_ANCHOR_END, SMALL, WORDS, ticks[i].words.s);
        widest = fmax(widest, tc_chart_text_width(ticks[i].words.s, SMALL));
    }
    if (p->y.title && !p->y.bare)
        tc_chart_text(p->chart, p->left - 7 - widest, p->top - 8, TC_ANCHOR_START, SMALL, FAINT, p->y.title);
}

static void draw_numbers(const tc_plot *p) {
    tick ticks[MOST_TICKS];
    double bottom = p->top + p->height, free = -HUGE_VAL;
    int n = ticks_of(&p->x, 8, ticks);
    for (int i = 0; i < n; i++) {
        double x = tc_plot_x(p, ticks[i].value), half = tc_chart_text_width(ticks[i].words.s, SMALL) / 2 + 3;
        tc_chart_rule(p->chart, x, p->top, x, bottom, ticks[i].value == 0 ? AXIS : GRID);
        if (p->x.bare || (p->x.kind == TC_AXIS_LOG && x - half < free)) continue; /* words need room */
        tc_chart_text(p->chart, x, bottom + 15, TC_ANCHOR_MIDDLE, SMALL, WORDS, ticks[i].words.s);
        free = x + half;
    }
    if (p->x.title && !p->x.bare)
        tc_chart_text(p->chart, p->left + p->width / 2, bottom + 31, TC_ANCHOR_MIDDLE, SMALL, FAINT, p->x.title);
}

/* ---- dates ----------------------------------------------------------------------------------------- */

/* Ticks of an axis of dates: every so many days of a month, or every so many months. */
typedef struct pace {
    int days, months;
} pace;

static pace pace_of(const tc_plot *p) {
    static const pace all[]
        = {{1, 0}, {2, 0}, {7, 0}, {14, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 6}, {0, 12}, {0, 24}, {0, 60}, {0, 120}};
    double day = p->width / (p->x.high - p->x.low);
    int last = (int)(sizeof all / sizeof all[0]) - 1;
    bool months = p->x.high - p->x.low > 120;
    for (int i = 0; i < last; i++)
        if (!(months && all[i].days) && day * (all[i].days + 30.4 * all[i].months) >= (all[i].days ? 30 : 42))
            return all[i];
    return all[last];
}

/* The first tick on a day or after it. */
static int32_t tick_from(int32_t day, pace every) {
    for (;; day++) {
        int year, month, date;
        tc_date_from_day(day, &year, &month, &date);
        if (every.days && (date - 1) % every.days == 0 && date + every.days / 2 <= 31) return day;
        if (every.months && date == 1 && (year * 12 + month - 1) % every.months == 0) return day;
        if (every.months && date > 1) day = tc_next_month(day) - 1;
    }
}

static void tick_words(int32_t day, pace every, char below[24], char lower[24]) {
    static const char *const names[]
        = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, date;
    tc_date_from_day(day, &year, &month, &date);
    lower[0] = 0;
    if (every.days) {
        snprintf(below, 24, "%d", date);
        snprintf(lower, 24, "%s %d", names[month - 1], year);
    } else if (every.months < 12) {
        snprintf(below, 24, "%s", names[month - 1]);
        snprintf(lower, 24, "%d", year);
    } else {
        snprintf(below, 24, "%d", year);
    }
}

static void draw_dates(const tc_plot *p) {
    pace every = pace_of(p);
    double bottom = p->top + p->height, free = -INFINITY;
    char said[24] = "";
    for (int32_t day = tick_from((int32_t)ceil(p->x.low), every); day <= p->x.high; day = tick_from(day + 1, every)) {
        char below[24], lower[24], next_below[24], next[24];
        double x = tc_plot_x(p, day);
        tc_chart_rule(p->chart, x, p->top, x, bottom, GRID);
        if (p->x.bare) continue;
        tc_chart_rule(p->chart, x, bottom, x, bottom + 4, AXIS);
        tick_words(day, every, below, lower);
        tc_chart_text(p->chart, x, bottom + 16, TC_ANCHOR_MIDDLE, SMALL, WORDS, below);
        int32_t after = tick_from(day + 1, every);
        tick_words(after, every, next_below, next);
        bool stays = strcmp(lower, next) == 0 || tc_plot_x(p, after) - x > tc_chart_text_width(lower, SMALL) + 6;
        double half = tc_chart_text_width(lower, SMALL) / 2;
        if (lower[0] && strcmp(lower, said) != 0 && (stays || said[0]) && x > free && x + half < p->chart->width) {
            tc_chart_text(p->chart, x, bottom + 30, TC_ANCHOR_MIDDLE, SMALL, FAINT, lower);
            free = x + tc_chart_text_width(lower, SMALL) + 6;
            memcpy(said, lower, sizeof said);
        }
    }
}

/* ---- a plot ---------------------------------------------------------------------------------------- */

static double place(const tc_axis *axis, double value, double length) {
    double share = axis->kind == TC_AXIS_LOG ? log(value / axis->low) / log(axis->high / axis->low)
                                             : (value - axis->low) / (axis->high - axis->low);
    return length * (share > 0 ? share < 1 ? share : 1 : 0);
}

double tc_plot_x(const tc_plot *plot, double value) { return plot->left + place(&plot->x, value, plot->width); }
double tc_plot_y(const tc_plot *plot, double value) {
    return plot->top + plot->height - place(&plot->y, value, plot->height);
}

void tc_plot_axes(const tc_plot *p) {
    if (p->y.kind != TC_AXIS_ROWS) draw_y(p);
    if (p->x.kind == TC_AXIS_DATE)
        draw_dates(p);
    else if (p->x.kind != TC_AXIS_ROWS)
        draw_numbers(p);
    tc_chart_rule(p->chart, p->left, p->top + p->height, p->left + p->width, p->top + p->height, AXIS);
}

static void draw_path(const tc_plot *plot, const tc_chart_point *point, int n, const char *colour, double width,
                      bool dashed, bool steps) {
    FILE *file = plot->chart->file;
    if (n < 1) return;
    fputs("<path d=\"", file);
    for (int i = 0; i < n; i++) {
        double x = tc_plot_x(plot, point[i].x), y = tc_plot_y(plot, point[i].y);
        if (i > 0 && steps) fprintf(file, "H%s", px(x).s);
        fprintf(file, "%s%s %s", i ? "L" : "M", px(x).s, px(y).s);
    }
    fprintf(file, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s/>\n", colour, px(width).s,
            dashed ? " stroke-dasharray=\"5 4\"" : "");
}

void tc_plot_line(const tc_plot *plot, const tc_chart_point *point, int n, const char *colour, double width,
                  bool dashed) {
    draw_path(plot, point, n, colour, width, dashed, false);
}

void tc_plot_steps(const tc_plot *plot, const tc_chart_point *point, int n, const char *colour, double width,
                   bool dashed) {
    draw_path(plot, point, n, colour, width, dashed, true);
}

void tc_plot_band(const tc_plot *plot, const tc_chart_range *range, int n, const char *colour) {
    FILE *file = plot->chart->file;
    if (n < 2) return;
    fputs("<path d=\"", file);
    for (int i = 0; i < n; i++)
        fprintf(file, "%s%s %s", i ? "L" : "M", px(tc_plot_x(plot, range[i].x)).s,
                px(tc_plot_y(plot, range[i].high)).s);
    for (int i = n - 1; i >= 0; i--)
        fprintf(file, "L%s %s", px(tc_plot_x(plot, range[i].x)).s, px(tc_plot_y(plot, range[i].low)).s);
    fprintf(file, "Z\" fill=\"%s\" fill-opacity=\"0.25\"/>\n", colour);
}

void tc_plot_bar(const tc_plot *plot, double x_low, double x_high, double y_low, double y_high, const char *colour,
                 const char *title) {
    double left = tc_plot_x(plot, x_low), right = tc_plot_x(plot, x_high), top = tc_plot_y(plot, y_high),
           bottom = tc_plot_y(plot, y_low);
    box(plot->chart, left, top, right - left, bottom - top, colour, "", title);
}

void tc_plot_dot(const tc_plot *plot, double x, double y, const char *colour, const char *title) {
    char escaped[400];
    fprintf(plot->chart->file,
            "<circle cx=\"%s\" cy=\"%s\" r=\"4\" fill=\"%s\" stroke=\"#ffffff\"><title>%s</title></circle>\n",
            px(tc_plot_x(plot, x)).s, px(tc_plot_y(plot, y)).s, colour,
            tc_format_xml(escaped, sizeof escaped, title ? title : ""));
}

void tc_plot_mark(const tc_plot *plot, double x, const char *colour, const char *words, double up) {
    double at = tc_plot_x(plot, x), width = tc_chart_text_width(words, SMALL), bottom = plot->top + plot->height;
    bool left = at + width + 6 > plot->left + plot->width;
    char attributes[120];
    fprintf(plot->chart->file, "<path d=\"M%s %sV%s\" stroke=\"%s\" stroke-width=\"1.5\" stroke-dasharray=\"2 3\"/>\n",
            px(at).s, px(plot->top).s, px(bottom).s, colour);
    snprintf(attributes, sizeof attributes,
             "fill=\"%.20s\" stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\"", colour);
    put_text(plot->chart, left ? at - 4 : at + 4, bottom - 8 - up, left ? TC_ANCHOR_END : TC_ANCHOR_START, SMALL,
             attributes, words);
}
