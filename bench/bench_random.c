/* bench_random.c - the time of a draw, by generator and by law: CSV on standard output. */
#include <stdio.h>
#include <time.h>

#include "base/distributions.h"
#include "base/random.h"

enum { ROUNDS = 20, DRAWS = 4096 };

typedef double (*draw)(double u, int i);

static double uniform(double u, int i) { return u + tc_uniform(1, 2, (uint64_t)i, 0); }
static double sobol_0(double u, int i) { return u + tc_sobol(1, 2, 0, (uint32_t)i); }
static double sobol_31(double u, int i) { return u + tc_sobol(1, 2, 31, (uint32_t)i); }
static double normal(double u, int i) { return (void)i, tc_normal_at(u); }
static double lognormal(double u, int i) { return (void)i, tc_lognormal_at(u, 30, 0.7); }
static double gamma_half(double u, int i) { return (void)i, tc_gamma_at(u, 0.5, 1); }
static double gamma_4(double u, int i) { return (void)i, tc_gamma_at(u, 4, 1); }
static double gamma_20(double u, int i) { return (void)i, tc_gamma_at(u, 20, 1); }
static double gamma_million(double u, int i) { return (void)i, tc_gamma_at(u, 1e6, 1); }
static double beta_6_2(double u, int i) { return (void)i, tc_beta_at(u, 6, 2); }
static double beta_42(double u, int i) { return (void)i, tc_beta_at(u, 42, 3.6); }
static double poisson_2(double u, int i) { return (void)i, (double)tc_poisson_at(u, 2); }
static double poisson_1000(double u, int i) { return (void)i, (double)tc_poisson_at(u, 1000); }
static double negative_binomial(double u, int i) { return (void)i, (double)tc_negative_binomial_at(u, 19, 11.3); }

static const struct {
    const char *name;
    draw draw;
} cases[] = {
    {"uniform", uniform},
    {"scrambled Sobol in dimension 0", sobol_0},
    {"scrambled Sobol in dimension 31", sobol_31},
    {"normal", normal},
    {"log-normal", lognormal},
    {"gamma of shape 0.5", gamma_half},
    {"gamma of shape 4", gamma_4},
    {"gamma of shape 20", gamma_20},
    {"gamma of shape 1000000", gamma_million},
    {"beta of 6 and 2", beta_6_2},
    {"beta of 42 and 3.6", beta_42},
    {"Poisson of mean 2", poisson_2},
    {"Poisson of mean 1000", poisson_1000},
    {"negative binomial of shape 19 and mean 11.3", negative_binomial},
};

/* CPU time: of a machine that has other work too. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void) {
    double u[DRAWS], sum = 0;
    for (int i = 0; i < DRAWS; i++) u[i] = tc_uniform(1, 1, (uint64_t)i, 0);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double best = 1e9;
        for (int round = 0; round < ROUNDS; round++) {
            double from = now();
            for (int i = 0; i < DRAWS; i++) sum += cases[c].draw(u[i], i);
            double seconds = (now() - from) / DRAWS;
            best = seconds < best ? seconds : best;
        }
        printf("a draw,%s,%.1f,ns\n", cases[c].name, 1e9 * best);
    }
    return sum > 0 ? 0 : 1;
}
