#!/bin/sh
# need.sh [--install] PACKAGE...: says which Debian packages are missing, or installs them.
# A package may name others that do as well: "clang-14|clang". Elsewhere than on Debian and
# Ubuntu the tools and libraries themselves are looked for, and nothing is installed.
set -eu
install=no
if [ "${1:-}" = "--install" ]; then install=yes; shift; fi

# Is what the package brings there, whoever brought it?
found() {
    case $1 in
    gcc | cmake | jq | mandoc | valgrind | clang-14 | clang) command -v "$1" ;;
    ninja-build) command -v ninja ;;
    pkgconf) command -v pkg-config ;;
    libc6-dev) [ -f /usr/include/stdio.h ] || [ "$(uname)" = Darwin ] ;;
    libyaml-dev) pkg-config --exists yaml-0.1 ;;
    libjansson-dev) pkg-config --exists jansson ;;
    zlib1g-dev) pkg-config --exists zlib ;;
    libsqlite3-dev) pkg-config --exists sqlite3 ;;
    libmicrohttpd-dev) pkg-config --exists libmicrohttpd ;;
    chromium | nodejs) command -v "${1%js}" ;;
    libopenmpi-dev) pkg-config --exists ompi-c ;;
    openmpi-bin) command -v mpirun ;;
    coinor-cbc) command -v cbc ;;
    libcmocka-dev) pkg-config --exists cmocka ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' || found "$1"
}

# One of A|B|... is there.
any_installed() {
    for name in $(echo "$1" | tr '|' ' '); do
        if installed "$name"; then return 0; fi
    done
    return 1
}

# The first of A|B|... that apt can install.
candidate() {
    for name in $(echo "$1" | tr '|' ' '); do
        if apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]'; then echo "$name"; return; fi
    done
    echo "${1%%|*}"
}

missing=
for package in "$@"; do
    any_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "make: missing, by their Debian names:$missing" >&2
    echo "make: this is not Debian or Ubuntu; install their counterparts, then try again" >&2
    exit 1
fi
if [ "$install" = no ]; then
    echo "make: missing packages:$missing" >&2
    echo "make: install them with: make deps" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "make deps: neither root nor sudo; have these packages installed:$missing" >&2
        exit 1
    }
    sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
chosen=
for package in $missing; do chosen="$chosen $(candidate "$package")"; done
echo "installing:$chosen"
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $chosen >/dev/null
