/* bench_choices.c - random searches, and whether what they recommend may be recommended: CSV on standard output.
 *
 * bench_choices [SEARCHES [SEED]]: so many random questions - model, chip, devices, batch, length -, each searched as the program does. Of
 * every layout that is listed: is it in the stack's table, does the server's memory hold what it offloads, does it fit with at least
 * 90 %. Of the first: does brute force know a faster one - all of a space of up to MOST layouts walked without pruning, and
 * SAMPLES random layouts of any space forecast in full. Where nothing is found: does advice, followed, find something. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traincast.h"
#include "traincast_search.h"

enum { MOST = 3000000, SAMPLES = 200, TRIED = 20000 };

static const char *const models[]
    = {"llama-2-7b",      "llama-3.1-8b", "llama-3.1-70b",    "llama-3.1-405b", "gpt3-175b",
       "mixtral-8x7b",    "deepseek-v3",  "deepseek-v2-lite", "qwen2.5-32b",    "qwen3-30b-a3b",
       "qwen3-235b-a22b", "gpt2-1.5b",    "nemotron-h-8b",    "wan2.1-t2v-14b", "qwen3-next-80b-a3b"};
static const char *const chips[] = {"a100-sxm-80g", "h100-sxm", "h20",     "ascend-910b2", "b200-sxm",
                                    "mi300x",       "tpu-v5p",  "rtx4090", "h800-sxm",     "ascend-910c"};

static uint64_t seed = 20261130;

static int below(int n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint64_t)n);
}

static int one_of(const int *values, int count) { return values[below(count)]; }

/* A divisor of n, or a power of two: what degrees mostly are. */
static int degree(int n) {
    int d = 1 << below(8);
    if (below(3) == 0)
        for (d = 1 + below(n < 64 ? n : 64); n % d; d--) continue;
    return d;
}

typedef struct counts {
    int searches, found, layouts, outside, over_host, unlikely, beaten, missed;
    int exhaustive, advised, unhelpful, silent;
    long long sampled;
} counts;

static bool ask(tc_catalog *catalog, tc_search_input *in) {
    static const int lengths[] = {4096, 4096, 8192, 32768};
    tc_cluster *cluster = &in->question.cluster;
    *in = tc_default_search_input();
    tc_error e;
    const char *model = models[below((int)(sizeof models / sizeof *models))],
               *chip = chips[below((int)(sizeof chips / sizeof *chips))];
    if (tc_catalog_model(catalog, model, &in->question.job.model, &e)
        || tc_catalog_accelerator(catalog, chip, &cluster->accelerator, &e)
        || tc_catalog_fabric(catalog, cluster->accelerator.fabric, &cluster->fabric, &e)
        || tc_catalog_stack(catalog, cluster->accelerator.stack, &in->question.stack, &e)
        || tc_catalog_interval(catalog, &in->question.interval, &e)) {
        fprintf(stderr, "%s on %s: %s: %s\n", model, chip, e.place, e.text);
        return false;
    }
    int range = one_of((const int[]){64, 1024, 16384, 100000}, 4);
    cluster->devices = below(2) ? 1 + below(range) : 8 << below(11);
    in->question.job.global_batch = below(2) ? 1 << below(13) : 1 + below(4096);
    const tc_model *m = &in->question.job.model;
    if (m->latents.stride == 0 && m->learned_positions == 0) in->question.job.seq = one_of(lengths, 4);
    in->top = 5;
    return true;
}

static void name(const tc_search_input *in, const char *what) {
    fprintf(stderr, "%s: %s on %d x %s, batch %lld, seq %d, %s\n", what, in->question.job.model.slug,
            in->question.cluster.devices, in->question.cluster.accelerator.slug,
            (long long)in->question.job.global_batch, in->question.job.seq, in->question.stack.slug);
}

static void check_layouts(const tc_search_input *in, const tc_search *found, counts *c) {
    for (int i = 0; i < found->best_count; i++) {
        const tc_step *step = &found->best[i].step;
        tc_beyond beyond[8];
        size_t lacks = tc_beyond_stack(&in->question, &step->layout, beyond, 8);
        const tc_memory *m = &step->memory;
        c->layouts++;
        if (lacks > 0) c->outside++, name(in, beyond[0].text);
        if (m->host_share > 0 && m->host > m->host_share) c->over_host++, name(in, "over host memory");
        if (step->fits_probability < TC_FIT - 1e-9) c->unlikely++, name(in, "below 90 %");
    }
}

