#!/bin/sh
# test_cli.sh PROGRAM SOURCE_DIR: the command line against exact output, its errors and its exit codes.
#
# RECORD=1 writes the expected output in tests/golden/ again. Forecasts move when the model is
# fitted, so that only their structure is checked here, not their numbers.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source_dir=$(cd "$2" && pwd)
golden=$source_dir/tests/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source_dir" || exit 1
unset NO_COLOR COLUMNS CLICOLOR_FORCE FORCE_COLOR XDG_DATA_HOME
HOME=$work/home
export HOME
mkdir -p "$HOME"
[ -x "$program" ] || { echo "test_cli: no program $program" >&2; exit 1; }
failures=0
checks=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

# Compares FILE with tests/golden/NAME, or records it.
compare_golden() {
    checks=$((checks + 1))
    if [ "${RECORD:-}" = 1 ]; then
        cp "$2" "$golden/$1"
    elif ! diff -u "$golden/$1" "$2" >&2; then
        fail "$1 differs (RECORD=1 sh tests/test_cli.sh PROGRAM SOURCE_DIR records it)"
    fi
}

# NAME ARGUMENT...: standard output equals golden/NAME.txt, nothing on standard error, exit 0.
same() {
    name=$1
    shift
    COLUMNS=80 "$program" "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ $status = 0 ] || fail "$name: exit $status: $(cat "$work/err")"
    [ ! -s "$work/err" ] || fail "$name: standard error: $(cat "$work/err")"
    compare_golden "$name.txt" "$work/out"
}

# ARGUMENT...: bad usage: exit 2, one line on standard error, nothing on standard output. Adds to $work/errors.
bad() {
    checks=$((checks + 1))
    "$program" "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ $status = 2 ] || fail "traincast $*: exit $status, not 2"
    [ ! -s "$work/out" ] || fail "traincast $*: wrote to standard output"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "traincast $*: standard error is not one line"
    grep -q '^traincast: [^:]' "$work/err" || fail "traincast $*: no place in the error"
    { echo "\$ traincast $*"; cat "$work/err"; } >>"$work/errors"
}

# ARGUMENT...: exit 0, something on standard output, nothing on standard error. The output stays in $work/out.
good() {
    checks=$((checks + 1))
    "$program" "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ $status = 0 ] || fail "traincast $*: exit $status: $(cat "$work/err")"
    [ -s "$work/out" ] || fail "traincast $*: no output"
    [ ! -s "$work/err" ] || fail "traincast $*: standard error: $(cat "$work/err")"
}

# PATTERN...: each is in the last output.
has() {
    for pattern in "$@"; do
        checks=$((checks + 1))
        grep -q -e "$pattern" "$work/out" || fail "no '$pattern' in the output"
    done
}

# SCHEMA KEY...: the last output is JSON with the head that every object has, and these keys.
is_json() {
    schema=$1
    shift
    checks=$((checks + 1))
    [ "$(sed -n 1p "$work/out")" = "{" ] || fail "$schema: no object"
    sed -n 2p "$work/out" | grep -q '^  "traincast": "[0-9.]*",$' || fail "$schema: no version first"
    sed -n 3p "$work/out" | grep -q "^  \"schema\": \"traincast.$schema/1\",\$" || fail "$schema: no schema second"
    sed -n 4p "$work/out" | grep -q '^  "data": "[0-9a-f]*",$' || fail "$schema: no data hash third"
    grep -q '^  "assumed": \[' "$work/out" || fail "$schema: no assumed"
    for key in "$@"; do grep -q "\"$key\": " "$work/out" || fail "$schema: no $key"; done
    if command -v jq >/dev/null 2>&1; then jq -e . "$work/out" >/dev/null || fail "$schema: no JSON"; fi
}

job="--model llama-2-7b --accelerator a100-sxm-80g --devices 64"

