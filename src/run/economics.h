/* economics.h - data/economics.yaml: what a run assumes where nobody says otherwise. */
#ifndef TC_RUN_ECONOMICS_H
#define TC_RUN_ECONOMICS_H

#include "catalog/document.h"
#include "traincast.h"

/* The figures of a region; region NULL is the file's default_region. */
TC_NODISCARD tc_code tc_economics_read(const tc_document *document, const char *region, const char *home,
                                       tc_economics *out, tc_error *error);

#define TC_MARKET_CURRENCIES 32

/* What currencies are worth, and what a package of an accelerator is rented for in a region. */
typedef struct tc_market {
    double rental, rental_usd_per_h; /* in `currency`; NaN: not known */
    char currency[8];
    int currencies;
    tc_currency known[TC_MARKET_CURRENCIES];
} tc_market;

/* accelerator: its slug; region NULL: currencies alone. */
TC_NODISCARD tc_code tc_market_read(const tc_document *document, const char *region, const char *accelerator,
                                    tc_market *out, tc_error *error);

/* Words of contracts, in the order of TC_CONTRACT_ON_DEMAND and so on; the last NULL. */
extern const char *const tc_contract_names[];

/* What a package is rented for under a kind of contract, from a day on. */
typedef struct tc_contract_price {
    int32_t since;
    double usd_per_h;
} tc_contract_price;

/* Those of a region, by day; *count 0: none is known. */
TC_NODISCARD tc_code tc_contract_prices(const tc_document *document, const char *region, const char *accelerator,
                                        int kind, tc_contract_price *out, int room, int *count, tc_error *error);

/* USD of one unit of a currency by its code; RMB is CNY. NaN: it is not among them. */
double tc_currency_find(const tc_currency *currency, int currencies, const char *code);

#endif
