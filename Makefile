# Everything a fresh machine with Python, pip and make needs. Nothing is installed outside .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Where PyTorch comes from; empty: where all else does, which on Linux is the build with CUDA's libraries.
TORCH_INDEX ?=
# A process a core; those that drive the real program in processes of their own come one after another.
PARALLEL := -n auto --maxprocesses 8 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types test-fast test-seeds test-slow gate gate-baseline bench bench-peers kills clean

help:  ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(STAMP)  ## Set up and run the main job: live in a terminal, else headless with a table and exports
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/hpobench run demo; else $(BIN)/hpobench run demo --headless --export; fi

test: $(STAMP)  ## Set up and run all tests but the slow tier
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

check: lint types test-fast  ## Linters, types, import rules and the fast tests (under two minutes)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

test-fast: $(STAMP)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not e2e and not long"

test-seeds: $(STAMP)  ## Tests that draw their examples, 20 times with fresh seeds
	for run in $$(seq 20); do \
	  rm -rf .hypothesis && env -u CI -u HPOBENCH_TEST_SEED $(BIN)/python -m pytest $(PARALLEL) -m "seeded and not slow" || exit 1; \
	done

test-slow: $(STAMP)  ## Minutes of work: full MNIST accuracy
	$(BIN)/python -m pytest -m slow

# Runs that failed are for the check to judge: the run's exit code 1 goes no further.
NATIVE = work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	{ $(BIN)/hpobench run .ci/native.toml --headless --output "$$work" || [ $$? -eq 1 ]; } >&2

gate: $(STAMP)  ## The native optimizers against their committed baseline (a minute)
	@$(NATIVE) && $(BIN)/hpobench check "$$work"/* --against .ci/native.json --alpha 0.01

gate-baseline: $(STAMP)  ## That baseline anew; CONTRIBUTING says when
	@$(NATIVE) && $(BIN)/hpobench baseline create "$$work"/* -o .ci/native.json

bench: $(STAMP)  ## Speed beside peers, paired in one run; prints ratios
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.bandit_loop
	$(BIN)/python -m benchmarks.quintic_sampler
	$(BIN)/python -m benchmarks.quintic_training

bench-peers: $(STAMP)  ## Hours: cost and quality of the native optimizers beside their peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[peers]'
	$(BIN)/python -m benchmarks.cost --markdown
	$(BIN)/python -m benchmarks.cost --growth --markdown
	for set in bayesian tpe evolution multi-fidelity; do \
	  $(BIN)/python -m benchmarks.quality run $$set && $(BIN)/python -m benchmarks.quality report $$set --markdown || exit 1; \
	done

kills: $(STAMP)  ## Minutes: kill -9 a hundred times, resume, compare with undisturbed experiments
	$(BIN)/python -m benchmarks.kills

fuzz: $(STAMP)  ## An hour: inputs that nobody means, 100,000 a target or so many as six minutes each allow
	$(BIN)/python -m benchmarks.fuzz --minutes 6

soak: $(STAMP)  ## Half an hour: experiments under faults that are drawn, one every few seconds
	$(BIN)/python -m benchmarks.soak

clean:  ## Remove the virtual environment and caches (outputs stay)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# HpBandSter needs netifaces, which pip has to compile; HpBandSter itself uses it only to look up a network card by name,
# which we never do. Without a C compiler it is therefore left out.
$(STAMP): pyproject.toml tables/pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hpobench-tui needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  $(if $(TORCH_INDEX),--no-deps --index-url $(TORCH_INDEX)) torch
	@if command -v $${CC:-cc} >/dev/null 2>&1; then \
	  set -x; $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ./tables -e '.[all,tables,dev]'; \
	else \
	  set -x; $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	    -e ./tables -e '.[mnist,quintic,bbob,cma,forest,optuna,scikit-optimize,tables,tabular,dev]' Pyro4 serpent statsmodels && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps hpbandster; \
	fi
	@touch $@
