#!/bin/sh
# install.sh BUILD: what `make install` puts down works from anywhere, moved, shared and static, and in
# a locale with a decimal comma. The client is the C program that README.md shows.
set -eu
root=$PWD
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
prefix=$work/moved
for file in bin/traincast include/traincast.h include/traincast_params.h include/traincast_formats.h include/traincast_parts.h \
    include/traincast_schedules.h lib/libtraincast.a lib/pkgconfig/traincast.pc \
    share/man/man1/traincast.1 share/man/man1/traincast-step.1 share/bash-completion/completions/traincast share/zsh/site-functions/_traincast \
    share/fish/vendor_completions.d/traincast.fish; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
LD_LIBRARY_PATH=$prefix/lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH
[ "$(pkg-config --modversion traincast)" = "$("$prefix/bin/traincast" --version | sed 's/traincast //')" ] || { echo "traincast.pc has another version"; exit 1; }

# The program, alone, from another directory and with nothing in its environment.
mkdir -p "$work/elsewhere"
cd "$work/elsewhere"
job="--model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tp 2 --global-batch 512 --json"
# shellcheck disable=SC2086
env -i "$prefix/bin/traincast" step $job >"$work/plain.json"
grep -q '"step_s"' "$work/plain.json"
env -i "$prefix/bin/traincast" plan ascend-2024 >"$work/plan.txt"

# The client of README.md, against the shared and the static library.
awk '/^```c$/ {inside = 1; next} /^```/ {inside = 0} inside' "$root/README.md" >client.c
[ -s client.c ] || { echo "no C program in README.md"; exit 1; }
# shellcheck disable=SC2046
cc -std=c17 -Wall -Wextra -Werror client.c $(pkg-config --cflags --libs traincast) -o client
if command -v ldd >/dev/null 2>&1; then
    ldd client | grep -q 'libtraincast\.so\.0 => .*/lib/libtraincast\.so\.0' || { echo "the client is not linked by SONAME:"; ldd client; exit 1; }
fi
./client >"$work/client.txt"
# shellcheck disable=SC2046
cc -std=c17 client.c $(pkg-config --cflags traincast) "$prefix/lib/libtraincast.a" $(pkg-config --libs --static traincast | sed 's/-ltraincast//') -o client-static
LD_LIBRARY_PATH='' ./client-static | cmp - "$work/client.txt"

# The example of each chapter of the header; each chapter names one that is there.
for chapter in "$prefix"/include/traincast*.h; do
    grep -q 'docs/examples/c' "$chapter" || grep -q -e '^ \* ROW(' -e 'PARAM(' "$chapter" || { echo "$chapter names no example"; exit 1; }
done
for example in $(grep -oh 'docs/examples/c/[a-z]*\.c' "$prefix"/include/*.h) "$root"/docs/examples/c/*.c; do
    [ -f "$root/docs/examples/c/$(basename "$example")" ] || { echo "no example $example"; exit 1; }
done
for example in "$root"/docs/examples/c/*.c; do
    name=$(basename "$example" .c)
    # shellcheck disable=SC2046
    cc -std=c17 -Wall -Wextra -Werror "$example" $(pkg-config --cflags --libs traincast) -o "$name" || { echo "$example does not compile"; exit 1; }
    "./$name" >"$name.txt" || { echo "$example fails"; exit 1; }
    [ -s "$name.txt" ] || { echo "$example says nothing"; exit 1; }
done

# A decimal comma changes nothing: in the program, and in a client that sets its locale.
if LOCPATH=$work/locale && mkdir -p "$LOCPATH" && localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8" 2>/dev/null; then
    export LOCPATH LC_ALL=de_DE.UTF-8
    [ "$(locale decimal_point)" = , ] || { echo "the test's locale has no decimal comma"; exit 1; }
    # shellcheck disable=SC2086
    "$prefix/bin/traincast" step $job | cmp - "$work/plain.json"
    sed 's/^int main(void) {/#include <locale.h>\nint main(void) {\n    setlocale(LC_ALL, "");/' client.c >comma.c
    grep -q setlocale comma.c
    # shellcheck disable=SC2046
    cc -std=c17 comma.c $(pkg-config --cflags --libs traincast) -o comma
    ./comma | tr ',' '.' >"$work/comma.txt"
    tr ',' '.' <"$work/client.txt" | cmp - "$work/comma.txt"
    echo "installed, moved, linked shared and static, the same with a decimal comma"
else
    echo "installed, moved, linked shared and static; no de_DE locale to test with"
fi
