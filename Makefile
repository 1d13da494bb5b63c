# Everything that is done with this repository. `make` alone lists it.
# The setting up itself is in tools/engine/: Python without any package, since nothing is there yet.

.DEFAULT_GOAL := help
.PHONY: help setup environment engine lock catalog kinds surface faults state demo demo-down lint types quick test test-all coverage format clean

PYTHON ?=
PYTEST_ARGS ?=
# Twice the processors: many tests wait for something most of their time.
WORKERS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))
UPGRADE ?=
COVERED ?= lifecycle/* api/* kinds/* provider_base.py run.py
FORCE ?=
SURVEY ?=
AGAIN ?=

# Neither a question for newer versions nor anything about this use leaves the machine.
export PULUMI_SKIP_UPDATE_CHECK = 1
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# Compiled tests are kept: compiling them again takes each worker seconds.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv/bin/

# The first Python that is new enough and can make environments; without one, the first that is new enough.
FIND_PYTHON = \
	find_python() { \
		for need in "venv, ensurepip, sys" "sys"; do \
			for python in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3.10 python3); do \
				if "$$python" -c "import $$need; sys.exit(sys.version_info < (3, 10))" >/dev/null 2>&1; then \
					echo "$$python"; return 0; \
				fi; \
			done; \
		done; \
		echo "Python 3.10 or newer is needed$(if $(PYTHON), and $(PYTHON) is none,): install it, or name one: make setup PYTHON=/path/to/python3" >&2; \
		return 1; \
	}; \
	python=$$(find_python) || exit 1

help: ## List what there is
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '  %-12s %s\n' "$$target" "$$text"; done

setup: environment engine ## Make the virtual environment (.venv) and get Pulumi's engine (.engine/bin)

environment: ## Only the virtual environment, .venv
	@$(FIND_PYTHON); exec "$$python" -m tools.engine.environment

engine: ## Only Pulumi's engine, .engine/bin; the first time on a machine this can take minutes
	@if $(VENV)python -c "import ensurepip" 2>/dev/null; then exec $(VENV)python -m tools.engine; fi; \
	$(FIND_PYTHON); exec "$$python" -m tools.engine

lock: environment ## Write requirements/*.txt from pyproject.toml (UPGRADE=--upgrade: newest versions)
	@$(VENV)uv pip compile --quiet --universal --generate-hashes --python-version 3.10 $(UPGRADE) \
		--custom-compile-command "make lock" --all-extras --group dev pyproject.toml requirements/build.in --output-file requirements/dev.txt
	@$(VENV)uv pip compile --quiet --universal --generate-hashes --python-version 3.10 $(UPGRADE) \
		--custom-compile-command "make lock" requirements/go.in --output-file requirements/go.txt
	@$(MAKE) --no-print-directory environment

catalog: environment ## Write the bundled catalogue, the typed classes and their reference (SURVEY=file: from a newer survey)
	@$(VENV)python -m scripts.catalog $(if $(SURVEY),--survey "$(SURVEY)",)

kinds: environment ## Write what follows from the fields of each kind (streamkap_pulumi/kinds)
	@$(VENV)python -m scripts.kinds

surface: environment ## Write the list of public names (a name that vanishes from it breaks somebody's program)
	@$(VENV)python -m scripts.surface

faults: environment ## Write docs/faults.md, the page of the fault matrix (tests/faults/matrix.toml)
	@$(VENV)python -m scripts.faults

state: setup ## Record the state that this version writes, for the tests of later ones (AGAIN=1: even if it is recorded already)
	@$(VENV)python -m scripts.state $(if $(AGAIN),--again,)

demo: setup ## Create two sources with a real `pulumi up`, against an emulator of Streamkap on this machine
	@$(VENV)python -m scripts.demo up

demo-down: ## Destroy the demo's sources, stop its emulator, remove .demo (FORCE=1: without destroying)
	@if [ ! -d .demo ]; then echo "There is no demo to take down."; exit 0; fi; \
	if [ -z "$(FORCE)" ]; then $(MAKE) --no-print-directory setup && exec $(VENV)python -m scripts.demo down; exit 1; fi; \
	if $(VENV)python -c "" 2>/dev/null; then exec $(VENV)python -m scripts.demo down --force; fi; \
	$(FIND_PYTHON); exec "$$python" -m scripts.demo down --force

lint: environment ## Check style and formatting
	$(VENV)ruff check
	$(VENV)ruff format --check

format: environment ## Format the code, and fix what can be fixed automatically
	$(VENV)ruff check --fix
	$(VENV)ruff format

types: environment ## Check the types
	$(VENV)mypy
	@set -e; for example in $$(find examples -mindepth 2 -name requirements.txt -not -path '*/.venv/*' -not -path '*/project/*'); do \
		echo "$(VENV)mypy ($$(dirname "$$example"))"; \
		(cd "$$(dirname "$$example")" && "$(CURDIR)/$(VENV)mypy" --config-file "$(CURDIR)/pyproject.toml" --cache-dir "$(CURDIR)/.mypy_cache" .); done

quick: environment ## Lint, types, and every test that needs no engine, for the edit loop: a minute or so
	@$(MAKE) --no-print-directory -j lint types
	$(VENV)python -m pytest -n $(WORKERS) --dist worksteal -m "not engine and not long" $(PYTEST_ARGS)

test: setup ## Lint, types, and every test but the long ones (PYTEST_ARGS="-k name" for some)
	@$(MAKE) --no-print-directory lint types
	$(VENV)python -m pytest -n $(WORKERS) --dist worksteal -m "not long" $(PYTEST_ARGS)

test-all: setup ## The same with the long tests, and coverage
	@$(MAKE) --no-print-directory lint types coverage

coverage: setup ## Every test, with branches counted, in the short ones' engines too; fails below 95 % (COVERED: of what)
	@$(VENV)coverage erase
	$(VENV)coverage run -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)
	@$(VENV)coverage combine --quiet
	@set -f; exec $(VENV)python -m scripts.covered $(COVERED)

clean: ## Remove what our commands created in this clone, but not the shared cache of engines
	@if [ -d .demo ]; then \
		$(MAKE) --no-print-directory demo-down || $(MAKE) --no-print-directory demo-down FORCE=1; fi
	rm -rf .venv .engine dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
