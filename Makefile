# Needs make and Python 3.11 or newer; everything else goes into .venv, at the versions of requirements.lock.
# More words for a tool go in ARGS:  make test ARGS="tests/unit/test_clock.py -k advance"

.DEFAULT_GOAL := help
.PHONY: help demo test mutants check format bench crashes coupons browser editor record replay lock clean

# the first of these that is new enough; or say PYTHON=...
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
READY := .venv/.ready

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## play 60 days of a small shop, with nothing to configure
	@rm -rf build/demo && mkdir -p build/demo
	@cd build/demo && ../../$(BIN)/outreach demo $(ARGS)

# the tests start many processes, each of which would compile the program anew where bytecode is not to be written
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) ## run the tests on SQLite and PostgreSQL, on up to four processors
	@.ci/editor >/dev/null 2>&1 || true # without it, its tests are skipped and say so
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal $(ARGS)

mutants: $(READY) ## change the starter rules line by line, and see that their tests notice
	@$(BIN)/outreach test --mutants $(ARGS)

check: $(READY) ## lint, formatting and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(READY) ## put the code into its one layout, and fix what can be fixed
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(READY) ## measure what we say about speed
	@$(BIN)/python -m benchmarks $(ARGS)

browser: ## find a Chromium for the tests of pages, or install one
	@.ci/browser

editor: ## install the server that completes YAML in editors, for the tests of our schemas (with npm)
	@.ci/editor

record: $(READY) ## play the commands of docs/recording.md, and write down what they print
	@OUTREACH_RECORD=1 $(BIN)/python -m pytest -q tests/unit/cli/test_recording.py

crashes: $(READY) ## send through bad providers while the daemons die, and count every message
	@$(BIN)/python -m benchmarks.crashes $(ARGS)

coupons: $(READY) ## give coupons away with fifty workers that die, and count every code
	@$(BIN)/python -m benchmarks.coupons $(ARGS)

replay: $(READY) ## play a month of a large shop through the starter rules, and say what a year takes
	@$(BIN)/python -m benchmarks.backtest $(ARGS)

lock: build/uv/bin/uv ## write requirements.lock anew, pins kept; ARGS=--upgrade takes newer versions
	@build/uv/bin/uv pip compile pyproject.toml --extra postgres --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock $(ARGS)

clean: ## remove what was built (the environment stays; it goes with: rm -rf .venv)
	@rm -rf build dist demo .mypy_cache .ruff_cache .hypothesis
	@find outreach tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.venv/.locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "Outreach needs Python 3.11 or newer. Say where it is: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Outreach needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0])'
	@echo "Setting up .venv with $(PYTHON): once, about a minute" >&2
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(READY): .venv/.locked pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

build/uv/bin/uv:
	@$(PYTHON) -m venv build/uv
	@build/uv/bin/pip install --quiet --disable-pip-version-check uv
