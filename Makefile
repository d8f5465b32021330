# Everything a person needs: Python 3.11 or later and make, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast test-loaded browser check contracts kills compose faults restore-drill top bench lock down reset

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

# A home folder that is missing or closed to us fails pip, uv and database drivers: then we keep one here.
ifneq (usable,$(shell test -d "$$HOME" -a -w "$$HOME" -a -x "$$HOME" && echo usable))
export HOME := $(CURDIR)/.wex/home
endif

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything in it (every other command does it too)
	@$(PYTHON) deploy/local/bootstrap.py

run: setup ## Start the platform, walk the journey, stay up until Ctrl-C (ONCE=1: end with the journey)
	@$(BIN)/wex up --journey $(if $(ONCE),--once)

test: setup ## Run every test, or T=: one file, folder or test id
	@$(BIN)/pytest $(or $(T),-n $(WORKERS))

test-fast: setup ## Run the tests that need no engine: domain, kernel, contracts, architecture
	@$(BIN)/pytest -n $(WORKERS) -m "not engine" --ignore tests/local

browser: setup ## Look at the page at /docs in headless Chromium, which must be installed (Debian: chromium)
	@$(BIN)/pytest tests/browser/docs_page.py

test-loaded: setup ## Run every test while four other processes keep the processors busy
	@$(BIN)/python -m tests.local.busy $(BIN)/pytest -n $(WORKERS)

check: setup ## Lint (migrations too), format, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy shared services deploy/local tests
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.architecture.linting

contracts: setup ## Write deploy/api and docs/settings.md anew after an event, a route or a setting has changed
	@$(BIN)/python deploy/api/publish.py
	@$(BIN)/python deploy/api/settings_table.py

kills: setup ## Kill every process with -9 in the middle of a journey, and count the ledger after
	@$(BIN)/python -m tests.system.kills --seed $(or $(SEED),1)

compose: setup ## With Docker: bring the containers up, walk the journey, break them (SEED=, WITHOUT=)
	@$(BIN)/python -m tests.deploy.compose_drill --seed $(or $(SEED),1) $(if $(WITHOUT),--without $(WITHOUT))

faults: setup ## Break the running platform by a seed and check what is left (TRIALS=, CELL=, SEED=)
	@$(BIN)/python -m tests.faults --trials $(or $(TRIALS),1) --seed $(or $(SEED),1) $(if $(CELL),--cell $(CELL))

restore-drill: setup ## Lose a service's database at work, restore it, compare all (SERVICE=, SEED=, SECONDS=)
	@$(BIN)/python -m tests.restore --service $(or $(SERVICE),bookings) --seed $(or $(SEED),1) \
		--seconds $(or $(SECONDS),60)

beside: setup ## Run an earlier release beside this one, both ways round, under load (TAG=, TRIALS=, SEED=)
	@$(BIN)/python -m tests.faults.old_beside_new --tag $(or $(TAG),v0.2.0) --trials $(or $(TRIALS),1) \
		--seed $(or $(SEED),1)

top: setup ## Show what every service does now, while the platform runs
	@$(BIN)/wex top

attack: setup ## Attack a running platform: documents, tenants, tokens, marked words (EXAMPLES, TRANSACTIONS, SEED)
	@$(BIN)/python -m tests.attack --examples $(or $(EXAMPLES),30) --transactions $(or $(TRANSACTIONS),20000) \
		--seed $(or $(SEED),1)

bench: setup ## Measure against ceilings, side by side (ONLY=holds, ROUNDS=, SECONDS=)
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) --rounds $(or $(ROUNDS),5) \
		--seconds $(or $(SECONDS),5)

lock: setup ## Write constraints.txt anew after a dependency has changed
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-package wex-shared --group pyproject.toml:dev -o constraints.txt \
		shared/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml

down: setup ## End a platform that was left running
	@$(BIN)/wex down

reset: setup ## Delete the local platform's data
	@$(BIN)/wex reset
