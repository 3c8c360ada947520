#!/bin/sh
# build.sh BUILD: the library as WebAssembly, BUILD/web/traincast.wasm, with its catalog in it.
#
# BUILD holds a build of this machine (the catalog's trees are taken from there). Needs clang, lld, wasi-libc and the compiler's
# wasm32 builtins, ninja, and the sources of jansson and libyaml, which Debian ships as libraries of this machine alone: they are
# fetched once from Debian's archive, checked by their SHA-256, into BUILD/web-libraries (or the folder in WEB_LIBRARIES).
set -eu
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
libraries=${WEB_LIBRARIES:-$build/web-libraries}
out=$build/web
objects=$build/web-objects
mkdir -p "$libraries" "$out" "$objects"

# fetch NAME FOLDER URL SHA256
fetch() {
    [ -d "$libraries/$2" ] && return
    /usr/lib/apt/apt-helper download-file "$3" "$libraries/$1.tar.gz" "SHA256:$4" >"$libraries/$1.log" 2>&1 \
        || { cat "$libraries/$1.log"; echo "$3: cannot be fetched"; exit 1; }
    tar -xf "$libraries/$1.tar.gz" -C "$libraries"
}
archive=http://deb.debian.org/debian/pool/main
fetch jansson jansson-2.14 $archive/j/jansson/jansson_2.14.orig.tar.gz c739578bf6b764aa0752db9a2fdadcfe921c78f1228c7ec0bb47fa804c55d17b
fetch libyaml libyaml-0.2.5 $archive/liby/libyaml/libyaml_0.2.5.orig.tar.gz fa240dbf262be053f3898006d502d514936c818e422afdcf33921c63bed9bf2e

clang=$(command -v clang-14 || command -v clang)
version=$("$clang" -dumpversion)
major=${version%%.*}
linker=$(command -v wasm-ld-"$major" || command -v wasm-ld)
# The configuration of jansson is the same for every machine.
cp "$(find /usr/include -name jansson_config.h | head -n 1)" web/wasm/jansson_private_config.h "$objects"
wasi="--target=wasm32-wasi -nostdinc -isystem /usr/lib/llvm-$major/lib/clang/$version/include -isystem /usr/include/wasm32-wasi"
common="-std=c17 -O2 -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I$libraries/jansson-2.14/src -I$libraries/libyaml-0.2.5/include -I$objects"
yaml="-w -DYAML_VERSION_STRING=\\\"0.2.5\\\" -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5"

# The folders of the library, and of the program what answers questions: as in CMakeLists.txt.
layers=$(sed -n 's/^set(TC_LAYERS \(.*\))$/\1/p' CMakeLists.txt)
program=$(sed -n 's/.*INCLUDE REGEX "\/(\(.*\))\\\\.c\$")$/\1/p' CMakeLists.txt | head -n 1)
sources=$(for layer in $layers; do ls src/"$layer"/*.c; done; ls src/cli/*.c | grep -vE "/($program|main)\.c\$"; echo src/cli/trace.c)
{
    printf 'rule cc\n  command = %s $flags -MMD -MF $out.d -c $in -o $out\n  depfile = $out.d\n' "$clang"
    printf 'rule link\n  command = %s --target=wasm32-wasi --sysroot=/usr -fuse-ld=%s -mexec-model=reactor @$out.rsp -lm -Wl,--strip-all,-z,stack-size=4194304 -o $out\n  rspfile = $out.rsp\n  rspfile_content = $in\n' "$clang" "$linker"
    all=
    # one SOURCE FLAGS
    one() {
        object=$objects/$(basename "$(dirname "$1")")_$(basename "$1").o
        printf 'build %s: cc %s\n  flags = %s\n' "$object" "$1" "$2"
        all="$all $object"
    }
    for file in $sources web/wasm/ask.c; do one "$PWD/$file" "$wasi $common -Wall -Wextra -Werror -I$PWD/include -I$PWD/src"; done
    one "$build/embedded_data.c" "$wasi $common -I$PWD/include -I$PWD/src"
    one "$build/embedded_data.S" "$wasi"
    one "$build/arithmetic.c" "$wasi $common"
    for file in "$libraries"/jansson-2.14/src/*.c; do one "$file" "$wasi $common -w -DHAVE_CONFIG_H"; done
    for file in api reader scanner parser; do one "$libraries/libyaml-0.2.5/src/$file.c" "$wasi $common $yaml"; done
    printf 'build %s: link%s\ndefault %s\n' "$out/traincast.wasm" "$all" "$out/traincast.wasm"
} >"$objects/build.ninja"
ninja -C "$objects" >"$objects/build.log" 2>&1 || { grep -vE '^\[' "$objects/build.log" | head -n 40; exit 1; }
printf '%s: %s bytes, %s compressed\n' traincast.wasm "$(wc -c <"$out/traincast.wasm")" "$(gzip -9c "$out/traincast.wasm" | wc -c)"
