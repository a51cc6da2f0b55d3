# `make setup` needs only make, git and a Python >= 3.11 with venv; the rest depends on it.
#   make demo    run the example workflow and show what was recorded
#   make test    the tests; WORKERS=2 spreads them, ARGS="-k replay" picks some
#   make check   format, lint, types and layers
#   make bench   measure Milepost beside its peers
#   make chaos   the whole campaign of crashes and random cases; SEED=7 is another draw
#   make mutate  plant bugs in the engine's core and count how many the simulation finds

PYTHON ?=
SEED ?= 20261121
WORKERS ?= 0
ARGS ?=

BIN := .venv/bin
STAMP := .venv/.installed
CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)

.PHONY: setup demo test check bench chaos mutate
.DELETE_ON_ERROR:

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	    for name in $(CANDIDATES); do \
	        found=$$(command -v "$$name") && "$$found" -c \
	            'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	            && break; \
	        found=; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "setup: no Python >= 3.11 with venv found (tried: $(CANDIDATES));" \
	            "install one, or name it: make setup PYTHON=/path/to/python3" >&2; \
	        exit 2; \
	    fi; \
	    echo "setup: making .venv with $$found"; \
	    "$$found" -m venv --clear .venv; \
	fi
	@echo "setup: installing what constraints.txt pins (about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    -c constraints.txt -e '.[chart,dev]'
	@touch $@

demo: setup
	@$(BIN)/python -m examples.demo

test: setup
	@$(BIN)/python -m pytest -m 'not slow' -n $(WORKERS) --dist worksteal \
	    --seed=$(SEED) --hypothesis-seed=$(SEED) $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

chaos: setup
	@$(BIN)/python -m pytest -m 'chaos or slow or hypothesis' -n $(WORKERS) \
	    --campaign --timeout=7200 \
	    --seed=$(SEED) --hypothesis-seed=$(SEED) $(ARGS)

mutate: setup
	@$(BIN)/python -m tests.mutation.hunting $(SEED) $(WORKERS)
