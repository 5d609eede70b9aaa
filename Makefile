# The commands of this project; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8080
WORKERS ?= 2

.PHONY: help install run test unit lint bench lock translations

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

# One stamp per requirement file: a second run does nothing until the file changes.
$(VENV)/.run: requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

PO := $(wildcard translations/*/LC_MESSAGES/messages.po)
$(VENV)/.mo: $(VENV)/.run $(PO)
	$(BIN)/pybabel -q compile -d translations
	touch $@

install: $(VENV)/.run $(VENV)/.mo ## Make the virtual environment and install what the product needs

run: install ## Start everything on this machine: database, demo data, web server and scheduler
	$(BIN)/huifang serve --demo-if-empty --port $(PORT)

test: install $(VENV)/.dev ## Run every test (the browser part needs Chromium, and says so where there is none)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

unit: install $(VENV)/.dev ## Run the quick tests only
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not browser and not postgres"

lint: $(VENV)/.dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install $(VENV)/.dev ## Print the quick benchmarks
	$(BIN)/python -m bench.answering --quick
	$(BIN)/python -m bench.page --quick
	$(BIN)/python -m bench.desk --quick

lock: $(VENV)/.dev ## Pin the dependencies again, with hashes
	cd requirements && for name in run dev; do \
	  ../$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --strip-extras --allow-unsafe -o $$name.txt $$name.in; done

translations: $(VENV)/.dev ## Collect the texts to translate and merge them into the catalogues
	$(BIN)/pybabel -q extract -F translations/babel.cfg -k _l -k ngettext:1,2 --no-location --sort-output \
	  --omit-header -o translations/messages.pot .
	$(BIN)/pybabel -q update -i translations/messages.pot -d translations --no-fuzzy-matching --omit-header