# ---- help, from the tables --------------------------------------------------------------------
same help help
for command in list show step trace explain compare run search sweep plan validate controls serve; do same "help-$command" help "$command"; done
"$program" --help >"$work/a" && "$program" help >"$work/b" && cmp -s "$work/a" "$work/b" || fail "--help is not help"
"$program" step --help >"$work/a" && "$program" help step >"$work/b" && cmp -s "$work/a" "$work/b" || fail "step --help is not help step"
good --version
has '^traincast [0-9.]*$'
same completion-bash completion bash
bash -n "$golden/completion-bash.txt" 2>/dev/null || ! command -v bash >/dev/null || fail "the bash completion does not parse"
good completion zsh
has "'--tp=.*:value: '" "--model=.*:value:{_traincast_offer \"models\" \"\" \"\" \"files\"}"
good completion fish
has '-l tp -x -d' "-l model -r -F -a .(__traincast_offer 'models'" '-l dtype -x -a .*fp8'
# WORD...: what bash offers for the last word.
offered() {
    checks=$((checks + 1))
    PATH=$work/bin:$PATH bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _traincast; printf "%s\n" "${COMPREPLY[@]}"' \
        "$golden/completion-bash.txt" traincast "$@" >"$work/out" 2>"$work/err"
    [ ! -s "$work/err" ] || fail "completion of $*: $(cat "$work/err")"
}
# EXPECTED WORD...: exactly these, separated by blanks.
offers() {
    expected=$1
    shift
    offered "$@"
    got=$(tr '\n' ' ' <"$work/out" | sed 's/ *$//')
    [ "$got" = "$expected" ] || fail "completion of '$*': '$got', not '$expected'"
}
if command -v bash >/dev/null; then
    mkdir -p "$work/bin"
    ln -sf "$program" "$work/bin/traincast"
    offers 'step' ste
    offers '' step --tp ''
    offers '' step --tp = ''
    offers '' run --tokens ''
    offers 'fp8' step --dtype fp8
    offers 'zb-h1 zb-h2 zb-v' step --schedule zb-
    offers 'hsdp:' step --sharding hs
    offers 'norm,mlp-up norm,mlp' step --recompute norm,ml
    offers 'bf16,fp8' search --dtypes bf16,fp8
    offers 'micro-batch=' search --fix mic
    offers 'a100-sxm-80g' step --accelerator a100-sxm-8
    offers 'a100-sxm-80g' step --accelerator = a100-sxm-8
    offers 'h20,a100-sxm-80g' compare --accelerators h20,a100-sxm-8
    offers 'README.md' step --model READ
    offers 'README.md' trace --output READ
    offers '' step READ
    offers 'gpt2-124m' show model gpt2-12
    offers 'fabrics' list fab
    offers 'h20-141g' controls a100-sxm-80g h20-
    offers 'ascend-2024' plan ascend-
    offers 'zsh' completion z
    offers 'validate' man val
    offers '--tp' step --tp
fi
"$program" man >"$work/man"
checks=$((checks + 1))
if [ "${RECORD:-}" = 1 ]; then cp "$work/man" docs/traincast.1; fi
cmp -s "$work/man" docs/traincast.1 || fail "docs/traincast.1 is not what 'traincast man' writes (RECORD=1 records it)"

