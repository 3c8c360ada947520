#!/bin/sh
# test_vendor.sh PROGRAM SOURCE_DIR: the libraries of the page are those that web/vendor/versions.tsv names, to the byte, each with
# its licence; there are no others, and no file of the page fetches anything from elsewhere.
set -eu
cd "$2/web/vendor"
tail -n +2 versions.tsv >"${TMPDIR:-/tmp}/vendor.$$"
trap 'rm -f "${TMPDIR:-/tmp}/vendor.$$"' EXIT
while IFS="$(printf '\t')" read -r file package version licence sum; do
    [ "$(sha256sum "$file" | cut -d' ' -f1)" = "$sum" ] || { echo "$file is not $package $version: its sha256 is another than versions.tsv says"; exit 1; }
    [ -s "LICENSE.$package" ] && [ -n "$licence" ] || { echo "$package: no licence"; exit 1; }
done <"${TMPDIR:-/tmp}/vendor.$$"
for file in *; do
    case $file in LICENSE.* | versions.tsv) continue ;; esac
    grep -q "^$file	" versions.tsv || { echo "$file is not in versions.tsv"; exit 1; }
done
cd ..
if grep -n -e 'src="http' -e 'href="http' -e "from 'http" -e "import('http" -e 'url(http' ./*.html ./*.css ./*.js views/*.js; then
    echo "the page would fetch from elsewhere"
    exit 1
fi
echo "$(wc -l <vendor/versions.tsv | tr -d ' ') lines of versions.tsv hold"
