#!/bin/sh
# test_trace.sh PROGRAM SOURCE_DIR: the trace is JSON, its first event begins at 0, nothing overlaps in a lane, and the last
# event ends at step_s, which is that of `step`; the same compressed; pictures; schedules from files.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

# FILE STEP_JSON: the rules of a trace. One event a line: names, then ts and dur in microseconds.
check_trace() {
    sed -n 's/.*"ph":"X","ts":\([0-9.]*\),"dur":\([0-9.]*\),"pid":\([0-9]*\),"tid":\([0-9]*\).*/\3 \4 \1 \2/p' "$1" >"$work/spans"
    [ -s "$work/spans" ] || fail "$3: no complete events"
    step=$(sed -n 's/^  "step_s": \([0-9.e+-]*\),$/\1/p' "$2")
    sort -k1,1n -k2,2n -k3,3n "$work/spans" | awk -v step="$step" -v name="$3" '
        NR == 1 { first = $3 }
        $3 < first { first = $3 }
        { end = $3 + $4 }
        $1 == pid && $2 == tid && $3 < last - 0.0005 { print "FAIL: " name ": overlap in lane " pid " " tid " at " $3; bad = 1 }
        { pid = $1; tid = $2; last = end; if (end > latest) latest = end }
        END {
            if (first != 0) { print "FAIL: " name ": begins at " first; bad = 1 }
            off = latest - step * 1e6
            if (off < 0) off = -off
            if (off > 0.002 + step * 1e-3) { print "FAIL: " name ": ends at " latest ", the step at " step * 1e6; bad = 1 }
            exit bad
        }' >&2 || failures=$((failures + 1))
    if command -v jq >/dev/null 2>&1; then jq -e '.traceEvents | length > 0' "$1" >/dev/null || fail "$3: no JSON"; fi
}

# NAME OPTION...
trace() {
    name=$1
    shift
    "$program" trace "$@" --output "$work/t.json" --svg "$work/t.svg" >"$work/out" 2>"$work/err" || fail "$name: $(cat "$work/err")"
    "$program" step "$@" --json >"$work/step.json" || fail "$name: step"
    check_trace "$work/t.json" "$work/step.json" "$name"
    head -1 "$work/t.svg" | grep -q '^<svg ' && tail -1 "$work/t.svg" | grep -q '^</svg>$' || fail "$name: no SVG"
}

job="--model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tp 2"
# shellcheck disable=SC2086
{
    for schedule in gpipe 1f1b zb-h1 zb-h2 zb-v v-half v-min dualpipe; do trace $schedule $job --pp 4 --global-batch 256 --schedule $schedule; done
    trace interleaved $job --pp 4 --vpp 2 --global-batch 256
    trace one-stage $job --global-batch 256 --sharding fsdp
    trace context $job --cp 2 --global-batch 64 --seq 8192
    trace frozen $job --pp 2 --global-batch 64 --frozen-base
    trace offload $job --pp 2 --global-batch 64 --offload all
}
trace experts --model mixtral-8x7b --accelerator h100-sxm --devices 64 --pp 2 --ep 8 --global-batch 256

# several pools: each pool's copy of the model, or one pipeline over them
pools="--model llama-3.1-8b --global-batch 256 --accelerator ascend-910b2:128:tp=4,h20:64:tp=4:pp=2"
# shellcheck disable=SC2086
{
    trace pools-data $pools --link 400Gb/s
    grep -q '"name":"h20:64, stage 1 (ranks 32-63)"' "$work/t.json" || fail "pools: no names"
    grep -q '"name":"gradients between pools"' "$work/t.json" || fail "pools: no link"
    grep -q '"name":"wait for other pools"' "$work/t.json" || fail "pools: nobody waits"
    trace pools-local $pools --link 1Gb/s --local-steps 100
    trace pools-pipeline --model llama-3.1-8b --global-batch 64 --accelerator ascend-910b2:64:tp=4:pp=2,h20:32:tp=4 --across pipeline --link 400Gb/s
    grep -q '"name":"h20:32, stage 2 (ranks 0-31)"' "$work/t.json" || fail "pipeline over pools: no names"
    grep -q '"name":"software that mixes kinds"' "$work/t.json" || fail "pipeline over pools: nothing is lost"
    "$program" trace $pools --link 400Gb/s --global-batch 25600000 --output - >"$work/out" 2>"$work/err"
    [ $? = 2 ] && [ ! -s "$work/out" ] || fail "pools with too many slots"
}

