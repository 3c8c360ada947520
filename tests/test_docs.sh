#!/bin/sh
# test_docs.sh PROGRAM SOURCE_DIR: every command shown in README.md and docs/manual.md, run and compared.
#
# A command is a line "$ ..." in a fenced block marked console; lines that begin with "> " go on with
# it. What follows is its output, standard error included, in 80 columns without colour. RECORD=1
# writes the output into the documents instead; read the diff before it is committed. The commands
# run in a scratch folder that looks like the repository, so that they may write files.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source_dir=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home" "$work/here"
ln -s "$program" "$work/bin/traincast"
for file in "$source_dir"/*; do
    case $file in */build*) ;; *) ln -s "$file" "$work/here/" ;; esac
done
PATH=$work/bin:$PATH
HOME=$work/home
COLUMNS=80
export PATH HOME COLUMNS
unset NO_COLOR CLICOLOR_FORCE FORCE_COLOR XDG_DATA_HOME
LC_ALL=C
export LC_ALL
cd "$work/here" || exit 1
failures=0
commands=0
for document in README.md docs/manual.md; do
    awk -v script="$work/command" '
        # Runs the command that was gathered and prints what it writes.
        function run(   line, call) {
            if (command == "") return
            printf "%s\n", command >script
            close(script)
            call = "sh " script " 2>&1 </dev/null"
            while ((call | getline line) > 0) print line
            close(call)
            command = ""
        }
        /^```console$/ {inside = 1; print; next}
        inside && /^```$/ {run(); inside = 0}
        !inside {print; next}
        /^\$ / {run(); command = substr($0, 3); print; taking = 1; next}
        /^> / && taking {command = command "\n" substr($0, 3); print; next}
        {taking = 0} # old output
    ' "$source_dir/$document" >"$work/new.md"
    commands=$((commands + $(awk '/^```console$/ {inside = 1} /^```$/ {inside = 0} inside && /^\$ /' "$source_dir/$document" | wc -l)))
    if [ "${RECORD:-}" = 1 ]; then
        cmp -s "$source_dir/$document" "$work/new.md" || cat "$work/new.md" >"$source_dir/$document"
    elif ! diff -u "$source_dir/$document" "$work/new.md" >&2; then
        failures=$((failures + 1))
        echo "FAIL: $document does not show what its commands print (make record writes it)" >&2
    fi
done
[ $commands -gt 0 ] || { echo "test_docs: no commands found" >&2; exit 1; }
# The errors that are published are those of this program and these data.
"$program" validate --json "$source_dir"/data/runs/*.jsonl >"$work/validate.json"
for score in macro_mape_pct:2 median_ape_pct:3 complete_macro_mape_pct:5 complete_median_ape_pct:6; do
    now=$(sed -n "s/^.*\"${score%:*}\": *\([-0-9.]*\).*/\1/p" "$work/validate.json" | head -1)
    said=$(awk -F'|' -v column=$((${score#*:} + 1)) '$2 == " fitted " {sub(" %", "", $column); print $column + 0; exit}' "$source_dir/docs/ACCURACY.md")
    if ! awk -v a="$now" -v b="$said" 'BEGIN {exit !(a != "" && b != "" && (a - b) ^ 2 < 0.1 ^ 2)}'; then
        failures=$((failures + 1))
        echo "FAIL: docs/ACCURACY.md says ${said:-nothing} of ${score%:*}, validate ${now:-nothing} (make fit writes it)" >&2
    fi
done
# Links between the documents lead somewhere.
for document in README.md CONTRIBUTING.md CHANGELOG.md docs/*.md data/runs/README.md data/measurements/README.md; do
    [ -f "$document" ] || continue
    for link in $(grep -o '](\([^)#:]*\)[)#]' "$document" | sed 's/^](//; s/[)#]$//' | sort -u); do
        if [ ! -e "$(dirname "$document")/$link" ]; then
            failures=$((failures + 1))
            echo "FAIL: $document links to $link, which is not there" >&2
        fi
    done
done
[ $failures = 0 ] || exit 1
echo "test_docs: $commands commands print what the documents show"
