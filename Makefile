# A thin front: CMake does the building. On a fresh Debian 12, `make run` and `make test`
# first install what is missing (tools/bootstrap.sh says what).
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)

.PHONY: help bootstrap configure build run site demo test js app bench fmt lint fuzz install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## install the packages that building and testing need, where they are missing
	@tools/bootstrap.sh

configure: bootstrap
	@[ -f $(BUILD)/build.ninja ] || cmake --preset release -B $(BUILD)

build: configure ## build/lode, both libraries, the tests
	@cmake --build $(BUILD) -j $(JOBS)

run: configure ## build the program, index documentation, ask questions; in a terminal, serve the app
	@cmake --build $(BUILD) -j $(JOBS) --target lode_program
	@python3 tools/demo.py $(abspath $(BUILD))/lode $(abspath $(BUILD))/demo.lode
	@tools/run_app.sh --ask

site: configure ## the program, and <lode-search> for it to put beside indexes
	@JOBS=$(JOBS) tools/dev modules
	@cmake --build $(BUILD) -j $(JOBS) --target lode_program
	@node js/site/build.mjs

demo: site ## a site with <lode-search>, served to this machine
	@python3 tools/demo_site.py $(abspath $(BUILD))/lode

test: build ## the tests; those of pages are more in tools/dev site, examples and app
	@tools/get_model.sh > /dev/null
	@tools/test_python.sh --prepare
	@JOBS=$(JOBS) tools/dev wasm
	@JOBS=$(JOBS) tools/dev js
	@JOBS=$(JOBS) tools/dev pages
	@JOBS=$(JOBS) tools/run_tests.py $(BUILD)

js: ## the npm package in js/, from the WebAssembly modules, and its tests
	@JOBS=$(JOBS) tools/dev js

app: ## the app in web/: built, and served on this machine
	@JOBS=$(JOBS) tools/run_app.sh

bench: build ## the kernels beside the machine's peak, lode beside other engines (bench/README.md)
	@$(BUILD)/bench/bench_kernels
	@LODE_BUILD="$(abspath $(BUILD))" bench/run

fmt: ## format every C file
	@tools/dev fmt

lint: ## formatting, clang-tidy, include rules, forbidden functions, file lengths
	@tools/dev lint

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@tools/dev fuzz all $(FUZZ_SECONDS)

install: build ## into PREFIX (/usr/local), below DESTDIR
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"

clean: ## remove all build folders
	@rm -rf build build-*
