#!/bin/sh
# large_plan.sh PROGRAM [POOLS JOBS DELIVERIES SAMPLES [OUTPUT.csv]]: wall and CPU seconds and memory of a plan of a generated scenario: so many pools
# of four kinds of accelerator, each with so many deliveries, jobs of four models by priority; certain, and in so many calendars.
# The target: 16 pools, 16 jobs, 1,000 deliveries, 1,024 calendars in 30 s on two idle cores, in 500 MB.
set -eu
program=$1 pools=${2:-16} jobs=${3:-16} deliveries=${4:-1000} samples=${5:-1024}
output=${6:-$(dirname "$0")/results/large-plan.csv}
mkdir -p "$(dirname "$output")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -v pools="$pools" -v jobs="$jobs" -v deliveries="$deliveries" 'BEGIN {
    split("h100-sxm a100-sxm-80g ascend-910b2 h20", chip)
    split("llama-3-8b llama-2-13b llama-3-70b qwen2.5-32b", model)
    split("1e12 1e12 5e11 1e12", tokens)
    print "format: 1\nname: Generated\nsources: {assumed: generated}\nstart: \"2024-01-01\""
    print "reserves:\n  bring_up: {value: \"10 d\", source: assumed}\n  ablations: {value: 0.1, source: assumed}\n  evaluation: {value: 0.05, source: assumed}"
    print "pools:"
    for (i = 0; i < pools; i++) {
        printf "  - name: pool-%d\n    accelerator: %s\n    region: us\n    ownership: owned\n    price: {value: \"15000 USD\", source: assumed}\n    deliveries:\n", i, chip[i % 4 + 1]
        for (k = 0; k < deliveries; k++) {
            day = int(k * 1000 / deliveries)
            month = int(day / 28)
            printf "      - {date: \"%d-%02d-%02d\", devices: {value: %d, source: assumed}}\n", 2024 + int(month / 12), month % 12 + 1, day % 28 + 1, k == 0 ? 512 : 1 + (i * 7 + k * 13) % 40
        }
    }
    print "jobs:"
    for (j = 0; j < jobs; j++)
        printf "  - name: job-%d\n    priority: %d\n    candidates:\n      - {name: c-%d, model: %s, global_batch: {value: %d, source: assumed}, tokens: {value: %s, source: assumed}}\n", j, jobs - j, j, model[j % 4 + 1], 1024, tokens[j % 4 + 1]
}' >"$work/large.yaml"

machine=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -1)
echo "# $(date -u +%Y-%m-%d), ${machine:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $("$program" --version), load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)" >"$output"
echo "pools,jobs,deliveries,calendars,wall_s,cpu_s,memory_mb" >>"$output"
for calendars in certain "$samples"; do
    options="--samples $calendars"
    [ "$calendars" != certain ] || options=--certain
    # shellcheck disable=SC2086
    { /usr/bin/time -f "%e %U %S %M" "$program" plan "$work/large.yaml" $options --json >/dev/null; } 2>"$work/time"
    tail -1 "$work/time" | awk -v head="$pools,$jobs,$deliveries,$calendars" '{printf "%s,%s,%.1f,%.0f\n", head, $1, $2 + $3, $4 / 1024}' | tee -a "$output"
done
