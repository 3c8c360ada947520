/* plan_serving.c - what a plan serves. Devices are those as the plan begins; growth goes on top. */
#include "report/plan_serving.h"

#include <math.h>

#include "base/text.h"
#include "base/vocabulary.h"
#include "report/format.h"
#include "traincast_serving.h"

#define HOURS 24

static bool changes_by_hour(const tc_scenario_serving *s) {
    for (int h = 0; h < HOURS; h++)
        if (s->profile.hour[h] != s->profile.hour[0]) return true;
    return s->profile.weekend != 1;
}

/* ---- for programs ----------------------------------------------------------------------------- */

static void write_hours(tc_writer *writer, const tc_scenario_serving *s) {
    tc_write_array(writer, "by_hour");
    for (int h = 0; h < HOURS; h++) {
        tc_write_object(writer, NULL);
        tc_write_integer(writer, "of_day", h);
        tc_write_integer(writer, "devices", tc_serving_devices_at(s, h, false));
        tc_write_integer(writer, "weekend_devices", tc_serving_devices_at(s, h, true));
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

/* What is forecast of a device; null where rates or devices are given. */
static void write_served(tc_writer *writer, const tc_scenario_serving *s) {
    const tc_served *a = &s->served;
    if (!s->model_slug[0]) {
        tc_write_null(writer, "served");
        return;
    }
    tc_write_object(writer, "served");
    tc_write_string(writer, "model", s->model_slug);
    tc_write_string(writer, "engine", s->engine_name[0] ? s->engine_name : NULL);
    tc_write_string(writer, "dtype", a->weights == TC_UNSET ? NULL : tc_weight_format_names[a->weights]);
    tc_write_string(writer, "kv_dtype", tc_dtype_names[s->kv == TC_UNSET ? TC_BF16 : s->kv]);
    tc_write_number(writer, "requests_per_s_per_device", a->requests_per_s);
    tc_write_number(writer, "output_tokens_per_s_per_device", a->output_tokens_per_s);
    tc_write_number(writer, "output_tokens_per_s_per_device_p10", a->output_tokens_per_s / s->need.high);
    tc_write_number(writer, "output_tokens_per_s_per_device_p90", a->output_tokens_per_s / s->need.low);
    tc_write_number(writer, "prefill_tokens_per_s_per_device", a->prefill_tokens_per_s);
    tc_write_number(writer, "decode_tokens_per_s_per_device", a->decode_tokens_per_s);
    tc_write_number(writer, "ttft_s", a->ttft_s);
    tc_write_number(writer, "ttft_s_p95", a->ttft_s_p95);
    tc_write_number(writer, "tpot_s", a->tpot_s);
    tc_write_number(writer, "tpot_s_p95", a->tpot_s_p95);
    tc_write_number(writer, "prefill_device_share", a->prefill_share);
    tc_write_integer(writer, "tp", a->tp);
    tc_write_integer(writer, "pp", a->pp);
    tc_write_integer(writer, "ep", a->ep);
    tc_write_close(writer);
}

static void write_service(tc_writer *writer, const tc_plan *plan, const tc_scenario_serving *s) {
    bool demand = !s->devices_given, users = demand && s->tokens_per_day < 0 && s->requests_per_day < 0;
    tc_write_object(writer, NULL);
    tc_write_string(writer, "name", s->name);
    tc_write_string(writer, "pool", plan->scenario->pool[s->pool].name);
    tc_write_integer(writer, "devices", s->devices);
    tc_write_number(writer, "devices_p10", ceil(s->devices * s->need.low));
    tc_write_number(writer, "devices_p90", ceil(s->devices * s->need.high));
    tc_write_number(writer, "met_probability", tc_plan_met(plan, (int)(s - plan->scenario->serving)));
    tc_write_bool(writer, "firm", s->firm);
    tc_write_number(writer, "monthly_users", users ? s->monthly_users : NAN);
    tc_write_number(writer, "tokens_per_day", s->tokens_per_day >= 0 ? s->tokens_per_day : NAN);
    tc_write_number(writer, "requests_per_day", s->requests_per_day >= 0 ? s->requests_per_day : NAN);
    tc_write_number(writer, "peak_requests_per_s", s->peak_requests_per_s >= 0 ? s->peak_requests_per_s : NAN);
    tc_write_number(writer, "peak_prefill_tokens_per_s", demand ? s->peak_prefill_tokens_per_s : NAN);
    tc_write_number(writer, "peak_decode_tokens_per_s", demand ? s->peak_decode_tokens_per_s : NAN);
    write_served(writer, s);
    write_hours(writer, s);
    tc_write_close(writer);
}

void tc_write_plan_serving(tc_writer *writer, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_write_array(writer, "serving");
    for (int i = 0; i < s->servings; i++) write_service(writer, plan, &s->serving[i]);
    tc_write_close(writer);
}

/* ---- for people --------------------------------------------------------------------------------- */

/* "1.30 T tokens a day": what the demand was given as. */
static size_t demand_text(const tc_scenario_serving *s, char *text, size_t size) {
    bool tokens = s->tokens_per_day >= 0, requests = s->requests_per_day >= 0;
    double value = tokens ? s->tokens_per_day : requests ? s->requests_per_day : s->monthly_users;
    return (size_t)snprintf(text, size, "%s %s", tc_format_short(value).s,
                            tokens     ? "tokens a day"
                            : requests ? "requests a day"
                                       : "monthly users");
}

static void print_demand(FILE *file, const tc_style *style, const tc_scenario_serving *s, const char *pool) {
    char text[512], demand[96], range[128] = "";
    if (s->devices_given) {
        snprintf(text, sizeof text, "%s keeps %s devices of %s", s->name, tc_format_count(s->devices).s, pool);
    } else {
        demand_text(s, demand, sizeof demand);
        if (s->need.low < s->need.high)
            snprintf(range, sizeof range, " (80 %%: %s to %s)", tc_format_count(ceil(s->devices * s->need.low)).s,
                     tc_format_count(ceil(s->devices * s->need.high)).s);
        snprintf(text, sizeof text, "%s: %s, at the peak %s tokens/s in and %s out, need %s devices of %s%s", s->name,
                 demand, tc_format_short(s->peak_prefill_tokens_per_s).s,
                 tc_format_short(s->peak_decode_tokens_per_s).s, tc_format_count(s->devices).s, pool, range);
    }
    tc_print_bullet(file, style, text);
}

/* What is forecast of a device. */
static void print_served(FILE *file, const tc_style *style, const tc_scenario_serving *s) {
    const tc_served *a = &s->served;
    char text[800], layout[96], prompts[96] = "";
    if (a->weights == TC_UNSET) return; /* the devices are given */
    snprintf(layout, sizeof layout, "TP %d", a->tp);
    if (a->pp > 1) tc_append(layout, sizeof layout, ", PP %d", a->pp);
    if (a->ep > 1) tc_append(layout, sizeof layout, ", EP %d", a->ep);
    if (a->prefill_share > 0)
        snprintf(prompts, sizeof prompts, ", %s of the devices for prompts alone",
                 tc_format_percent(100 * a->prefill_share).s);
    snprintf(text, sizeof text,
             "%s: forecast of %s in %s by %s, %s%s: %s output tokens/s a device; p95 %s to the first token, %s each "
             "further",
             s->name, s->model_slug, tc_weight_format_names[a->weights],
             s->engine_name[0] ? s->engine_name : "an engine that is not named", layout, prompts,
             tc_format_significant(a->output_tokens_per_s, 3).s, tc_format_seconds(a->ttft_s_p95).s,
             tc_format_seconds(a->tpot_s_p95).s);
    tc_print_bullet(file, style, text);
}

static void print_hours(FILE *file, const tc_style *style, const tc_scenario_serving *s) {
    char text[640];
    snprintf(text, sizeof text, "%s: devices by hour of a weekday, from midnight:", s->name);
    for (int h = 0; h < HOURS; h++)
        tc_append(text, sizeof text, " %s", tc_format_count(tc_serving_devices_at(s, h, false)).s);
    if (s->profile.weekend != 1)
        tc_append(text, sizeof text, "; %s of them at weekends", tc_format_percent(100 * s->profile.weekend).s);
    tc_print_bullet(file, style, text);
}

void tc_print_plan_serving(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    for (int i = 0; i < s->servings; i++) {
        const tc_scenario_serving *service = &s->serving[i];
        print_demand(file, style, service, s->pool[service->pool].name);
        if (service->model_slug[0]) print_served(file, style, service);
        if (changes_by_hour(service)) print_hours(file, style, service);
    }
}
