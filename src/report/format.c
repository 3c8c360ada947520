/* format.c - quantities as a person reads them; three significant digits unless said otherwise. */
#include "report/format.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

size_t tc_format_double(char *buffer, size_t size, const char *format, double value) {
    char raw[400]; /* "%f" of the largest double has 317 characters */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(raw, sizeof raw, format, value);
#pragma GCC diagnostic pop
    const char *point = localeconv()->decimal_point;
    char *comma = *point && strcmp(point, ".") != 0 ? strstr(raw, point) : NULL;
    if (comma) {
        char *rest = comma + strlen(point);
        *comma = '.';
        memmove(comma + 1, rest, strlen(rest) + 1);
    }
    int length = snprintf(buffer, size, "%s", raw);
    return (size_t)length < size ? (size_t)length : size - 1;
}

static tc_text dash(void) { return (tc_text){"-"}; }

/* Puts thousands separators into the digits before the point. */
static tc_text separate_thousands(const char *raw) {
    tc_text out = {""};
    size_t used = 0;
    if (*raw == '-') out.s[used++] = *raw++;
    size_t whole = strspn(raw, "0123456789");
    for (size_t i = 0; raw[i] && used + 2 < sizeof out.s; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) out.s[used++] = ',';
        out.s[used++] = raw[i];
    }
    out.s[used] = '\0';
    return out;
}

tc_text tc_format_fixed(double value, int decimals) {
    if (!isfinite(value) || fabs(value) >= 1e24) return dash();
    char format[16], raw[64];
    snprintf(format, sizeof format, "%%.%df", decimals);
    tc_format_double(raw, sizeof raw, format, value);
    return separate_thousands(raw);
}

tc_text tc_format_count(double value) { return tc_format_fixed(value, 0); }

tc_text tc_format_significant(double value, int digits) {
    if (!isfinite(value)) return dash();
    if (value == 0) return (tc_text){"0"};
    /* the exponent after rounding: 9.999 is 10.0 at three digits */
    char raw[64];
    char format[16];
    snprintf(format, sizeof format, "%%.%de", digits - 1);
    tc_format_double(raw, sizeof raw, format, value);
    int exponent = 0;
    const char *e = strchr(raw, 'e');
    if (e) exponent = (int)strtol(e + 1, NULL, 10);
    if (exponent < -4 || exponent >= 15) {
        tc_text out;
        snprintf(format, sizeof format, "%%.%dg", digits);
        tc_format_double(out.s, sizeof out.s, format, value);
        return out;
    }
    int decimals = digits - 1 - exponent;
    return tc_format_fixed(value, decimals > 0 ? decimals : 0);
}

typedef struct scale {
    double unit;
    const char *name;
} scale;

/* The largest unit that leaves at least 1 (after rounding to three digits); scales run downwards. */
static tc_text with_unit(double value, const scale *scales, int n) {
    if (!isfinite(value)) return dash();
    int i = 0;
    while (i < n - 1 && fabs(value) < 0.9995 * scales[i].unit) i++;
    if (value == 0) i = n - 1;
    tc_text number = tc_format_significant(value / scales[i].unit, 3);
    tc_text out;
    snprintf(out.s, sizeof out.s, "%.24s%s%s", number.s, *scales[i].name ? " " : "", scales[i].name);
    return out;
}

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

tc_text tc_format_short(double value) {
    static const scale scales[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}, {1, ""}};
    return with_unit(value, scales, COUNT(scales));
}

