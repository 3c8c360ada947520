/* economics.c - reads data/economics.yaml by its schema and picks a region. */
#include "run/economics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "catalog/schema.h"
#include "run/upkeep.h"

#define MAX_REGIONS 32
#define SECONDS_PER_YEAR (365.25 * 86400)

#define MAX_RENTALS 64
#define MAX_CONTRACTS 64 /* of a region */
#define MAX_CURRENCIES TC_MARKET_CURRENCIES

typedef struct rental {
    char accelerator[96], currency[8];
    double per_h;
} rental;

/* Of a kind of contract, from a day on. */
typedef struct contract {
    char accelerator[96], currency[8], since[16];
    int kind;
    double per_h;
} contract;

const char *const tc_contract_names[] = {"on-demand", "reserved", "interruptible", NULL};

typedef struct region {
    char slug[32];
    char name[96];
    double pue, usd_per_j, kg_co2_per_kwh;
    int rentals;
    rental rental[MAX_RENTALS];
    int contracts;
    contract contract[MAX_CONTRACTS];
} region;

typedef struct economics_file {
    char slug[32], name[96], default_region[32];
    tc_economics common;
    double amortisation_years;
    int regions;
    region region[MAX_REGIONS];
    int currencies;
    tc_currency currency[MAX_CURRENCIES];
} economics_file;

#define FIGURE_NEEDED(where, unit, member, low, high, when)                                                            \
    TC_PATH_IN(where, NUMBER, economics_file, member, low, high, .dimension = unit, .plain_si = true, .need = when,    \
               TC_SOURCED)
#define FIGURE(where, unit, member, low, high) FIGURE_NEEDED(where, unit, member, low, high, TC_NEED_ALWAYS)
/* Files of before do not have it: none. */
#define OPTIONAL_FIGURE(where, unit, member, low, high) FIGURE_NEEDED(where, unit, member, low, high, TC_NEED_NEVER)
#define REGION_FIGURE(where, unit, member, low, high)                                                                  \
    TC_PATH_IN(where, NUMBER, region, member, low, high, .dimension = unit, .plain_si = true, TC_NEEDED, TC_SOURCED)

static const tc_field rental_fields[] = {
    TC_PATH_TEXT("accelerator", rental, accelerator, TC_NEEDED),
    TC_PATH_TEXT("currency", rental, currency, TC_NEEDED),
    TC_PATH_IN("per_hour", NUMBER, rental, per_h, 0, 1e6, TC_NEEDED, TC_SOURCED),
};
static const tc_schema rental_schema = TC_SCHEMA("rental", rental_fields);

static const tc_field contract_fields[] = {
    TC_PATH_TEXT("accelerator", contract, accelerator, TC_NEEDED),
    TC_PATH_WORD("contract", contract, kind, tc_contract_names, TC_NEEDED),
    TC_PATH_TEXT("since", contract, since, TC_NEEDED),
    TC_PATH_TEXT("currency", contract, currency, TC_NEEDED),
    TC_PATH_IN("per_hour", NUMBER, contract, per_h, 0, 1e6, TC_NEEDED, TC_SOURCED),
};
static const tc_schema contract_schema = TC_SCHEMA("contract", contract_fields);

static const tc_field currency_fields[] = {
    TC_PATH_TEXT("code", tc_currency, code, TC_NEEDED),
    TC_PATH_IN("usd", NUMBER, tc_currency, usd, 1e-9, 1e9, TC_NEEDED, TC_SOURCED),
};
static const tc_schema currency_schema = TC_SCHEMA("currency", currency_fields);

static const tc_field region_fields[] = {
    TC_PATH_TEXT("slug", region, slug, TC_NEEDED),
    TC_PATH_TEXT("name", region, name, TC_NEEDED),
    REGION_FIGURE("pue", TC_DIMENSION_NONE, pue, 1, 10),
    REGION_FIGURE("electricity", TC_DIMENSION_USD_PER_J, usd_per_j, 0, 1e-5),
    REGION_FIGURE("grid_carbon", TC_DIMENSION_CARBON, kg_co2_per_kwh, 0, 5),
    TC_PATH_LIST("rentals", region, rental, rentals, 0, MAX_RENTALS, &rental_schema),
    TC_PATH_LIST("contracts", region, contract, contracts, 0, MAX_CONTRACTS, &contract_schema),
};
static const tc_schema region_schema = TC_SCHEMA("region", region_fields);

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", economics_file, slug),
    TC_PATH_TEXT("name", economics_file, name),
    TC_PATH_TEXT("reliability.fleet", economics_file, common.fleet),
    FIGURE("reliability.mtbf", TC_DIMENSION_SECONDS, common.mtbf_s, 60, 1e12),
    FIGURE("reliability.restart", TC_DIMENSION_SECONDS, common.restart_s, 0, 1e7),
    OPTIONAL_FIGURE("reliability.repair", TC_DIMENSION_SECONDS, common.repair_s, 0, 1e8),
    FIGURE("reliability.storage_bandwidth", TC_DIMENSION_BYTES_PER_S, common.storage_bytes_per_s, 1e3, 1e14),
    OPTIONAL_FIGURE("reliability.storage_most", TC_DIMENSION_BYTES_PER_S, common.storage_most_bytes_per_s, 1e3, 1e18),
    OPTIONAL_FIGURE("reliability.checkpoint_fixed", TC_DIMENSION_SECONDS, common.checkpoint_fixed_s, 0, 1e6),
    FIGURE("reliability.weights_per_parameter", TC_DIMENSION_BYTES, common.weight_bytes, 0, 64),
    FIGURE("hardware.server_price_factor", TC_DIMENSION_NONE, common.server_price, 1, 20),
    FIGURE("hardware.network_price_share", TC_DIMENSION_NONE, common.network_share, 0, 0.9),
    FIGURE("hardware.amortisation", TC_DIMENSION_YEARS, amortisation_years, 0.1, 100),
    FIGURE("hardware.server_power_factor", TC_DIMENSION_NONE, common.server_power, 1, 20),
    FIGURE("hardware.power_utilisation", TC_DIMENSION_NONE, common.power_utilisation, 0, 1),
    OPTIONAL_FIGURE("hardware.power_idle", TC_DIMENSION_NONE, common.power_idle, 0, 1),
    TC_PATH_TEXT("default_region", economics_file, default_region, TC_NEEDED),
    TC_PATH_LIST("currencies", economics_file, currency, currencies, 0, MAX_CURRENCIES, &currency_schema),
    TC_PATH_LIST("regions", economics_file, region, regions, 1, MAX_REGIONS, &region_schema, TC_NEEDED),
};
static const tc_schema schema = TC_SCHEMA("economics", fields);

