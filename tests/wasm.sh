#!/bin/sh
# wasm.sh BUILD: the core compiles for wasm32, links without YAML, JSON, files and threads, and forecasts
# the same as here.
#
# The core is base, workload, network, layout, device, memory, step, forecast, search, run and serving, but for the files of
# them that read data (they include the catalog, but for its plain values, or base/file.h and base/json.h), and the defaults of
# the input structs. Run under Node's WASI where there is one; otherwise compiled and linked only.
set -eu
build=$1/wasm
mkdir -p "$build"
clang=$(command -v clang-14 || command -v clang)
version=$("$clang" -dumpversion | cut -d. -f1)
sources=src/catalog/defaults.c
for file in src/base/*.c src/workload/*.c src/network/*.c src/layout/*.c src/device/*.c src/memory/*.c src/step/*.c src/forecast/*.c src/search/*.c src/run/*.c src/serving/*.c; do
    # what it includes, of this repository, directly or not
    includes=$("$clang" -MM -Iinclude -Isrc "$file" | sed 's:src/catalog/\(interval_model\|published_layouts\).h::g')
    case $includes in *src/catalog/* | *src/base/json.h* | *src/base/file.h*) continue ;; esac
    sources="$sources $file"
done
flags="-std=c17 -O2 -Wall -Wextra -Werror -ffp-contract=off -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc"
# only the headers of wasi-libc and of the compiler itself: nothing of this machine's
wasi="--target=wasm32-wasi -nostdinc -isystem /usr/lib/llvm-$version/lib/clang/$("$clang" -dumpversion)/include -isystem /usr/include/wasm32-wasi"
objects=
for file in $sources tests/wasm/core_test.c; do
    object=$build/$(echo "$file" | tr '/' '_' | sed 's/\.c$/.o/')
    # shellcheck disable=SC2086
    "$clang" $wasi $flags -c "$file" -o "$object"
    objects="$objects $object"
done
# shellcheck disable=SC2086
"$clang" --target=wasm32-wasi --sysroot=/usr -fuse-ld="$(command -v wasm-ld-$version || command -v wasm-ld)" $objects -lm -Wl,-z,stack-size=1048576 -o "$build/core_test.wasm" 2>"$build/link.log" \
    || { cat "$build/link.log"; exit 1; }
# shellcheck disable=SC2086
"$clang" $flags $sources tests/wasm/core_test.c -lm -o "$build/core_test"
"$build/core_test" >"$build/native.txt"
count=$(echo "$sources" | wc -w)
size=$(wc -c <"$build/core_test.wasm")
if ! command -v node >/dev/null 2>&1; then
    echo "$count files compiled and linked for wasm32, $size bytes; no node here to run them"
    exit 0
fi
cat >"$build/run.mjs" <<'END'
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";
const wasi = new WASI({ version: "preview1", returnOnExit: true });
const module = await WebAssembly.compile(await readFile(process.argv[2]));
const imports = { wasi_snapshot_preview1: wasi.wasiImport };
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports));
END
if ! node --no-warnings "$build/run.mjs" "$build/core_test.wasm" >"$build/wasm.txt" 2>"$build/node.log" \
    && ! node --no-warnings --experimental-wasi-unstable-preview1 "$build/run.mjs" "$build/core_test.wasm" >"$build/wasm.txt" 2>>"$build/node.log"; then
    cat "$build/wasm.txt" "$build/node.log"
    exit 1
fi
diff "$build/native.txt" "$build/wasm.txt"
echo "$count files run as WebAssembly as they do here, $size bytes"
