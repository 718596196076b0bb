# `make` alone lists what there is. Everything goes into .venv and .build here, except what the system itself lacks
# (a compiler, a Docker engine): that is named, then installed (scripts/), and REASONCLI_NO_INSTALL=1 forbids it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
IMAGE := .build/base-image
# Much of a test's time is waiting for an engine, so that two cores have work for three. Those of a file stay together.
TESTS_AT_ONCE := 3
AT_ONCE = $(if $(filter-out 0,$(TESTS_AT_ONCE)),-n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder)
# As CPython's tests in CI: a few that failed may try once more, alone, and are named; what fails there is a failure.
FEW := 3
LAST_FAILED := .pytest_cache/v/cache/lastfailed
# Stamps live in the environment they speak of: without it they are gone, too.
APP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- what people come for

.PHONY: demo
demo: $(APP)  ## Set everything up and fix the packaged example, with the embedded model
	@mkdir -p .build
	@if scripts/engine.sh && scripts/base_image.sh > $(IMAGE); then \
		REASONCLI_BASE_IMAGE="$$(cat $(IMAGE))" $(BIN)/reasoncli demo; \
	else \
		echo "!!  No Docker sandbox: the example's tests will run directly on this machine, unprotected." >&2; \
		$(BIN)/reasoncli demo --sandbox local; \
	fi

.PHONY: test
test:  ## Set everything up and run every test, lint and types first
	@echo "The engine, its base image and a browser are seen to meanwhile: .build/machine.log"
	@mkdir -p .build; $(MAKE) --no-print-directory base browser > .build/machine.log 2>&1 & machine=$$!; ready=0; \
	$(MAKE) --no-print-directory lint types || ready=$$?; \
	wait $$machine || ready=$$?; \
	cat .build/machine.log; exit $$ready
	export REASONCLI_BASE_IMAGE="$$(cat $(IMAGE))"; code=0; \
	$(BIN)/python -m pytest $(AT_ONCE) $(PYTEST_ARGS) || code=$$?; \
	if [ $$code = 1 ] && [ -n "$${CI:-}" ] && [ "$$(grep -c '": true' $(LAST_FAILED))" -le $(FEW) ]; then \
		echo "!!  These failed beside others and are tried once more, alone:" >&2; grep '": true' $(LAST_FAILED) >&2; code=0; \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none || code=$$?; \
	fi; exit $$code

# ---------------------------------------------------------------- the parts

.PHONY: setup
setup: $(DEV)  ## Make .venv with everything for development

.PHONY: engine
engine:  ## See to it that a Docker engine answers (installs and starts one if need be)
	@scripts/engine.sh

.PHONY: browser
browser:  ## See to it that there is a browser to try reports in (installs Chromium if need be)
	@scripts/browser.sh

.PHONY: base
base: engine  ## See to it that the engine has a base image for sandboxes
	@mkdir -p .build
	@scripts/base_image.sh > $(IMAGE)
	@echo "Base image: $$(cat $(IMAGE))"

.PHONY: lint
lint: $(DEV)  ## Check style and format (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(DEV)  ## Check types (mypy, strict)
	$(BIN)/mypy

.PHONY: bench
bench: $(DEV) base  ## Measure start, sampling and a whole fix (llama.cpp's server, too, if it is on the PATH)
	REASONCLI_BASE_IMAGE="$$(cat $(IMAGE))" $(BIN)/python -m benchmarks.startup
	server=$$(command -v llama-server || true); $(BIN)/python -m benchmarks.sampling $${server:+--server "$$server"}
	REASONCLI_BASE_IMAGE="$$(cat $(IMAGE))" $(BIN)/python -m benchmarks.fix

.PHONY: wheel
wheel: $(DEV)  ## Build the wheel and the source archive into dist/
	$(BIN)/python -m hatchling build

.PHONY: readme
readme: $(DEV)  ## Write the README's generated parts anew
	$(BIN)/python scripts/readme.py

.PHONY: clean
clean:  ## Remove what these targets made here (not the engine, not the images)
	rm -rf $(VENV) .build dist .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- stamps

$(APP): pyproject.toml
	@scripts/setup.sh $(VENV)
	@touch $@

$(DEV): pyproject.toml
	@scripts/setup.sh $(VENV) dev
	@touch $(APP) $@
