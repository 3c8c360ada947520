#!/bin/sh
# deb.sh BUILD: Debian packages of this tree into BUILD/deb, tried by tests/deb.sh; `make deb`.
#
# The tree is copied first, so that nothing is built or left beside the sources. DEBFULLNAME and DEBEMAIL name who builds
# them; without MPI's headers traincast-mpi is left out.
set -eu
mkdir -p "$1"
build=$(cd "$1" && pwd)
out=$build/deb
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
[ "$version" = "$(sed -n 's/^project(traincast VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)" ] || { echo "deb: debian/changelog and CMakeLists.txt name different versions"; exit 1; }
rm -rf "$out"
mkdir -p "$out/traincast-$version"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -co --exclude-standard | tar -cf - -T - | tar -xf - -C "$out/traincast-$version"
else
    tar -cf - --exclude=./build --exclude='./build-*' . | tar -xf - -C "$out/traincast-$version"
fi
cd "$out/traincast-$version"
profiles=
pkg-config --exists ompi-c || profiles=-Ppkg.traincast.nompi
[ -z "${DEBEMAIL:-}" ] || set -- "$@" "-m${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"
shift
# Build dependencies are those that the Makefile asks for; others may stand in for them (clang for gcc, a container's cmake).
dpkg-buildpackage --build=binary --no-sign $profiles "$@" >"$out/build.log" 2>&1 || { tail -n 30 "$out/build.log"; exit 1; }
cd ..
rm -rf "traincast-$version"
ls -- *.deb
