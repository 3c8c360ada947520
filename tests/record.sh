#!/bin/sh
# record.sh PROGRAM SOURCE_DIR: writes again what the tests compare with: golden files, the outputs shown in the
# manual. For after a change that is meant to move them; read the diff.
set -eu
RECORD=1
export RECORD
for script in "$2"/tests/test_*.sh; do sh "$script" "$1" "$2"; done
# What programs need of docs/json.md: schemas, types for Python; the notebook.
if command -v python3 >/dev/null; then
    python3 "$2/tools/json_tables.py" "$2"
    TRAINCAST_LIBRARY=$(dirname "$1")/libtraincast.so python3 "$2/tools/notebook.py" "$2/docs/examples/python.ipynb"
fi
