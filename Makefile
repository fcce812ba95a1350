# Everything a newcomer needs, with nothing installed but Python 3.11 or newer.
#
#   make lab       open the lab                 make lint     ruff check and format
#   make test      the whole test suite         make types    mypy, strict
#   make bench     the benchmarks               make soak     an hour of lab work, compressed
#
#   make test ARGS="tests/test_leaked_session.py -k same_second"   anything pytest takes
#
# The virtual environment .venv is made on first use, with uv where there is one, else with
# venv and pip, and brought up to date when pyproject.toml or constraints.txt change.
# Written for GNU make 3.81, which is what macOS has.

VENV = .venv
BIN = $(VENV)/bin
ARGS =

LAB_READY = $(VENV)/.lab-ready
DEV_READY = $(VENV)/.dev-ready

.PHONY: lab test lint format types check bench soak js setup clean refreeze pictures

lab: $(LAB_READY)
	@$(BIN)/stslab $(ARGS)

test: $(DEV_READY)
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEV_READY)
	$(BIN)/mypy

check: lint types test

# The JavaScript SDK, for tests/js; without it those tests are skipped.
js: tests/js/node_modules/.ready

tests/js/node_modules/.ready: tests/js/package.json
	cd tests/js && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

setup: $(DEV_READY)

# Ratios against peers measured in the same run; iam-simulate only where there is npm.
bench: $(DEV_READY)
	@if command -v npm >/dev/null 2>&1; then $(MAKE) bench/js/node_modules/.ready; fi
	$(BIN)/python -m bench $(ARGS)

# 50,000 calls of 16 clients, every answer judged: some minutes. ARGS="5000" for a tenth of it.
soak: $(DEV_READY)
	$(BIN)/python -m bench.soak $(ARGS)

bench/js/node_modules/.ready: bench/js/package.json
	cd bench/js && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# The pictures of README and docs, from the lab itself.
pictures: $(DEV_READY)
	$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) build dist *.egg-info tests/js/node_modules bench/js/node_modules

# -- the virtual environment ------------------------------------------------------------------

# A python3 on PATH may be too old, or a shim that only prints an error: each is asked.
$(BIN)/python:
	@found=; \
	for python in $$PYTHON python3 python3.11 python3.12 python3.13 python3.14 python; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found=$$python; break; fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --clear --python "$${found:->=3.11}" $(VENV); \
	elif [ -z "$$found" ]; then \
	  echo "stslab needs Python 3.11 or newer, and none was found; set PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	else \
	  $$found -m venv --clear $(VENV) || { \
	    echo "$$found cannot make a virtual environment; on Debian or Ubuntu install python3-venv" >&2; \
	    rm -rf $(VENV); exit 1; }; \
	fi

# Dependency groups (PEP 735) need pip 25.1; uv knows them.
define install
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt $(1); \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1" && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(1); \
	fi
	@touch $@
endef

$(LAB_READY): pyproject.toml constraints.txt $(BIN)/python
	@echo "setting up $(VENV) (once; about a minute)"
	$(call install,-e .)

$(DEV_READY): $(LAB_READY)
	@echo "setting up $(VENV) for tests and development"
	$(call install,-e '.[web]' --group dev)

# -- releases ---------------------------------------------------------------------------------

# The newest versions pyproject.toml allows, tried and pinned: run `make check` afterwards.
refreeze:
	rm -rf build/freeze
	python3 -m venv build/freeze
	build/freeze/bin/python -m pip install --quiet --upgrade pip
	build/freeze/bin/python -m pip install --quiet -e '.[web]' --group dev
	( sed -n '/^#/p' constraints.txt; build/freeze/bin/python -m pip freeze --exclude-editable ) \
	  > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/freeze
