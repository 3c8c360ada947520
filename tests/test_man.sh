#!/bin/sh
# test_man.sh PROGRAM SOURCE_DIR: each command has a manual page that names what the command takes, that groff and mandoc
# read without a warning (the date, which no page has, aside), and that a line of it fits apropos.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$2" || exit 1
failures=0
fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}
pages=0
# PAGE: no tool that shows it complains.
is_clean() {
    pages=$((pages + 1))
    ! command -v mandoc >/dev/null || mandoc -T lint -W warning "$1" 2>&1 | grep -v -e 'missing date' >"$work/lint"
    ! command -v groff >/dev/null || LC_ALL=C groff -man -Tutf8 -ww -z "$1" 2>>"$work/lint"
    [ ! -s "$work/lint" ] || fail "$1: $(head -2 "$work/lint")"
}
: >"$work/lint"
is_clean docs/traincast-mpi.1
"$program" man >"$work/traincast.1" || fail "man: exit $?"
is_clean "$work/traincast.1"
commands=$("$program" man | sed -n 's/^\.BR traincast\\-\([a-z]*\) (1).*/\1/p')
[ "$(echo "$commands" | wc -l)" -gt 15 ] || fail "traincast(1) names few commands: $commands"
for command in $commands; do
    page=$work/traincast-$command.1
    "$program" man "$command" >"$page" || fail "man $command: exit $?"
    is_clean "$page"
    sed -n 4p "$page" | grep -q "^traincast.-$command .- [^ ]" || fail "$command: no line for apropos"
    # the options of the help are those of the page
    COLUMNS=200 "$program" help "$command" | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' | sort >"$work/help"
    sed -n 's/^\.B \(\\-\\-[^ ]*\).*/\1/p' "$page" | sed 's/\\//g' | sort >"$work/man"
    cmp -s "$work/help" "$work/man" || fail "$command: help and page name different options"
done
"$program" man stpe >"$work/out" 2>"$work/err" && fail "man stpe: exit 0"
grep -q "'step'" "$work/err" || fail "man stpe: $(cat "$work/err")"
[ $failures = 0 ] || { echo "test_man: $failures failed" >&2; exit 1; }
echo "test_man: $pages pages"