# ---- every example of every help runs, in a folder of its own: some write files -------------------------
mkdir "$work/examples-run"
for file in data docs tests; do ln -s "$source_dir/$file" "$work/examples-run/"; done
cd "$work/examples-run" || exit 1
for command in list show step trace explain compare run search sweep plan validate controls help completion man; do
    "$program" help "$command" | sed -n 's/^  traincast /traincast /p' >"$work/examples"
    [ -s "$work/examples" ] || fail "help $command: no example"
    while read -r example; do
        # shellcheck disable=SC2086
        good ${example#traincast }
    done <"$work/examples"
done
cd "$source_dir" || exit 1

# ---- list and show -----------------------------------------------------------------------------------
for kind in accelerators fabrics models stacks scenarios; do
    good list $kind
    has '^slug  *name'
    good list $kind --json
    is_json list items slug name
done
same show-fabric show fabric tests/golden/fabric-of-mine.yaml
same show-model show model tests/golden/model-of-mine.yaml
good show fabric tests/golden/fabric-of-mine.yaml --json
is_json show slug name levels value unit source
good show model tests/golden/model-of-mine.yaml --json --seq 512
is_json show parameters active_parameters mtp_parameters flops_per_token 6nd full causal hardware
has '"seq": 512'
# layers without attention, without a feed-forward part; no vocabulary, hence no embedding, head or loss
trunk="--model tests/golden/trunk-of-mine.yaml --accelerator a100-sxm-80g --devices 8 --global-batch 64"
good show model tests/golden/trunk-of-mine.yaml
has '^  mixer  *none'
good explain $trunk --tp 2
has '^layer A: norm  *2 '
has '^layer C: out projection  *1 '
grep -q -e '^layer A: attention' -e '^embedding: ' -e '^head: loss' "$work/out" && fail "explain shows operators that the trunk has not"
good search $trunk
good step $trunk --pp 2 --json
is_json step step_s
for config in tests/hf/*.json; do
    [ -f "$config" ] || continue
    good show model "$config"
    good show model "$config" --json
    is_json show parameters active_parameters flops_per_token
    good step --model "$config" --accelerator b200-sxm --devices 64 --sharding fsdp --recompute full --json
    is_json step step_s
done
good show accelerator a100-sxm-80g --json
is_json show memory value unit source gemm_fraction

# ---- CSV: as many cells in every line, the keys of JSON at the head --------------------------------------------
# HEAD ARGUMENT...: standard output is CSV whose first line begins with HEAD.
csv() {
    head=$1
    shift
    good "$@" --csv
    case $(head -1 "$work/out") in "$head"*) ;; *) fail "$* --csv: head $(head -1 "$work/out" | cut -c1-60)" ;; esac
    awk '{
        line = line $0
        if (gsub(/"/, "\"", line) % 2) { line = line "\n"; next }
        gsub(/"[^"]*"/, "", line)
        cells = gsub(/,/, ",", line)
        if (n++ && cells != first) { print "line " NR " has " cells + 1 " cells, not " first + 1; bad = 1 }
        if (n == 1) first = cells
        line = ""
    } END { exit bad || n < 2 }' "$work/out" || fail "$* --csv is no table"
}
csv slug,name,complete, list accelerators
csv slug,name,levels.name,levels.size, list fabrics
csv slug,name,family,parameters, list models
csv slug,name,sharding, list stacks
csv slug,name,origin list scenarios
csv key,value,unit,source,note show accelerator a100-sxm-80g
csv key,value,unit,source show stack generic
csv key,value,unit show model tests/hf/qwen3-8b-v5.json
# shellcheck disable=SC2086
{
    csv key,value,unit step $job --tp 2
    has '^step_s,[0-9.]*,s$' '^layout.tp,2,$'
    csv key,value,unit run $job --tokens 10B
    csv block,count,operator,kind, explain $job --tp 2
    csv change,step_s,gain_pct, explain $job --tp 2 --table hardware
    csv tp,pp,cp,ep,etp,dp, search $job --global-batch 64 --fix tp=2
    csv key,value,unit search $job --global-batch 64 --space
}
csv accelerator,slug,name,devices,fabric,stack,error,step_s, compare --model llama-2-7b --devices 64 --accelerators a100-sxm-80g,h20
csv name,candidate,model,tokens,unit,pool, plan startup-rented --samples 64
has 'phases.from,phases.to,phases.pool'
csv name,accelerator,fabric,stack, plan startup-rented --samples 64 --table pools
csv id,group,source_family, validate data/runs/korthikanti22.jsonl
csv id,rows,best_measured,chosen,regret_pct,rank_correlation validate --sweeps
csv slug,name,tpp, controls h20 a100-sxm-80g
has 'rules.rule,rules.date'

# ---- forecasts: structure ------------------------------------------------------------------------------
# shellcheck disable=SC2086
{
    good step $job --tp 2 --global-batch 512
    has '^  step  ' '^  memory  ' 'per device: ' '^Where the time of a step goes' '^Where the memory of a device goes' '^Assumed'
    good step $job --tp 2 --pp 2 --global-batch 512 --json
    is_json step step_s step_s_p10 step_s_p90 tokens_per_s_per_device tflops_per_device mfu_pct hfu_pct memory_gib_per_device memory_gib_p10 memory_gib_p90 \
        memory_allocated_gib fits breakdown_s memory_gib layout
    has '"evidence": "measured runs of this chip' '"fits": true'
}
good step --model gpt3-175b --accelerator a100-sxm-80g --devices 8 --json
has '"fits": false'
good compare --model llama-2-7b --devices 64 --accelerators a100-sxm-80g,h100-sxm --json
is_json compare items slug step_s step_s_p10 step_s_p90 memory_gib_p10 fits devices_to_fit kwh_per_million_tokens
# How far layouts are from published ones: each of the best says it; beyond them, in what.
good step --model deepseek-v3 --accelerator h20 --devices 2048 --pp 8 --ep 256 --global-batch 4096
has '^  distance  *2.0 from published runs: no published run has an expert-parallel'
good step --model gpt3-175b --accelerator a100-sxm-80g --devices 512 --tp 8 --pp 8 --global-batch 512 --json
has '"distance": 0,' '"distance_reasons": \[\]'
for model in llama-3.1-70b deepseek-v3; do
    for machine in 'ascend-910b2 --devices 1024' 'h20 --devices 2048'; do
        # shellcheck disable=SC2086
        good search --model $model --accelerator $machine --global-batch 1024 --json
        [ "$(grep -c '"distance": [0-9]' "$work/out")" = 5 ] || fail "search $model on $machine: not every layout has a distance"
        [ "$(grep -c '"distance_reasons": \[' "$work/out")" = 5 ] || fail "search $model on $machine: not every layout has its reasons"
    done
done
good run --model gpt2-124m --accelerator a100-sxm-80g --devices 8 --tokens 10B --json
is_json run days days_p10 days_p90 goodput cost_usd energy_mwh co2_t
good plan startup-rented startup-rented --samples 64 --set 'pools[0].deliveries[0].devices=192' --json
is_json plans plans difference shift_days standard_error_days probability_earlier
good plan startup-rented --samples 64 --json
cp "$work/out" "$work/last.json"
good report startup-rented --samples 64 --output "$work/plan.html"
has 'in four pages'
cp "$work/plan.html" "$work/out"
has '^<!doctype html>' 'is done by' 'What it would take' 'What is assumed' "default-src 'none'"
[ "$(grep -c '<section>' "$work/out")" = 4 ] || fail "the report has not four pages"
grep -qE '<script|src=|href=|url\(|nan|inf[^o]' "$work/out" && fail "the report fetches something, or holds no number: $(grep -oE '<script|src=|href=|url\(|.{20}nan|.{20}inf[^o]' "$work/out" | head -n 1)"
good report startup-rented --certain --output -
has 'is done on' 'planned without risks'
sed '/^slug:/d; s/^name:.*/name: "A <script>\&'"'"'"/' data/scenarios/startup-rented.yaml >"$work/hostile.yaml"
good report "$work/hostile.yaml" --certain --output -
has 'A &lt;script&gt;'
good plan startup-rented --samples 64 --since "$work/last.json"
has '^What changed since the earlier answer'
good plan startup-rented --samples 64 --set 'pools[0].deliveries[0].devices=192' --since startup-rented
has '^What changed since startup-rented of 20' '^ .* deliveries '
good plan ascend-2024 --json
is_json plan jobs finish_p10 finish_p50 finish_p90 phases pools serving seed samples
good validate data/runs/korthikanti22.jsonl --json
is_json validate runs memory_runs oom_runs summary by_accelerator by_group by_family macro_mape_pct
good validate --sweeps --json
is_json validate-sweeps sweeps summary id rows best_measured chosen regret_pct rank_correlation mean_regret_pct
{ head -n 1 data/runs/korthikanti22.jsonl; echo 'no JSON'; echo '[]'; } >"$work/mixed.jsonl" # a wrong line among right ones is a refused run
good validate "$work/mixed.jsonl" --json
grep -q '"reason": ".*not JSON' "$work/out" || fail "validate: a wrong line without its reason"
good controls h20 --json
is_json controls tpp performance_density rules class
cp "$work/out" "$work/first"
good controls h20 --json
cmp -s "$work/first" "$work/out" || fail "the same question has two answers"

# ---- counts with suffixes ----------------------------------------------------------------------------------
# A=B: both say the same.
alike() {
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    "$program" step --model llama-2-7b --accelerator a100-sxm-80g $1 --json >"$work/a" 2>&1
    # shellcheck disable=SC2086
    "$program" step --model llama-2-7b --accelerator a100-sxm-80g $2 --json >"$work/b" 2>&1
    cmp -s "$work/a" "$work/b" && grep -q '"step_s"' "$work/a" || fail "$1 is not $2: $(head -1 "$work/a")"
}
alike '--devices 1k --global-batch 4k --seq 8k' '--devices 1000 --global-batch 4000 --seq 8000'
alike '--devices 1Ki --global-batch 4Ki --seq 8Ki' '--devices 1024 --global-batch 4096 --seq 8192'
alike '--devices 64 --seq 1.5k --micro-batch 0.002k' '--devices 64 --seq 1500 --micro-batch 2'

# ---- the 80 % interval: figures of a test's own, whatever was fitted ------------------------------------
intervals="--catalog tests/intervals --model llama-2-7b --devices 64 --global-batch 512"
# shellcheck disable=SC2086
{
    good run $intervals --accelerator a100-sxm-80g --tp 2 --tokens 1T
    has 'wall-clock time (80 % interval [0-9.]* d to [0-9.]* d)' 'each (80 % interval' '^               (80 % interval [0-9.]* GiB to' \
        '^  rented .*(80 % interval' '^  energy .*(80 % interval'
    good run $intervals --accelerator a100-sxm-80g --tp 2 --tokens 1T --json
    has '"step_s_p10": [0-9]' '"memory_gib_p90": [0-9]' '"days_p10": [0-9]' '"wall_s_p90": [0-9]' '"rented_p10": [0-9]' '"energy_mwh_p90": [0-9]' \
        '"co2_t_p10": [0-9]'
    good explain $intervals --accelerator a100-sxm-80g --tp 2
    has '80 % intervals: step [0-9.]*-[0-9.]* s, memory [0-9.]*-[0-9.]* GiB'
    good explain $intervals --accelerator a100-sxm-80g --tp 2 --json
    has '"step_s_p90": [0-9]' '"memory_gib_p10": [0-9]'
    good plan ascend-2024 --catalog tests/intervals
    has '^=> new-llm (dense-32b, 18.0 T tokens) is done by: 10 % 20' '^ *80 %: 20[-0-9]* to 20[-0-9]*; [^;]* s; ' 'done (80 % interval' '[0-9] calendars, seed 1:'
    good search $intervals --accelerator a100-sxm-80g --fix tp=2 --top 2 --threads 1
    has ' expected  *80 %  ' '^1 .* s  *[0-9.]*-[0-9.]* s  '
    good search $intervals --accelerator a100-sxm-80g --fix tp=2 --top 2 --threads 1 --json
    has '"step_s_p10": [0-9]' '"step_s_p90": [0-9]' '"memory_gib_p10": [0-9]'
    good compare $intervals --accelerators a100-sxm-80g,h100-sxm
    has ' step  *80 %  ' '^a100-sxm-80g .* s  *[0-9.]*-[0-9.]* s  '
    good compare $intervals --accelerators a100-sxm-80g,h100-sxm --json
    has '"step_s_p10": [0-9]' '"step_s_p90": [0-9]' '"memory_gib_p90": [0-9]'
}

# ---- names that would take over a terminal, a browser or a reader of JSON -----------------------------------
mkdir -p "$work/hostile"
control=$(printf '[\001-\011\013-\037\177]')
sed 's/^name:.*/name: "evil\\e[31m\\e]0;pwned\\a\\x9b2J\\u202e<script>\\"\\n end"/' tests/golden/gpt-of-mine.yaml >"$work/hostile/model.yaml"
sed 's/^name:.*/name: "dev\\e[2J\\u200b\&"/; s/^fabric:.*/fabric: dgx-a100/' tests/golden/accelerator-of-mine.yaml >"$work/hostile/accelerator.yaml"
hostile="--model $work/hostile/model.yaml --accelerator $work/hostile/accelerator.yaml --devices 8"
# No control character but line ends and the program's own tones, no C1, no mark of direction or of no width.
tame() {
    checks=$((checks + 1))
    sed "s/$escape\[0m//g; s/$escape\[[1-3][0-9]*m//g" "$work/out" >"$work/tame"
    LC_ALL=C grep -q "$control" "$work/tame" && fail "$*: control characters in the output"
    LC_ALL=C grep -q "$(printf '\302[\200-\237]\|\342\200[\213-\217\252-\256]')" "$work/out" && fail "$*: invisible characters in the output"
    case $* in *--json) ;; *) grep -q 'evil' "$work/out" || fail "$*: no name" ;; esac
    grep -q "evil$escape" "$work/out" && fail "$*: a name sets a colour"
}
escape=$(printf '\033')
for command in step explain 'run --tokens 1B' 'search --global-batch 64' 'trace --svg -'; do
    for extra in '' '--json' '--color always'; do
        case $command$extra in trace*json) continue ;; esac
        # shellcheck disable=SC2086
        good $command $hostile $extra
        tame "$command $extra"
    done
