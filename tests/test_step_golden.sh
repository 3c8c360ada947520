#!/bin/sh
# test_step_golden.sh PROGRAM SOURCE_DIR: forecasts to ten digits, of devices and models made up for the tests.
#
# Nothing here depends on the catalog's researched or fitted figures, so that the expected output in
# tests/golden/step-*.txt moves only when the forecast's formulas do. RECORD=1 writes it again; say in
# the commit why the numbers moved. The same digits come from every compiler.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source_dir=$(cd "$2" && pwd)
golden=$source_dir/tests/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$golden" || exit 1
unset NO_COLOR CLICOLOR_FORCE FORCE_COLOR XDG_DATA_HOME
LC_ALL=C
export LC_ALL
HOME=$work
export HOME
failures=0
checks=0
cluster="--accelerator ./accelerator-of-mine.yaml --fabric ./fabric-of-mine.yaml --stack ./stack-of-mine.yaml --devices 64"

# NAME: compares the output in $work/NAME with tests/golden/NAME, or records it.
compare() {
    checks=$((checks + 1))
    if [ "${RECORD:-}" = 1 ]; then
        cp "$work/$1" "$golden/$1"
    elif ! diff -u "$golden/$1" "$work/$1" >&2; then
        failures=$((failures + 1))
        echo "FAIL: $1 differs (RECORD=1 sh tests/test_step_golden.sh PROGRAM SOURCE_DIR records it)" >&2
    fi
}

# NAME OPTION...: the JSON of a step, but for the version, the catalog's hash, the interval and its evidence, which rest on other data.
step() {
    name=step-$1.txt
    shift
    # shellcheck disable=SC2086
    if ! COLUMNS=80 "$program" step $cluster "$@" --json >"$work/json" 2>"$work/err"; then
        failures=$((failures + 1))
        echo "FAIL: step $*: $(cat "$work/err")" >&2
        return
    fi
    { echo "step $*"; grep -v -e '^  "traincast"' -e '^  "data"' -e '^  "step_s_p[19]0"' -e '^  "evidence"' -e '^  "distance"' "$work/json" \
        | sed -e '/^  "distance_reasons": \[\]/d' -e '/^  "distance_reasons"/,/^  \]/d'; } >"$work/$name"
    compare "$name"
}

gpt="--model ./gpt-of-mine.yaml"
moe="--model ./moe-of-mine.yaml"
# shellcheck disable=SC2086
{
    step data-parallel $gpt --global-batch 512 --recompute full
    step tensor-parallel $gpt --global-batch 256 --tp 8 --sequence-parallel --micro-batch 2 --recompute selective --attention plain
    step pipeline $gpt --global-batch 256 --tp 4 --pp 4 --schedule 1f1b
    step stage-layers $gpt --global-batch 256 --tp 4 --pp 4 --stage-layers 9,9,8,6
    step interleaved $gpt --global-batch 256 --tp 2 --pp 4 --vpp 2 --recompute 16
    step zero-bubble $gpt --global-batch 256 --tp 2 --pp 4 --schedule zb-h1
    step fsdp $gpt --global-batch 128 --sharding fsdp --recompute full
    step hsdp $gpt --global-batch 128 --sharding hsdp:8 --micro-batch 2 --overlap none
    step ring --model ./gpt-of-mine-long.yaml --seq 32768 --global-batch 8 --tp 2 --cp 4 --cp-kind ring
    step all-to-all --model ./gpt-of-mine-long.yaml --seq 32768 --global-batch 8 --tp 2 --cp 4 --cp-kind all-to-all
    step ring-and-all-to-all --model ./gpt-of-mine-long.yaml --seq 32768 --global-batch 8 --cp 8 --cp-kind both:4
    step fp8 $gpt --global-batch 256 --tp 4 --sequence-parallel --dtype fp8
    step lora $gpt --global-batch 64 --sharding zero3 --frozen-base
    step offload $gpt --global-batch 64 --sharding zero2 --offload all
    step experts $moe --global-batch 256 --ep 8
    step experts-split $moe --global-batch 256 --tp 2 --pp 4 --ep 4 --etp 2 --recompute full --schedule 1f1b
}
# For people: the interval and its evidence rest on the fit and are left out.
# shellcheck disable=SC2086
COLUMNS=80 "$program" step $cluster $moe --global-batch 256 --tp 2 --pp 2 --ep 8 >"$work/text" 2>&1
sed -e '/^  evidence /d' -e 's/ (80 % interval [^)]*)//' "$work/text" >"$work/step-text.txt"
compare step-text.txt

if [ $failures -gt 0 ]; then
    echo "test_step_golden: $failures of $checks checks failed" >&2
    exit 1
fi
echo "test_step_golden: $checks forecasts are as recorded"
