#!/bin/sh
# symbols.sh BUILD: the shared library exports what the public header declares, and tc_ names only; the
# library calls nothing that prints to the terminal, ends the process, changes the locale or reads the environment. What cannot
# bound what it writes: test_hardening.sh, in the sources.
set -eu
build=$1
library=$(ls "$build"/libtraincast.so 2>/dev/null || ls "$build"/libtraincast.dylib)
failed=0
complain() {
    echo "$1"
    failed=1
}
nm -D --defined-only "$library" | awk 'NF == 3 && $2 != "A" {print $3}' | grep -v -e '^_' | sort >"$build/exported.txt"
[ -s "$build/exported.txt" ] || complain "no exported symbol"
others=$(grep -v '^tc_' "$build/exported.txt" || true)
[ -z "$others" ] || complain "exported without tc_: $others"
cat include/*.h | grep -o 'tc_[a-z0-9_]*[[(]' | tr -d '[(' | sort -u >"$build/declared.txt"
undeclared=$(comm -23 "$build/exported.txt" "$build/declared.txt")
[ -z "$undeclared" ] || complain "exported, but not in the public header: $(echo "$undeclared" | tr '\n' ' ')"
missing=$(sed -n 's/^TC_API .*[ *]\(tc_[a-z0-9_]*\)(.*/\1/p' include/*.h | sort -u | comm -23 - "$build/exported.txt")
[ -z "$missing" ] || complain "declared but not exported: $(echo "$missing" | tr '\n' ' ')"
globals=$(nm -g --defined-only "$build/libtraincast.a" | awk 'NF == 3 {print $3}' | grep -v -e '^tc_' -e '^_' || true)
[ -z "$globals" ] || complain "global names without tc_ in the static library: $globals"
banned='printf|vprintf|puts|putchar|perror|stdout|stderr|exit|_exit|_Exit|quick_exit|setlocale|getenv'
calls=$(nm -u "$build/libtraincast.a" | awk '/ U / {print $2}' | sort -u | grep -x -E "$banned" || true)
[ -z "$calls" ] || complain "the library uses: $(echo "$calls" | tr '\n' ' ')"
echo "$(wc -l <"$build/exported.txt") symbols exported"
exit $failed
