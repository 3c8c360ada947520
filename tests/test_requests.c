/* test_requests.c - requests one by one against the closed forms in their range, a full cache, routers, traces in their published forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "near.h"

static tc_serving_question ask(const char *model, const char *accelerator, int devices, const char *engine) {
    tc_serving_question q = tc_default_serving_question();
    tc_error error;
    assert_int_equal(tc_catalog_model(catalog, model, &q.model, &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, accelerator, &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_engine(catalog, engine, &q.cluster.accelerator, &q.engine, &error), TC_OK);
    q.cluster.devices = q.tp = devices;
    q.pp = 1;
    q.input_tokens = 1000;
    q.output_tokens = 200;
    q.input_scv = q.output_scv = 0;
    return q;
}

static tc_simulated simulate(const tc_serving_question *q, int64_t requests, const tc_traffic *given) {
    tc_traffic traffic = given ? *given : tc_default_traffic();
    tc_simulated out;
    tc_error error;
    traffic.requests = requests;
    if (tc_simulate_requests(q, &traffic, &out, &error)) fail_msg("%s: %s", error.place, error.text);
    return out;
}

static tc_serving_answer infer(const tc_serving_question *q) {
    tc_serving_answer out;
    tc_error error;
    if (tc_infer(q, &out, &error)) fail_msg("%s: %s", error.place, error.text);
    return out;
}

#define within(is, wanted, share)                                                                                      \
    do {                                                                                                               \
        double is_ = (is), wanted_ = (wanted);                                                                         \
        if (!(fabs(is_ / wanted_ - 1) <= (share))) fail_msg("%s: %g, by the closed form %g", #is, is_, wanted_);       \
    } while (0)

static void a_request_alone_is_the_closed_form(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.concurrency = 1;
    tc_serving_answer a = infer(&q);
    tc_simulated s = simulate(&q, 200, NULL);
    within(s.ttft.mean, a.ttft_s, 0.02);
    within(s.tpot.mean, a.tpot_s, 0.02);
    assert_true(s.ttft.p99 / s.ttft.p50 < 1.01);
    assert_int_equal(s.requests, 200);
    assert_int_equal(s.preemptions, 0);
}

static void closed_loops_agree(void **state) {
    (void)state;
    static const struct {
        const char *model, *accelerator, *engine;
        int devices;
    } cases[] = {{"llama-3.1-8b", "h100-sxm", "vllm", 1},
                 {"llama-3.1-70b", "h100-sxm", "tensorrt-llm", 4},
                 {"qwen3-32b", "ascend-910b3", "vllm-ascend", 4},
                 {"qwen3-30b-a3b", "h20", "sglang", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (double clients = 4; clients <= 64; clients *= 4) {
            tc_serving_question q = ask(cases[i].model, cases[i].accelerator, cases[i].devices, cases[i].engine);
            q.concurrency = clients;
            q.input_scv = q.output_scv = 1;
            tc_serving_answer a = infer(&q);
            tc_simulated s = simulate(&q, 20000, NULL);
            within(s.tpot.mean, a.tpot_s, 0.15);
            within(s.output_tokens_per_s, a.output_tokens_per_s, 0.12);
        }
}

static void open_loops_agree(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.input_scv = q.output_scv = 1;
    q.concurrency = TC_UNSET;
    double most = infer(&q).requests_per_s;
    for (double load = 0.2; load < 0.75; load += 0.25) {
        q.rate = load * most;
        tc_serving_answer a = infer(&q);
        tc_simulated s = simulate(&q, 50000, NULL);
        within(s.requests_per_s, q.rate, 0.03);
        within(s.tpot.p50, a.tpot_s, 0.15);
        within(s.ttft.mean, a.ttft_s, 0.3);
    }
    q.rate = 0.7 * most; /* bursts wait longer */
    tc_traffic bursts = tc_default_traffic();
    bursts.arrival_cv = 4;
    assert_true(simulate(&q, 20000, &bursts).ttft.p99 > simulate(&q, 20000, NULL).ttft.p99);
}