/* "us, china", cut to the room. */
static void list_regions(const economics_file *file, char *text, size_t size) {
    size_t used = 0;
    for (int i = 0; i < file->regions && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", file->region[i].slug);
}

static const region *find_region(const economics_file *file, const char *slug) {
    for (int i = 0; i < file->regions; i++)
        if (strcmp(file->region[i].slug, slug) == 0) return &file->region[i];
    return NULL;
}

tc_code tc_economics_read(const tc_document *document, const char *name, const char *home, tc_economics *out,
                          tc_error *error) {
    economics_file file = {0};
    tc_code code = tc_schema_read(&schema, document, &file, error);
    if (code != TC_OK) return code;
    const region *at_home = name ? NULL : find_region(&file, home);
    const region *r = at_home ? at_home : find_region(&file, name ? name : file.default_region);
    if (!r) {
        char list[256] = "";
        list_regions(&file, list, sizeof list);
        return tc_fail(error, TC_NOT_FOUND, "region", "'%.40s' is not in %s; one of %s",
                       name ? name : file.default_region, document->file, list);
    }
    *out = file.common;
    out->size = sizeof *out;
    memcpy(out->region, r->slug, sizeof out->region);
    out->at_home = at_home != NULL;
    out->amortisation_s = file.amortisation_years * SECONDS_PER_YEAR;
    out->pue = r->pue;
    out->usd_per_kwh = r->usd_per_j * TC_JOULES_PER_KWH;
    out->kg_co2_per_kwh = r->kg_co2_per_kwh;
    return TC_OK;
}

/* RMB is another name of CNY. */
static const char *code_of(const char *word) { return strcmp(word, "RMB") == 0 ? "CNY" : word; }

double tc_currency_find(const tc_currency *currency, int currencies, const char *word) {
    for (int i = 0; i < currencies; i++)
        if (strcmp(code_of(currency[i].code), code_of(word)) == 0) return currency[i].usd;
    return strcmp(word, "USD") == 0 ? 1 : NAN;
}

tc_code tc_market_read(const tc_document *document, const char *region_slug, const char *accelerator, tc_market *out,
                       tc_error *error) {
    economics_file *file = calloc(1, sizeof *file);
    *out = (tc_market){.rental_usd_per_h = NAN};
    if (!file) return tc_fail(error, TC_INTERNAL, document->file, "out of memory");
    tc_code code = tc_schema_read(&schema, document, file, error);
    const region *r = code == TC_OK && region_slug ? find_region(file, region_slug) : NULL;
    for (int i = 0; r && i < r->rentals; i++) {
        if (strcmp(r->rental[i].accelerator, accelerator) != 0) continue;
        out->rental = r->rental[i].per_h;
        memcpy(out->currency, r->rental[i].currency, sizeof out->currency);
        out->rental_usd_per_h = out->rental * tc_currency_find(file->currency, file->currencies, out->currency);
    }
    out->currencies = file->currencies;
    memcpy(out->known, file->currency, sizeof out->known);
    free(file);
    return code;
}

/* By day: rows of a file may stand in any order. */
static int insert(tc_contract_price *out, int count, tc_contract_price one) {
    int i = count;
    for (; i > 0 && out[i - 1].since > one.since; i--) out[i] = out[i - 1];
    out[i] = one;
    return count + 1;
}

tc_code tc_contract_prices(const tc_document *document, const char *region_slug, const char *accelerator, int kind,
                           tc_contract_price *out, int room, int *count, tc_error *error) {
    economics_file *file = calloc(1, sizeof *file);
    *count = 0;
    if (!file) return tc_fail(error, TC_INTERNAL, document->file, "out of memory");
    tc_code code = tc_schema_read(&schema, document, file, error);
    const region *r = code == TC_OK ? find_region(file, region_slug) : NULL;
    for (int i = 0; r && i < r->contracts && *count < room; i++) {
        const contract *c = &r->contract[i];
        tc_contract_price one;
        one.usd_per_h = c->per_h * tc_currency_find(file->currency, file->currencies, c->currency);
        if (c->kind != kind || strcmp(c->accelerator, accelerator) != 0 || isnan(one.usd_per_h)) continue;
        if (tc_date_parse(c->since, &one.since)) *count = insert(out, *count, one);
    }
    free(file);
    return code;
}
