# traincast: two commands do everything: `make run` and `make check`.
BUILD ?= build
PREFIX ?= /usr/local
WERROR ?= OFF
# A|B: either will do.
PACKAGES = gcc libc6-dev cmake ninja-build pkgconf libyaml-dev libjansson-dev zlib1g-dev \
	libsqlite3-dev
CHECK_PACKAGES = libmicrohttpd-dev libcmocka-dev clang-format-14 clang-14|clang libomp-14-dev|libomp-dev lld-14|lld libclang-rt-14-dev|libclang-rt-dev jq locales \
	wasi-libc libclang-rt-14-dev-wasm32|libclang-rt-dev-wasm32 libopenmpi-dev openmpi-bin coinor-cbc python3 python3-jsonschema mandoc
# For the tests of the page in a browser; they are left out without.
WEB_PACKAGES = chromium nodejs
FIT_PACKAGES = liblapacke-dev libopenblas-dev
BENCH_PACKAGES = valgrind
DEB_PACKAGES = debhelper dpkg-dev dh-python lintian man-db libmicrohttpd-dev libopenmpi-dev python3

all: need $(BUILD)/build.ninja
	@cmake --build $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt
	@cmake -S . -B $(BUILD) -G Ninja -DTC_WERROR=$(WERROR) -DCMAKE_INSTALL_PREFIX=$(PREFIX) >$(BUILD).log 2>&1 \
		|| { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# Names what is missing and stops.
need:
	@sh tools/need.sh $(foreach p,$(PACKAGES),'$(p)')

# Installs what building, running and checking need.
deps:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES) $(CHECK_PACKAGES),'$(p)')
	@sh tools/need.sh --install $(foreach p,$(WEB_PACKAGES),'$(p)') || echo 'without them the tests of the page are left out'
	@[ -d tests/web/node_modules ] || ! command -v npm >/dev/null || npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 || echo 'npm ci in tests/web failed: the tests of the page will be left out'

# Builds, then plans the fleet of which only part has arrived.
run:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES),'$(p)')
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target traincast
	@$(BUILD)/traincast plan data/scenarios/ascend-2024.yaml

check: deps
	@sh tests/check.sh $(BUILD)

# The inner loop: gcc alone, all tests, under a minute.
test: deps
	@sh tests/check.sh $(BUILD) quick

# Writes again what tests compare with: golden files, the manual's outputs, the table of errors. Read the diff.
record: all
	@RECORD=1 sh tests/record.sh $(BUILD)/traincast .

# The program as WebAssembly with its catalog: $(BUILD)/web/traincast.wasm.
web-wasm: deps all
	@sh web/wasm/build.sh $(BUILD)

# The page without a server: $(BUILD)/web, a folder for any web host, and all of it in one file, traincast.html.
web: web-wasm
	@node web/wasm/static.mjs $(BUILD)

bench:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES) $(BENCH_PACKAGES),'$(p)')
	@$(MAKE) --no-print-directory all
	@cmake --build $(BUILD) --target bench_step bench_timeline bench_random bench_serving
	@sh bench/run.sh $(BUILD)

# Every fuzzer for FUZZ_SECONDS, from the corpus that earlier runs left in build-fuzz/corpus.
FUZZ_SECONDS ?= 600
fuzz: deps
	@sh tests/fuzz.sh build-fuzz $(FUZZ_SECONDS)

# Every attack on the program for SECONDS in all: hostile files and options, fuzzers, failing allocations, random
# layouts, kills. Prints executions, findings and coverage; writes into $(BUILD)/attack alone.
SECONDS ?= 600
attack: deps all
	@sh tests/attack.sh $(BUILD) build-fuzz $(SECONDS)

# `serve` under 200 requests a second for SECONDS (two hours: make soak SECONDS=7200): its memory must not grow.
soak: deps all
	@node --no-warnings tests/web/soak.mjs $(BUILD)/traincast $(SECONDS)

# Fits the physical parameters to measured kernels and published runs: writes data/fitted/ and docs/ACCURACY.md.
FIT_OPTIONS ?= --leave-out --leave-out-cells --leave-out-chips
fit:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES) $(FIT_PACKAGES),'$(p)')
	@cmake -S . -B $(BUILD) -G Ninja -DTC_WERROR=$(WERROR) >/dev/null
	@cmake --build $(BUILD) --target traincast-fit
	OPENBLAS_NUM_THREADS=1 $(BUILD)/traincast-fit $(FIT_OPTIONS) --out data/fitted --report docs/ACCURACY.md --table $(BUILD)/fit.tsv --predictions data/predictions/traincast-left-out.jsonl \
		--runs-hash "$$(cat data/runs/*.jsonl data/measurements/*.jsonl | sha256sum | cut -c1-16)" data/runs/*.jsonl --measurements data/measurements/*.jsonl
	@cat tools/beside_others.md >>docs/ACCURACY.md

# Fits the parameters of serving to published rows: writes data/fitted/serving.yaml and docs/SERVING-ACCURACY.md.
FIT_SERVING_OPTIONS ?= --leave-out --leave-out-models
fit-serving:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES) $(FIT_PACKAGES),'$(p)')
	@cmake -S . -B $(BUILD) -G Ninja -DTC_WERROR=$(WERROR) >/dev/null
	@cmake --build $(BUILD) --target traincast-fit-serving
	OPENBLAS_NUM_THREADS=1 $(BUILD)/traincast-fit-serving $(FIT_SERVING_OPTIONS) --out data/fitted/serving.yaml --report docs/SERVING-ACCURACY.md --table $(BUILD)/fit-serving.tsv \
		--runs-hash "$$(cat data/serving/*.jsonl | sha256sum | cut -c1-16)" data/serving/*.jsonl

# Counts which layouts published runs had: writes data/fitted/layouts.yaml. After a fit with left-out errors,
# COUNT_OPTIONS="--errors build/fit.tsv" fits anew how much wider the interval of a far layout is.
count-layouts: $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target traincast-layouts
	$(BUILD)/traincast-layouts $(COUNT_OPTIONS) --runs-hash "$$(cat data/runs/*.jsonl | sha256sum | cut -c1-16)" --out data/fitted/layouts.yaml data/runs/*.jsonl

# Reads the texts of published runs that nobody has read yet into their closed words; NORMALISE_OPTIONS="--field KEY" for a new field.
normalise: $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target traincast-normalise
	$(BUILD)/traincast-normalise $(NORMALISE_OPTIONS) data/runs/*.jsonl

# Every step is its timeline, better hardware is never slower, and what else holds, over LAYOUTS random layouts of the
# catalog; `make check` takes a tenth.
LAYOUTS ?= 80000
layouts: all
	@TC_LAYOUTS=$(LAYOUTS) $(BUILD)/test_timeline
	@TC_LAYOUTS=$(LAYOUTS) $(BUILD)/test_properties

install: all
	@cmake --install $(BUILD) --prefix $(abspath $(PREFIX))

# Packages for Debian 12 in $(BUILD)/deb: program, library, development files, MPI, Python; held to lintian, unpacked and run.
deb:
	@sh tools/need.sh --install $(foreach p,$(PACKAGES) $(DEB_PACKAGES),'$(p)')
	@sh tools/deb.sh $(BUILD)
	@sh tests/deb.sh $(BUILD)

# Formats the C sources.
format:
	@git ls-files '*.c' '*.h' | xargs -r clang-format-14 -i

clean:
	rm -rf $(BUILD) build-*

.PHONY: all need deps run web web-wasm check test record bench fuzz attack soak fit fit-serving count-layouts normalise layouts install deb format clean
