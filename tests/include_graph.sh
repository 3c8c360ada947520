#!/bin/sh
# include_graph.sh SOURCE_DIR: the layers point one way, and no files include each other in a circle.
#
# Each layer may include itself and the layers named beside it, and nothing else of src/; docs/design.md
# says what each is. That the arithmetic needs no data files, tests/wasm.sh proves by linking it alone.
set -eu
cd "$1"
layers='
base:
catalog: base
workload: base
network: base
layout: base workload network
device: base workload
memory: base workload layout
step: base workload network layout device memory
forecast: base catalog workload network layout device memory step
search: base workload network layout device memory step forecast
run: base catalog workload network layout device memory step forecast
require: base search
serving: base workload network layout device run
rl: base catalog workload network layout device memory step forecast search run serving
fleet: base catalog workload network layout device memory step forecast search run serving rl
validate: base catalog workload network layout device memory step forecast search run serving rl
calibrate: base catalog workload network layout device step forecast validate
interop: base catalog workload layout
sweep: base catalog workload network layout device memory step forecast search
report: base catalog workload network layout device memory step forecast search run require serving rl fleet validate calibrate interop sweep
store: base catalog layout search sweep
mpi: base sweep report store
serve: base catalog
cli: base catalog workload network layout device memory step forecast search run require serving rl fleet validate calibrate interop sweep report store serve
'
for directory in src/*/; do
    layer=$(basename "$directory")
    echo "$layers" | grep -q "^$layer:" || { echo "src/$layer: no layer of that name; add it to tests/include_graph.sh and docs/design.md"; exit 1; }
done
# A line of source without #include "..." of another folder says nothing here.
grep -Hn '^ *# *include "[a-z]*/' src/*/*.[ch] src/*/*.def | awk -v layers="$layers" '
BEGIN {
    n = split(layers, line, "\n")
    for (i = 1; i <= n; i++) {
        k = split(line[i], word, /:? +|:$/)
        for (j = 1; j <= k; j++) if (word[j] != "") allowed[word[1], word[j]] = 1
    }
}
{
    split($0, place, ":")
    split(place[1], path, "/")
    from = path[2]
    to = $0
    sub(/^[^"]*"/, "", to)
    sub(/\/.*/, "", to)
    edges++
    if (!((from, to) in allowed)) { print place[1] ":" place[2] ": " from " includes " to; bad++ }
}
END {
    if (!edges) { print "no include found"; exit 1 }
    print edges " includes, " bad + 0 " against the direction"
    exit bad > 0
}'
# No circle of files: NAME.c and NAME.h are one, an arrow is an include. What is included by nobody that is left, and what
# includes nobody that is left, goes; what stays at the end stands in a circle.
grep -Hn '^ *# *include "' src/*/*.[ch] | awk '
{
    split($0, place, ":")
    from = place[1]
    to = $0
    sub(/^[^"]*"/, "", to)
    sub(/".*/, "", to)
    if (to ~ /\.def$/ || to !~ /\//) next
    sub(/\.[ch]$/, "", from)
    to = "src/" to
    sub(/\.h$/, "", to)
    if (from == to || (from, to) in seen) next
    seen[from, to] = 1
    n++
    source[n] = from
    target[n] = to
    into[to]++
    out[from]++
}
END {
    do {
        gone = 0
        for (i = 1; i <= n; i++) {
            if (i in dropped || (into[source[i]] > 0 && out[target[i]] > 0)) continue
            dropped[i] = 1
            into[target[i]]--
            out[source[i]]--
            gone++
        }
    } while (gone)
    for (i = 1; i <= n; i++) if (!(i in dropped)) { print source[i] " and " target[i] " stand in a circle of files, or between two"; bad++ }
    exit bad > 0
}'
# Beside the standard library: YAML and JSON only where they are parsed, system headers where files and terminals are.
foreign=$(grep -Hn '^#include <' src/*/*.[ch] | grep -v -e '<\(assert\|ctype\|errno\|float\|inttypes\|limits\|locale\|math\|setjmp\|signal\|stdarg\|stdatomic\|stdbool\|stddef\|stdint\|stdio\|stdlib\|string\|time\)\.h>' \
    -e '^src/catalog/[a-z]*\.c:.*<\(yaml\|dirent\|sys/stat\)\.h>' -e '^src/\(base\|catalog\|interop\|validate\|cli\)/[a-z_]*\.[ch]:.*<\(jansson\|sys/stat\|unistd\|sys/ioctl\)\.h>' \
    -e '^src/base/file\.c:.*<dirent\.h>' -e '^src/search/threads\.c:.*<\(pthread\|unistd\)\.h>' -e '^src/serve/[a-z]*\.[ch]:.*<\(microhttpd\|dlfcn\|unistd\|fcntl\|strings\|arpa/inet\|netinet/in\|sys/\(types\|select\|socket\|resource\|wait\)\)\.h>' -e '^src/cli/trace\.c:.*<zlib\.h>' -e '^src/cli/measure\.c:.*<dlfcn\.h>' -e '^src/store/[a-z_]*\.c:.*<sqlite3\.h>' -e '^src/mpi/[a-z_]*\.c:.*<\(mpi\|pthread\|unistd\)\.h>' || true)
if [ -n "$foreign" ]; then
    echo "$foreign"
    echo "headers from outside the standard library in a layer that should not need them"
    exit 1
fi
