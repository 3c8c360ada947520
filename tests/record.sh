#!/bin/sh
# record.sh PROGRAM SOURCE_DIR: writes again what the tests compare with: golden files, the outputs shown in the
# manual. For after a change that is meant to move them; read the diff.
set -eu
RECORD=1
export RECORD
for script in "$2"/tests/test_*.sh; do sh "$script" "$1" "$2"; done
