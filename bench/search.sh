#!/bin/sh
# search.sh PROGRAM [OUTPUT.csv]: rate of the search, scaling with threads, instructions a configuration; against the size of
# the space, layers and devices. Median of five; run it on an idle machine. --any: the whole space, whatever the stack. CPU seconds are those of the whole program.
set -eu
program=$1
output=${2:-$(dirname "$0")/results/search.csv}
mkdir -p "$(dirname "$output")"
cores=$(getconf _NPROCESSORS_ONLN)
machine=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -1)
compiler=$(cc --version 2>/dev/null | head -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "# $(date -u +%Y-%m-%d), ${machine:-$(uname -m)}, $cores cores, $(uname -sr), $compiler, $("$program" --version), load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)" >"$output"
echo "case,mode,threads,space,computed,pruned,seconds,configs_per_s,instructions_per_config" >>"$output"

value() { sed -n "s/^ *\"$1\": \([0-9.e+]*\).*/\1/p" "$2" | head -1; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# measure NAME MODE THREADS OPTION...
measure() {
    name=$1 mode=$2 threads=$3
    shift 3
    i=0
    : >"$work/seconds"
    while [ $i -lt 5 ]; do
        i=$((i + 1))
        "$program" search "$@" --threads "$threads" --top 1 --json >"$work/json"
        value seconds "$work/json" >>"$work/seconds"
    done
    seconds=$(median <"$work/seconds")
    space=$(value space "$work/json") pruned=$(value pruned "$work/json")
    computed=$((space - pruned))
    instructions=
    if [ "$mode" = exhaustive ] && [ "$threads" = 1 ] && command -v valgrind >/dev/null && [ "$computed" -lt 60000000 ]; then
        collected=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" search "$@" --threads 1 --top 1 --json 2>&1 >/dev/null |
            sed -n 's/.*Collected : \([0-9]*\).*/\1/p')
        instructions=$(awk "BEGIN {printf \"%.0f\", $collected / $computed}")
    fi
    echo "$name,$mode,$threads,$space,$computed,$pruned,$seconds,$(awk "BEGIN {printf \"%.0f\", $computed / $seconds}"),$instructions" | tee -a "$output"
}

gpt="--model gpt3-175b --accelerator a100-sxm-80g --devices 512 --global-batch 512 --any"
for threads in 1 2 4; do
    [ "$threads" -le "$cores" ] || continue
    # shellcheck disable=SC2086
    measure gpt3-175b-512xa100 exhaustive "$threads" $gpt --exhaustive
    # shellcheck disable=SC2086
    measure gpt3-175b-512xa100 pruned "$threads" $gpt
done
# the size of the space
for fix in tp=8 tp=8,pp=8 tp=8,pp=8,micro-batch=1; do
    # shellcheck disable=SC2086
    measure "gpt3-175b-512xa100 $(echo "$fix" | tr , ' ')" exhaustive 1 $gpt --exhaustive --fix "$fix"
done
# models of video, and of images and text
measure wan2.1-t2v-14b-512xh100 exhaustive 1 --model wan2.1-t2v-14b --accelerator h100-sxm --devices 512 --global-batch 512 --any --exhaustive
measure hunyuanvideo-1024xh100 exhaustive 1 --model hunyuanvideo --accelerator h100-sxm --devices 1024 --global-batch 1024 --any --exhaustive
measure qwen2.5-vl-72b-1024xh100 exhaustive 1 --model qwen2.5-vl-72b --accelerator h100-sxm --devices 1024 --global-batch 2048 --any --exhaustive
# layers and devices
for model in llama-2-7b llama-3.1-70b llama-3.1-405b; do
    for devices in 64 1024 16384; do
        measure "$model-${devices}xh100" pruned "$cores" --model $model --accelerator h100-sxm --devices $devices --global-batch 2048 --max-memory 1000 --any
    done
done
measure deepseek-v3-2048xh800 pruned "$cores" --model deepseek-v3 --accelerator h800-sxm --devices 2048 --global-batch 15360 --any
measure deepseek-v3-2048xh800-all-schedules pruned "$cores" --model deepseek-v3 --accelerator h800-sxm --devices 2048 --global-batch 15360 --allow-schedules all --any
