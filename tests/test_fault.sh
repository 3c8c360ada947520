#!/bin/sh
# test_fault.sh PROGRAM SOURCE_DIR: an allocation fails, one after the other: the answer is the right one, or exit 1 with one line on
# standard error and nothing on standard output; never a shorter answer, a crash or another error. FAULTS: of how many
# allocations for each command (60; 0: of all).
set -u
program=$1
cd "$2" || exit 1
shim=$(dirname "$program")/libtc_fault.so
faults=${FAULTS:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset COLUMNS XDG_DATA_HOME
HOME=$work
export HOME
LD_PRELOAD=$shim TC_FAULT_COUNT=$work/count "$program" --version >"$work/out" 2>"$work/err"
if [ ! -f "$shim" ] || [ ! -s "$work/count" ] || [ -s "$work/err" ]; then
    echo "test_fault: nothing can be preloaded into $program: nothing to test"
    exit 0
fi
failures=0
runs=0
# ARGUMENT...
try() {
    "$program" "$@" 2>/dev/null | sed 's/"seconds": .*//; s/"configs_per_s": .*//' >"$work/right"
    LD_PRELOAD=$shim TC_FAULT_COUNT=$work/count "$program" "$@" >/dev/null 2>&1
    count=$(cat "$work/count")
    step=1
    [ "$faults" = 0 ] || step=$((count / faults + 1))
    at=1
    while [ $at -le "$count" ]; do
        LD_PRELOAD=$shim TC_FAIL_AT=$at "$program" "$@" >"$work/raw" 2>"$work/err"
        status=$?
        runs=$((runs + 1))
        sed 's/"seconds": .*//; s/"configs_per_s": .*//' "$work/raw" >"$work/out"
        if [ $status = 0 ] && cmp -s "$work/out" "$work/right" && [ ! -s "$work/err" ]; then
            :
        elif [ $status != 1 ] || [ -s "$work/raw" ] || [ "$(wc -l <"$work/err")" != 1 ]; then
            failures=$((failures + 1))
            echo "FAIL: traincast $*: allocation $at of $count fails: exit $status, $(wc -c <"$work/raw") bytes: $(head -1 "$work/err")" >&2
        fi
        at=$((at + step))
    done
}
job="--model gpt2-124m --accelerator a100-sxm-80g --devices 8"
# shellcheck disable=SC2086
{
    try step $job
    try step $job --json
    try explain $job
    try search $job --global-batch 8 --fix tp=1,recompute=none,sharding=none,offload=none --threads 1 --json
    try search --model gpt3-175b --accelerator a100-sxm-80g --devices 1 --global-batch 1 --threads 1 --json
}
try list fabrics
[ $failures = 0 ] || exit 1
echo "test_fault: $runs allocations failed, each with the right answer or one line"
