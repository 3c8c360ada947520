#!/bin/sh
# web.sh BUILD [static]: the page of `serve`, or the one without a server, in a real browser: Debian's chromium, driven by playwright-core from npm. Without node, chromium or the
# packages of tests/web/package-lock.json (make deps) it says that it was left out.
set -eu
build=$1
cd "$(dirname "$0")/.."
for tool in node chromium; do
    command -v "$tool" >/dev/null 2>&1 || { echo "left out: no $tool here"; exit 0; }
done
if [ "${2:-}" = static ]; then
    [ -d tests/web/node_modules/playwright-core ] || { echo "left out: no playwright-core here; make deps fetches it"; exit 0; }
    node --no-warnings web/wasm/static.mjs "$build"
    timeout 200 node --no-warnings tests/web/static.mjs "$build/traincast" "$build/web"
    exit 0
fi
"$build/traincast" serve --listen none 2>&1 | grep -q libmicrohttpd && { echo "left out: built without libmicrohttpd"; exit 0; }
[ -d tests/web/node_modules/playwright-core ] || { echo "left out: no playwright-core here; make deps fetches it"; exit 0; }
timeout 400 node --no-warnings tests/web/browser.mjs "$build/traincast"
