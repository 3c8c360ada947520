/* table.c - aligned text tables, paragraphs and bars. */
#include "report/table.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "report/format.h"

struct tc_table_row {
    tc_table_row *next;
    const char *text[TC_TABLE_COLUMNS];
    tc_tone tone[TC_TABLE_COLUMNS];
};

static const char *const tone_codes[] = {
    [TC_TONE_PLAIN] = "",        [TC_TONE_STRONG] = "\x1b[1m", [TC_TONE_FAINT] = "\x1b[2m",
    [TC_TONE_GOOD] = "\x1b[32m", [TC_TONE_BAD] = "\x1b[31m",   [TC_TONE_BAR] = "\x1b[36m",
};

void tc_print_tone(FILE *file, const tc_style *style, tc_tone tone, const char *text) {
    bool coloured = style->colour && tone != TC_TONE_PLAIN && *text;
    if (coloured) fputs(tone_codes[tone], file);
    tc_utf8_put(file, text, strlen(text));
    if (coloured) fputs("\x1b[0m", file);
}

/* Length of the tone's code at text, or 0. */
static size_t tone_length(const char *text, size_t length) {
    static const char end[] = "\x1b[0m";
    if (length >= sizeof end - 1 && memcmp(text, end, sizeof end - 1) == 0) return sizeof end - 1;
    for (size_t i = TC_TONE_STRONG; i < sizeof tone_codes / sizeof *tone_codes; i++) {
        size_t n = strlen(tone_codes[i]);
        if (length >= n && memcmp(text, tone_codes[i], n) == 0) return n;
    }
    return 0;
}

/* Text without line ends, tones as they are. */
static void put_visible(FILE *file, const tc_style *style, const char *text, size_t length) {
    for (const char *escape; style->colour && (escape = memchr(text, '\x1b', length)) != NULL;) {
        size_t before = (size_t)(escape - text), n = tone_length(escape, length - before);
        tc_utf8_put(file, text, n > 0 ? before : before + 1);
        if (n > 0) fwrite(escape, 1, n, file);
        n = before + (n > 0 ? n : 1);
        text += n, length -= n;
    }
    tc_utf8_put(file, text, length);
}

/* Where the rest of a line goes on: under its second column if it has one in the left half, else a little further in. */
static int hanging_indent(const char *line, size_t length, int limit) {
    size_t start = 0;
    while (start < length && line[start] == ' ') start++;
    for (size_t i = start; i + 2 < length && (int)i < limit / 2; i++) {
        if (line[i] != ' ' || line[i + 1] != ' ') continue;
        while (i < length && line[i] == ' ') i++;
        if ((int)i <= limit / 2) return (int)i;
        break;
    }
    return (int)start + 2 <= limit / 2 ? (int)start + 2 : limit / 8;
}

/* The last blank, or end of an alternative, at which line fits the width from `column` on; else its first; else its
 * length: a word is not broken, so that an address stays one. */
static size_t break_of(const char *line, size_t length, const tc_style *style, int column) {
    size_t last = 0, i = 0;
    while (i < length && line[i] == ' ') i++, column++;
    while (i < length) {
        size_t n = style->colour ? tone_length(line + i, length - i) : 0;
        char character[8] = "";
        uint32_t code_point;
        if (column > style->width && last != 0) return last;
        if (line[i] == ' ') last = i;
        if (i > 0 && line[i - 1] == '|') last = i;
        if (n == 0) {
            tc_utf8_next(line + i, length - i, &n, &code_point);
            memcpy(character, line + i, n);
            column += tc_text_width(character);
        }
        i += n;
    }
    return column > style->width && last != 0 ? last : length;
}

static void print_folded(FILE *file, const tc_style *style, const char *line, size_t length) {
    int indent = hanging_indent(line, length, style->width), column = 0;
    for (;;) {
        size_t end = break_of(line, length, style, column), next = end;
        while (end > 0 && end < length && line[end - 1] == ' ') end--;
        put_visible(file, style, line, end);
        while (next < length && line[next] == ' ') next++;
        line += next, length -= next, column = indent;
        if (length == 0) break;
        fprintf(file, "\n%*s", indent, "");
    }
}

