/* Collectives against hand-computed values, and properties that any fabric must have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "network/collective.h"

static tc_fabric two_levels(void) {
    tc_fabric f = tc_default_fabric();
    f.levels = 2;
    f.level[0] = (tc_level){.size = 8,
                            .topology = TC_TOPOLOGY_SWITCH,
                            .bytes_per_s = 300e9,
                            .latency_s = 3e-6,
                            .oversubscription = 1};
    f.level[1] = (tc_level){.size = 0,
                            .topology = TC_TOPOLOGY_FAT_TREE,
                            .bytes_per_s = 25e9,
                            .latency_s = 5e-6,
                            .oversubscription = 1};
    return f;
}

static const tc_device_params ideal = {.link_fraction = 1, .network_fraction = 1};

static void ring_inside_a_node(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){8, 1});
    /* (8-1)/8 of 800 MB at 300 GB/s, and 7 hops of 3 us */
    assert_near(tc_all_gather_seconds(&p, 800e6), 700e6 / 300e9 + 21e-6, 1e-12);
    assert_near(tc_all_reduce_seconds(&p, 800e6), 2 * 700e6 / 300e9 + 2 * 3 * 3e-6, 1e-12);
}

static void ring_across_nodes_is_bound_by_the_nics(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){32, 1});
    /* eight rings, one a NIC: each passes on an eighth of the buffer but for a rank's own part of it */
    double expected = 800e6 / 8 * 31 / 32 / 25e9;
    assert_true(expected > 700e6 / 300e9);
    assert_near(tc_all_gather_seconds(&p, 800e6), expected + 7 * 3e-6 + 3 * 5e-6, 1e-12);
    /* an all-reduce sends what the node has summed to the other nodes */
    assert_near(tc_all_reduce_seconds(&p, 800e6), 2 * 800e6 / 8 * 3 / 4 / 25e9 + 2 * (3 * 3e-6 + 2 * 5e-6), 1e-12);
    /* one rank a node: the whole buffer over one NIC */
    p = tc_path_of(&f, &ideal, (tc_group){4, 8});
    assert_near(tc_all_gather_seconds(&p, 800e6), 800e6 * 3 / 4 / 25e9 + 3 * 5e-6, 1e-12);
}

/* Small messages go at half of the bandwidth, large ones at the whole of it after the steps of a ring or a tree. */
static void two_protocols(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_device_params device = ideal;
    device.link_step_s = 3e-6;
    device.network_step_s = 7e-6;
    tc_group_path p = tc_path_of(&f, &device, (tc_group){8, 1});
    assert_near(tc_all_gather_seconds(&p, 800e3), 2 * 700e3 / 300e9 + 7 * 3e-6, 1e-12);
    assert_near(tc_all_gather_seconds(&p, 800e6), 700e6 / 300e9 + 7 * (3e-6 + 3e-6), 1e-12);
    assert_near(tc_all_reduce_seconds(&p, 800e6), 2 * 700e6 / 300e9 + 2 * 3 * 3e-6 + 2 * 7 * 3e-6, 1e-12);
    /* of the 31 steps round 32 ranks, 3 are over the network */
    p = tc_path_of(&f, &device, (tc_group){32, 1});
    assert_near(p.gather_steps, 28 * 3e-6 + 3 * 7e-6, 1e-12);
    /* of 512 ranks, one a node, a tree is quicker: 9 hops of 6 steps each */
    p = tc_path_of(&f, &device, (tc_group){512, 8});
    assert_near(p.reduce_steps, 2 * 9 * 6 * 7e-6, 1e-12);
}

/* Switches that reduce: a rank sends its buffer and the sum of its eighth, at 0.82 of the rate. A pair is quicker without. */
static void in_network_reduction(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    f.level[0].in_network_reduction = true;
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){8, 1});
    assert_near(tc_all_reduce_seconds(&p, 800e6), 800e6 * 1.125 / (0.82 * 300e9) + 2 * 3 * 3e-6, 1e-12);
    assert_near(tc_all_gather_seconds(&p, 800e6), 700e6 / 300e9 + 21e-6, 1e-12);
    p = tc_path_of(&f, &ideal, (tc_group){2, 1});
    assert_near(tc_all_reduce_seconds(&p, 800e6), 800e6 / 300e9 + 2 * 3e-6, 1e-12);
    p = tc_path_of(&f, &ideal, (tc_group){16, 1});
    assert_near(p.reduce_rate, 0, 0);
}