tc_text tc_format_seconds(double seconds) {
    static const scale scales[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
    tc_text out;
    if (!isfinite(seconds)) return dash();
    if (seconds >= 2 * 86400.0)
        snprintf(out.s, sizeof out.s, "%.24s d", tc_format_significant(seconds / 86400, 3).s);
    else if (seconds >= 7200)
        snprintf(out.s, sizeof out.s, "%.24s h", tc_format_significant(seconds / 3600, 3).s);
    else if (seconds >= 600)
        snprintf(out.s, sizeof out.s, "%.24s min", tc_format_significant(seconds / 60, 3).s);
    else if (seconds == 0)
        out = (tc_text){"0 s"};
    else
        out = with_unit(seconds, scales, COUNT(scales));
    return out;
}

tc_text tc_format_gib(double bytes) {
    static const scale scales[] = {{1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024, "KiB"}, {1, "B"}};
    return with_unit(bytes, scales, COUNT(scales));
}

tc_text tc_format_rate(double bytes_per_s) {
    static const scale scales[] = {{1e12, "TB/s"}, {1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}};
    return with_unit(bytes_per_s, scales, COUNT(scales));
}

tc_text tc_format_flops(double flop_per_s) {
    static const scale scales[] = {{1e12, "TFLOP/s"}, {1e9, "GFLOP/s"}, {1e6, "MFLOP/s"}, {1, "FLOP/s"}};
    return with_unit(flop_per_s, scales, COUNT(scales));
}

tc_text tc_format_percent(double percent) {
    if (!isfinite(percent)) return dash();
    tc_text out;
    snprintf(out.s, sizeof out.s, "%.24s %%", tc_format_fixed(percent, 1).s);
    return out;
}

tc_text tc_format_signed_percent(double percent) {
    tc_text out;
    snprintf(out.s, sizeof out.s, "%s%.30s", percent > 0 ? "+" : "", tc_format_percent(percent).s);
    return out;
}

tc_text tc_format_usd(double dollars) {
    if (!isfinite(dollars)) return dash();
    tc_text out;
    snprintf(out.s, sizeof out.s, "%s$%.30s", dollars < 0 ? "-" : "",
             fabs(dollars) >= 1000 ? tc_format_count(fabs(dollars)).s : tc_format_significant(fabs(dollars), 3).s);
    return out;
}

/* Wide: the East Asian ranges of Unicode's EastAsianWidth that occur in names. Combining: zero. */
static int code_point_width(unsigned long c) {
    if (c >= 0x300 && c < 0x370) return 0;
    int wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7a4)
               || (c >= 0xf900 && c < 0xfb00) || (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61)
               || (c >= 0x20000 && c < 0x40000);
    return wide ? 2 : 1;
}

tc_text tc_format_range(double p10, double p90, tc_text (*format)(double)) {
    if (!(p10 > 0) || !(p90 > 0)) return (tc_text){"-"};
    tc_text low = format(p10), high = format(p90), out;
    char *unit = strchr(low.s, ' ');
    const char *other = strchr(high.s, ' ');
    if (unit && other && strcmp(unit, other) == 0) *unit = '\0';
    snprintf(out.s, sizeof out.s, "%.18s-%.18s", low.s, high.s);
    return out;
}

char *tc_format_xml(char *out, size_t size, const char *text) {
    size_t used = 0;
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        uint32_t c;
        tc_glyph glyph = tc_utf8_next(text, left, &length, &c);
        char plain[8] = "";
        const char *put = memcpy(plain, text, length);
        if (glyph == TC_GLYPH_CUT) continue;
        if (glyph != TC_GLYPH_SHOWN) put = "\xef\xbf\xbd";
        if (c == '<') put = "&lt;";
        if (c == '>') put = "&gt;";
        if (c == '&') put = "&amp;";
        if (c == '"') put = "&quot;";
        if (c == '\'') put = "&#39;";
        if (used + strlen(put) >= size) break;
        memcpy(out + used, put, strlen(put));
        used += strlen(put);
    }
    out[used] = '\0';
    return out;
}

int tc_text_width(const char *text) {
    int width = 0;
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
        unsigned long c = more == 3 ? *p & 0x07u : more == 2 ? *p & 0x0fu : more == 1 ? *p & 0x1fu : *p;
        p++;
        while (more-- > 0 && (*p & 0xc0u) == 0x80u) c = c << 6 | (*p++ & 0x3fu);
        width += code_point_width(c);
    }
    return width;
}
