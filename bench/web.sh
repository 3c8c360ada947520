#!/bin/sh
# web.sh [BUILD]: the page's speeds, into bench/results/web.csv; after `make web`. Needs node, chromium and tests/web/node_modules (make deps).
#
# Targets: first paint under 500 ms; p95 of a step 10 ms by the server, 20 ms in WebAssembly; the flagship plan with 1,024 samples in WebAssembly under 1,500 ms; page, module and catalog at
# most 1.5 MB compressed.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
result=bench/results/web.csv
{
    echo "# $(date -u +%Y-%m-%d), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(getconf _NPROCESSORS_ONLN) cores, traincast $("$build/traincast" --version | sed 's/traincast //'), load $(cut -d' ' -f1 /proc/loadavg)"
    echo "measure,value,unit"
    node --no-warnings bench/web.mjs "$build"
} >"$result.new"
mv "$result.new" "$result"
cat "$result"
