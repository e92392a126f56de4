# make dashboard   set up everything and serve the dashboard
# make test        set up everything and run all tests, browser tests included; prints what share of the lines they run
# make check       what CI runs before the tests: ruff, types, import contracts
# make load        12 and 20 sessions that predict, scan and rank at once
# make benchmark   speed, as ratios within one run
# make lock        write constraints.txt anew, from what is installed here

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# How many tests run at a time: four processes hold enough models for 8 GB of memory.
WORKERS ?= logical --maxprocesses=4
# The CPU build of PyTorch is the one tested here. A machine with CUDA can run `make TORCH=torch dashboard`.
TORCH ?= torch==2.13.0
# The releases that were tested together. A newer one is tried by `make clean lock CONSTRAINTS=` and the tests.
CONSTRAINTS ?= --constraint constraints.txt
INSTALL = $(BIN)/python -m pip install --quiet $(CONSTRAINTS)
export OMP_NUM_THREADS ?= 1

.PHONY: dashboard test check tests load benchmark lock clean

dashboard: $(VENV)/app
	$(BIN)/eigenscope dashboard --port $(PORT)

test: check tests

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

tests: $(VENV)/dev $(VENV)/browser
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal --cov --cov-report=
	@echo "Lines that tests run, in %; the files with the lowest share first"
	@$(BIN)/coverage report --sort=cover --format=text | head -n 17
	@echo "Total: $$($(BIN)/coverage report --format=total) %"

load: $(VENV)/app
	$(BIN)/python tests/load/many_sessions.py 12 20

benchmark: $(VENV)/app
	$(BIN)/eigenscope benchmark

# Builds of one platform, as +cpu, are left out: the pins serve every platform.
lock: $(VENV)/dev
	echo "# Releases tested together; written by \`make lock\`." > constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable --exclude eigenscope | sed -e 's/+[a-z0-9.]*$$//' >> constraints.txt
	touch $(VENV)/app $(VENV)/dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/app: pyproject.toml setup.py constraints.txt | $(VENV)/bin/python
	$(INSTALL) "$(TORCH)"
	$(INSTALL) --editable .
	touch $@

$(VENV)/dev: $(VENV)/app
	$(INSTALL) --editable ".[dev]"
	touch $@

# The browser pass needs Chromium: the system's if there is one, else Debian's package, else Playwright's own download.
$(VENV)/browser: $(VENV)/dev
	tests/browser/install_chromium.sh $(BIN)/python
	touch $@

clean:
	rm -rf $(VENV) build .coverage *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
