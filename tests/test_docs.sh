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
# The pictures of a plan that docs/scenarios.md shows.
"$program" plan two-pools-h100-h20 --svg "$work/plan" >/dev/null
for picture in calendar s-curve devices; do
    if [ "${RECORD:-}" = 1 ]; then
        cp "$work/plan/$picture.svg" "$source_dir/docs/img/plan-$picture.svg"
    elif ! cmp "$source_dir/docs/img/plan-$picture.svg" "$work/plan/$picture.svg" >&2; then
        failures=$((failures + 1))
        echo "FAIL: docs/img/plan-$picture.svg is not what 'plan two-pools-h100-h20 --svg' draws (make record writes it)" >&2
    fi
done
# The table of published sweeps, with what is said of it.
"$program" validate --sweeps --markdown | cat - "$source_dir/tools/misranked.md" >"$work/sweeps.md"
if [ "${RECORD:-}" = 1 ]; then
    cp "$work/sweeps.md" "$source_dir/docs/published-sweeps.md"
elif ! diff -u "$source_dir/docs/published-sweeps.md" "$work/sweeps.md" >&2; then
    failures=$((failures + 1))
    echo "FAIL: docs/published-sweeps.md is not what validate --sweeps finds (make record writes it)" >&2
fi
# Other simulators on the same runs.
"$program" validate --against "$source_dir/data/predictions" --markdown >"$work/showdown.md"
if [ "${RECORD:-}" = 1 ]; then
    cp "$work/showdown.md" "$source_dir/docs/SHOWDOWN.md"
elif ! diff -u "$source_dir/docs/SHOWDOWN.md" "$work/showdown.md" >&2; then
    failures=$((failures + 1))
    echo "FAIL: docs/SHOWDOWN.md is not what validate --against data/predictions finds (make record writes it)" >&2
fi
# Whole runs and their progress on the way.
{
    "$program" validate --histories "$source_dir/data/histories/runs.jsonl" --markdown
    echo
    "$program" validate --progress "$source_dir/data/histories/progress.jsonl" --markdown | sed 's/^# /## /'
} >"$work/histories.md"
if [ "${RECORD:-}" = 1 ]; then
    cp "$work/histories.md" "$source_dir/docs/published-histories.md"
elif ! diff -u "$source_dir/docs/published-histories.md" "$work/histories.md" >&2; then
    failures=$((failures + 1))
    echo "FAIL: docs/published-histories.md is not what validate --histories and --progress find (make record writes it)" >&2
fi
[ $commands -gt 0 ] || { echo "test_docs: no commands found" >&2; exit 1; }
# The errors that are published, in all and of every source, are those of this program and these data, but for what a source leaves open and the fit
# settled before its last step.
# names_and_errors FILE HEAD COLUMN: name and error of the lines of the first table whose head begins so.
names_and_errors() { awk -F' *\\| *' -v head="$2" -v column="$3" '$2 == head && !seen {inside = seen = 1; next} NF < 3 {inside = 0} inside && $column ~ /%/ {print $2, $column + 0}' "$1" | sort; }
if [ "${RECORD:-}" != 1 ]; then
    "$program" validate --markdown "$source_dir"/data/runs/*.jsonl >"$work/validate.md"
    names_and_errors "$source_dir/docs/ACCURACY.md" "source family" 5 >"$work/published"
    names_and_errors "$work/validate.md" source 4 >"$work/now"
    for score in "macro error (mean over sources)|2" "median error|3" "macro error, nothing assumed|5" "median error, nothing assumed|6"; do
        awk -F' *\\| *' -v name="${score%|*}" '$2 == name {print name, $3 + 0}' "$work/validate.md" >>"$work/now"
        awk -F' *\\| *' -v name="${score%|*}" -v column=$((${score#*|} + 1)) '$2 == "fitted" {print name, $column + 0}' "$source_dir/docs/ACCURACY.md" >>"$work/published"
    done
    if ! paste -d'|' "$work/published" "$work/now" | awk -F'|' '{a = $1; b = $2; x = a; y = b; sub(/ [^ ]*$/, "", x); sub(/ [^ ]*$/, "", y); sub(/.* /, "", a); sub(/.* /, "", b)
        if (x != y || (a - b) ^ 2 > 0.25 ^ 2) {print "  " $0; bad = 1}} END {exit bad || NR < 10}'; then
        failures=$((failures + 1))
        echo "FAIL: docs/ACCURACY.md is not what validate finds (make fit writes it)" >&2
    fi
fi
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
