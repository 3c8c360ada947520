/* collective.c - traincast_collective.h: an all-reduce by size, on whole and on degraded links.
 *
 * cc -std=c17 collective.c $(pkg-config --cflags --libs traincast) -o collective && ./collective */
#include <stdio.h>
#include <traincast_collective.h>

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_collective_question q = tc_default_collective_question();
    if (tc_catalog_open(NULL, 0, &catalog, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", &q.accelerator, &error)
        || tc_catalog_fabric(catalog, q.accelerator.fabric, &q.fabric, &error))
        goto failed;
    q.operation = TC_COLLECTIVE_ALL_REDUCE;
    q.ranks = 64;
    for (double bytes = 1 << 20; bytes <= 1 << 30; bytes *= 32) {
        tc_collective_answer whole, degraded;
        tc_collective_question half = q;
        half.share[1] = 0.5; /* of the level beyond the server */
        if (tc_collective_time(&q, bytes, &whole, &error) || tc_collective_time(&half, bytes, &degraded, &error))
            goto failed;
        printf("%6.0f MiB: %8.1f us, bus %5.1f GB/s; links at half: %8.1f us\n", bytes / (1 << 20), 1e6 * whole.seconds,
               whole.bus_bytes_per_s / 1e9, 1e6 * degraded.seconds);
    }
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}
