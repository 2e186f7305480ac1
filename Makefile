# `make demo` and `make test` need only Python 3.11+, git and make; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORBITAL := .venv-orbital
# Two workers a core would only wait for each other: the tests are busy, not idle.
WORKERS ?= auto

.PHONY: demo test test-all lint format docs bench wheel clean

demo: $(VENV)/.demo
	$(BIN)/deployer demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: $(VENV)/.lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.demo
	$(BIN)/python docs/generate.py

bench: $(VENV)/.test $(ORBITAL)/.done
	ORBITAL_PYTHON=$(ORBITAL)/bin/python $(BIN)/python -m benchmarks.run

wheel: $(VENV)/.test
	$(BIN)/python -m build --wheel

# pip learned dependency groups in 25.1.
$(VENV)/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo pyproject.toml .ci/system-packages
	.ci/system-packages
	$(BIN)/python -m pip install --quiet --editable '.[demo,ci,serve,pyodbc,mssql-python]' --group test
	@touch $@

# The model-to-SQL library that predict.py compares with wants an older onnx than the tests have.
$(ORBITAL)/.done: $(VENV)/.pip pyproject.toml
	$(PYTHON) -m venv $(ORBITAL)
	$(ORBITAL)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(ORBITAL)/bin/python -m pip install --quiet --group bench
	@touch $@

$(VENV)/.lint: $(VENV)/.test pyproject.toml
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

clean:
	rm -rf $(VENV) $(ORBITAL) build dist demo
