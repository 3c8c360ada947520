#!/bin/sh
# test_sweep.sh PROGRAM SOURCE_DIR: a sweep that is killed again and again ends with the table of one that was not, and
# searches nothing twice; the same table from 1, 2 and 4 MPI ranks, and after one of them was killed. KILLS, MPI_KILLS: how
# often (20, 1).
set -u
program=$1
source_dir=$2
kills=${KILLS:-20}
mpi_kills=${MPI_KILLS:-1}
sweep=$source_dir/data/sweeps/laptop.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$kills" -gt 20 ]; then # enough to be killed in
    sed 's/^global_batches:.*/global_batches: [32, 48, 64, 96, 128, 192, 256, 384, 512, 768]/' "$sweep" >"$work/long.yaml"
    sweep=$work/long.yaml
fi
failures=0
fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

"$program" sweep "$sweep" --store "$work/whole.sqlite" --csv --quiet >"$work/whole.csv" 2>"$work/err"
status=$?
if grep -q 'built without SQLite' "$work/err"; then
    echo "test_sweep: no SQLite: nothing to test"
    exit 0
fi
[ $status = 0 ] || fail "exit $status: $(cat "$work/err")"
[ ! -s "$work/err" ] || fail "--quiet is not: $(cat "$work/err")"
tasks=$(($(wc -l <"$work/whole.csv") - 1))

# A time of 20 to 200 ms, later with an argument.
moment() { echo "$((${1:-0})).$(od -An -N1 -tu1 /dev/urandom | awk '{printf "%03d", 20 + $1 % 180}')"; }

# ---- kills at random moments ----------------------------------------------------------------
i=0
: >"$work/told"
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    "$program" sweep "$sweep" --store "$work/killed.sqlite" --csv >/dev/null 2>"$work/progress" &
    pid=$!
    sleep "$(moment)"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    sed -n 's/.*left: //p' "$work/progress" >>"$work/told"
done
"$program" sweep "$sweep" --store "$work/killed.sqlite" --csv >"$work/killed.csv" 2>"$work/progress" || fail "the last start: exit $?"
sed -n 's/.*left: //p' "$work/progress" >>"$work/told"
cmp -s "$work/whole.csv" "$work/killed.csv" || fail "after $kills kills the table is another one"
[ "$(sort "$work/told" | uniq -d | wc -l)" -eq 0 ] || fail "searched twice: $(sort "$work/told" | uniq -d | head -3)"

# ---- an unknown name is told before the first search, at its place -------------------------------
printf 'format: 1\nname: typo\nmodels: [gpt2-124m, nosuch]\naccelerators: [h20]\ndevices: [8]\nglobal_batches: [64]\n' >"$work/typo.yaml"
"$program" sweep "$work/typo.yaml" --store "$work/typo.sqlite" --csv >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || fail "an unknown model: not exit 2"
[ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] || fail "an unknown model: $(cat "$work/err")"
grep -q 'typo.yaml:3: models\[1\]: ' "$work/err" || fail "an unknown model has no place: $(cat "$work/err")"

# ---- formats ------------------------------------------------------------------------------------
"$program" sweep "$sweep" --store "$work/whole.sqlite" --json --quiet --heat-map "$work/heat.svg" --front "$work/front.svg" --scaling "$work/scaling.svg" >"$work/json" || fail "--json: exit $?"
grep -q '"schema": "traincast.sweep/1"' "$work/json" || fail "--json: no schema"
[ "$(grep -c '"key"' "$work/json")" -eq "$tasks" ] || fail "--json has not $tasks searches"
for picture in heat front scaling; do grep -q '</svg>' "$work/$picture.svg" || fail "$picture.svg is no picture"; done
grep -q '>Model FLOPs utilisation (MFU), per cent<' "$work/heat.svg" || fail "heat.svg does not name its quantity"
for value in '>8<' '>16<' '>devices<' '>tokens/s of the cluster<' '>on the front<'; do grep -q "$value" "$work/front.svg" || fail "front.svg: no $value"; done
for value in '>8<' '>16<' '>devices<' '>tokens/s of the cluster<' '>step, s<' '>100 %<'; do grep -q "$value" "$work/scaling.svg" || fail "scaling.svg: no $value"; done
grep -q 'nan\|inf' "$work/front.svg" "$work/scaling.svg" && fail "a picture has what is no number"

