# Everything here sets itself up in .venv with nothing but Python 3.11 (or later) and make, and again when the lock
# or the project's dependencies change.

python := $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)
venv := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup have-python demo test bench soak lint types locks clean

help: ## show this list
	@echo "Krets. Targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: have-python ## make or refresh the environment .venv (the others do it by themselves)
	@$(python) -m tests.environments

have-python:
	@test -n "$(python)" || { echo "Python 3.11 or later is needed. On Debian: apt-get install python3-venv" >&2; exit 1; }

demo: setup ## four nodes on this machine exchange a thing before your eyes; Ctrl-C stops them
	@.venv/bin/krets demo

test: have-python ## everything: style, types, imports, all tests, coverage, a part on every other Python
	@$(python) -m tests.run_all

bench: setup ## measure, as ratios to the raw limits of this machine
	@$(venv) -m tests.bench

soak: setup ## the long run: random histories of an exchange; takes minutes
	@$(venv) -m pytest -m soak --timeout=0

lint: setup ## style and import direction
	@$(venv) -m ruff check .
	@$(venv) -m ruff format --check .
	@.venv/bin/lint-imports

types: setup ## mypy --strict
	@$(venv) -m mypy

locks: ## compile the locks again (needs uv; read the difference before you commit it)
	uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --extra dev --constraint requirements.txt --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements-dev.txt

clean: ## remove environments, caches and results of runs
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
