# Every target does its own set-up, in this folder. Python 3.13 and Node.js 20 must be there.
SHELL := bash
PYTHON ?= python3.13
SEED ?= small
export PYTHON
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo up test check format requirements generated bench prove setup

setup:
	@scripts/setup.sh

# The main job: export an account and prove the export complete. IMAGES=DIR uses real photographs.
demo: setup
	@python -m stack.demo $(if $(IMAGES),--images "$(IMAGES)")

# Azurite, the emulator and the app, until Ctrl-C.
up: setup
	@exec python -m stack

# The longest file first: the last one alone keeps the others waiting.
test: setup
	python -m pytest -m "not prove" -n 3 --dist loadfile --no-loadscope-reorder tests/stack tests

check: setup
	ruff format --check .
	ruff check .
	pyright
	scripts/requirements.sh --check
	python -m emulator.coverage --check
	python -m stack.documents --check

format: setup
	ruff format .
	ruff check --fix .

requirements: setup
	scripts/requirements.sh

generated: setup
	python -m emulator.coverage
	python -m stack.documents

# What takes longer than a merge may; the output is kept in docs/evidence/.
prove: setup
	@mkdir -p docs/evidence
	set -o pipefail; python -m pytest -m prove -n 2 --dist loadfile -v --no-header --timeout 3600 | tee docs/evidence/prove.txt
	set -o pipefail; python -m tests.mutations | tee docs/evidence/mutations.txt

bench: setup
	python -m bench
