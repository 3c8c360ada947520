#!/bin/sh
# deb.sh BUILD: the packages that tools/deb.sh put into BUILD/deb: lintian finds no error and no warning, no file lies in two of
# them, and what they hold, unpacked into a folder, runs: program, manual pages, a client in C, Python, MPI. `make deb`, not `make check`.
set -eu
repository=$PWD
debs=$(cd "$1/deb" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "deb: $*"
    exit 1
}
root=$work/root
for package in traincast libtraincast0 libtraincast-dev python3-traincast; do
    [ -s "$(ls "$debs/${package}"_*.deb)" ] || fail "no package $package"
done
for deb in "$debs"/*.deb; do
    dpkg-deb -x "$deb" "$root"
    dpkg-deb -c "$deb" | sed -n '/^[^d]/s|^[^.]* \./||p' >>"$work/files"
done
twice=$(sort "$work/files" | uniq -d)
[ -z "$twice" ] || fail "in two packages: $twice"
! grep -v -e '^usr/bin/' -e '^usr/lib/' -e '^usr/share/' -e '^usr/include/traincast' "$work/files" || fail "files in folders that are not theirs"
if command -v lintian >/dev/null; then
    [ "$(id -u)" != 0 ] || root_is_known=--allow-root
    lintian ${root_is_known:-} --fail-on error,warning "$debs"/*.changes || fail "lintian complains"
fi

# ---- the program, with nothing in its environment ----------------------------------------------------------
libraries=$(dirname "$(find "$root/usr/lib" -name 'libtraincast.so.0')")
job="--model llama-2-7b --accelerator a100-sxm-80g --devices 64 --tp 2 --global-batch 512 --json"
# shellcheck disable=SC2086
(cd "$work" && env -i "$root/usr/bin/traincast" step $job >step.json) && grep -q '"step_s"' "$work/step.json" || fail "the program does not run"
(cd "$work" && env -i "$root/usr/bin/traincast" plan ascend-2024 >plan.txt) || fail "no plan"
for command in $("$root/usr/bin/traincast" completion fish | sed -n 's/.*__fish_use_subcommand -a \([a-z]*\) .*/\1/p') ''; do
    page=$root/usr/share/man/man1/traincast${command:+-}$command.1.gz
    [ -s "$page" ] || fail "no page for traincast $command"
    man -l "$page" 2>/dev/null | grep -q "TRAINCAST" || fail "man cannot show $page"
done
for file in bash-completion/completions/traincast zsh/vendor-completions/_traincast fish/vendor_completions.d/traincast.fish doc/traincast/copyright doc/traincast/changelog.gz; do
    [ -s "$root/usr/share/$file" ] || fail "no $file"
done
if [ -x "$root/usr/bin/traincast-mpi" ]; then
    "$root/usr/bin/traincast-mpi" --version >/dev/null || fail "traincast-mpi does not run"
fi

# ---- a client in C, and Python, over the library ------------------------------------------------------------
awk '/^```c$/ {inside = 1; next} /^```/ {inside = 0} inside' "$repository/README.md" >"$work/client.c"
PKG_CONFIG_PATH=$libraries/pkgconfig
LD_LIBRARY_PATH=$libraries
export PKG_CONFIG_PATH LD_LIBRARY_PATH
# shellcheck disable=SC2046
cc -std=c17 "$work/client.c" $(pkg-config --cflags --libs traincast) -o "$work/client" && "$work/client" >"$work/client.txt" || fail "a client in C does not build or run"
[ -s "$work/client.txt" ] || fail "a client in C says nothing"
PYTHONPATH=$root/usr/lib/python3/dist-packages python3 -c '
import traincast
answer = traincast.step(model="llama-2-7b", accelerator="a100-sxm-80g", devices=64, tp=2, global_batch=512)
assert answer.step_s > 0 and "/dist-packages/" in traincast.__file__' || fail "Python does not find the library"
echo "$(ls "$debs"/*.deb | wc -l) packages: unpacked, run, linked; lintian: $(command -v lintian >/dev/null && echo clean || echo 'not here')"
