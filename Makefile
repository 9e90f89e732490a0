# Debian, Python 3.11 or later, git and make are enough: each target sets up .venv first, when it has to.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := bash
bin := $(CURDIR)/.venv/bin

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: .set-up-run ## Sync the example postmortems in a fresh folder demo/, then show status and report
	@rm -rf demo && mkdir demo && cp -R examples/postmortems examples/closeout.toml demo/
	@cd demo && echo '$$ closeout sync' && $(bin)/closeout sync
	@cd demo && echo && echo '$$ closeout status' && $(bin)/closeout status
	@cd demo && echo && echo '$$ closeout report weekly' && $(bin)/closeout report weekly
	@echo && echo 'All this is in demo/, to play with: cd demo && ../.venv/bin/closeout --help'

.PHONY: test
test: .set-up-dev ## Run all tests on all cores, with coverage
	@$(bin)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term

.PHONY: check
check: .set-up-dev ## Lint, format, types, import direction, lock files, scripts, containers, workflows
	@.ci/check

.PHONY: format
format: .set-up-dev ## Let ruff mend what it can
	@$(bin)/ruff check --fix --quiet . ; $(bin)/ruff format --quiet .

.PHONY: bench
bench: .set-up-dev ## Run the benchmarks
	@for each in tests/benchmarks/bench_*.py; do echo "$$each" && $(bin)/python $$each || exit 1; done

.PHONY: docs
docs: .set-up-dev ## Write what the documentation takes from the program itself
	@$(bin)/python docs/generate.py

.PHONY: wheel
wheel: .set-up-dev ## Build sdist and wheel into dist/, and try the wheel in a clean environment
	@$(bin)/python .ci/check_wheel.py

.PHONY: lock
lock: .set-up-dev ## Write the lock files anew from pyproject.toml (ARGS=--upgrade: newest versions)
	@.ci/lock $(ARGS)
	@$(bin)/python .ci/check_lock.py

.PHONY: setup
setup: .set-up-dev ## Only set up .venv

.PHONY: clean
clean: ## Remove all that was made, .venv included
	@rm -rf .venv demo dist build .coverage .coverage.* htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find tracker connectors tests .ci -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: .set-up-run .set-up-dev
.set-up-run:
	@.ci/bootstrap run
.set-up-dev:
	@.ci/bootstrap dev
