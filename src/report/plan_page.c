/* plan_page.c - the document of a plan: its pages, its pictures, what is assumed and where figures are from.
 *
 * It stands alone: no script, no font, no picture and no address is fetched, and a policy in it says so to the browser. A page
 * is laid out for A4 and for US Letter alike: pictures are held to a height, and lists are cut, with a word on how many are left out,
 * where they would run over. */
#include "report/plan_page.h"

#include <stdarg.h>
#include <string.h>

#include "report/catalog_report.h"
#include "report/format.h"
#include "report/plan_page_parts.h"
#include "report/plan_svg.h"
#include "report/plan_words.h"

void tc_page_text(FILE *file, const char *format, ...) {
    char text[2400], escaped[6 * sizeof text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs(tc_format_xml(escaped, sizeof escaped, text), file);
}

/* ---- the frame ------------------------------------------------------------------------------------ */

/* A picture's height holds on both papers: 250 mm of 279 and 297 are a page's. */
static const char style[]
    = "@page{margin:13mm 14mm}"
      "*{box-sizing:border-box}"
      "body{margin:0 auto;max-width:188mm;background:#fff;color:#1a1a1a;font:10pt/1.4 system-ui,\"Segoe "
      "UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;"
      "-webkit-print-color-adjust:exact;print-color-adjust:exact}"
      "header,section{padding:0}section{break-before:page;border-top:1px solid #d0d0d0;padding-top:8mm;margin-top:8mm}"
      "main>section:first-of-type{border:0;margin:0;padding-top:6mm;break-before:auto}"
      "@media print{section{border:0;margin:0;padding:0}main>section:first-of-type{padding:0}}"
      "h1{font-size:19pt;line-height:1.15;margin:0 0 1mm}h2{font-size:13.5pt;margin:0 0 2mm}"
      "h3{font-size:10.5pt;margin:4mm 0 1mm}p{margin:0 0 2mm}"
      ".faint{color:#595959;font-size:8.5pt}.answer{font-size:11.5pt;line-height:1.38}.never{color:#a3240c}"
      "table{border-collapse:collapse;width:100%;font-size:9pt;margin:2mm 0 3mm}"
      "caption{text-align:left;font-weight:600;padding-bottom:1mm}"
      "th,td{text-align:left;padding:1mm 2mm;border-bottom:1px solid #d9d9d9;vertical-align:top}"
      "thead th{border-bottom:1.5px solid #555}th:first-child,td:first-child{padding-left:0}.n{text-align:right}"
      "figure{margin:0 0 3mm;break-inside:avoid}figure svg{display:block;width:100%;height:auto}"
      ".calendar svg{max-height:56mm}.s-curve svg{max-height:80mm}.devices svg{max-height:78mm}.fleet svg,.money "
      "svg{max-height:62mm}.drivers svg{max-height:90mm}"
      "tbody th,tbody td:not(.wide),.n{white-space:nowrap}"
      "ul{margin:0 0 2mm;padding-left:4.5mm}li{margin-bottom:.6mm}"
      ".many .answer{font-size:10pt;margin-bottom:1mm}.many .calendar svg{max-height:46mm}.many h3{margin-top:2mm}"
      ".small{font-size:7pt;line-height:1.3;columns:2;column-gap:7mm;padding:0;list-style:none;overflow-wrap:anywhere}"
      ".small li{padding-left:2.5mm;text-indent:-2.5mm;margin-bottom:.3mm}.small.one{columns:1}";

static void begin(FILE *file, const tc_plan *plan, tc_catalog *catalog) {
    const tc_scenario *s = plan->scenario;
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
          "<meta name=\"generator\" content=\"traincast " TC_VERSION "\">\n<title>",
          file);
    tc_page_text(file, "%s", s->name);
    fprintf(file, "</title>\n<style>%s</style>\n</head>\n<body>\n<main%s>\n<header>\n<h1>", style,
            plan->jobs > 3 ? " class=\"many\"" : "");
    tc_page_text(file, "%s", s->name);
    fputs("</h1>\n<p class=\"faint\">", file);
    if (plan->outlook)
        tc_page_text(file, "What is done when, as of %s. %s calendars were drawn (seed %lld)",
                     tc_format_day(s->as_of).s, tc_format_count(plan->samples).s, (long long)plan->seed);
    else
        tc_page_text(file, "What is done when, as of %s. Nothing but the time of a step is uncertain here",
                     tc_format_day(s->as_of).s);
    tc_page_text(file, "; traincast " TC_VERSION ", data %s.", tc_catalog_hash(catalog));
    fputs("</p>\n</header>\n", file);
}

static void begin_page(FILE *file, const char *title) { fprintf(file, "<section>\n<h2>%s</h2>\n", title); }

static void put_picture(FILE *file, const tc_plan *plan, tc_plan_picture picture) {
    const char *name = tc_plan_picture_file(picture), *missing = tc_plan_picture_missing(plan, picture);
    if (missing) {
        fprintf(file, "<p class=\"faint\">%s: no picture, because %s.</p>\n", tc_plan_picture_words(picture), missing);
        return;
    }
    fprintf(file, "<figure class=\"%.*s\" aria-label=\"%s\">\n", (int)strcspn(name, "."), name,
            tc_plan_picture_words(picture));
    tc_draw_plan_picture(file, plan, picture);
    fputs("</figure>\n", file);
}

/* ---- what is assumed, what rules say, sources --------------------------------------------------------- */

