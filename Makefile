# Two commands do everything: `make demo` and `make test`. Both set up first; the second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FILES ?=
SECONDS ?= 1800
SEED ?= 1
export GATEWAY_SHARED ?= $(abspath ../shared)

.PHONY: demo test lint types contracts unit lock clean bench quality crash

demo: $(VENV)/.ready-server
	@$(BIN)/evidence-gateway demo $(FILES)

test: $(VENV)/.ready-dev lint types contracts unit

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

contracts: $(VENV)/.ready-dev
	$(BIN)/lint-imports --no-cache

unit: $(VENV)/.ready-dev
	$(BIN)/pytest -n 2

# What is installed is exactly what the lock files name, by hash; --no-deps, so that pip looks for nothing else
# (it would prefer a newer release for a dependency named with an extra, and stop for want of its hash).
$(VENV)/.ready-server: requirements/server.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up: installing the locked dependencies (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/server.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements/dev.lock $(VENV)/.ready-server
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	@touch $@

# Renew the lock files from pyproject.toml; universal, so one file serves Python 3.11 to 3.13.
lock:
	$(PYTHON) -m pip install --quiet uv
	$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra server --extra ocr pyproject.toml requirements/build.in -o requirements/server.lock
	$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra server --extra ocr --group dev pyproject.toml requirements/build.in -o requirements/dev.lock
	$(PYTHON) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/client.lock

bench: $(VENV)/.ready-dev
	for b in $(filter-out benchmarks/bench_quality.py,$(wildcard benchmarks/bench_*.py)); do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# How well is found what must be found: tables by type into docs/benchmarks.md (about ten minutes).
quality: $(VENV)/.ready-dev
	$(BIN)/python benchmarks/bench_quality.py --write docs/benchmarks.md

# The long run of docs/crash-safety.md: make crash SECONDS=1800 SEED=21; kept in OUT=DIR, else only if it fails; ONLY=power as root.
crash: $(VENV)/.ready-dev
	$(BIN)/python -m tests.crash.harness --selftest --seconds $(SECONDS) --seed $(SEED) $(if $(ONLY),--only $(ONLY)) $(if $(OUT),--out $(OUT))

clean:
	rm -rf $(VENV) .demo demo-results dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