void tc_print_visible(FILE *file, const tc_style *style, const char *text, size_t length) {
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t n = end ? (size_t)(end - text) : length;
        bool feed = end && n > 0 && text[n - 1] == '\r'; /* lines of iCalendar end in both */
        n -= feed;
        if (style->width > 0 && n > (size_t)style->width)
            print_folded(file, style, text, n);
        else
            put_visible(file, style, text, n);
        if (feed) fputc('\r', file), n++;
        if (end) fputc('\n', file), n++;
        text += n, length -= n;
    }
}

void tc_print_heading(FILE *file, const tc_style *style, const char *text) {
    tc_print_tone(file, style, TC_TONE_STRONG, text);
    fputc('\n', file);
}

void tc_print_line(FILE *file, const tc_style *style, const char *label, const char *text) {
    char padded[32];
    snprintf(padded, sizeof padded, "  %-13s", label);
    tc_print_tone(file, style, TC_TONE_FAINT, padded);
    tc_print_wrapped(file, style, 15, 15, text);
}

void tc_print_bullet(FILE *file, const tc_style *style, const char *text) {
    fputs("  - ", file);
    tc_print_wrapped(file, style, 4, 4, text);
}

void tc_print_bullets(FILE *file, const tc_style *style, const char *heading, const char *first, size_t stride,
                      int count) {
    if (count == 0) return;
    if (heading) tc_print_heading(file, style, heading);
    for (int i = 0; i < count; i++) tc_print_bullet(file, style, first + (size_t)i * stride);
}

/* Length in bytes of the first `columns` columns of text. */
static size_t prefix_length(const char *text, int columns) {
    size_t length = strlen(text);
    char part[256];
    if (length >= sizeof part) length = sizeof part - 1;
    memcpy(part, text, length);
    part[length] = '\0';
    while (length > 0 && tc_text_width(part) > columns) {
        do length--;
        while (length > 0 && ((unsigned char)part[length] & 0xc0u) == 0x80u);
        part[length] = '\0';
    }
    return length;
}

/* ---- tables ----------------------------------------------------------------- */

void tc_table_row_begin(tc_table *table) {
    tc_table_row *row = tc_arena_alloc(&table->arena, sizeof *row);
    if (!row) {
        table->exhausted = true;
        return;
    }
    for (int i = 0; i < TC_TABLE_COLUMNS; i++) row->text[i] = "";
    if (table->last)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    table->cell = 0;
}

void tc_cell_tone(tc_table *table, const char *heading, int align, const char *text, tc_tone tone) {
    int column = table->cell;
    if (!table->last || column == TC_TABLE_COLUMNS) return;
    if (column == table->columns) {
        table->heading[column] = heading;
        table->align[column] = align;
        table->columns++;
    }
    if (!text) text = "-";
    char *copy = tc_arena_copy(&table->arena, text, strlen(text));
    if (!copy) {
        table->exhausted = true;
        return;
    }
    for (char *end = copy; (end = strpbrk(end, "\n\r")) != NULL;) *end = ' '; /* a cell is a line */
    table->last->text[column] = copy;
    table->last->tone[table->cell++] = tone;
}

void tc_cell(tc_table *table, const char *heading, int align, const char *text) {
    tc_cell_tone(table, heading, align, text, TC_TONE_PLAIN);
}

void tc_table_dashes(tc_table *table) {
    if (!table->last) return;
    for (int i = table->cell; i < TC_TABLE_COLUMNS; i++) table->last->text[i] = "-";
    table->cell = TC_TABLE_COLUMNS;
}

static int total_width(const int *widths, int columns) {
    int total = 0, shown = 0;
    for (int i = 0; i < columns; i++)
        if (widths[i] > 0) total += widths[i], shown++;
    return total + (shown > 0 ? 2 * (shown - 1) : 0);
}

static void measure(const tc_table *table, int *widths) {
    for (int i = 0; i < table->columns; i++) {
        widths[i] = tc_text_width(table->heading[i]);
        for (const tc_table_row *row = table->first; row; row = row->next) {
            int width = tc_text_width(row->text[i]);
            if (width > widths[i]) widths[i] = width;
        }
        if (widths[i] == 0) widths[i] = 1;
    }
}

