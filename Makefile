# traincast: two commands do everything: `make run` and `make check`.
BUILD ?= build
PREFIX ?= /usr/local
PACKAGES = gcc cmake ninja-build pkgconf libyaml-dev libjansson-dev libcmocka-dev clang-14 libclang-rt-14-dev

all: need $(BUILD)/build.ninja
	@cmake --build $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }

need:
	@sh tools/need.sh $(PACKAGES)

deps:
	@sh tools/need.sh --install $(PACKAGES)

run: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/traincast plan data/scenarios/ascend-2024.yaml

check: deps
	@$(MAKE) --no-print-directory all
	@sh tests/check.sh $(BUILD)

clean:
	rm -rf $(BUILD) build-*

.PHONY: all need deps run check clean bench fuzz fit install
