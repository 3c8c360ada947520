#!/bin/sh
# record.sh PROGRAM SOURCE_DIR: writes again what the tests compare with: golden files, the outputs shown in the
# manual, the table of errors. For after a change that is meant to move them; read the diff.
set -eu
RECORD=1
export RECORD
for script in "$2"/tests/test_*.sh; do sh "$script" "$1" "$2"; done
mkdir -p "$2/docs"
cd "$2"
"$(cd - >/dev/null && cd "$(dirname "$1")" && pwd)/$(basename "$1")" validate --markdown data/runs/*.jsonl >docs/ACCURACY.md
