# make demo   a real model, compiled and checked on this machine
# make test   everything: pytest (which runs lit), types, lint
# make lit    the FileCheck tests alone

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP = $(VENV)/.installed-$(1)-$(shell (cat pyproject.toml tests/plugin_package/pyproject.toml CMakeLists.txt; find python dialects passes -name "*.py" | sort; \
  cat $$(find python/ireekit/plugin/native -type f | sort)) | cksum | cut -d' ' -f1)

.PHONY: demo test lint types pytest lit clean

demo: $(call STAMP,demo)
	$(BIN)/python examples/demo.py

# The suites of lit are among pytest's tests, folder by folder: tests/packaging/test_lit.py.
# pyright works beside pytest; what it says comes last.
test: lint
	@mkdir -p build; $(MAKE) types > build/types.log 2>&1 & types=$$!; \
	$(MAKE) pytest; failed=$$?; wait $$types || failed=$$?; cat build/types.log; exit $$failed

lint: $(call STAMP,test)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(call STAMP,test)
	$(BIN)/pyright --pythonpath $(BIN)/python

pytest: $(call STAMP,test)
	$(BIN)/python -m pytest -n auto --dist worksteal --max-worker-restart 4 --durations 40

lit: $(call STAMP,test)
	$(BIN)/lit -v . tests/plugin_package

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(call STAMP,%): $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[$*]' $(if $(filter test,$*),--editable tests/plugin_package)
	touch $@

clean:
	rm -rf $(VENV) build demo-output