static void all_to_all_leaves_the_node(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){16, 1});
    assert_near(tc_all_to_all_seconds(&p, 160e6), 160e6 * 8 / 16 / 25e9 + 8e-6, 1e-12);
}

static void a_ring_goes_at_its_slowest_link(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_group_path inside = tc_path_of(&f, &ideal, (tc_group){8, 1}), across = tc_path_of(&f, &ideal, (tc_group){16, 1}),
                  alone = tc_path_of(&f, &ideal, (tc_group){1, 1});
    assert_near(tc_ring_step_seconds(&inside, 160e6), tc_send_seconds(&inside, 160e6), 1e-12);
    assert_near(tc_ring_step_seconds(&across, 160e6), 160e6 / 25e9 + f.level[1].latency_s, 1e-12);
    assert_true(tc_ring_step_seconds(&alone, 160e6) == 0);
}

static void a_full_mesh_gives_a_pair_one_link(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    f.level[0].topology = TC_TOPOLOGY_FULL_MESH;
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){2, 1});
    assert_near(p.rate[0], 300e9 / 7, 1);
    p = tc_path_of(&f, &ideal, (tc_group){8, 1});
    assert_near(p.rate[0], 300e9, 1);
}

static void a_torus_axis_has_its_own_links(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    f.level[0] = (tc_level){.size = 256,
                            .topology = TC_TOPOLOGY_TORUS,
                            .dims = 2,
                            .bytes_per_s = 200e9,
                            .oversubscription = 1};
    assert_near(tc_path_of(&f, &ideal, (tc_group){16, 1}).rate[0], 100e9, 1);
    assert_near(tc_path_of(&f, &ideal, (tc_group){256, 1}).rate[0], 200e9, 1);
}

static void one_rank_is_free(void **state) {
    (void)state;
    tc_fabric f = two_levels();
    tc_group_path p = tc_path_of(&f, &ideal, (tc_group){1, 4});
    assert_true(tc_all_gather_seconds(&p, 1e9) == 0 && tc_all_reduce_seconds(&p, 1e9) == 0);
    assert_true(tc_all_to_all_seconds(&p, 1e9) == 0 && tc_send_seconds(&p, 1e9) == 0);
}

/* Over many groups and sizes: more bytes, less bandwidth or more latency are never faster. */
static void monotone(void **state) {
    (void)state;
    double (*const collectives[])(const tc_group_path *, double)
        = {tc_all_gather_seconds, tc_all_reduce_seconds, tc_all_to_all_seconds, tc_send_seconds};
    for (int ranks = 2; ranks <= 512; ranks *= 2)
        for (int stride = 1; stride <= 16; stride *= 2)
            for (size_t c = 0; c < sizeof collectives / sizeof collectives[0]; c++) {
                tc_fabric f = two_levels(), slower = two_levels();
                slower.level[1].bytes_per_s /= 2;
                slower.level[0].latency_s *= 2;
                tc_group group = {ranks, stride};
                tc_group_path a = tc_path_of(&f, &ideal, group), b = tc_path_of(&slower, &ideal, group);
                double seconds = collectives[c](&a, 1e6);
                assert_true(seconds > 0);
                assert_true(collectives[c](&a, 2e6) > seconds);
                assert_true(collectives[c](&b, 1e6) >= seconds);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_inside_a_node),
        cmocka_unit_test(ring_across_nodes_is_bound_by_the_nics),
        cmocka_unit_test(two_protocols),
        cmocka_unit_test(in_network_reduction),
        cmocka_unit_test(all_to_all_leaves_the_node),
        cmocka_unit_test(a_ring_goes_at_its_slowest_link),
        cmocka_unit_test(a_full_mesh_gives_a_pair_one_link),
        cmocka_unit_test(a_torus_axis_has_its_own_links),
        cmocka_unit_test(one_rank_is_free),
        cmocka_unit_test(monotone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