done
# shellcheck disable=SC2086
good trace $hostile --svg -
grep -q '<script>\|&[^a-z#]' "$work/out" && fail "trace --svg: names are not escaped"
mkdir -p "$work/hostile/catalog/stacks"
sed 's/^slug:.*//' tests/golden/stack-of-mine.yaml >"$work/hostile/catalog/stacks/a\"b.yaml"
# shellcheck disable=SC2086
good trace $job --stack 'a"b' --catalog "$work/hostile/catalog" --output -
if command -v jq >/dev/null 2>&1; then jq -e .assumed "$work/out" >/dev/null || fail "trace: no JSON with a quote in a stack's slug"; fi
good show model "$work/hostile/model.yaml"
tame show
good compare --model "$work/hostile/model.yaml" --accelerators "$work/hostile/accelerator.yaml" --devices 8
tame compare

# ---- no line is wider than the terminal, but for one long word (an address, a path) ------------------------
# ARGUMENT...: at 40 to 80 columns.
fits() {
    for width in 40 60 72 80; do
        checks=$((checks + 1))
        COLUMNS=$width "$program" "$@" 2>&1 | LC_ALL=C awk -v width=$width '
            length($0) > width && !/[^ -~]/ && !/^ *[^ ]+$/ {print; wide = 1} END {exit wide || NR == 0}' >"$work/out" ||
            fail "$* at $width columns: $(head -1 "$work/out")"
    done
}
large="--model deepseek-v3 --accelerator h800-sxm --devices 2048 --pp 16 --ep 64 --global-batch 15360 --schedule dualpipe"
# shellcheck disable=SC2086
{
    fits step $large
    fits run $large --tokens 15T
    fits explain $large
    fits search $job --global-batch 512 --fix tp=2
    fits search $job --global-batch 512 --fix tp=2 --pareto
    fits search $job --global-batch 512 --space
    fits search --model llama-3.1-405b --accelerator h100-sxm --devices 8 --global-batch 8 --fix dp=1
}
fits compare --model llama-2-7b --devices 64 --accelerators a100-sxm-80g,h100-sxm,ascend-910b2
fits plan week-ten --samples 64 --by 2025-12-31
fits plan startup-rented --samples 64 --by 2026-01-31 --take 0.8 --value
fits plan startup-rented --samples 64 --best-by 2026-03-31,2026-06-30
fits validate data/runs/korthikanti22.jsonl
fits validate --sweeps
fits controls
for kind in accelerators fabrics models stacks scenarios; do fits list $kind; done
fits show accelerator ascend-910b2
fits show fabric hgx-h20
fits show model deepseek-v3
fits show stack mindspeed-llm
fits show scenario ascend-2024
fits validate data/runs/korthikanti22.jsonl --runs worst
fits help
for command in list show step trace explain compare run search sweep plan validate controls; do fits help $command; done
COLUMNS=40 "$program" help step | sed -n '/^  traincast/,/^$/p' | sed -e 's/^  //' -e '/^$/q' >"$work/example.sh"
PATH=$work/bin:$PATH sh "$work/example.sh" >"$work/out" 2>&1 || fail "an example over several lines does not run: $(head -1 "$work/out")"

