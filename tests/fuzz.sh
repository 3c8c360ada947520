#!/bin/sh
# fuzz.sh DIRECTORY SECONDS: every fuzzer of tests/fuzz for so many seconds, with sanitizers.
# What a run finds stays in DIRECTORY/corpus; an input that crashes is printed by its path.
set -eu
directory=$1
seconds=$2
clang=$(command -v clang-14 || command -v clang)
# as it is configured where it is already: another spelling of the compiler would build all anew
[ -f "$directory/build.ninja" ] || cmake --preset fuzz -B "$directory" -DCMAKE_C_COMPILER="$clang" >/dev/null
cmake --build "$directory" --target fuzzers >"$directory/build.log" 2>&1 || { tail -30 "$directory/build.log"; exit 1; }
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# fuzz NAME: its line of the report goes to NAME.said, that it failed to NAME.failed.
fuzz() {
    name=$1
    corpus=$directory/corpus/$name
    mkdir -p "$corpus" "$directory/crashes"
    # what the fuzzer starts from: real files of the kind that it reads
    case $name in
    fuzz_hf) seeds=tests/hf ;;
    fuzz_yaml) seeds=data/accelerators/nvidia ;;
    fuzz_scenario) seeds=data/scenarios ;;
    fuzz_predictions | fuzz_arrivals) seeds=tests/attack ;;
    *) seeds= ;;
    esac
    [ -z "$seeds" ] || [ -d "$seeds" ] || seeds=
    if [ "$name" = fuzz_published ]; then
        seeds=$directory/seeds/$name
        mkdir -p "$seeds"
        for file in data/runs/*.jsonl data/serving/*.jsonl; do head -n 1 "$file" >"$seeds/$(basename "$file")"; done
    fi
    log=$directory/$name.log
    # shellcheck disable=SC2086
    if "$directory/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$directory/crashes/$name-" \
        "$corpus" $seeds >"$log" 2>&1; then
        echo "$name: $(sed -n 's/^Done \([0-9]* runs in [0-9]* second(s)\)/\1/p' "$log")" >"$directory/$name.said"
    else
        : >"$directory/$name.failed"
        { echo "$name: failed"; tail -25 "$log"; } >"$directory/$name.said"
    fi
}

rm -f "$directory"/*.said "$directory"/*.failed
running=0
for source in tests/fuzz/fuzz_*.c; do
    fuzz "$(basename "$source" .c)" &
    running=$((running + 1))
    [ $((running % jobs)) != 0 ] || wait
done
wait
cat "$directory"/*.said
failed=$(find "$directory" -maxdepth 1 -name '*.failed' | wc -l)
echo "$((running - failed)) fuzzers ran clean, $failed failed"
exit $((failed > 0))
