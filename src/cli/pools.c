/* pools.c - several pools in one job as options and files say them.
 *
 * "ascend-910b2:512:tp=8:pp=4,h20:256:stack=megatron-core": an accelerator, its devices, then what it has of its own. The options
 * of a layout are those of all pools that say nothing else. */
#include "cli/pools.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "catalog/pools.h"
#include "cli/best.h"
#include "cli/request.h"

/* ---- words -------------------------------------------------------------------------- */

static tc_code take_word(const char *word, size_t length, const char *place, char *out, tc_error *error) {
    if (length >= TC_POOL_TEXT || length == 0)
        return tc_fail(error, TC_INVALID, place, "'%.40s' is empty or too long; write NAME:DEVICES,NAME:DEVICES", word);
    memcpy(out, word, length);
    out[length] = '\0';
    return TC_OK;
}

/* One ":..." of a pool. */
static tc_code take_own(const char *word, const char *place, tc_pool_words *out, tc_error *error) {
    const char *value = strchr(word, '=');
    size_t key = value ? (size_t)(value - word) : 0;
    if (!value || strncmp(word, "devices=", 8) == 0) {
        int64_t devices;
        tc_code code = tc_parse_integer(value ? value + 1 : word, 1, 10000000, &devices, place, error);
        if (!code) out->devices = (int)devices;
        return code;
    }
    value++;
    if (strncmp(word, "fabric=", 7) == 0) return take_word(value, strlen(value), place, out->fabric, error);
    if (strncmp(word, "stack=", 6) == 0) return take_word(value, strlen(value), place, out->stack, error);
    size_t used = strlen(out->layout), room = sizeof out->layout - used;
    char name[64];
    snprintf(name, sizeof name, "%.*s", key < 63 ? (int)key : 63, word);
    if ((size_t)snprintf(out->layout + used, room, "%s%s=%s", used ? "," : "", name, value) >= room)
        return tc_fail(error, TC_INVALID, place, "'%.40s' is too long", word);
    return TC_OK;
}

static tc_code take_pool(const char *text, size_t length, tc_pool_words *out, tc_error *error) {
    const char *place = "--accelerator", *end = text + length;
    size_t name = 0;
    while (name < length && text[name] != ':') name++;
    tc_code code = take_word(text, name, place, out->accelerator, error);
    for (const char *at = text + name; !code && at < end;) {
        char word[TC_POOL_TEXT];
        size_t size = 0;
        at++;
        while (at + size < end && at[size] != ':') size++;
        code = take_word(at, size, place, word, error);
        if (!code) code = take_own(word, place, out, error);
        at += size;
    }
    if (!code && out->devices < 1)
        return tc_fail(error, TC_INVALID, place, "%.60s has no devices; write %.60s:512", out->accelerator,
                       out->accelerator);
    return code;
}

static tc_code take_pools(const char *text, tc_cluster_words *out, tc_error *error) {
    for (;;) {
        size_t length = strcspn(text, ",");
        if (out->pools == TC_MAX_POOLS)
            return tc_fail(error, TC_INVALID, "--accelerator", "more than %d pools; give fewer", TC_MAX_POOLS);
        tc_code code = take_pool(text, length, &out->pool[out->pools++], error);
        if (code || !text[length]) return code;
        text += length + 1;
    }
}

/* "400Gb/s", "400Gb/s:km=500:oversubscription=32:latency=1ms:usd_per_gb=0.02" */
static tc_code take_link(const char *text, tc_link *out, tc_error *error) {
    static const struct {
        const char *key;
        tc_dimension dimension;
        size_t offset;
        double scale, least;
    } keys[] = {
        {"km", TC_DIMENSION_NONE, offsetof(tc_link, distance_m), 1e3, 0},
        {"oversubscription", TC_DIMENSION_NONE, offsetof(tc_link, oversubscription), 1, 1},
        {"latency", TC_DIMENSION_SECONDS, offsetof(tc_link, latency_s), 1, 0},
        {"usd_per_gb", TC_DIMENSION_NONE, offsetof(tc_link, usd_per_byte), 1e-9, 0},
    };
    const char *place = "--link";
    for (bool first = true; *text; first = false) {
        char word[64];
        size_t length = strcspn(text, ":"), k = 0;
        snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, text);
        text += length + (text[length] == ':');
        if (first) {
            tc_code code = tc_parse_quantity(word, TC_DIMENSION_BYTES_PER_S, &out->bytes_per_s, place, error);
            if (!code && !(out->bytes_per_s >= 1))
                code = tc_fail(error, TC_INVALID, place, "%s is no bandwidth; give 400Gb/s", word);
            if (code) return code;
            continue;
        }
        char *value = strchr(word, '=');
        if (value) *value++ = '\0';
        while (k < sizeof keys / sizeof *keys && strcmp(word, keys[k].key) != 0) k++;
        if (!value || k == sizeof keys / sizeof *keys)
            return tc_fail(error, TC_INVALID, place,
                           "'%.40s' is unknown; give km, oversubscription, latency or usd_per_gb", word);
        double number;
        tc_code code = tc_parse_quantity(value, keys[k].dimension, &number, place, error);
        if (code) return code;
        if (!(number >= keys[k].least) || number > 1e6)
            return tc_fail(error, TC_INVALID, place, "%s=%s is out of bounds; %g to 1000000", keys[k].key, value,
                           keys[k].least);
        *(double *)(void *)((char *)out + keys[k].offset) = number * keys[k].scale;
    }
    return TC_OK;
}