# ---- a chip that is sold in one country runs there, unless it is said to run elsewhere -----------------------
good run --model llama-2-7b --accelerator h20 --devices 64 --tokens 1T
has 'PUE 1.3 (region china, where it is sold)' 'checkpoint storage 122 MB.s per device (default, that of 16,384 H100' '^  intervals *of the step, of operations' '^  operations'
good run --model llama-2-7b --accelerator h20 --devices 64 --tokens 1T --ideal
has '^  intervals *of the step alone'
! grep -q '^  operations' "$work/out" || fail 'operations in an ideal run'
good run --model llama-2-7b --accelerator h20 --devices 64 --tokens 1T --region us
has 'PUE 1.25 (region us)'
good run --model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tokens 1T
has 'PUE 1.25 (region us)'
sed '/slug: china/,$d' data/economics.yaml >"$work/no-china.yaml"
good run --model llama-2-7b --accelerator h20 --devices 64 --tokens 1T --economics "$work/no-china.yaml"
has 'PUE 1.25 (region us)'

# ---- threads: at most a few a core, and none of libgomp's messages ------------------------------------------
# shellcheck disable=SC2086
good search $job --global-batch 512 --fix tp=2 --threads 65536
cp "$work/out" "$work/many"
OMP_NUM_THREADS=40000
export OMP_NUM_THREADS
# shellcheck disable=SC2086
good search $job --global-batch 512 --fix tp=2
OMP_NUM_THREADS=1
# shellcheck disable=SC2086
good search $job --global-batch 512 --fix tp=2 --json
has '"threads": 1,'
unset OMP_NUM_THREADS
# shellcheck disable=SC2086
good search $job --global-batch 512 --fix tp=2 --threads 1
sed '/pipeline;/d; /ms\|second/d' "$work/many" >"$work/a" # "... pipeline; 612", "ms, 1.72 M a second": lines break there
sed '/pipeline;/d; /ms\|second/d' "$work/out" | cmp -s - "$work/a" || fail "threads change the answer"

