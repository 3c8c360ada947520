#!/bin/sh
# check.sh [BUILD] [quick]: everything that must hold before a change lands; `make check`, and CI.
# quick: gcc's build and the tests alone; `make test`.
#
# Prints a line for each part with its seconds, and a part's output only where it failed. Ends with
# "N passed, N failed": the parts and the tests that ctest ran in them. Needs no network.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
clang=$(command -v clang-14 || command -v clang || echo clang)
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
logs=$build/check
mkdir -p "$logs"
start=$(date +%s)
passed=0
failed=0
failed_parts=

# part NAME COMMAND...: runs it, counts it, and says how long it took.
part() {
    name=$1
    shift
    log=$logs/$(echo "$name" | tr 'A-Z' 'a-z' | tr -cs 'a-z0-9\n' '-').log
    printf '%4d s  %-42s ' $(($(date +%s) - start)) "$name"
    began=$(date +%s)
    "$@" >"$log" 2>&1
    status=$?
    took=$(($(date +%s) - began))
    # ctest's own count, where the part ran it
    tests=$(sed -n 's/.* \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log" | tail -n 1)
    if [ -n "$tests" ]; then
        bad=${tests% *}
        failed=$((failed + bad))
        passed=$((passed + ${tests#* } - bad))
    fi
    if [ $status = 0 ]; then
        passed=$((passed + 1))
        note=$(tail -n 1 "$log" | cut -c 1-110)
        [ -z "$tests" ] || note="${tests#* } tests"
        printf 'ok %3d s  %s\n' $took "$note"
    else
        failed=$((failed + 1))
        failed_parts="$failed_parts  $name: $log
"
        printf 'FAILED %3d s\n' $took
        if [ -n "$tests" ]; then
            grep -e '^FAIL' -e '^.  ERROR' -e '.*: error: ' "$log" | tail -n 20 | sed 's/^/        | /'
            sed -n '/^The following tests FAILED/,$p' "$log" | sed 's/^/        | /'
        else
            grep -v '^\[[0-9]*/[0-9]*\]' "$log" | tail -n 40 | sed 's/^/        | /'
        fi
    fi
    return $status
}

# compile DIRECTORY OPTION...: configures and builds everything, tests too.
compile() {
    directory=$1
    shift
    cmake -S . -B "$directory" -G Ninja "$@" && cmake --build "$directory" && echo "in $directory"
}

# run_tests BUILD OPTION...: a build without tests would pass in silence.
run_tests() {
    directory=$1
    shift
    [ -n "$(ls "$directory"/test_* 2>/dev/null)" ] || { echo "no test programs in $directory: is libcmocka-dev there?"; return 1; }
    ctest --test-dir "$directory" --output-on-failure -j "$jobs" "$@"
}

# sanitized BUILD: with what the sanitizers may find.
sanitized() {
    ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 run_tests "$1" -LE answers
}

# The same commit, built again in another directory, is the same to the byte.
reproducible() {
    cmake --preset gcc -B build-again >/dev/null && cmake --build build-again --target traincast traincast_static traincast_shared || return 1
    for file in traincast libtraincast.a libtraincast.so; do
        cmp "$build/$file" "build-again/$file" || return 1
    done
    echo "program and libraries are equal to the byte"
}

# Threads: the tests that use them, with clang (MPI is not instrumented).
threads() {
    cmake -S . -B build-tsan -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTC_TSAN=ON -DCMAKE_C_COMPILER="$clang" -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON \
        && cmake --build build-tsan --target test_search || return 1
    TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1 ctest --test-dir build-tsan --output-on-failure -R '^test_search$'
}

# Every C source is as clang-format-14 lays it out.
formatted() {
    git ls-files '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror && echo "as .clang-format says"
}

# Answers, errors, progress, schemas and the notebook, over the shared library.
python_package() {
    command -v python3 >/dev/null || { echo "no python3 here; left out"; return 0; }
    python3 tests/test_python.py "$build" . || return 1
    TRAINCAST_LIBRARY="$build/libtraincast.so" python3 tools/notebook.py docs/examples/python.ipynb --check
}

# The counts, and a status for make.
finish() {
    echo
    [ -z "$failed_parts" ] || printf 'failed, with their logs:\n%s' "$failed_parts"
    echo "$passed passed, $failed failed in $(($(date +%s) - start)) s"
    [ $failed = 0 ]
    exit
}

part "the layout of the sources" formatted
part "the direction of the layers" sh tests/include_graph.sh .
part "build: gcc, warnings are errors" compile "$build" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release -DTC_WERROR=ON \
    && part "tests: gcc" run_tests "$build"
[ "${2:-}" != quick ] || finish
part "the page in a browser" sh tests/web.sh "$build"
part "symbols of the library" sh tests/symbols.sh "$build"
part "install, and a client in C" sh tests/install.sh "$build"
part "build again, the same bytes" reproducible
# One build for clang's warnings, the sanitizers and the fuzzers. Without MPI, whose own leaks are not ours.
part "build: clang, sanitizers, warnings are errors" compile build-fuzz --preset fuzz -DCMAKE_C_COMPILER="$clang" \
    -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON \
    && part "tests: clang, sanitizers" sanitized build-fuzz \
    && part "fuzzers, 5 s each" sh tests/fuzz.sh build-fuzz 5
part "threads" threads
part "the package for Python" python_package
part "the core as WebAssembly" sh tests/wasm.sh "$build"
part "the program as WebAssembly" sh tests/wasm_app.sh "$build"
part "the page without a server" sh tests/web.sh "$build" static
finish
