#!/bin/sh
# wasm_app.sh BUILD: the program as WebAssembly answers as BUILD/traincast does, byte for byte.
set -eu
cd "$(dirname "$0")/.."
build=$1
sh web/wasm/build.sh "$build"
if ! command -v node >/dev/null 2>&1; then
    echo "built; no node here to run it"
    exit 0
fi
node --no-warnings tests/wasm/app_test.mjs "$build/web/traincast.wasm" "$build/traincast"
