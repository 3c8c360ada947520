#!/bin/sh
# run.sh [BUILD]: measures and writes bench/results/MACHINE.csv; `make bench`.
#
# Columns: measure, case, value, unit. The head says on what machine, with what compiler, at which
# commit. The targets: a forecast as a process at most 10 ms and 20 MB; in the library at most 20 us, with a timeline 30;
# on two pools some 2.2 times that of one (a pipeline 2.7);
# a served model in the library at most 10 us, its search on 1,024 devices 1 s; an event of the timeline at most 100 ns, one of 16,384 micro-batches at most 20 ms, the trace of 512 devices 300 ms;
# a draw from a normal law 40 ns, from any other 1 us (counts 2).
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
program=$PWD/$build/traincast
bench=$build/bench_step
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
[ -n "$cpu" ] || cpu=$(sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -m)
cores=$(getconf _NPROCESSORS_ONLN)
memory=$(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo 2>/dev/null || echo "?")
system=$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME" || uname -sr)
compiler=$(cc --version | head -n 1)
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -- src include data CMakeLists.txt 2>/dev/null)" ] || commit="$commit and changes"
name=$(echo "$cpu $cores cores" | tr 'A-Z' 'a-z' | tr -cs 'a-z0-9\n' '-' | sed 's/^-//; s/-$//')
result=bench/results/$name.csv
mkdir -p bench/results

{
    echo "# machine: $cpu, $cores cores, $memory; $system; $compiler"
    echo "# traincast: $("$program" --version | sed 's/traincast //'), commit $commit"
    echo "measure,case,value,unit"
    "$bench" process 200 "$program" step --model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tp 2 --global-batch 512 --json
    "$bench" process 200 "$program" step --model tests/hf/deepseek-v3.json --accelerator h800-sxm --devices 2048 --pp 16 --ep 64 --global-batch 15360 \
        | sed 's/,step,/,step of a config.json,/'
    "$bench" process 20 "$program" plan ascend-2024
    "$bench" process 5 "$program" validate
    "$bench" process 50 "$program" step --model gpt3-175b --accelerator a100-sxm-80g --devices 16384 --tp 8 --pp 16 --micro-batch 1 \
        --schedule zb-v --global-batch 2097152 --json | sed 's/,step,/,timeline of 16384 micro-batches,/'
    "$bench" process 20 "$program" trace --model gpt3-175b --accelerator a100-sxm-80g --devices 512 --tp 8 --pp 64 --micro-batch 1 \
        --global-batch 64 --output "$work/trace.json" | sed 's/,trace,/,trace of 512 devices and 64 micro-batches,/'
    "$bench" library
    "$bench" process 200 "$program" infer --model qwen3-32b --accelerator ascend-910b2 --devices 8 --engine vllm-ascend --tp 4 --concurrency 64 --json
    "$build/bench_serving"
    "$build/bench_timeline"
    "$build/bench_random"
} >"$work/result.csv"
# Instructions do not depend on what else the machine does: the figure to compare over time.
if command -v valgrind >/dev/null 2>&1; then
    for job in 0 1 2 3 4 7 8 9 10 11 12 13; do
        count() {
            valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" --toggle-collect=tc_forecast "$bench" once $job "$1" 2>&1 \
                | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
        }
        case=$(grep '^forecast in the library' "$work/result.csv" | sed -n "$((job + 1))p" | cut -d, -f2)
        echo "instructions of a forecast,$case,$((($(count 101) - $(count 1)) / 100)),instructions" >>"$work/result.csv"
    done
fi
cp "$work/result.csv" "$result"
cat "$result"
echo "written to $result"
awk -F, '
    $1 == "process: time" && $2 ~ /^step/ && $3 > 10 {print "over 10 ms: " $0; bad = 1}
    $1 == "process: peak memory" && $2 ~ /^step/ && $3 > 20 {print "over 20 MB: " $0; bad = 1}
    $1 == "forecast in the library" && $3 > (/405b/ ? 30 : 20) {print "over 20 us, or 30 with a timeline: " $0; bad = 1}
    $1 == "timeline: an event" && $3 > 100 {print "over 100 ns: " $0; bad = 1}
    $1 == "process: time" && $2 ~ /^timeline/ && $3 > 20 {print "over 20 ms: " $0; bad = 1}
    $1 == "process: time" && $2 ~ /^trace/ && $3 > 300 {print "over 300 ms: " $0; bad = 1}
    $1 == "a draw" && $3 > ($2 ~ /ormal$/ ? 40 : $2 ~ /^(Poisson|negative)/ ? 2000 : 1000) {print "over 40 ns, 1 or 2 us: " $0; bad = 1}
    $1 == "forecast of a served model" && $3 > 10 {print "over 10 us: " $0; bad = 1}
    $1 == "search of a served model" && $3 > 1000 {print "over 1 s: " $0; bad = 1}
    END {exit bad}' "$result"
