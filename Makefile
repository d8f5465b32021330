# Everything a person needs: Python 3.11 or later and make, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run test check lock down reset

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything in it (every other command does it too)
	@$(PYTHON) deploy/local/bootstrap.py

run: setup ## Start the platform, walk the journey, stay up until Ctrl-C (ONCE=1: end with the journey)
	@$(BIN)/wex up --journey $(if $(ONCE),--once)

test: setup ## Run every test
	@$(BIN)/pytest -n $(WORKERS)

check: setup ## Lint, format, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy shared services deploy/local tests
	@$(BIN)/lint-imports

lock: setup ## Write constraints.txt anew after a dependency has changed
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-package wex-shared --group pyproject.toml:dev -o constraints.txt \
		shared/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml

down: setup ## End a platform that was left running
	@$(BIN)/wex down

reset: setup ## Delete the local platform's data
	@$(BIN)/wex reset
