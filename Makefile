# Everything a fresh machine needs: Python 3.11 to 3.13, make, and a package registry.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
UNTRAINED := tests/checks tests/cli tests/data tests/environment tests/options tests/runs $(wildcard tests/test_*.py)
QUICK = $(shell grep -rLE --include='test_*.py' 'keras|tensorflow|sklearn|scipy|subprocess|Victim|deep=True' $(UNTRAINED))
PYTHON_OF_TESTS := $(BIN)/python

.PHONY: demo test docs style quick tests-untrained matrix attacks clean

demo: $(VENV)/installed
	$(BIN)/tltool demo --out demo --force

test: $(VENV)/installed
	$(BIN)/python -m ruff format --check --diff .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile --durations 15 tests

# Every file as `make test` wants it to look.
style: $(VENV)/installed
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python docs/house.py

# The pages of docs/ as a site in build/site, without a network.
docs: $(VENV)/installed
	$(BIN)/zensical build --strict

# A first answer within a minute: of the tests that train nothing, those that load no heavy library and start no other process.
quick: $(VENV)/installed
	$(BIN)/python -m pytest -n 2 --dist loadfile $(QUICK)

tests-untrained:
	$(PYTHON_OF_TESTS) -m pytest -m 'not slow' $(UNTRAINED)

# The tests that train nothing, in fresh environments: newest dependencies on every Python, and the lowest that setup.cfg allows on the oldest one, for
# which all of them have wheels. About 3 GB at a time, and half an hour.
matrix:
	.ci/matrix 3.11 floors
	.ci/matrix 3.11 newest
	.ci/matrix 3.12 newest
	.ci/matrix 3.13 newest

# Hostile and damaged files, kills, full disks and crowds, in an hour or two; a few of them: make attacks ATTACKS="photos bombs --scale 0.1".
attacks: $(VENV)/installed
	$(BIN)/python -m attacks $(ATTACKS)

$(VENV)/installed: setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "tltool needs Python 3.11, 3.12 or 3.13; none of them was found. Name one: make PYTHON=/path/to/python"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) and installing tltool with its dependencies (TensorFlow among them: about 3.2 GB)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,jax]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
