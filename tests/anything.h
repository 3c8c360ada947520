/* anything.h - random legal layouts over the whole catalog, for tests of what holds for every step. */
#ifndef TC_TESTS_ANYTHING_H
#define TC_TESTS_ANYTHING_H

#include "fixture.h"
#include "catalog/catalog.h"
#include "forecast/forecast.h"

static unsigned random_state = 7;

static unsigned draw(unsigned below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 10) % below;
}

/* Each test draws for itself: a change of one leaves what the others see. */
static int seed(void **state) {
    (void)state;
    random_state = 7;
    return 0;
}

#define SEEDED(test) cmocka_unit_test_setup(test, seed)

typedef struct question {
    tc_question q;
    tc_opened opened;
    int stage_layers[64];
} question;

/* Anything of the catalog, arranged at random; false where that is no layout. */
static bool ask_for_anything(question *q) {
    static const int formed[] = {TC_SCHEDULE_GPIPE, TC_SCHEDULE_1F1B, TC_SCHEDULE_INTERLEAVED};
    const tc_catalog_item *items[3];
    int count[3];
    tc_error error;
    const tc_kind kinds[3] = {TC_KIND_MODEL, TC_KIND_ACCELERATOR, TC_KIND_STACK};
    for (int i = 0; i < 3; i++)
        assert_int_equal(tc_catalog_list(catalog, kinds[i], &items[i], &count[i], &error), TC_OK);
    *q = (question){.q = tc_default_question()};
    tc_layout *l = &q->q.layout;
    const char *accelerator = items[1][draw((unsigned)count[1])].slug;
    if (tc_catalog_accelerator(catalog, accelerator, &q->q.cluster.accelerator, &error)) return false;
    assert_int_equal(tc_catalog_model(catalog, items[0][draw((unsigned)count[0])].slug, &q->q.job.model, &error),
                     TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q->q.cluster.accelerator.fabric, &q->q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, items[2][draw((unsigned)count[2])].slug, &q->q.stack, &error), TC_OK);
    int dp = 1 << draw(5);
    l->tp = 1 << draw(4);
    l->pp = draw(4) ? 1 + (int)draw(16) : 1 << draw(6);
    l->cp = draw(4) ? 1 : 1 << draw(3);
    if (draw(3) == 0) l->ep = 1 << draw(5);
    if (draw(4) == 0) l->etp = 1 << draw(4);
    l->schedule = draw(3) ? formed[draw(3)] : (int)draw(TC_SCHEDULE_CUSTOM);
    l->vpp = l->schedule == TC_SCHEDULE_INTERLEAVED ? 2 + (int)draw(4) : 1;
    l->recompute = (int)draw(TC_RECOMPUTE_OPERATORS + 1);
    l->recompute_layers = draw(20);
    l->recompute_operators = (int)draw(TC_GROUP_ALL);
    l->sharding = (int)draw(TC_SHARD_HSDP + 1);
    l->hsdp = 1 << draw(4);
    l->micro_batch = 1 << draw(3);
    l->sequence_parallel = (int)draw(2);
    l->offload = draw(8) ? TC_OFFLOAD_NONE : (int)draw(TC_OFFLOAD_ALL + 1);
    if (draw(6) == 0) l->first_layers = (int)draw(6);
    if (draw(6) == 0) l->last_layers = (int)draw(6);
    q->q.cluster.devices = l->tp * l->pp * l->cp * dp;
    q->q.job.global_batch
        = (int64_t)dp * l->micro_batch * (1 + (int64_t)draw(12)) * (draw(2) ? l->pp : 1 + (int64_t)draw(10));
    if (draw(4) == 0) q->q.job.seq = 1 << (9 + draw(7));
    if (q->q.job.seq > q->q.job.model.learned_positions && q->q.job.model.learned_positions > 0)
        q->q.job.model.learned_positions = q->q.job.seq;
    if (draw(8) == 0) q->q.job.optimizer = TC_OPTIMIZER_NONE;
    q->q.job.frozen_base = draw(8) == 0;
    int64_t m = q->q.job.global_batch / ((int64_t)dp * l->micro_batch);
    if (l->schedule <= TC_SCHEDULE_INTERLEAVED && draw(8) == 0) l->flush = m % 3 == 0 ? (int)m / 3 : 1;
    return tc_open(&q->q, &q->opened, &error) == TC_OK;
}

#endif