static void the_same_seed_is_the_same_answer(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.rate = 3;
    q.input_scv = q.output_scv = 1;
    tc_traffic traffic = tc_default_traffic();
    tc_simulated a = simulate(&q, 5000, &traffic), b = simulate(&q, 5000, &traffic);
    assert_memory_equal(&a, &b, sizeof a);
    traffic.seed = 2;
    b = simulate(&q, 5000, &traffic);
    assert_true(a.ttft.mean != b.ttft.mean);
}

static void a_full_cache_preempts(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "rtx4090", 1, "vllm");
    q.output_tokens = 2000;
    q.output_scv = 1;
    q.concurrency = 64;
    tc_simulated s = simulate(&q, 2000, NULL);
    assert_int_equal(s.requests, 2000);
    assert_true(s.preemptions > 0);
    assert_true(s.ttft.mean > 5 * s.ttft.p50 || s.ttft.mean > 1); /* requests wait for room */
}

static void the_least_loaded_replica_is_no_worse(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.cluster.devices = 4;
    q.input_scv = q.output_scv = 1;
    q.concurrency = TC_UNSET;
    q.rate = 0.7 * infer(&q).requests_per_s;
    tc_traffic least = tc_default_traffic();
    least.router = TC_ROUTER_LEAST;
    tc_simulated a = simulate(&q, 20000, NULL), b = simulate(&q, 20000, &least);
    assert_true(b.ttft.p99 < a.ttft.p99 * 1.02);
    within(b.requests_per_s, a.requests_per_s, 0.02);
}

static void traces(void **state) {
    (void)state;
    static const char *const good[] = {
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 "
        "18:17:04.0319600,3180,8\n",
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\r\n5,ChatGPT,4808,10,4818,Conversation "
        "log\r\n5.052,GPT-4,3180,8,3188,API log\r\n",
        "{\"timestamp\": 27052, \"input_length\": 3180, \"output_length\": 8, \"hash_ids\": [1]}\n{\"timestamp\": "
        "27000, \"input_length\": 4808, \"output_length\": 10}\n",
    };
    tc_request *requests;
    int64_t count;
    tc_error error = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (tc_trace_read("t", good[i], strlen(good[i]), &requests, &count, &error))
            fail_msg("%s: %s", error.place, error.text);
        assert_int_equal(count, 2);
        assert_near(requests[0].at_s, 0, 1e-12);
        assert_near(requests[1].at_s, 0.052, 1e-4);
        assert_near(requests[0].input_tokens, 4808, 1e-9);
        assert_near(requests[1].output_tokens, 8, 1e-9);
        if (i + 1 < sizeof good / sizeof good[0]) free(requests);
    }
    tc_traffic traffic = tc_default_traffic();
    traffic.trace = requests;
    traffic.trace_count = count;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    assert_int_equal(simulate(&q, 100, &traffic).requests, 100);
    free(requests);
    static const struct {
        const char *text, *says;
    } bad[] = {{"", "no request"},
               {"a,b,c\n1,2,3\n", "head"},
               {"time,input_tokens,output_tokens\n1,2\n", "columns"},
               {"time,input_tokens,output_tokens\nsoon,2,3\n", "time"},
               {"time,input_tokens,output_tokens\n1,-2,3\n", "input"},
               {"{\"timestamp\": 1}\n", "input_length"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(tc_trace_read("t", bad[i].text, strlen(bad[i].text), &requests, &count, &error), TC_INVALID);
        if (!strstr(error.text, bad[i].says)) fail_msg("%s: %s", bad[i].text, error.text);
    }
}