/* Characters of a line of a column and of the page, and lines of the page: what a wide font leaves of US Letter. */
enum { COLUMN = 60, ACROSS = 122, LINES = 72, RULE_LINES = 17, SOURCE_LINES = 18, SOURCES = 420 };

/* A list as long as there is room for; `per_line` characters a line. */
typedef struct list {
    FILE *file;
    int lines, most, per_line, left_out;
} list;

static list begin_list(FILE *file, const char *class, int most, int per_line) {
    fprintf(file, "<ul class=\"%s\">\n", class);
    return (list){file, 0, most, per_line, 0};
}

static int lines_of(const char *text, int per_line) { return 1 + (tc_text_width(text) - 1) / per_line; }

static void put_item(list *l, const char *text) {
    int lines = lines_of(text, l->per_line);
    if (l->lines + lines > l->most) {
        l->left_out++;
        return;
    }
    l->lines += lines;
    fputs("<li>", l->file);
    tc_page_text(l->file, "%s", text);
    fputs("</li>\n", l->file);
}

static void end_list(const list *l, const char *where) {
    if (l->left_out > 0) {
        fputs("<li>", l->file);
        tc_page_text(l->file, "%d more have no room here: %s.", l->left_out, where);
        fputs("</li>\n", l->file);
    }
    fputs("</ul>\n", l->file);
}

static void rule_text(const tc_plan *plan, int i, char *text, size_t size) {
    const tc_pool_rule *r = &plan->rule[i];
    snprintf(text, size, "%s from %s: %s", plan->scenario->pool[r->pool].name, tc_format_day(r->from).s, r->text);
}

static void put_rules(FILE *file, const tc_plan *plan) {
    char text[1000];
    if (plan->rules == 0) return;
    fputs("<h3>What export rules say of the pools</h3>\n", file);
    list l = begin_list(file, "small one", RULE_LINES, ACROSS);
    for (int i = 0; i < plan->rules; i++) {
        rule_text(plan, i, text, sizeof text);
        put_item(&l, text);
    }
    end_list(&l, "traincast plan tells them");
}

/* The first sources of an entry, as many as there is room for. */
static void put_sources_of(list *l, tc_catalog *catalog, tc_kind kind, const char *slug, const char *name) {
    char sources[2048], text[2300];
    tc_report_sources(catalog, kind, slug, sources, sizeof sources);
    if (strlen(sources) > SOURCES) {
        size_t cut = 0;
        for (size_t at = 0; at < SOURCES; at += strcspn(sources + at + 1, ";") + 1) cut = at;
        sources[cut ? cut : SOURCES] = '\0';
        strcat(sources, "; and others");
    }
    snprintf(text, sizeof text, "%s: %s", name, sources);
    if (sources[0]) put_item(l, text);
}

static void put_sources(FILE *file, const tc_plan *plan, tc_catalog *catalog) {
    const tc_scenario *s = plan->scenario;
    fputs("<h3>Where figures are from</h3>\n", file);
    list l = begin_list(file, "small one", SOURCE_LINES, ACROSS);
    put_item(&l,
             "Step times: the arithmetic of traincast, fitted on published training runs; its errors on runs that were "
             "left out are in its docs/ACCURACY.md. traincast show accelerator SLUG has every figure with its source.");
    put_sources_of(&l, catalog, TC_KIND_SCENARIO, s->slug, "The scenario");
    for (int p = 0; p < s->pools; p++) {
        const tc_accelerator *chip = &s->pool[p].cluster.accelerator;
        bool told = false;
        for (int i = 0; i < p; i++) told = told || strcmp(s->pool[i].cluster.accelerator.slug, chip->slug) == 0;
        if (!told) put_sources_of(&l, catalog, TC_KIND_ACCELERATOR, chip->slug, chip->name);
    }
    end_list(&l, "traincast show tells them");
}

/* In two columns, on what the rules and the sources leave of the page. */
static void put_assumed(FILE *file, const tc_plan *plan) {
    char text[1000];
    int rules = 0;
    for (int i = 0; i < plan->rules; i++) {
        rule_text(plan, i, text, sizeof text);
        rules += lines_of(text, ACROSS);
    }
    fputs("<h3>What is assumed</h3>\n", file);
    list l = begin_list(file, "small", 2 * (LINES - SOURCE_LINES - (rules < RULE_LINES ? rules : RULE_LINES)), COLUMN);
    for (int i = 0; i < plan->assumed_count; i++) put_item(&l, plan->assumed[i]);
    end_list(&l, "traincast plan lists them");
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

void tc_report_plan_page(FILE *file, const tc_plan *plan, tc_catalog *catalog) {
    begin(file, plan, catalog);
    begin_page(file, "The answer");
    tc_page_answer(file, plan);
    put_picture(file, plan, TC_PICTURE_CALENDAR);
    fputs("</section>\n", file);
    begin_page(file, "How surely, and on what supply");
    put_picture(file, plan, TC_PICTURE_S_CURVE);
    put_picture(file, plan, TC_PICTURE_DEVICES);
    put_picture(file, plan, tc_plan_picture_missing(plan, TC_PICTURE_FLEET) ? TC_PICTURE_MONEY : TC_PICTURE_FLEET);
    fputs("</section>\n", file);
    begin_page(file, "What moves the dates, and what would change them");
    put_picture(file, plan, TC_PICTURE_DRIVERS);
    tc_page_levers(file, plan);
    fputs("</section>\n", file);
    begin_page(file, "What this rests on");
    put_assumed(file, plan);
    put_rules(file, plan);
    put_sources(file, plan, catalog);
    fputs("</section>\n</main>\n</body>\n</html>\n", file);
}