/* Shortens and leaves out columns until the table fits; returns how many were left out (width 0). */
static int fit_width(const tc_table *table, int *widths, int limit) {
    int excess = total_width(widths, table->columns) - limit;
    for (int i = table->columns - 1; i >= 0 && excess > 0; i--) {
        int spare = widths[i] - TC_FLEXIBLE_MIN;
        if (!(table->align[i] & TC_FLEXIBLE) || spare <= 0) continue;
        int cut = spare < excess ? spare : excess;
        widths[i] -= cut;
        excess -= cut;
    }
    int left_out = 0;
    for (int i = table->columns - 1; i > 0 && excess > 0; i--) {
        if (!(table->align[i] & TC_OPTIONAL)) continue;
        excess -= widths[i] + 2;
        widths[i] = 0;
        left_out++;
    }
    for (int i = table->columns - 1; i > 0 && excess > 0; i--) { /* a narrow terminal: what is left of the right */
        if (widths[i] == 0) continue;
        excess -= widths[i] + 2;
        widths[i] = 0;
        left_out++;
    }
    if (excess > 0) widths[0] = widths[0] > excess ? widths[0] - excess : 1;
    return left_out;
}

/* What was cut more than needed goes back to the flexible columns. */
static void give_back(const tc_table *table, int *widths, const int *wanted, int limit) {
    int spare = limit - total_width(widths, table->columns);
    for (int i = 0; i < table->columns && spare > 0; i++) {
        if (widths[i] == 0 || widths[i] >= wanted[i]) continue;
        int more = wanted[i] - widths[i] < spare ? wanted[i] - widths[i] : spare;
        widths[i] += more;
        spare -= more;
    }
}

static void print_cell(FILE *file, const tc_style *style, const char *text, tc_tone tone, int width, int align,
                       bool last) {
    char cut[512];
    if (tc_text_width(text) > width) {
        size_t length = prefix_length(text, width > 2 ? width - 2 : width);
        snprintf(cut, sizeof cut, "%.*s%s", (int)length, text, width > 2 ? ".." : "");
        text = cut;
    }
    int padding = width - tc_text_width(text);
    if (padding < 0) padding = 0;
    if (align & TC_RIGHT) fprintf(file, "%*s", padding, "");
    tc_print_tone(file, style, tone, text);
    if (!(align & TC_RIGHT) && !last) fprintf(file, "%*s", padding, "");
}

static void print_row(const tc_table *table, FILE *file, const tc_style *style, const int *widths,
                      const char *const *text, const tc_tone *tone) {
    int last = 0;
    for (int i = 0; i < table->columns; i++)
        if (widths[i] > 0 && *text[i]) last = i;
    for (int i = 0; i <= last; i++) {
        if (widths[i] == 0) continue;
        if (i > 0) fputs("  ", file);
        print_cell(file, style, text[i], tone ? tone[i] : TC_TONE_STRONG, widths[i], table->align[i], i == last);
    }
    fputc('\n', file);
}

static void print_markdown(const tc_table *table, FILE *file) {
    for (int i = 0; i < table->columns; i++) fprintf(file, *table->heading[i] ? "| %s " : "| ", table->heading[i]);
    fputs("|\n", file);
    for (int i = 0; i < table->columns; i++) fputs(table->align[i] & TC_RIGHT ? "| ---: " : "| --- ", file);
    fputs("|\n", file);
    for (const tc_table_row *row = table->first; row; row = row->next) {
        for (int i = 0; i < table->columns; i++) fprintf(file, "| %s ", row->text[i]);
        fputs("|\n", file);
    }
}

