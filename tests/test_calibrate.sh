#!/bin/sh
# test_calibrate.sh PROGRAM SOURCE_DIR: calibrate as a command: rows, logs and kernels in, a folder out, and one clear line for what is damaged.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source_dir=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
unset XDG_DATA_HOME
cd "$work" || exit 1
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

# refused WHAT PATTERN ARGUMENTS...: exit 2, nothing on standard output, one line that has the pattern
refused() {
    what=$1 pattern=$2
    shift 2
    "$program" calibrate "$@" >out 2>err
    code=$?
    [ $code = 2 ] || fail "$what: exit $code"
    [ -s out ] && fail "$what: printed an answer"
    [ "$(wc -l <err)" = 1 ] || fail "$what: $(wc -l <err) lines: $(cat err)"
    grep -q -e "$pattern" err || fail "$what: '$(cat err)' has no '$pattern'"
}

steps=$source_dir/docs/examples/my-steps.jsonl
job='--model llama-3-8b --accelerator h100-sxm --devices 8 --stack megatron-core'
step='step --model llama-3-8b --accelerator h100-sxm --devices 64 --stack megatron-core --tp 2 --global-batch 512 --json'

# ---- a folder that every command takes
"$program" calibrate "$steps" --output mine --contribute gift.jsonl >text || fail "steps"
for file in calibrated-device calibrated-stack calibration; do [ -s mine/fitted/$file.yaml ] || fail "no $file"; done
"$program" $step >before && "$program" $step --catalog mine >after || fail "step with the folder"
seconds() { sed -n 's/.*"step_s": \([0-9.]*\).*/\1/p' "$1" | head -n 1; }
awk -v a="$(seconds before)" -v b="$(seconds after)" 'BEGIN {exit !(b > a * 1.02 && b < a * 1.3)}' || fail "step: $(seconds before) to $(seconds after)"
grep -q 'own steps measured on this chip with this stack' after || fail "the evidence is not told"
"$program" show accelerator h100-sxm --catalog mine | grep -q 'steps and 0 kernels of your own' || fail "show does not say where a value is from"
[ "$(wc -l <gift.jsonl)" = 4 ] || fail "gift"
grep -q '8b-tp\|docs\|my-steps' gift.jsonl && fail "the gift names rows or files"
"$program" calibrate gift.jsonl --json >gift.json || fail "the gift is no rows"
grep -q '"steps": 4' gift.json || fail "the gift lost steps"

# ---- a log, its job by options and by a launch script
i=1
while [ $i -le 30 ]; do
    echo " iteration $i/ 100 | consumed samples: 128 | elapsed time per iteration (ms): $((15000 + i % 3)).5 | learning rate: 1.0E-04 | global batch size: 128 |"
    i=$((i + 1))
done >run.log
"$program" calibrate run.log $job --tp 2 --global-batch 128 --json >log.json || fail "a log"
grep -q '"measured_s": 15.001' log.json || fail "the log's median: $(grep measured_s log.json)"
"$program" launch megatron-lm $job --tp 2 --global-batch 128 --output script >/dev/null || fail "launch"
script=$(ls script/*.sh | head -n 1)
"$program" calibrate "run.log=$script" run.log="$script" --accelerator h100-sxm --json >pairs.json || fail "a log with its script"
grep -q '"steps": 2' pairs.json || fail "two logs"
"$program" calibrate run.log $job --tp 2 --global-batch 128 --contribute log.jsonl >/dev/null || fail "a gift of a log"
grep -q '"step_s":15.00' log.jsonl || fail "a gift of a log"
grep -q 'run.log' log.jsonl && fail "a gift names its log"

# ---- kernels
head -n 20 "$source_dir/data/measurements/simumax.jsonl" >kernels.jsonl
"$program" calibrate kernels.jsonl --json | grep -q '"kernels": 20' || fail "kernels"
"$program" calibrate kernels.jsonl --output chip >/dev/null && "$program" step --model llama-2-7b --accelerator a100-pcie-80g --devices 8 --catalog chip >/dev/null ||
    fail "a folder of kernels alone"

# ---- what is damaged
refused 'no file' 'nowhere.jsonl' nowhere.jsonl
: >empty.jsonl
refused 'an empty file' 'empty.jsonl' empty.jsonl
sed 's/"step_s":15.3/"step_s":"fast"/' "$steps" >bad.jsonl
refused 'a time that is none' 'bad.jsonl:2.*step_s' bad.jsonl
sed '3s/"tp":4/"tp":3/' "$steps" >bad.jsonl
refused 'a layout that is none' 'bad.jsonl:3' bad.jsonl
sed '1s/h100-sxm/h999/' "$steps" >bad.jsonl
refused 'an unknown chip' 'bad.jsonl:1.*h999' bad.jsonl
sed '4s/}$//' "$steps" >bad.jsonl
refused 'half a row' 'bad.jsonl:4' bad.jsonl
sed '2s/"measured":{[^}]*}/"measured":{}/' "$steps" >bad.jsonl
refused 'no time' 'bad.jsonl:2.*measured' bad.jsonl
refused 'a log without a job' '--model' run.log
refused 'a log without an accelerator' '--accelerator' run.log --model llama-3-8b --devices 8
sed '7s/ (ms): .*/ (ms): soon/' run.log >bad.log
refused 'a damaged log' 'bad.log:7' bad.log $job
echo hello >bad.log
refused 'no log' 'bad.log' bad.log $job
sed '5s/"tflops": [0-9.]*/"tflops": -1/' kernels.jsonl >bad.jsonl
refused 'a damaged kernel' 'bad.jsonl:5.*tflops' bad.jsonl
sed '2s/a100-pcie-80g/h999/' kernels.jsonl >bad.jsonl
refused 'a kernel of an unknown chip' 'bad.jsonl:2.*accelerator' bad.jsonl
refused 'a folder that cannot be made' '--output' "$steps" --output /dev/null/mine
refused 'a gift that cannot be written' '--contribute' "$steps" --contribute /dev/null/gift
mkdir -p hurt/fitted && cp mine/fitted/* hurt/fitted/ && sed 's/scale: .*/scale: wide/' mine/fitted/calibration.yaml >hurt/fitted/calibration.yaml
"$program" $step --catalog hurt >out 2>err && fail "a damaged folder"
grep -q 'calibration.yaml:.*scale' err || fail "a damaged folder: $(cat err)"

[ $failures = 0 ] && echo "calibrate holds"
exit $failures
