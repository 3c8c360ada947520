/* rl.c - traincast_rl.h: a step of GRPO as phases: generation, judging, updates.
 *
 * cc -std=c17 rl.c $(pkg-config --cflags --libs traincast) -o rl && ./rl */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    static tc_rl_question q;
    static tc_rl_answer a;
    tc_catalog *catalog = NULL;
    tc_error error;
    q = tc_default_rl_question();
    tc_question *training = &q.training;
    tc_cluster *cluster = &training->cluster;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_rl_program_load(catalog, "nemo-rl", &q.program, &error)
        || tc_catalog_model(catalog, "llama-3.1-8b", &training->job.model, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", &cluster->accelerator, &error)
        || tc_catalog_fabric(catalog, cluster->accelerator.fabric, &cluster->fabric, &error)
        || tc_catalog_stack(catalog, q.program.stack, &training->stack, &error)
        || tc_catalog_engine(catalog, q.program.engine, &cluster->accelerator, &q.generation.engine, &error))
        goto failed;
    cluster->devices = 16;
    training->layout.tp = 1;
    q.generation.model = training->job.model;
    q.generation.cluster = *cluster;
    q.algorithm = TC_RL_GRPO;
    q.prompts = 64;
    q.responses = 32;
    q.input_tokens = 130;
    q.output_tokens = 1000;
    q.most_output_tokens = 4000;
    q.updates = 4;
    if (tc_rl_forecast(&q, &a, &error)) goto failed;
    printf("%.0f s a step, of which\n", a.step_s);
    for (int i = 0; i < TC_RL_PHASES; i++)
        if (a.phase_s[i] > 0) printf("%7.1f s %s\n", a.phase_s[i], tc_rl_phase_names[i]);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}
