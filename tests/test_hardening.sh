#!/bin/sh
# test_hardening.sh PROGRAM SOURCE_DIR: what is shipped has the protections that CMakeLists.txt asks for, by what the linker and
# the compiler left in the program and the shared library; and no function that cannot bound what it writes, reads a number
# without a word about errors or keeps hidden state is called in the sources (-O2 makes another symbol of some).
set -u
program=$1
cd "$2" || exit 1
build=$(dirname "$program")
failed=0
complain() {
    echo "FAIL: $1" >&2
    failed=1
}

# ---- the sources: without comments and texts
banned='atoi|atol|atoll|atof|strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen|rand|srand|random|drand48|setlocale|tmpnam|tempnam|mktemp|alloca|scanf|sscanf|fscanf|bcopy|getwd|asctime|ctime'
for file in src/*/*.c src/*/*.h include/*.h tools/*.c bench/*.c; do
    calls=$(sed 's|"\([^"\\]\|\\.\)*"||g; s|/\*[^*]*\*/||g; s|//.*||' "$file" | grep -nwE "($banned) *\(" || true)
    [ -z "$calls" ] || complain "$file:$calls"
done

# ---- the program and the library
if ! command -v readelf >/dev/null 2>&1 || ! grep -q '^TC_HARDENED:INTERNAL=1' "$build/CMakeCache.txt"; then
    echo "no ELF, or no release build: the sources alone"
    exit $failed
fi
for file in "$program" "$build/libtraincast.so"; do
    name=$(basename "$file")
    headers=$(readelf -hlW "$file")
    dynamic=$(readelf -dW "$file")
    symbols=$(readelf -sW --dyn-syms "$file")
    echo "$headers" | grep -q 'Type: *DYN' || complain "$name: not position independent"
    echo "$headers" | grep -q 'GNU_RELRO' || complain "$name: no RELRO"
    echo "$headers" | grep 'GNU_STACK' | grep -q 'RW *0x' || complain "$name: the stack can be executed"
    echo "$dynamic" | grep -qE 'BIND_NOW|FLAGS_1.*NOW' || complain "$name: symbols are bound late, so that RELRO is not full"
    echo "$symbols" | grep -q '__stack_chk_fail' || complain "$name: no stack protector"
    echo "$symbols" | grep -qE '__(v?snprintf|memcpy|memset|strncat|strcpy)_chk' || complain "$name: no _FORTIFY_SOURCE"
done
readelf -dW "$program" | grep -q 'FLAGS_1.*PIE' || complain "traincast: no PIE"
# -fstack-clash-protection: frames above a page are probed, page by page
if [ "$(uname -m)" = x86_64 ] && command -v objdump >/dev/null 2>&1; then
    objdump -d --no-show-raw-insn "$program" | grep -qE 'orq? +\$0x0,(0x[0-9a-f]+)?\(%rsp\)|movq +\$0x0,\(%rsp\)' || complain "traincast: large frames are not probed"
fi
[ $failed = 0 ] && echo "program and library are hardened; no banned call in the sources"
exit $failed