/* With prompts first and a full cache, a request that was preempted was let in again at once, for ever. */
static void a_full_cache_ends(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-32b", "h100-sxm", 1, "sglang");
    q.input_tokens = 1024;
    q.output_tokens = 512;
    q.concurrency = 16;
    tc_simulated s = simulate(&q, 100, NULL);
    assert_int_equal(s.requests, 100);
    assert_true(s.ttft.mean > 1);
}

static void a_whole_test_counts_its_start(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.concurrency = 64;
    tc_traffic whole = tc_default_traffic();
    whole.whole = true;
    tc_simulated test = simulate(&q, 64, &whole), later;
    assert_int_equal(test.requests, 64);
    q.input_scv = q.output_scv = 1;
    later = simulate(&q, 6400, NULL);
    assert_true(test.ttft.mean > 1.5 * later.ttft.mean);
    q.input_scv = q.output_scv = 0.3;
    whole.uniform = true;
    within(simulate(&q, 20000, &whole).output_tokens_per_s, simulate(&q, 20000, NULL).output_tokens_per_s, 0.05);
}

/* The closed form's answer and the simulation's. */
typedef struct answers {
    tc_serving_answer closed;
    tc_simulated simulated;
} answers;

static answers both(const tc_serving_question *q, int requests) {
    return (answers){infer(q), simulate(q, requests, NULL)};
}

static void who_looks_seldom_finds_late(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "sglang");
    q.concurrency = 16;
    q.input_scv = q.output_scv = 1;
    answers often = both(&q, 5000);
    q.engine.poll_steps = 30;
    answers seldom = both(&q, 5000);
    assert_true(seldom.closed.ttft_s > often.closed.ttft_s + 10 * often.closed.decode_step_s);
    assert_true(seldom.simulated.ttft.mean > often.simulated.ttft.mean + 10 * often.closed.decode_step_s);
    within(seldom.simulated.ttft.mean, seldom.closed.ttft_s, 0.3);
}

/* A step that is launched already goes before a new prompt; open and closed, as the closed form has it. */
static void a_step_ahead_is_waited_for(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-70b", "h100-sxm", 4, "sglang");
    q.concurrency = 16;
    q.input_scv = q.output_scv = 1;
    q.engine.ahead_steps = 0;
    answers none = both(&q, 10000);
    q.engine.ahead_steps = 1;
    answers one = both(&q, 10000);
    assert_true(one.closed.ttft_s > none.closed.ttft_s + 0.8 * none.closed.decode_step_s);
    assert_true(one.simulated.ttft.mean > none.simulated.ttft.mean + 0.5 * none.closed.decode_step_s);
    within(one.simulated.ttft.mean, one.closed.ttft_s, 0.3);
}

/* Where whole outputs are reserved nobody is preempted, and fewer run. */
static void who_reserves_preempts_nobody(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "rtx4090", 1, "vllm");
    q.output_tokens = 2000;
    q.output_scv = 1;
    q.concurrency = 64;
    tc_serving_answer paged = infer(&q);
    q.engine.reserves_output = true;
    tc_serving_answer reserved = infer(&q);
    tc_simulated s = simulate(&q, 2000, NULL);
    assert_int_equal(s.requests, 2000);
    assert_int_equal(s.preemptions, 0);
    within(reserved.most_requests / paged.most_requests, (1000 + 1000.0) / (1000 + 2000.0), 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_ahead_is_waited_for),
        cmocka_unit_test(who_reserves_preempts_nobody),
        cmocka_unit_test(a_request_alone_is_the_closed_form),
        cmocka_unit_test(closed_loops_agree),
        cmocka_unit_test(open_loops_agree),
        cmocka_unit_test(the_same_seed_is_the_same_answer),
        cmocka_unit_test(a_full_cache_preempts),
        cmocka_unit_test(a_full_cache_ends),
        cmocka_unit_test(a_whole_test_counts_its_start),
        cmocka_unit_test(who_looks_seldom_finds_late),
        cmocka_unit_test(the_least_loaded_replica_is_no_worse),
        cmocka_unit_test(traces),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
