# `make check` is what CI runs. The tools come from the environment that the README's test command
# makes; where there is none yet, this makes it. Another one: make check VENV=.venv-3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Checked is the tree as it stands, also where the environment holds an older installed copy.
export PYTHONPATH := $(CURDIR)/src

PLATFORMS := linux darwin win32

.PHONY: check lints format format-check lint types architecture size docs-check test clients bench \
	campaigns

check: lints test

lints: format-check lint types architecture size docs-check

$(BIN)/pytest:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install ".[test]"

format: | $(BIN)/pytest
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

format-check: | $(BIN)/pytest
	$(BIN)/ruff format --check .

lint: | $(BIN)/pytest
	$(BIN)/ruff check .

types: | $(BIN)/pytest
	for platform in $(PLATFORMS); do $(BIN)/mypy --platform $$platform --cache-dir .mypy_cache/$$platform || exit 1; done

architecture: | $(BIN)/pytest
	$(BIN)/lint-imports

size: | $(BIN)/pytest
	$(BIN)/python -m tools.size

docs-check: | $(BIN)/pytest
	$(BIN)/python -m tools.pages --check
	$(BIN)/python -m tools.params --check
	$(BIN)/python -m tools.promises --check
	$(BIN)/python -m tools.conformance --check
	$(BIN)/python -m tools.capabilities --check

test: | $(BIN)/pytest
	$(BIN)/pytest

# Not part of `check`: their versions quarrel with those of the tests.
clients:
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/pip install ".[clients]"
	.venv-clients/bin/pytest tests/acceptance/clients tests/house/test_pins.py

# Not part of `check`: it takes a quarter of an hour, and what it prints is for people.
bench: | $(BIN)/pytest
	$(BIN)/python -m bench --install

# The campaigns at full size; the test suite has them small. Writes docs/reliability.md, and takes
# three quarters of an hour.
campaigns: | $(BIN)/pytest
	$(BIN)/python -m tests.campaigns