/* A layout of the space, forecast in full; 0: it is none, or may not be recommended. Searches interleave whole groups of micro-batches. */
static double random_step(const tc_search_input *in, tc_layout *layout) {
    tc_question q = in->question;
    tc_layout *l = &q.layout;
    int n = q.cluster.devices;
    *l = tc_default_layout();
    l->tp = degree(n), l->pp = below(2) ? 1 : degree(n), l->cp = below(4) ? 1 : degree(n);
    if (n % ((int64_t)l->tp * l->pp * l->cp)) return 0;
    l->dp = n / (l->tp * l->pp * l->cp);
    l->micro_batch = 1 << below(3);
    l->ep = below(2) ? 1 : degree(n);
    l->sharding = below(TC_SHARD_ZERO3 + 1);
    l->recompute = below(2) ? TC_RECOMPUTE_NONE : below(2) ? TC_RECOMPUTE_FULL : TC_RECOMPUTE_SELECTIVE;
    l->sequence_parallel = l->tp > 1 ? below(2) : 0;
    l->offload = TC_OFFLOAD_NONE;
    if (l->pp > 1 && below(2))
        l->vpp = 1 + below(6), l->schedule = l->vpp > 1 ? TC_SCHEDULE_INTERLEAVED : TC_SCHEDULE_1F1B;
    tc_step step;
    tc_error e;
    tc_beyond beyond[8];
    if (tc_forecast(&q, &step, &e) || step.fits_probability < TC_FIT) return 0;
    *layout = step.layout;
    long long micro_batches = (long long)step.global_batch / ((long long)l->dp * l->micro_batch);
    if (step.layout.vpp > 1 && micro_batches % l->pp) return 0;
    return tc_beyond_stack(&q, &step.layout, beyond, 8) > 0 ? 0 : step.step_s;
}

static void try_to_beat(const tc_search_input *in, const tc_search *found, counts *c) {
    double best = found->best[0].step.step_s;
    for (int i = 0, tried = 0; i < SAMPLES && tried < TRIED; tried++) {
        tc_layout l;
        double step_s = random_step(in, &l);
        if (!(step_s > 0)) continue;
        i++;
        c->sampled++;
        if (step_s < best * (1 - 1e-9)) {
            c->beaten++;
            fprintf(stderr,
                    "by %.3f %% with tp %d pp %d cp %d ep %d vpp %d micro-batch %d sharding %d recompute %d overlap "
                    "%d, ",
                    100 * (1 - step_s / best), l.tp, l.pp, l.cp, l.ep, l.vpp, l.micro_batch, l.sharding, l.recompute,
                    l.overlap);
            name(in, "beaten");
            return;
        }
    }
}

static void walk_all(const tc_search_input *in, const tc_search *found, counts *c) {
    static tc_search all;
    tc_search_input exhaustive = *in;
    tc_error e;
    if (found->space == 0 || found->space > MOST) return;
    exhaustive.exhaustive = exhaustive.all_devices = true;
    if (tc_search_run(&exhaustive, &all, &e)) return;
    c->exhaustive++;
    if (all.best_count > 0 && !(found->best_count > 0 && found->walked_best <= all.walked_best))
        c->missed++, name(in, "a faster one was pruned");
    tc_search_free(&all);
}

int main(int argc, char **argv) {
    int searches = argc > 1 ? atoi(argv[1]) : 300;
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    tc_catalog *catalog;
    tc_error e;
    if (tc_catalog_open(NULL, 0, &catalog, &e)) return fprintf(stderr, "%s\n", e.text), 1;
    counts c = {0};
    static tc_search found;
    for (int i = 0; i < searches; i++) {
        tc_search_input in;
        if (!ask(catalog, &in)) return 1;
        if (tc_search_run(&in, &found, &e)) {
            fprintf(stderr, "%s: %s\n", e.place, e.text);
            continue;
        }
        c.searches++;
        c.found += found.best_count > 0;
        check_layouts(&in, &found, &c);
        if (found.best_count > 0) try_to_beat(&in, &found, &c);
        walk_all(&in, &found, &c);
        if (found.best_count == 0) {
            if (tc_search_advise(&in, &found, &e)) return fprintf(stderr, "%s\n", e.text), 1;
            int helps = 0;
            for (int k = 0; k < found.advice_count; k++) helps += found.advice[k].options[0] != '\0';
            c.advised += helps > 0;
            if (helps == 0) c.silent++, name(&in, "neither an answer nor advice");
        }
        tc_search_free(&found);
    }
    printf("searches,%d\nfound,%d\nlayouts,%d\noutside the stack's table,%d\nover host memory,%d\nbelow 90 %% "
           "likely,%d\n",
           c.searches, c.found, c.layouts, c.outside, c.over_host, c.unlikely);
    printf("walked without pruning,%d\na faster one was pruned,%d\nrandom layouts in full,%lld\nbeaten by one,%d\n",
           c.exhaustive, c.missed, c.sampled, c.beaten);
    printf("nothing found and advised,%d\nneither an answer nor advice,%d\n", c.advised, c.silent);
    tc_catalog_close(catalog);
    return c.outside + c.over_host + c.unlikely + c.missed + c.silent > 0;
}