for width in 40 60 72 80; do
    COLUMNS=$width "$program" sweep "$sweep" --store "$work/whole.sqlite" --quiet | awk -v width=$width 'length($0) > width {wide = 1} END {exit wide}' ||
        fail "the table is wider than $width columns"
done

# ---- wrong files and settings: exit 2, one line, which says what would be right --------------------------
# WORDS ARGUMENT...: the error holds the words.
wrong() {
    words=$1
    shift
    "$program" sweep "$@" --quiet >"$work/out" 2>"$work/err"
    status=$?
    [ $status = 2 ] || fail "sweep $*: exit $status, not 2: $(cat "$work/err")"
    [ ! -s "$work/out" ] || fail "sweep $*: output after an error"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "sweep $*: not one line"
    grep -q "$words" "$work/err" || fail "sweep $*: no '$words': $(cat "$work/err")"
}
# KEY VALUE WORDS: a setting of a sweep that is wrong, on line 6.
wrong_setting() {
    printf 'format: 1\nmodels: [gpt2-124m]\naccelerators: [h20]\ndevices: [8]\nglobal_batches: [8]\n%s: %s\n' "$1" "$2" >"$work/set.yaml"
    wrong "set.yaml:6: $1: .*$3" "$work/set.yaml" --store "$work/set.sqlite"
}
wrong 'is no store.*; give a file' "$sweep" --store "$sweep"
wrong 'cannot be opened.*; give a file' "$sweep" --store "$work"
wrong 'cannot be opened.*; give a file' "$sweep" --store "$work/none/x.sqlite"
wrong 'cannot be written.*; give a file' "$sweep" --store "$work/whole.sqlite" --heat-map "$work/none/x.svg"
wrong '^traincast: --csv: and --json' "$sweep" --store "$work/whole.sqlite" --csv --json
# ---- changed figures as axes: of the file and of the line; each combination is a search -----------------
printf 'format: 1\nmodels: [gpt2-124m]\naccelerators: [h20]\ndevices: [8]\nglobal_batches: [8]\nset: {accelerator.memory_bandwidth: [1TB/s, 4TB/s]}\n' >"$work/sets.yaml"
"$program" sweep "$work/sets.yaml" --store "$work/sets.sqlite" --set h20.bf16=9 --csv --quiet >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q '^traincast: --set h20.bf16=9: may be device.matmul.bf16' "$work/err" || fail "a wrong axis: $(cat "$work/err")"
"$program" sweep "$work/sets.yaml" --store "$work/sets.sqlite" --set h20.matmul.bf16=100TFLOP/s,200TFLOP/s --csv --quiet >"$work/sets.csv" || fail "axes: exit $?"
[ "$(cut -d'"' -f2 "$work/sets.csv" | sed 1d | sort -u | wc -l)" -eq 4 ] || fail "not four searches: $(cat "$work/sets.csv")"
sed 's,4TB/s,4TB,' "$work/sets.yaml" >"$work/wrongsets.yaml"
wrong 'wrongsets.yaml:6: set.accelerator.memory_bandwidth: .*bandwidth' "$work/wrongsets.yaml" --store "$work/sets.sqlite"
# ---- any number of devices; advice that can be followed; a store of before it ----------------------------
printf 'format: 1\nmodels: [llama-2-7b, llama-3.1-405b]\naccelerators: [h20]\ndevices: [13]\nglobal_batches: [64]\n' >"$work/odd.yaml"
"$program" sweep "$work/odd.yaml" --store "$work/odd.sqlite" --json --quiet >"$work/odd.json" || fail "13 devices: exit $?"
if command -v jq >/dev/null; then
    [ "$(jq '.searches[0] | .devices - .idle_devices == .layout.tp * .layout.pp * .layout.cp * .layout.dp and .beyond_stack == []' "$work/odd.json")" = true ] ||
        fail "13 devices: $(jq -c '.searches[0]' "$work/odd.json")"
    options=$(jq -r '.searches[1].options' "$work/odd.json")
    "$program" search --model llama-3.1-405b --accelerator h20 --global-batch 64 $options >/dev/null || fail "advice of a sweep does not help: $options"
fi
if command -v sqlite3 >/dev/null; then
    cp "$work/odd.sqlite" "$work/before.sqlite"
    for column in idle_devices beyond_stack options; do sqlite3 "$work/before.sqlite" "ALTER TABLE search DROP COLUMN $column"; done
    "$program" sweep "$work/odd.yaml" --store "$work/before.sqlite" --csv --quiet >"$work/before.csv" || fail "a store of before: exit $?"
    [ "$(wc -l <"$work/before.csv")" -eq 3 ] || fail "a store of before: $(cat "$work/before.csv")"
fi

if command -v sqlite3 >/dev/null; then # a result of a kind that there is not is no result
    cp "$work/whole.sqlite" "$work/damaged.sqlite"
    sqlite3 "$work/damaged.sqlite" "UPDATE search SET status = 'wonderful'"
    wrong "is damaged: 'wonderful' is no status; give another file" "$sweep" --store "$work/damaged.sqlite"
fi
wrong_setting max_memory '"0 B"' 'is nothing; give'
wrong_setting max_memory '"5"' 'has no unit'
wrong_setting seq 2k5 'is no whole number'
wrong_setting name '[a]' 'is no short text; write'
wrong_setting objective '[time, memory]' 'give time or memory'
wrong_setting schedules '[1f1b, custom]' 'give schedules by name'
wrong_setting fix 'tp=x' 'is no whole number'

# ---- a store that cannot be written: folders stand where SQLite's own files would, so that not even root writes it ---
cp "$work/whole.sqlite" "$work/kept.sqlite"
mkdir "$work/kept.sqlite-wal" "$work/kept.sqlite-shm"
"$program" sweep "$sweep" --store "$work/kept.sqlite" --csv --quiet >"$work/kept.csv" 2>"$work/err" || fail "a finished store that cannot be written: $(cat "$work/err")"
cmp -s "$work/whole.csv" "$work/kept.csv" || fail "a store that cannot be written has another table"
sed 's/^global_batches:.*/global_batches: [2048]/' "$sweep" >"$work/more.yaml"
wrong 'kept.sqlite: lacks results and cannot be written; give' "$work/more.yaml" --store "$work/kept.sqlite"

# ---- names from elsewhere ------------------------------------------------------------------------------------
mkdir -p "$work/hostile/models" "$work/hostile/accelerators"
sed 's/^slug:.*//' "$source_dir/tests/golden/gpt-of-mine.yaml" >"$work/hostile/models/<script>alert(1)<&>.yaml"
sed 's/^slug:.*//; s/^fabric:.*/fabric: dgx-a100/' "$source_dir/tests/golden/accelerator-of-mine.yaml" >"$work/hostile/accelerators/=cmd(1),\"x.yaml"
printf 'format: 1\nname: "<b>&"\nmodels: ["<script>alert(1)<&>"]\naccelerators: ["=cmd(1),\\"x"]\ndevices: [2]\nglobal_batches: [2]\nfix: pp=1,cp=1,tp=1\n' >"$work/hostile.yaml"
"$program" sweep "$work/hostile.yaml" --catalog "$work/hostile" --store "$work/hostile.sqlite" --quiet --csv --heat-map "$work/heat.svg" \
    --front "$work/front.svg" --scaling "$work/scaling.svg" >"$work/csv" 2>"$work/err" || fail "hostile names: exit $?: $(cat "$work/err")"
grep -q "^<script>alert(1)<&>,\"'=cmd(1),\"\"x\"," "$work/csv" || fail "CSV: a formula is not defused: $(tail -1 "$work/csv")"
for picture in heat front scaling; do
    grep -q '<script\|<b>\|&[^a-z#]' "$work/$picture.svg" && fail "$picture.svg: names are not escaped"
    grep -q '&lt;script&gt;alert(1)&lt;&amp;&gt;' "$work/$picture.svg" || fail "$picture.svg: no name"
done

printf 'format: 1\nmodels: [gpt2-124m]\naccelerators: [h20]\ndevices: [8]\nglobal_batchs: [8]\n' >"$work/bad.yaml"
"$program" sweep "$work/bad.yaml" --store "$work/bad.sqlite" 2>"$work/err"
[ $? = 2 ] || fail "a wrong field is no usage error"
grep -q 'bad.yaml:5: global_batchs: .*global_batches' "$work/err" || fail "no place, or no near name: $(cat "$work/err")"
printf 'format: 1\nmodels: [gpt3-175b]\naccelerators: [h20]\ndevices: [1]\nglobal_batches: [8]\nfix: offload=none\n' >"$work/none.yaml"
"$program" sweep "$work/none.yaml" --store "$work/none.sqlite" --quiet >"$work/out"
[ $? = 3 ] || fail "nothing fits, but the exit code is not 3"

# ---- a file of one's own that changes: searched anew beside the old row ------------------------------
cp "$source_dir/tests/hf/llama-3.1-8b.json" "$work/own.json"
printf 'format: 1\nmodels: [own.json]\naccelerators: [h20]\ndevices: [8]\nglobal_batches: [8]\nfix: tp=8,recompute=full\n' >"$work/own.yaml" # a path begins at its file's folder
own() { "$program" sweep "$work/own.yaml" --store "$work/own.sqlite" --csv 2>"$work/progress"; }
own >"$work/first.csv" || fail "a model of one's own: $(cat "$work/progress")"
own >"$work/again.csv"
cmp -s "$work/first.csv" "$work/again.csv" || fail "the same file, another table"
grep -q 'left:' "$work/progress" && fail "the same file is searched twice"
sed 's/"num_hidden_layers": 32/"num_hidden_layers": 16/' "$work/own.json" >"$work/changed.json"
mv "$work/changed.json" "$work/own.json"
own >"$work/changed.csv"
cmp -s "$work/first.csv" "$work/changed.csv" && fail "another file, the same table"

# ---- the 80 % interval: figures of a test's own, whatever was fitted ---------------------------------
printf 'format: 1\nmodels: [gpt2-124m]\naccelerators: [a100-sxm-80g]\ndevices: [8]\nglobal_batches: [64]\nfix: tp=1\n' >"$work/interval.yaml"
"$program" sweep "$work/interval.yaml" --catalog "$source_dir/tests/intervals" --store "$work/interval.sqlite" --csv --quiet >"$work/out" || fail "with an interval: exit $?"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    NR == 2 { low = $at["step_s_p10"]; step = $at["step_s"]; high = $at["step_s_p90"] }
    END { exit !(0 < low && low + 0 < step + 0 && step + 0 < high + 0) }' "$work/out" || fail "a row without its interval: $(cat "$work/out")"

# ---- MPI -----------------------------------------------------------------------------------------
mpi=$(dirname "$program")/traincast-mpi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# RANKS STORE
mpi_sweep() {
    mpirun --oversubscribe -n "$1" "$mpi" sweep "$sweep" --store "$work/$2.sqlite" --csv --quiet
}
if [ -x "$mpi" ] && command -v mpirun >/dev/null; then
    for ranks in 1 2 4; do
        mpi_sweep $ranks mpi$ranks >"$work/mpi.csv" 2>"$work/err" || fail "$ranks ranks: exit $?: $(cat "$work/err")"
        cmp -s "$work/whole.csv" "$work/mpi.csv" || fail "$ranks ranks: another table"
    done
    i=0
    struck=0
    while [ "$i" -lt "$mpi_kills" ]; do # mpirun ends the others then
        i=$((i + 1))
        rm -f "$work"/mpi-killed.sqlite*
        # Open MPI's mpirun can wait for itself for good when its ranks are gone (PMIx_server_finalize)
        timeout -k 1 20 mpirun --oversubscribe -n 3 "$mpi" sweep "$sweep" --store "$work/mpi-killed.sqlite" --csv --quiet >/dev/null 2>&1 &
        for wait in 1 2 3 4 5 6 7 8 9 10; do # until there are ranks
            sleep "$(moment)"
            victim=$(pgrep -f "^$mpi sweep .*--store $work/mpi-killed.sqlite" | sort -R | head -n 1)
            [ -z "$victim" ] || break
        done
        [ -n "$victim" ] && sleep "$(moment)" && kill -9 "$victim" 2>/dev/null && struck=$((struck + 1))
        wait $! 2>/dev/null
        mpi_sweep 2 mpi-killed >"$work/mpi.csv" 2>"$work/err" || fail "after a rank was killed: exit $?: $(cat "$work/err")"
        cmp -s "$work/whole.csv" "$work/mpi.csv" || fail "after a rank was killed: another table"
    done
else
    echo "test_sweep: no MPI: not tested"
fi
echo "test_sweep: $tasks searches, $kills kills, ${struck:-0} of ranks, $failures failures"
[ "$failures" -eq 0 ]
