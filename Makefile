# Everything below sets itself up in .venv from the locked requirements; Python >= 3.11 and make are all it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
KINEPHEN_REFERENCE ?= ../shared
export KINEPHEN_REFERENCE
# Tests of one file differ in length a hundredfold: a worker that is done takes from the other.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
PIP_FLAGS := --quiet --disable-pip-version-check

.PHONY: help demo claims test coverage mutants test-slow test-nightly test-browser test-r test-docs docs lint types contracts lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("kinephen needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "installing kinephen into $(VENV) ..."
	$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "installing kinephen and its development tools into $(VENV) ..."
	$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run  ## simulate a trial, analyse it, name the report to open
	$(BIN)/kinephen demo --out demo-output

claims: $(VENV)/.run  ## write docs/claims.md again from the public tables (needs the reference folder)
	$(BIN)/kinephen reproduce chitalia2023 --ispy1 $(KINEPHEN_REFERENCE)/data/ispy1 --out claims-output --quiet
	cp claims-output/ledger.md docs/claims.md

test: $(VENV)/.dev lint types contracts  ## style, types, contracts and all tests that need no root, R or browser
	$(PYTEST) -m "not slow and not browser and not r and not peers and not docs"

coverage: $(VENV)/.dev  ## the same tests with line and branch coverage
	$(PYTEST) -m "not slow and not browser and not r and not peers and not docs" --cov --cov-report=term:skip-covered

test-slow: $(VENV)/.dev  ## the long checks
	$(BIN)/python -m pytest -m slow

test-nightly: $(VENV)/.dev  ## the laws on new examples
	KINEPHEN_LAWS=nightly $(PYTEST) -m "not slow and not browser and not r and not peers and not docs" tests/law

test-browser: $(VENV)/.dev  ## the pages in headless Chromium (needs the chromium package)
	$(PYTEST) -m browser

test-r: $(VENV)/.dev  ## checks that call R (needs r-base-core, r-cran-survival, r-cran-cmprsk)
	$(PYTEST) -m r

mutants: $(VENV)/.dev  ## plant 300 faults in study, report, model and cli, and list those that no test sees (an hour)
	$(BIN)/python -m tests.mutants

test-docs: $(VENV)/.dev  ## run every code block of README.md and docs/
	$(PYTEST) -m docs

$(VENV)/.docs: requirements/docs.txt | $(VENV)/.run
	@echo "installing the tools of the documentation into $(VENV) ..."
	$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/docs.txt
	@touch $@

docs: $(VENV)/.docs  ## build the documentation into docs/_build/html, warnings are errors
	$(BIN)/python -m sphinx -b html -j 2 -W --keep-going -q docs docs/_build/html
	@echo "open docs/_build/html/index.html"

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy --strict
	$(BIN)/mypy

contracts: $(VENV)/.dev  ## import contracts between the rooms
	$(BIN)/lint-imports

lock:  ## write the requirements locks again (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q -o requirements/run.txt
	uv pip compile pyproject.toml --all-extras --group dev --group browser --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q -o requirements/dev.txt
	uv pip compile pyproject.toml --group docs --constraint requirements/dev.txt --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q -o requirements/docs.txt

clean:  ## remove what the targets above made
	rm -rf $(VENV) demo-output claims-output docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
