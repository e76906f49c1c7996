# Everything below sets itself up in .venv from the locked requirements; Python >= 3.11 and make are all it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
KINEPHEN_REFERENCE ?= ../shared
export KINEPHEN_REFERENCE
# Tests of one file differ in length a hundredfold: a worker that is done takes from the other.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
QUICK := not slow and not browser and not r and not peers and not docs and not locks
LOWEST := $(VENV)-lowest
# Empty where a locked release has no wheel: it is then built from its locked source, with a compiler and tools not locked.
ONLY_WHEELS ?= --only-binary :all:
PIP_FLAGS := --quiet --disable-pip-version-check

.PHONY: help demo claims test test-lowest test-locks coverage mutants test-slow test-nightly test-browser test-r
.PHONY: test-docs docs lint types contracts lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("kinephen needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# What is installed is the lock and nothing else: no resolver is asked, nothing is built but kinephen itself, with the
# locked build tools. $(1): folder of the environment, $(2): name of the lock.
define install
	@echo "installing requirements/$(2).txt and kinephen into $(1) ..."
	$(1)/bin/python -m pip install $(PIP_FLAGS) --no-deps --require-hashes $(ONLY_WHEELS) -r requirements/$(2).txt || { \
	  echo "if a release has no wheel for this Python or system: the same with ONLY_WHEELS= (needs a compiler)" >&2; exit 1; }
	$(1)/bin/python -m pip install $(PIP_FLAGS) --no-deps --no-build-isolation --editable .
	$(1)/bin/python -m pip check || { echo "$(1) holds packages of an earlier lock; remove it: make clean" >&2; exit 1; }
endef

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(call install,$(VENV),run)
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(call install,$(VENV),dev)
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run  ## simulate a trial, analyse it, name the report to open
	$(BIN)/kinephen demo --out demo-output

claims: $(VENV)/.run  ## write docs/claims.md again from the public tables (needs the reference folder)
	$(BIN)/kinephen reproduce chitalia2023 --ispy1 $(KINEPHEN_REFERENCE)/data/ispy1 --out claims-output --quiet
	cp claims-output/ledger.md docs/claims.md

test: $(VENV)/.dev lint types contracts  ## style, types, contracts and all tests that need no root, R or browser
	$(PYTEST) -m "$(QUICK)"

$(LOWEST)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("the lowest versions have wheels for Python 3.11 only: make test-lowest PYTHON=python3.11") if sys.version_info[:2] != (3, 11) else None'
	$(PYTHON) -m venv $(LOWEST)

$(LOWEST)/.lowest: requirements/lowest.txt pyproject.toml | $(LOWEST)/bin/python
	$(call install,$(LOWEST),lowest)
	@touch $@

# Old releases warn of what newer ones beneath them no longer like: that is no error here.
test-lowest: $(LOWEST)/.lowest  ## the unit tests with the lowest versions that pyproject.toml allows (Python 3.11)
	$(LOWEST)/bin/python -m pytest -n 2 --dist worksteal -o filterwarnings=default -m "$(QUICK)" tests/unit \
	  --deselect tests/unit/test_radiomics_kernels.py::test_importing_the_package_imports_no_numba

test-locks: $(VENV)/.dev $(VENV)/.docs  ## install the locks where newer releases lie beside them, with an old pip and the newest
	$(BIN)/python -m pytest tests/unit/test_locks.py tests/install

coverage: $(VENV)/.dev  ## the same tests with line and branch coverage
	$(PYTEST) -m "$(QUICK)" --cov --cov-report=term:skip-covered

test-slow: $(VENV)/.dev  ## the long checks
	$(BIN)/python -m pytest -m slow

test-nightly: $(VENV)/.dev  ## the laws on new examples
	KINEPHEN_LAWS=nightly $(PYTEST) -m "$(QUICK)" tests/law

test-browser: $(VENV)/.dev  ## the pages in headless Chromium (needs the chromium package)
	$(PYTEST) -m browser

test-r: $(VENV)/.dev  ## checks that call R (needs r-base-core, r-cran-survival, r-cran-cmprsk, r-cran-jsonlite)
	$(PYTEST) -m r

mutants: $(VENV)/.dev  ## plant 300 faults in study, report, model and cli, and list those that no test sees (an hour)
	$(BIN)/python -m tests.mutants

test-docs: $(VENV)/.dev  ## run every code block of README.md and docs/
	$(PYTEST) -m docs

$(VENV)/.docs: requirements/docs.txt pyproject.toml | $(BIN)/python
	$(call install,$(VENV),docs)
	@touch $@ $(VENV)/.run

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

COMPILE = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(LOCK_FLAGS)

lock:  ## write the requirements locks again (needs uv; newer releases with LOCK_FLAGS=--upgrade)
	$(COMPILE) --all-extras --group dev --group browser -o requirements/dev.txt
	$(COMPILE) --group build --constraint requirements/dev.txt -o requirements/run.txt
	$(COMPILE) --all-extras --group build --group docs --constraint requirements/dev.txt -o requirements/docs.txt
	$(COMPILE) --all-extras --group build --group test --resolution lowest-direct -o requirements/lowest.txt

clean:  ## remove what the targets above made
	rm -rf $(VENV) $(LOWEST) demo-output claims-output docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