# ---- a user's own data -------------------------------------------------------------------------------------
mkdir -p "$work/mine/models" "$work/xdg/traincast/models"
cp tests/golden/model-of-mine.yaml "$work/mine/models/"
sed 's/model-of-mine/model-of-xdg/' tests/golden/model-of-mine.yaml >"$work/xdg/traincast/models/model-of-xdg.yaml"
# Every command that takes an optimizer obeys: no two alike.
for optimizer in adamw sgd lamb adafactor muon; do
    "$program" run --model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tokens 1T --optimizer $optimizer --json >"$work/$optimizer.json"
    grep -q "\"optimizer\": \"$optimizer\"" "$work/$optimizer.json" || fail "run does not say which optimizer: $optimizer"
done
[ "$(for optimizer in adamw sgd lamb adafactor muon; do grep -v '"optimizer": "' "$work/$optimizer.json" | cksum; done | sort -u | wc -l)" = 5 ] || fail "optimizers that change nothing"
good list models --catalog "$work/mine"
has '^model-of-mine '
XDG_DATA_HOME=$work/xdg "$program" list models | grep -q '^model-of-xdg ' || fail "XDG_DATA_HOME is not read"
good compare --serve --model llama-3.1-8b --devices 1 --accelerators h20,h100-sxm
has "prompts of 1,155 tokens, outputs of 211" # those of a chat service, where none are given
good step --catalog "$work/mine" --model model-of-mine --accelerator a100-sxm-80g --devices 8 --ep 4

# ---- bad usage -------------------------------------------------------------------------------------------------
bad
bad stpe
bad list
bad list things
bad list models stacks
bad list models --jsno
bad list models --tp 2
bad list models --json --json
bad list models --json=yes
bad list models --color purple
bad list models --catalog
bad list models --catalog /nonexistent
bad show
bad show accelerator
bad show thing x
bad show accelerator a100-sxm-80gb
bad show accelerator a100-sxm-80g --seq 1024
bad show model nonexistent.yaml
bad show model nonexistent.json
bad help stpe
bad completion tcsh
bad step
bad step --model llama-2-7b
bad step --model llama-2-7b --accelerator a100-sxm-80g
bad step --model --accelerator a100-sxm-80g
# shellcheck disable=SC2086
{
    bad step $job --model gpt2-124m
    bad step $job extra
    bad step $job --tp
    bad step $job --tp=
    bad step $job --tp two
    bad step $job --tp 2.5
    bad step $job --tp -1
    bad step $job --tp 0
    bad step $job --tp 99999999999999999999
    bad step $job --tp nan
    bad step $job --seq inf
    bad step $job --seq 8K
    bad step $job --seq '8 k'
    bad step $job --seq 1.0005k
    bad step $job --tp 1T
    bad step $job --recompute some
    bad step $job --recompute "$(printf '%058dé\033[2J\302\233' 0)"
    bad step $job --recompute 0
    bad step $job --sharding zero9
    bad step $job --sharding hsdp
    bad step $job --sharding hsdp:x
    bad step $job --dtype int4
    bad step $job --cp-kind bent
    bad step $job --cp 8 --cp-kind both
    bad step $job --cp 8 --cp-kind both:3
    bad step $job --cp 4 --tp 16 --cp-kind both:4
    bad step $job --schedule 1b1f
    bad step $job --pp 4 --schedule 1f1b --vpp 2
    bad step $job --pp 4 --schedule interleaved
    bad step $job --pp 4 --schedule v-min --frozen-base
    bad step $job --pp 4 --schedule dualpipe --micro-batch 64
    bad step $job --pp 4 --stage-layers 8,8,8
    bad step $job --pp 4 --stage-layers 8,8,8,9
    bad step $job --pp 4 --stage-layers 8,8,8,8,
    bad step $job --pp 4 --stage-layers 8,8,8,8 --last-layers 8
    bad step $job --pp 4 --last-layers 33
    bad step $job --stack megatron
    bad step $job --fabric none-such
    bad step $job --tp 3
    bad step $job --global-batch 7
    bad step $job --ep 8
    bad step $job --tokens 5
    bad run $job --tokens many
    bad run $job --tokens nan
    bad run $job --tokens -1
    bad run $job --tokens 1T --mtbf 50000
    bad run $job --tokens 1T --pue 0.5
    bad run $job --tokens 1T --storage '2 TB'
}
bad validate --json --markdown
bad validate data/runs/korthikanti22.jsonl --runs best
bad validate data/runs/korthikanti22.jsonl --runs worst --markdown
bad list models --csv --json
bad list models --table items
bad list models --csv --table item
bad list models --fields items
bad list models --json --fields item
bad search $job --global-batch 64 --allow-schedules 1f1b,custom
bad compare --model llama-2-7b --devices 64 --accelerators a100-sxm-80g,
bad compare --model llama-2-7b --devices 64 --accelerators ,
bad report
bad report startup-rented
bad report startup-rented --output - --json
bad report startup-rented --certain --output nowhere/plan.html
bad report nonexistent.yaml --output plan.html
bad plan
bad plan nonexistent.yaml
bad plan startup-rented --best-by 2026-02-30
bad plan startup-rented --best-by 2020-01-01
bad plan startup-rented week-ten --since week-ten
bad plan startup-rented --since nonexistent.json
bad validate /nonexistent.jsonl
bad controls nothing-like-it
bad step --layout /nonexistent.json
bad step --model llama-2-7b --accelerator a100-sxm-80g --devices 8 --layout best
bad search --model llama-2-7b --accelerator a100-sxm-80g --devices 8 --global-batch 64 --layout best
bad step --model llama-2-7b --accelerator a100-sxm-80g --devices 9 --global-batch 64 --layout best
bad run --model llama-3-70b --accelerator a100-sxm-80g --devices 1 --global-batch 64 --tokens 1B --layout best
bad infer --model llama-3.1-8b --accelerator h100-sxm --devices 1 --requests 10
bad infer --model llama-3.1-8b --accelerator h100-sxm --devices 1 --arrivals gamma:2
bad infer --model llama-3.1-8b --accelerator h100-sxm --devices 1 --router least
# --layout best is the first of a search, also with a part of the layout fixed
for fixed in "" "--tp 4"; do
    job="--model llama-3-70b --accelerator h100-sxm --devices 64 --global-batch 128 $fixed"
    # shellcheck disable=SC2086
    "$program" search $job --json >"$work/search.json" && "$program" step $job --layout best --json >"$work/best.json" \
        && "$program" step --layout "$work/search.json" --json >"$work/first.json" || fail "--layout best: exit $?"
    grep '"step_s":' "$work/best.json" | head -n 1 >"$work/out"
    grep '"step_s":' "$work/first.json" | head -n 1 | cmp -s - "$work/out" || fail "--layout best $fixed is not the first of search"
done
"$program" step --model llama-3-70b --accelerator h100-sxm --devices 64 | tail -n 2 | grep -q -- '--layout best' \
    || fail "a usual layout that does not fit says nothing of --layout best"
"$program" step --model llama-3-70b --accelerator h100-sxm --devices 64 --tp 1 | tail -n 2 | grep -q -- '--layout best' \
    && fail "a layout that was asked for is told of --layout best"
echo '{"layout": {"tp": 4, "sharding": "zero9"}}' >"$work/wrong.json"
(cd "$work" && "$program" step --layout wrong.json >/dev/null 2>wrong.err) && fail "a wrong layout: exit 0"
grep -q '^traincast: wrong.json: \$.layout.sharding: ' "$work/wrong.err" || fail "a wrong layout: $(cat "$work/wrong.err")"
echo '{"schema": "traincast.plan/1", "jobs": [{"name": "a", "finish_p10": "soon"}]}' >"$work/last.json"
(cd "$work" && "$program" plan startup-rented --since last.json >/dev/null 2>wrong.err) && fail "a wrong answer: exit 0"
grep -q '^traincast: last.json: \$.jobs\[0\].finish_p10: ' "$work/wrong.err" || fail "a wrong answer: $(cat "$work/wrong.err")"
compare_golden errors.txt "$work/errors"

# ---- an answer read back: all but `assumed` comes out byte for byte --------------------------------------------------------
without_assumed() { sed '/^  "assumed": \[$/,/^  \],$/d; /^  "assumed": \[\],$/d'; }
# OPTION...: of step
read_back() {
    checks=$((checks + 1))
    "$program" step "$@" --json >"$work/answer.json" 2>"$work/err" || fail "step $*: $(cat "$work/err")"
    "$program" step --layout "$work/answer.json" --json >"$work/again.json" 2>"$work/err" || fail "read back: $(cat "$work/err")"
    without_assumed <"$work/answer.json" >"$work/a"
    without_assumed <"$work/again.json" >"$work/b"
    [ "$(grep -c . "$work/a")" -gt 60 ] && cmp -s "$work/a" "$work/b" || fail "step $*: not what it was when read back"
}
h100="--accelerator h100-sxm --devices 64 --global-batch 64"
printf '0F0,0F1,0B0,0F2,0B1,0F3,0B2,0B3\n' >"$work/own.txt"
printf '1F0,1B0,1F1,1B1,1F2,1B2,1F3,1B3\n' >>"$work/own.txt"
read_back --model llama-3-8b $h100 --tp 4 --pp 2 --sequence-parallel off --offload states --overlap none --graphs norm,qkv
read_back --model llama-3-8b $h100 --cp 4 --cp-kind both:2 --sharding hsdp:8 --recompute norm+mlp --attention plain --seq 4096
read_back --model mixtral-8x7b $h100 --ep 8 --stack megatron-lm --optimizer sgd --balanced-routing --dtype fp8
read_back --model llama-3-8b $h100 --pp 2 --stage-layers 15,17 --frozen-base --fabric dgx-a100
read_back --model llama-3-8b --accelerator h100-sxm --devices 64 --global-batch 128 --pp 2 --schedule "$work/own.txt"
"$program" search --model llama-3-8b $h100 --top 1 --json >"$work/search.json" || fail "search: exit $?"
"$program" step --layout - --json <"$work/search.json" >"$work/again.json" || fail "the best of a search: exit $?"
seconds() { sed -n 's/^ *"step_s": //p' "$1" | head -1; }
[ "$(seconds "$work/search.json")" = "$(seconds "$work/again.json")" ] || fail "the best of a search takes another time as a step"
# shellcheck disable=SC2046
"$program" step --model llama-3-8b $h100 $(sed -n 's/^ *"options": "\(.*\)",$/\1/p' "$work/search.json" | head -1) --json >"$work/again.json" || fail "its options: exit $?"
[ "$(seconds "$work/search.json")" = "$(seconds "$work/again.json")" ] || fail "the options of the best ask for another layout"
"$program" search --layout "$work/answer.json" --top 1 >"$work/out" && grep -q '^  Given: PP 2, ' "$work/out" || fail "search does not compare what is given"
"$program" step --layout "$work/search.json" --tp 2 --devices 32 --json >"$work/again.json" && grep -q '"tp": 2,' "$work/again.json" || fail "options beside --layout do not override"
checks=$((checks + 5))

# ---- output that cannot be written, and readers that have had enough ------------------------------------------------
checks=$((checks + 1))
if [ -w /dev/full ]; then
    "$program" list models >/dev/full 2>"$work/err"
    status=$?
    [ $status = 1 ] || fail "/dev/full: exit $status, not 1"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "/dev/full: not one line on standard error"
fi
{ "$program" validate --json 2>"$work/err"; echo $? >"$work/status"; } | head -1 >/dev/null
[ "$(cat "$work/status")" = 0 ] || fail "closed pipe: exit $(cat "$work/status")"
[ ! -s "$work/err" ] || fail "closed pipe: $(cat "$work/err")"
"$program" list models >&- 2>"$work/err" && fail "closed standard output: exit 0"

# ---- colour -------------------------------------------------------------------------------------------------------------
escape=$(printf '\033')
"$program" help | grep -q "$escape" && fail "colour in a pipe"
"$program" help --color always | grep -q "$escape" || fail "--color always: no colour"
CLICOLOR_FORCE=1 "$program" help | grep -q "$escape" || fail "CLICOLOR_FORCE: no colour"
CLICOLOR_FORCE=1 NO_COLOR=1 "$program" help | grep -q "$escape" && fail "NO_COLOR: colour"
NO_COLOR=1 "$program" help --color=always | grep -q "$escape" || fail "--color=always does not win over NO_COLOR"

if [ $failures -gt 0 ]; then
    echo "test_cli: $failures of $checks checks failed" >&2
    exit 1
fi
echo "test_cli: $checks checks passed"
