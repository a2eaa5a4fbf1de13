# Two commands matter: `make demo` and `make test`. `make` alone prints this help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
SCALE ?= 1
WORKSPACE ?= $(DEMO)
SUPERSET := 6.1.0
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false
export DAGSTER_DISABLE_TELEMETRY := 1
export NO_MKDOCS_2_WARNING := 1

.PHONY: help demo test dev lint types sql-lint unit bench superset-check docs docs-serve format clean

help: ## Print this help
	@echo "Pilotage: a commercial-performance warehouse. Start with 'make demo'."
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

# One environment per lock file. uv where it is installed, else venv and pip; hashes are required either way.
define install
	@if command -v uv >/dev/null 2>&1; then \
	  { [ -x $(BIN)/python ] || uv venv --quiet --python $(PYTHON) $(VENV); } && \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/$(1).txt && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  { [ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV); } && \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements/$(1).txt && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
endef

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@echo "Installing the locked environment into $(VENV) ..."
	$(call install,runtime)
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	@echo "Installing the locked development environment into $(VENV) ..."
	$(call install,dev)
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime ## Make a demo company, run one night, show its KPI board (DEMO=folder SCALE=1)
	@$(BIN)/pilotage demo --home $(DEMO) --scale $(SCALE)

test: $(VENV)/.dev lint ## Everything that CI runs: lint, types, SQL lint, tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target types sql-lint
	@$(MAKE) --no-print-directory unit

lint: $(VENV)/.dev ## Lint and format check of Python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Strict types
	$(BIN)/mypy

sql-lint: $(VENV)/.dev ## Lint of SQL
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

unit: $(VENV)/.dev ## Tests
	$(BIN)/pytest

format: $(VENV)/.dev ## Format Python and SQL
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

dev: $(VENV)/.runtime ## Dagster's web interface on the demo company, on this machine only (DEMO=folder)
	@umask 077 && mkdir -p .dagster && cp dagster.yaml .dagster/dagster.yaml
	DAGSTER_HOME="$(CURDIR)/.dagster" PILOTAGE_HOME="$(abspath $(DEMO))" $(BIN)/python -m orchestration.lib.janitor
	umask 077 && DAGSTER_HOME="$(CURDIR)/.dagster" PILOTAGE_HOME="$(abspath $(DEMO))" $(BIN)/dagster dev --host 127.0.0.1

bench: $(VENV)/.dev ## Every benchmark, each a table of ratios
	$(BIN)/python -m benchmarks

# In an environment of its own: Superset pins other versions than the product. It imports rich and cachetools without naming them, and
# allows a Flask-Caching that it does not start with.
.superset/.installed: Makefile
	@echo "Installing Superset $(SUPERSET) into .superset ..."
	@if command -v uv >/dev/null 2>&1; then \
	  { [ -x .superset/bin/python ] || uv venv --quiet --python $(PYTHON) .superset; } && \
	  uv pip install --quiet --python .superset/bin/python apache-superset==$(SUPERSET) "flask-caching<2.4" psycopg2-binary rich cachetools ; \
	else \
	  { [ -x .superset/bin/python ] || $(PYTHON) -m venv .superset; } && \
	  .superset/bin/python -m pip install --quiet apache-superset==$(SUPERSET) "flask-caching<2.4" psycopg2-binary rich cachetools ; \
	fi
	@touch $@

superset-check: $(VENV)/.dev .superset/.installed ## Superset on the published demo, really run, with a picture (WORKSPACE=folder)
	$(BIN)/python -m benchmarks.superset.check $(WORKSPACE) --environment .superset --picture .superset/dashboard.png

docs: $(VENV)/.dev ## Build the documentation site into site/; a warning is an error
	$(BIN)/mkdocs build --strict --quiet

docs-serve: $(VENV)/.dev ## Show the documentation site while it is written, on this machine only
	$(BIN)/mkdocs serve --strict --dev-addr 127.0.0.1:8000

clean: ## Remove the environment and caches (never a workspace)
	rm -rf $(VENV) .superset .mypy_cache .ruff_cache .pytest_cache dbt_project/target .dagster site
