# Everything runs in .venv, which each target makes and fills by itself.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out
PORT ?= 8765
# Processes that share the tests; 0 runs them in pytest's own, where --pdb works.
WORKERS ?= 2
# Threads of OpenBLAS spin while they wait: two of them take twice the processor for what one does.
# Bytecode is kept, or each server that a test starts would compile the package anew.
PYTEST_RUN := OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
# The language of the demo's report: Dutch where the machine speaks Dutch.
SPOKEN ?= $(if $(filter nl%,$(LANG)),nl,en)

# The first Python on this machine that is 3.11 or newer.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help demo demo-report test test-slow lint format bench docs pins clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo ## serve the demo company in a browser; Ctrl+C stops it
	@$(BIN)/verbond serve $(OUT)/demo --demo --port $(PORT)

demo-report: $(VENV)/.demo ## diagnose the demo company and write its report to out/ (SPOKEN=nl for Dutch)
	@$(BIN)/verbond diagnose demo --out $(OUT)/zonnewende --language $(SPOKEN)

test: $(VENV)/.dev ## run the tests in two processes (WORKERS=0: in one; the slow proofs: make test-slow)
	$(PYTEST_RUN) -n $(WORKERS) -m "not slow" $(PYTEST)

test-slow: $(VENV)/.dev ## run the slow proofs
	$(PYTEST_RUN) -m slow $(PYTEST)

lint: $(VENV)/.dev ## check style and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put every file in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## measure speed and memory, side by side with the peers
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## write docs/reference/ from the commands and the docstrings
	$(BIN)/python -m docs.build

pins: $(VENV)/.dev ## pin the dependencies anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-find-links \
		--custom-compile-command "make pins" --extra demo -o requirements/demo.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-find-links \
		--custom-compile-command "make pins" --extra dev -c requirements/demo.txt -o requirements/dev.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-find-links \
		--custom-compile-command "make pins" --extra bench -c requirements/dev.txt -o requirements/bench.txt pyproject.toml

clean: ## remove what the targets made
	rm -rf $(VENV) $(OUT)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Verbond needs Python 3.11 or newer on PATH."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(BIN)/python
	@test -f $(VENV)/.dev || echo "Setting up in $(VENV); this is done once."
	@test -f $(VENV)/.dev || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/demo.txt
	@test -f $(VENV)/.dev || $(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Setting up in $(VENV); this is done once."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bench.txt
	@touch $@