static tc_code take_words(const tc_context *context, tc_cluster_words *out) {
    const tc_value *file = tc_given(context, TC_OPTION_CLUSTER), *list = tc_given(context, TC_OPTION_ACCELERATOR);
    *out = tc_cluster_words_none();
    if (file->given && (list->given || tc_given(context, TC_OPTION_DEVICES)->given))
        return tc_fail(context->error, TC_INVALID, "--cluster", "says what the pools are; leave %s out",
                       list->given ? "--accelerator" : "--devices");
    if (!file->given && tc_given(context, TC_OPTION_DEVICES)->given)
        return tc_fail(context->error, TC_INVALID, "--devices", "are said with each accelerator; leave it out");
    tc_code code = file->given ? tc_cluster_words_read(file->text, out, context->error)
                               : take_pools(list->text, out, context->error);
    const tc_value *link = tc_given(context, TC_OPTION_LINK), *across = tc_given(context, TC_OPTION_ACROSS),
                   *tuning = tc_given(context, TC_OPTION_TUNING), *steps = tc_given(context, TC_OPTION_LOCAL_STEPS);
    if (!code && link->given) code = take_link(link->text, &out->link, context->error);
    if (across->given) out->across = (int)across->integer;
    if (tuning->given) snprintf(out->tuning, sizeof out->tuning, "%s", tuning->text);
    if (steps->given) out->local_steps = (int)steps->integer;
    return code;
}

/* ---- pools ----------------------------------------------------------------------------- */

/* A pool's devices and software into a question of one pool, whose layout is that of all. */
static tc_code take_devices(tc_context *context, const tc_pool_words *words, tc_question *q) {
    static const tc_option_id id[2] = {TC_OPTION_FABRIC, TC_OPTION_STACK};
    const char *own[2] = {words->fabric, words->stack};
    tc_value all[2];
    for (int i = 0; i < 2; i++) {
        tc_value *value = &context->options->value[id[i]];
        all[i] = *value;
        if (*own[i]) value->given = true, value->text = own[i];
    }
    tc_code code = tc_request_devices(context, words->accelerator, q);
    for (int i = 0; i < 2; i++) context->options->value[id[i]] = all[i];
    q->cluster.devices = words->devices;
    char place[96];
    snprintf(place, sizeof place, "--accelerator %.60s", q->cluster.accelerator.slug);
    if (!code && *words->layout && tc_request_searches(context))
        code = tc_fail(context->error, TC_INVALID, place, "has a layout, which a search chooses; give --fix for all");
    if (!code && *words->layout) code = tc_search_fix(&q->layout, words->layout, place, context->error);
    return code;
}

static tc_code request_pools(tc_context *context, tc_question *q) {
    tc_cluster_words *words = malloc(sizeof *words);
    tc_question *pool = malloc(sizeof *pool);
    context->pools = calloc(TC_MAX_POOLS, sizeof *context->pools);
    tc_code code = words && pool && context->pools
                       ? take_words(context, words)
                       : tc_fail(context->error, TC_INTERNAL, "memory", "none is left for the pools");
    for (int i = words && !code ? words->pools - 1 : -1; i >= 0 && !code; i--) {
        *pool = *q;
        code = take_devices(context, &words->pool[i], pool);
        if (i > 0) context->pools[i - 1] = tc_pool_of_question(pool, 0);
    }
    if (!code) {
        *q = *pool;
        q->cluster.others = words->pools - 1;
        q->cluster.other = words->pools > 1 ? context->pools : NULL;
    }
    if (!code && words->pools > 1) {
        tc_mixing *m = &q->cluster.mixing;
        m->link = words->link;
        m->across = words->across;
        m->local_steps = words->local_steps;
        code = tc_mixing_load(context->catalog, words->tuning, "--tuning", m, context->error);
    }
    free(pool);
    free(words);
    return code;
}

tc_code tc_request_question(tc_context *context, tc_question *out) {
    tc_code code = tc_request_job(context, out);
    if (!code && tc_pools_asked(context->options))
        code = request_pools(context, out);
    else if (!code)
        code = tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, out);
    return code ? code : tc_best_take(context, out);
}
