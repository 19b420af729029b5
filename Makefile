# Cupbearer. Every target does its own set-up: python3 (3.11 or newer) and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
STAGE ?= dev
# Tests wait for browsers, timers and emulators much of their time, so two processors are kept busy by three workers.
WORKERS ?= 3
export PORT
# Tests fill thousands of stores and sync each to a disk that nobody reads again: they lie in memory where there is enough.
MEMORY := /dev/shm
MEMORY_KB := 4000000
# Or each server, command and worker that tests start would compile the whole program anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: map texts clients help serve develop mcp test check deploy destroy deploy-check format page bench parts clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

serve: $(VENV)/ready ## run it here, on SQLite: http://localhost:8000, or PORT=8001
	@$(BIN)/python -m cupbearer.serve --port $(PORT)

mcp: $(VENV)/ready .venv-mcp/ready ## an MCP server that Cupbearer guards, for agents to try: http://localhost:9000/mcp
	@$(BIN)/python -m examples.mcp.start

test: $(VENV)/ready-dev parts ## run every test in random order (SEED=… repeats one); parts that are missing are named
	@seed=$(or $(SEED),$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')); \
	echo "In random order: make test SEED=$$seed repeats it, with the same made-up examples."; \
	if [ "$$(df -Pk $(MEMORY) 2>/dev/null | awk 'END {print $$4 + 0}')" -ge $(MEMORY_KB) ]; then \
		TMPDIR=$$(mktemp -d $(MEMORY)/cupbearer-XXXXXX) || exit 1; export TMPDIR; \
		trap 'rm -rf "$$TMPDIR"' EXIT; trap 'exit 130' INT TERM; \
	fi; \
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--randomly-seed=$$seed --hypothesis-seed=$$seed $(PYTEST)

check: $(VENV)/ready-dev ## format, lint, strict types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

format: $(VENV)/ready-dev ## put the code into form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

deploy: $(VENV)/ready .venv-deploy/ready ## put it on AWS: STAGE=dev or prod, SET="Origins=https://app.example …" RUNTIME=3.13
	@$(BIN)/python -m cupbearer.deploying deploy "$(STAGE)" $(and $(RUNTIME),--python $(RUNTIME)) $(SET)

destroy: $(VENV)/ready ## take a stage away; asks first; the table stays unless DATA=delete
	@$(BIN)/python -m cupbearer.deploying destroy "$(STAGE)" --data $(or $(DATA),keep)

deploy-check: $(VENV)/ready-dev .venv-deploy/ready .venv-ministack/ready ## deploy to an AWS emulator here and walk through it
	@$(BIN)/python -m tests.deploy

page: $(VENV)/ready ## write the page for a static host into out/page: ORIGIN=https://app.example.com
	@$(BIN)/python -m cupbearer.static_page "$(ORIGIN)" out/page

texts: $(VENV)/ready-dev ## bring the catalogues in texts/ up to date, and compile them: what has no translation is counted
	@$(BIN)/python -m tools.texts

map: $(VENV)/ready ## draw the folders and their arrows into docs/pictures/house.svg
	@$(BIN)/python tools/house_map.py

clients: $(VENV)/ready-dev parts ## run every client program against it and write the table of docs/clients.md
	@$(BIN)/python -m tests.clients

bench: $(VENV)/ready-dev bench/node_modules/ready ## measure; BENCH=--quick takes under a minute
	$(BIN)/python -m bench $(BENCH)

develop: $(VENV)/ready-dev ## install what tests, the pytest plugin and checks need into .venv; make test does it by itself

parts: .venv-ministack/ready .venv-clients/ready .venv-deploy/ready .venv-mcp/ready .venv-mcp-old/ready tests/parts/node_modules/ready bench/node_modules/ready ## install the real servers and clients that tests use

clean: ## remove what make installed; the store in .cupbearer stays
	rm -rf $(VENV) .venv-ministack .venv-clients .venv-deploy .venv-mcp .venv-mcp-old bench/node_modules tests/parts/node_modules .pytest_cache .mypy_cache .ruff_cache out

$(VENV)/ready: requirements.txt requirements-serve.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=…"; exit 1; }
	@echo "Setting up $(VENV) (once, well under a minute)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements-serve.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@echo "Adding what tests and checks need to $(VENV) (once)…"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv-ministack/ready: tests/parts/requirements-ministack.txt
	@echo "Setting up the AWS emulator in .venv-ministack (once)…"
	@test -x .venv-ministack/bin/python || $(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/pip install -q --disable-pip-version-check -r tests/parts/requirements-ministack.txt
	@touch $@

.venv-clients/ready: tests/parts/requirements-clients.txt
	@echo "Setting up client libraries in .venv-clients (once)…"
	@test -x .venv-clients/bin/python || $(PYTHON) -m venv .venv-clients
	@.venv-clients/bin/pip install -q --disable-pip-version-check -r tests/parts/requirements-clients.txt
	@touch $@

.venv-deploy/ready: deploy/requirements-cli.txt
	@echo "Setting up the AWS command line in .venv-deploy (once)…"
	@test -x .venv-deploy/bin/python || $(PYTHON) -m venv .venv-deploy
	@.venv-deploy/bin/pip install -q --disable-pip-version-check -r deploy/requirements-cli.txt
	@touch $@

.venv-mcp/ready: examples/mcp/requirements.txt
	@echo "Setting up the MCP server's Python packages in .venv-mcp (once)…"
	@test -x .venv-mcp/bin/python || $(PYTHON) -m venv .venv-mcp
	@.venv-mcp/bin/pip install -q --disable-pip-version-check -r examples/mcp/requirements.txt
	@touch $@

.venv-mcp-old/ready: tests/parts/requirements-mcp-old.txt
	@echo "Setting up an MCP client of before 2026-07 in .venv-mcp-old (once)…"
	@test -x .venv-mcp-old/bin/python || $(PYTHON) -m venv .venv-mcp-old
	@.venv-mcp-old/bin/pip install -q --disable-pip-version-check -r tests/parts/requirements-mcp-old.txt
	@touch $@

tests/parts/node_modules/ready: tests/parts/package.json tests/parts/package-lock.json
	@command -v npm >/dev/null || { echo "No npm here: tests with real OpenID parts are skipped (install Node.js 20 or newer)"; exit 0; }; \
	echo "Setting up OpenID servers and clients in tests/parts (once)…"; \
	cd tests/parts && npm ci --silent --no-audit --no-fund && touch node_modules/ready

bench/node_modules/ready: bench/package.json bench/package-lock.json
	@command -v npm >/dev/null || { echo "No npm here: the bench has no Node peer (install Node.js 20 or newer)"; exit 0; }; \
	cd bench && npm ci --silent --no-audit --no-fund && touch node_modules/ready
