#!/bin/sh
# attack.sh BUILD FUZZ_BUILD SECONDS: every attack for that time in all; `make attack`. What each of them is, the head of
# its source says: tests/attack/attack_files.c (hostile files and options), attack_fuzz.c (the same under libFuzzer, with
# sanitizers), attack_faults.c (failing allocations), tests/test_properties.c (random layouts), tests/test_sweep.sh (kills).
#
# Writes into BUILD/attack alone: corpora that later runs go on from, and what was found. Exit 1 if anything was.
set -u
build=$1
fuzz=$2
seconds=$3
clang=$(command -v clang-14 || command -v clang || echo clang)
folder=$build/attack
mkdir -p "$folder/corpus" "$folder/seeds" "$folder/crashes"
folder=$(cd "$folder" && pwd) # the fuzzer works in a folder of its own
executions=0
findings=0
count() { # EXECUTIONS FINDINGS
    executions=$((executions + ${1:-0}))
    findings=$((findings + ${2:-0}))
}
# The number before a word in the last line of a log.
number() { sed -n "s/.*[^0-9]\([0-9][0-9]*\) $2.*/\1/p" "$1" | tail -n 1; }

cmake --preset fuzz -B "$fuzz" -DCMAKE_C_COMPILER="$clang" >"$folder/build.log" 2>&1 && cmake --build "$fuzz" --target fuzzers >>"$folder/build.log" 2>&1 ||
    { tail -n 30 "$folder/build.log"; exit 1; }

# ---- every word of every file ---------------------------------------------------------------------
"$build/attack_files" . --rounds 0 --seconds $((seconds / 4)) --seed "$(date +%s)" --folder "$folder" >"$folder/files.log" 2>&1
grep -e '^FAIL' -e '^attack_files' "$folder/files.log"
count "$(number "$folder/files.log" 'hostile inputs of')" "$(number "$folder/files.log" found)"

# ---- the same, led by coverage -------------------------------------------------------------------------------
kinds=$("$build/attack_files" . --list)
each=$((seconds * 2 / 5 / $(echo "$kinds" | wc -w)))
for kind in $kinds; do
    mkdir -p "$folder/corpus/$kind" "$folder/seeds/$kind"
    "$build/attack_files" . --kind "$kind" --seeds "$folder/seeds/$kind" --folder "$folder" || exit 1
    log=$folder/fuzz-$kind.log
    : >"$log"
    until=$(($(date +%s) + each))
    crashes=0
    while left=$((until - $(date +%s))) && [ $left -gt 0 ] && [ $crashes -lt 5 ]; do
        ATTACK_KIND=$kind ATTACK_SOURCE=$PWD ATTACK_FOLDER=$folder "$fuzz/attack_fuzz" -max_total_time=$left -timeout=25 -rss_limit_mb=2048 \
            -max_len=100000 -print_final_stats=1 -artifact_prefix="$folder/crashes/$kind-" "$folder/corpus/$kind" "$folder/seeds/$kind" >"$log.one" 2>&1
        status=$?
        cat "$log.one" >>"$log"
        count "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log.one")" 0
        [ $status = 0 ] && break
        crashes=$((crashes + 1))
        grep -a -e '^broken' -e 'ERROR: ' -e 'runtime error' "$log.one" | head -n 2
    done
    count 0 $crashes
    edges=$(sed -n 's/.*(\([0-9]*\) inline 8-bit counters.*/\1/p' "$log" | tail -n 1)
    echo "$kind: $(grep -a -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -n 1), of $edges edges; $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | paste -sd+ | sed 's/^$/0/' | xargs -I{} sh -c 'echo $(({}))') executions, $crashes found"
done
rm -f "$folder"/fuzz-*.one

# ---- allocations that fail -------------------------------------------------------------------------------------
if [ -x "$build/attack_faults" ]; then
    "$build/attack_faults" "$build/traincast" "$build/libtc_fault.so" . --faults 0 --seconds $((seconds / 5)) --folder "$folder" >"$folder/faults.log"
    grep -e '^FAIL' -e '^attack_faults' "$folder/faults.log"
    count "$(number "$folder/faults.log" 'allocations failed under')" "$(number "$folder/faults.log" 'ended in another way')"
fi

# ---- hostile requests to the server ----------------------------------------------------------------------------------
if [ -x "$build/attack_serve" ]; then
    "$build/attack_serve" "$build/traincast" --requests 10000 --soak $((seconds / 10)) --seed "$(date +%s)" >"$folder/serve.log"
    grep -e '^finding' "$folder/serve.log"
    tail -n 1 "$folder/serve.log"
    count "$(number "$folder/serve.log" 'requests')" "$(number "$folder/serve.log" 'findings')"
fi

# ---- random layouts; a sweep that is killed ------------------------------------------------------------------------
layouts=$((seconds * 20))
[ $layouts -lt 100000 ] || layouts=100000
TC_LAYOUTS=$layouts "$build/test_properties" >"$folder/properties.log" 2>&1 || findings=$((findings + 1))
grep -e 'broken' -e 'why:' -e 'worst by' "$folder/properties.log"
count $layouts 0
kills=$((seconds / 12))
[ $kills -lt 300 ] || kills=300
KILLS=$kills MPI_KILLS=$((kills / 4)) TMPDIR=$folder sh tests/test_sweep.sh "$build/traincast" . || findings=$((findings + 1))
count $kills 0

echo "attack: $executions executions, $findings found; inputs and logs in $folder"
[ $findings = 0 ]
