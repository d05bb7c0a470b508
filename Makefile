# Two commands are enough: `make up` to see it, `make test` to check it. Each sets up what it needs in .venv.
# Paths are relative throughout, so that a folder with spaces in its name works.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up test lint lock clean venv venv-test

# Options for `tocsin up`, for example: make up ARGS="--port 9000"
ARGS ?=
# Options for pytest, for example: make test PYTEST_ARGS="-k gate"
PYTEST_ARGS ?=
WORKERS ?= 2
BIN := .venv/bin
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command "make lock"

help:
	@echo "make up     set up and start Tocsin with a drill to look at   (ARGS=\"--port 9000\")"
	@echo "make test   set up and run every check and every test         (PYTEST_ARGS=\"-k gate\")"
	@echo "make lint   ruff, mypy, the floors"
	@echo "make lock   choose the newest allowed requirements and lock them (needs uv)"
	@echo "make clean  remove what make and the tests have made"

venv:
	@PYTHON="$(PYTHON)" tools/venv run

venv-test:
	@PYTHON="$(PYTHON)" tools/venv test

up: venv
	@exec $(BIN)/tocsin up --drill credential-stuffing $(ARGS)

lint: venv-test
	@tools/lint

# The pytest run comes last and its summary is the last thing printed; a check that failed before it is named
# again by tests/house/test_checks_before.py, so that the summary alone tells the truth.
test: venv-test
	@failed=; \
	tools/lint || failed="lint"; \
	WORKERS=$(WORKERS) $(BIN)/python tools/engine_coverage.py || failed="$$failed engine-coverage"; \
	TOCSIN_FAILED_CHECKS="$$failed" $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
		$$($(BIN)/python tools/engine_coverage.py --ignored) $(PYTEST_ARGS)

lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	$(COMPILE) --upgrade tools/requirements-build.in -o requirements-build.lock
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --extra test -c requirements.lock -c requirements-build.lock pyproject.toml -o requirements-test.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov dist build
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
