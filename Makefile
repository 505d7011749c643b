# Everything a fresh machine needs: Python 3.11 to 3.13, make, and a package registry.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test clean

demo: $(VENV)/installed
	$(BIN)/tltool demo --out demo --force

test: $(VENV)/installed
	$(BIN)/python -m ruff check tltool recipes tests benchmarks
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest tests

$(VENV)/installed: setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "tltool needs Python 3.11, 3.12 or 3.13; none of them was found. Name one: make PYTHON=/path/to/python"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) and installing tltool with its dependencies (TensorFlow among them: about 1.5 GB)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,jax]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
