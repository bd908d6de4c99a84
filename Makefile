# Two commands do all the set-up: `make demo` and `make test` (Python >= 3.11 with venv, and make).
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
NO_WHEELS := { echo "The wheels could not be installed: look at the message above, at the network and at the free disk space (650 MB are needed), and run make again." >&2; exit 2; }
KEEP ?=

.PHONY: setup demo test test-fast campaign campaign-counts campaign-faults soak up lint lock bench bench-forward bench-audit bench-dedup reality audit-dependencies dedup-figures dedup-peers clean

setup: $(VENV)/ready  ## make .venv ready

$(VENV)/ready: requirements-tools.lock requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install it (Debian, Ubuntu: apt install python3 python3-venv) or say make PYTHON=/path/to/python." >&2; exit 2; }
	@echo "Making $(VENV) with $(PYTHON): this downloads about 200 MB the first time and takes a minute."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "The venv could not be made. Install python3-venv, or free some disk space (650 MB are needed)." >&2; exit 2; }
	@$(PIP) install --require-hashes -r requirements-tools.lock || $(NO_WHEELS)
	@$(PIP) install --require-hashes -r requirements.lock || $(NO_WHEELS)
	@$(PIP) install --no-deps --no-build-isolation --editable . || $(NO_WHEELS)
	@touch $@

$(VENV)/tested: $(VENV)/ready requirements-test.lock requirements-compose.lock
	@$(PIP) install --require-hashes -r requirements-test.lock || $(NO_WHEELS)
	@$(PIP) install --no-deps --require-hashes --target .tools/compose --upgrade -r requirements-compose.lock || $(NO_WHEELS)
	@touch $@

demo: setup  ## the whole way, from three doors to the registry and back
	@$(BIN)/satupintu demo $(if $(KEEP),--keep)

up: setup  ## run it for real on this machine
	@$(BIN)/satupintu up

test: $(VENV)/tested  ## everything, each fault once
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -m "not campaign" $(ARGS)

test-fast: $(VENV)/tested  ## what a developer runs before every push
	@$(BIN)/python -m pytest -n 2 -m "not campaign and not slow and not airflow" $(ARGS)

campaign: campaign-counts campaign-faults  ## the full counts, an hour or more; each half can be run by itself

campaign-counts: $(VENV)/tested  ## soaks, mutants and whatever else has a full size
	@$(BIN)/python -m pytest -m campaign -v -rs --ignore-glob="tests/faults/test_matrix_*.py" $(ARGS)

campaign-faults: $(VENV)/tested  ## 25 seeds of each cell of the fault matrix
	@$(BIN)/python -m tests.faults.cells | tail -n 1
	@$(BIN)/python -m pytest -n 2 -m campaign -q -rs $(ARGS) tests/faults/test_matrix_network.py tests/faults/test_matrix_inside.py

soak: $(VENV)/tested  ## one soak by itself: make soak ARGS="--complaints 5000 --workers 8 --faults 11000 --kills 200 --crashes 5 --zombies 25"
	@$(BIN)/python -m tests.faults.soak $(ARGS)

lint: $(VENV)/tested  ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > .lint-imports.log || { cat .lint-imports.log; exit 1; }

bench: $(VENV)/tested  ## beside dlt, airbyte-cdk, singer-sdk and plain packages
	@$(BIN)/python -m bench.ingest $(ARGS)

bench-forward: $(VENV)/tested  ## from the outbox to a registry, beside loops of requests and httpx
	@$(BIN)/python -m bench.forward $(ARGS)

bench-audit: $(VENV)/tested  ## the log at a million entries: verifying beside hashlib, proofs, sealing
	@$(BIN)/python -m bench.audit $(ARGS)

bench-dedup: $(VENV)/tested  ## 1,000 new complaints against ten thousand, a hundred thousand and (ARGS="--history …") a million
	@$(BIN)/python -m bench.dedup $(ARGS)

dedup-figures: $(VENV)/tested  ## how well deduplication does, out of fold: make dedup-figures DATA=folder of records.jsonl.gz and labels.csv
	@test -n "$(DATA)" || { echo "Say which labelled complaints: make dedup-figures DATA=folder" >&2; exit 2; }
	@$(BIN)/python -m bench.dedup_figures --data $(DATA) $(ARGS)

dedup-peers: $(VENV)/tested  ## rensa, datasketch, TF-IDF and splink on the same complaints: make dedup-peers DATA=folder
	@test -n "$(DATA)" || { echo "Say which labelled complaints: make dedup-peers DATA=folder" >&2; exit 2; }
	@$(BIN)/python -m bench.dedup_peers --data $(DATA) $(ARGS)

reality: $(VENV)/tested  ## other people's files through the connectors: make reality CORPUS=folder with a folder a class
	@test -n "$(CORPUS)" || { echo "Say where the files are: make reality CORPUS=folder" >&2; exit 2; }
	@$(BIN)/python -m sandbox.reality $(CORPUS)

UV = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock:  ## write the lock files anew
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(UV) --extra demo pyproject.toml -o requirements.lock
	@$(UV) requirements-tools.in -o requirements-tools.lock
	@$(UV) -c requirements.lock requirements-test.in -o requirements-test.lock
	@$(UV) requirements-bench.in -o requirements-bench.lock
	@$(UV) --no-deps requirements-compose.in -o requirements-compose.lock

audit-dependencies: $(VENV)/ready  ## known vulnerabilities of what is locked; needs the network, and says so where it has none
	@test -x .tools/audit/bin/pip-audit || { $(PYTHON) -m venv .tools/audit && .tools/audit/bin/python -m pip --disable-pip-version-check --quiet install pip-audit; } || { echo "pip-audit could not be installed: nothing was checked." >&2; exit 2; }
	@.tools/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock || { echo "NOT CLEAN, or the list of vulnerabilities could not be asked: look at the lines above." >&2; exit 1; }

clean:  ## remove what setup made
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .lint-imports.log
