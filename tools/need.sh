#!/bin/sh
# need.sh [--install] PACKAGE...: says which Debian packages are missing, or installs them.
set -eu
install=no
if [ "${1:-}" = "--install" ]; then install=yes; shift; fi
command -v dpkg-query >/dev/null 2>&1 || {
    [ "$install" = no ] && exit 0
    echo "make deps: this is not Debian or Ubuntu; install the counterparts of: $*" >&2
    exit 1
}
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$install" = no ]; then
    echo "make: missing packages:$missing" >&2
    echo "make: install them with: make deps" >&2
    exit 1
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
