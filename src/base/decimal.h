/* decimal.h - a number inside a message, the same in every locale: "50,676" or "5.92". */
#ifndef TC_BASE_DECIMAL_H
#define TC_BASE_DECIMAL_H

typedef struct tc_decimal {
    char s[32];
} tc_decimal;

/* At most `decimals` (0 to 6) places, zeros at the end left out, thousands separated by commas.
 * Values beyond 1e15 and what is not finite are "-". */
tc_decimal tc_decimal_text(double value, int decimals);

#endif