# to standard output, and compressed: the same bytes
# shellcheck disable=SC2086
{
    "$program" trace $job --pp 4 --global-batch 256 --output "$work/a.json" >/dev/null
    "$program" trace $job --pp 4 --global-batch 256 --output - >"$work/b.json"
    cmp -s "$work/a.json" "$work/b.json" || fail "standard output differs from a file"
    if "$program" trace $job --pp 4 --global-batch 256 --output "$work/c.json.gz" >"$work/out" 2>"$work/err"; then
        gzip -dc "$work/c.json.gz" | cmp -s - "$work/a.json" || fail "compressed output differs"
    else
        grep -q 'built without zlib' "$work/err" || fail "compressed: $(cat "$work/err")"
    fi
    "$program" trace $job --output /nonexistent/t.json >"$work/out" 2>"$work/err"
    [ $? = 2 ] && [ ! -s "$work/out" ] || fail "a file that cannot be written"
    if [ -w /dev/full ]; then
        "$program" trace $job --output /dev/full >"$work/out" 2>"$work/err"
        [ $? = 1 ] || fail "/dev/full: exit $?"
    fi
    "$program" trace $job >"$work/out" 2>"$work/err"
    [ $? = 2 ] || fail "neither --output nor --svg"
}

# bytes beyond the whole numbers of 64 bits; nanoseconds beyond them are refused
huge="--model llama-2-7b --accelerator rtx4090 --dtype int8 --attention plain --cp 2 --devices 2 --output -"
# shellcheck disable=SC2086
{
    "$program" trace $huge --seq 100000000 >"$work/out" 2>"$work/err" || fail "many bytes: $(cat "$work/err")"
    grep -q '"activations":[0-9][0-9]*' "$work/out" || fail "no bytes of activations"
    grep -qE '":[^[:alnum:]"{[-]' "$work/out" && fail "many bytes: $(grep -E '":[^[:alnum:]"{[-]' "$work/out" | head -1)"
    "$program" trace $huge --seq 100000000 --global-batch 64 >"$work/out" 2>"$work/err"
    [ $? = 2 ] && [ ! -s "$work/out" ] && grep -q '^traincast: --output: a step of [0-9]* years' "$work/err" ||
        fail "a step of more than 292 years: $(cat "$work/err")"
}

# a schedule from a file
cat >"$work/own.csv" <<END
# 1F1B on two stages
0F0,0F1,0B0,0F2,0B1,0F3,0B2,0B3
1F0,1B0,1F1,1B1,1F2,1B2,1F3,1B3
END
own="--model gpt2-124m --accelerator a100-sxm-80g --devices 2 --pp 2 --micro-batch 1"
# shellcheck disable=SC2086
{
    trace own $own --global-batch 4 --schedule "$work/own.csv"
    one=$("$program" step $own --global-batch 4 --schedule zb-h1 --json | sed -n 's/^  "step_s": //p')
    [ -n "$one" ] || fail "zb-h1"
    "$program" step $own --global-batch 8 --schedule "$work/own.csv" >"$work/out" 2>"$work/err"
    [ $? = 2 ] && grep -q 'global-batch 4' "$work/err" || fail "a batch that the file does not have"
    sed 's/1B3//' "$work/own.csv" >"$work/bad.csv"
    "$program" step $own --global-batch 4 --schedule "$work/bad.csv" >"$work/out" 2>"$work/err"
    [ $? = 2 ] && grep -q "bad.csv:" "$work/err" || fail "a file that lacks a slot: $(cat "$work/err")"
}

[ $failures = 0 ] || exit 1
echo "test_trace: passed"
