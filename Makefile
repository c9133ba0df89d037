# Tastemaker: every command a person needs. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help install run chat ask doctor test check format lint types contracts docs bench clean

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install:  ## create .venv and install the pinned dependencies
	@$(PYTHON) scripts/install.py

run: install  ## prepare the demo catalogues (once) and open the chat page
	@$(BIN)/tastemaker ui $(ARGS)

chat: install  ## talk in the terminal
	@$(BIN)/tastemaker chat $(ARGS)

doctor: install  ## what is configured, what works, what does not
	@$(BIN)/tastemaker doctor

test: install  ## run the tests
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: install format lint types contracts test docs  ## format, lint, types, import contracts, tests, docs

format: install
	@$(BIN)/ruff format --check .

lint: install
	@$(BIN)/ruff check .

types: install
	@$(BIN)/mypy

contracts: install
	@$(BIN)/lint-imports

docs: install
	@$(BIN)/python -m pytest tests/docs

bench: install  ## speed of a turn, by stage
	@$(BIN)/python -m benchmarks.turn_speed

clean:  ## remove the environment and caches (your conversations in .tastemaker stay)
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
