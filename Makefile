# Keqiao 客桥. `make run` starts it, `make test` proves it; `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
KEQIAO_DATA ?= data
SCALE ?= small
BIN := .venv/bin
WORKERS ?= 2

export PORT KEQIAO_DATA
# Every command starts Python several times; compiling anew each time costs it seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: run test check bench demo build lock journeys screenshots translations clean help

run: ## start Keqiao with demo data on http://127.0.0.1:8000 (PORT, KEQIAO_DATA)
	@$(PYTHON) scripts/set_up.py run
	@exec $(BIN)/keqiao serve --with-demo

test: ## run the whole suite on the embedded database (DATABASE_URL for another)
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not journey"

check: ## read the code: style, types, layers, house rules, migrations, texts, templates
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy keqiao
	$(BIN)/lint-imports
	$(BIN)/bandit -q -lll -r keqiao -c pyproject.toml
	$(BIN)/pytest -q tests/architecture
	$(BIN)/python scripts/check_installation.py
	$(BIN)/python scripts/compile_translations.py --check
	$(BIN)/djlint --lint --quiet keqiao

bench: ## measure pages, search, API and import and write bench-*.json (SCALE=100k or 1m)
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/keqiao bench --scale $(if $(filter small,$(SCALE)),100k,$(SCALE))

demo: ## load demo customers into the data folder (SCALE=small, 100k or 1m)
	@$(PYTHON) scripts/set_up.py run
	$(BIN)/keqiao demo --scale $(SCALE)

build: ## compress and fingerprint the static files for a real installation
	@$(PYTHON) scripts/set_up.py run
	KEQIAO_BUILT_STATIC=1 $(BIN)/python manage.py collectstatic --noinput --clear -v 0

lock: ## resolve the dependencies anew and write the hashed lock files
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/python scripts/lock.py

journeys: ## walk the product in a real browser
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/pytest -m journey

screenshots: ## make the pictures in docs/pictures from the running product
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/python scripts/screenshots.py

translations: ## collect new texts into the translation files and compile them
	@$(PYTHON) scripts/set_up.py dev
	$(BIN)/python scripts/compile_translations.py --update

clean: ## remove what can be made again (environment, parts, caches); never the data folder
	rm -rf .venv node_modules build keqiao/ui/static/vendor *.egg-info .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache
	find keqiao -name '*.mo' -delete

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
