# Two commands are enough: `make serve` and `make test`. They need Python 3.11+ and make, nothing else.
# What they install lies in .venv (to serve) and .venv-dev (to check); `make clean` takes it all away.

PYTHON ?= python3
PORT ?= 8000
INDEX ?= index
SOURCES ?= seeds
RUN := .venv/bin
DEV := .venv-dev/bin

.DEFAULT_GOAL := help
.PHONY: help serve test quick test-opensearch lint format bench bench-scale bench-http relevance picture soak audit licences sbom dist lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

serve: .venv/installed ## serve the search at http://127.0.0.1:8000 (indexes seeds/ if there is no index)
	@test -e $(INDEX)/current || $(RUN)/metiers index $(SOURCES) --index $(INDEX)
	$(RUN)/metiers serve --index $(INDEX) --port $(PORT)

test: lint ## all checks and all tests
	$(DEV)/python -m pytest -n 3 --dist loadgroup --cov --cov-report=term

quick: .venv-dev/installed ## the tests that need no corpus, server, browser, cluster or chain of processes: for every change
	$(DEV)/python -m pytest -n 2 --dist loadgroup --quick -q

test-opensearch: .venv-dev/installed ## the cluster's engine on real nodes alone (needs Java 17 and Maven)
	$(DEV)/python -m pytest -k opensearch

lint: .venv-dev/installed ## style, types and layers only
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy
	$(DEV)/lint-imports

format: .venv-dev/installed ## put the code in the house style
	$(DEV)/ruff check --fix .
	$(DEV)/ruff format .

bench: .venv-dev/installed ## speed beside other engines, in one run (BENCH="--quick": only a little)
	$(DEV)/python tests/bench/run.py $(BENCH)

bench-scale: .venv-dev/installed ## the same over 10 and 100 times as many sheets, and both engines beside one another
	$(DEV)/python tests/bench/run.py --scale 10 $(BENCH)
	$(DEV)/python tests/bench/run.py --scale 100 $(BENCH)
	$(DEV)/python tests/bench/parity.py --write docs/scaling.md
	$(DEV)/python tests/bench/scale.py --write docs/scaling.md

bench-http: .venv-dev/installed ## speed of the whole service over HTTP
	$(DEV)/python tests/bench/load.py $(BENCH)
	$(DEV)/python tests/bench/answers.py $(BENCH)
	$(DEV)/python tests/bench/memory.py $(BENCH)

relevance: .venv-dev/installed ## relevance on the judged queries, and what each idea brings: docs/relevance.md
	$(DEV)/python tests/bench/relevance.py --write docs/relevance.md

picture: .venv-dev/installed ## the structure of the code as it is now: docs/house.svg
	$(DEV)/python docs/draw_house.py

soak: .venv-dev/installed ## the long safety tests, whole
	METIERS_SOAK=1 $(DEV)/python -m pytest -m soak

audit: .venv-dev/installed ## known flaws of the locked dependencies
	$(DEV)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock
	$(DEV)/pip-audit --strict --require-hashes --disable-pip --requirement requirements-dev.lock

licences: .venv/installed .venv-dev/installed ## licences of what is installed to serve
	$(DEV)/pip-licenses --python $(RUN)/python --from=mixed --order=license --with-urls

sbom: .venv/installed .venv-dev/installed ## what is installed to serve, as CycloneDX: reports/sbom.json
	@mkdir -p reports
	$(DEV)/cyclonedx-py environment --pyproject pyproject.toml --output-file reports/sbom.json $(RUN)/python

dist: .venv-dev/installed ## what a release holds, from the last commit: dist/ (must not exist)
	$(DEV)/python .ci/release.py dist

lock: .venv-dev/installed ## renew both lock files from pyproject.toml
	$(DEV)/uv pip compile pyproject.toml $(LOCK) --extra build --upgrade --output-file requirements.lock
	$(DEV)/uv pip compile pyproject.toml $(LOCK) --all-extras --upgrade --constraint requirements.lock \
		--output-file requirements-dev.lock

LOCK := --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command 'make lock' --quiet

clean: ## remove what was installed, measured and cached (never the index)
	rm -rf .venv .venv-dev build *.egg-info reports .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .schemathesis

.venv/installed: requirements.lock pyproject.toml
	$(call install,.venv,requirements.lock)

.venv-dev/installed: requirements-dev.lock pyproject.toml
	$(call install,.venv-dev,requirements-dev.lock)

# Every file is checked against its hash; the project itself is built by the locked setuptools.
# A lock names all that is needed, so pip resolves nothing (--no-deps): a release of tomorrow changes nothing here.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@echo "Installing $(2) in $(1) ..."
	@$(PYTHON) -m venv --clear $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $(2)
	@PYTHONWARNINGS=ignore $(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --no-index --editable .
	@$(1)/bin/python -m pip check --quiet --disable-pip-version-check
	@touch $@
endef