bool tc_table_print(tc_table *table, FILE *file, const tc_style *style) {
    int widths[TC_TABLE_COLUMNS] = {0}, wanted[TC_TABLE_COLUMNS];
    bool complete = !table->exhausted, any = complete && table->first;
    if (any && style->markdown) print_markdown(table, file);
    if (any && !style->markdown) {
        measure(table, widths);
        memcpy(wanted, widths, sizeof wanted);
        int left_out = 0;
        if (style->width > 0) {
            left_out = fit_width(table, widths, style->width);
            if (left_out > 0) give_back(table, widths, wanted, style->width);
        }
        print_row(table, file, style, widths, table->heading, NULL);
        for (const tc_table_row *row = table->first; row; row = row->next)
            print_row(table, file, style, widths, row->text, row->tone);
        if (left_out > 0) {
            char note[96];
            snprintf(note, sizeof note, "(%d more column%s in a wider terminal or with --json)", left_out,
                     left_out > 1 ? "s" : "");
            tc_print_tone(file, style, TC_TONE_FAINT, note);
            fputc('\n', file);
        }
    }
    tc_arena_free(&table->arena);
    *table = (tc_table){0};
    return complete;
}

/* ---- paragraphs and bars -------------------------------------------------------- */

void tc_print_wrapped(FILE *file, const tc_style *style, int column, int indent, const char *text) {
    int limit = style->width > 0 ? style->width : 80;
    if (limit < indent + 20) { /* a narrow terminal: below the label, not beside it */
        indent = limit / 8;
        if (column > indent) fputc('\n', file), column = 0;
    }
    if (column < indent) {
        fprintf(file, "%*s", indent - column, "");
        column = indent;
    }
    bool line_start = true;
    while (*text) {
        size_t length = strcspn(text, " \n\r");
        char word[256];
        if (length == 0) {
            text++;
            continue;
        }
        if (length >= sizeof word) length = prefix_length(text, (int)sizeof word / 4);
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        int width = tc_text_width(word);
        if (!line_start && column + 1 + width > limit) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
            line_start = true;
        }
        if (!line_start) {
            fputc(' ', file);
            column++;
        }
        tc_utf8_put(file, word, strlen(word));
        column += width;
        line_start = false;
        text += length;
    }
    fputc('\n', file);
}

void tc_print_bar(FILE *file, const tc_style *style, double share, int columns) {
    if (style->width > 0 && style->width < 80) columns -= 80 - style->width; /* reports are laid out for 80 */
    if (!(share > 0) || columns < 1) return;
    if (share > 1) share = 1;
    char bar[3 * 120 + 4] = "";
    if (columns > 120) columns = 120;
    int eighths = (int)lround(share * columns * 8);
    if (style->utf8) {
        static const char *const part[] = {"",
                                           "\xe2\x96\x8f",
                                           "\xe2\x96\x8e",
                                           "\xe2\x96\x8d",
                                           "\xe2\x96\x8c",
                                           "\xe2\x96\x8b",
                                           "\xe2\x96\x8a",
                                           "\xe2\x96\x89"};
        char *end = bar;
        for (int i = 0; i < eighths / 8; i++, end += 3) memcpy(end, "\xe2\x96\x88", 3);
        memcpy(end, part[eighths % 8], strlen(part[eighths % 8]) + 1);
    } else {
        int full = (eighths + 4) / 8;
        memset(bar, '#', (size_t)full);
        bar[full] = '\0';
    }
    if (!*bar) return;
    fputs("  ", file);
    tc_print_tone(file, style, TC_TONE_BAR, bar);
}

/* ---- the same from a format ------------------------------------------------------- */

#define FORMATTED(text, format)                                                                                        \
    char text[4096];                                                                                                   \
    va_list values;                                                                                                    \
    va_start(values, format);                                                                                          \
    vsnprintf(text, sizeof text, format, values);                                                                      \
    va_end(values)

void tc_print_headingf(FILE *file, const tc_style *style, const char *format, ...) {
    FORMATTED(text, format);
    tc_print_heading(file, style, text);
}

void tc_print_linef(FILE *file, const tc_style *style, const char *label, const char *format, ...) {
    FORMATTED(text, format);
    tc_print_line(file, style, label, text);
}

void tc_print_bulletf(FILE *file, const tc_style *style, const char *format, ...) {
    FORMATTED(text, format);
    tc_print_bullet(file, style, text);
}

void tc_print_wrappedf(FILE *file, const tc_style *style, int column, int indent, const char *format, ...) {
    FORMATTED(text, format);
    tc_print_wrapped(file, style, column, indent, text);
}

void tc_cellf(tc_table *table, const char *heading, int align, const char *format, ...) {
    FORMATTED(text, format);
    tc_cell(table, heading, align, text);
}
