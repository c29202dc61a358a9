# Every target that needs .venv sets it up first, from the lock file. `make` alone lists the targets.

PYTHON ?= python3.11
STAMP  := .venv/.installed
RUN    := .venv/bin/python -m pipeline

# the variables that replace values of the experiment's file
OPTIONS := $(foreach name,LIBRARY SAMPLER PRUNER TRIALS BUDGET MINUTES SEED ENGINE BACKEND,\
	$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) '$($(name))')) $(if $(SET),--set '$(SET)')

.DEFAULT_GOAL := help
.PHONY: help tune confirm compare check predict models sync ui test lint bench ci lock schema clean

help:   ## this list                        make
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):[^#]*## (.*[^ ])   +(.*)$$/\1|\2|\3/' \
		| while IFS='|' read -r name what example; do printf '  %-8s %-56s %s\n' "$$name" "$$what" "$$example"; done

tune: $(STAMP)   ## search, score the winner, log it all     make tune EXP=titanic TRIALS=20, or EXP=all
	@$(RUN) tune '$(or $(EXP),$(error say which experiment: make tune EXP=titanic))' $(OPTIONS) \
		$(if $(NEW),--new) $(if $(RETRAIN),--retrain) $(if $(PROMOTE),--promote)

confirm: $(STAMP)   ## confirm the latest search's best settings     make confirm EXP=titanic
	@$(RUN) tune --confirm '$(or $(EXP),$(error say which experiment: make confirm EXP=titanic))' $(OPTIONS) \
		$(if $(RETRAIN),--retrain) $(if $(PROMOTE),--promote)

check: $(STAMP)   ## find what is wrong before a search     make check EXP=titanic
	@$(RUN) check '$(or $(EXP),$(error say which experiment: make check EXP=titanic))' $(OPTIONS)

predict: $(STAMP)   ## a table with the champion's answers     make predict EXP=titanic INPUT=passengers.csv
	@$(RUN) predict '$(or $(EXP),$(error say which experiment: make predict EXP=titanic INPUT=passengers.csv))' \
		'$(or $(INPUT),$(error say which rows: make predict EXP=$(EXP) INPUT=passengers.csv, or INPUT=- for standard input))' \
		$(if $(OUTPUT),--output '$(OUTPUT)')

models: $(STAMP)   ## registered versions, and which is the champion     make models EXP=titanic
	@$(RUN) models $(if $(EXP),'$(EXP)')

sync: $(STAMP)   ## deliver to MLflow what searches could not     make sync
	@$(RUN) sync

COMPARED := $(foreach name,RUNS A B EXPS METRIC,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) '$($(name))'))

compare: $(STAMP)   ## loss curves side by side, on one page     make compare EXP=titanic RUNS=3,7
	@$(RUN) compare '$(or $(EXP),$(if $(EXPS),,$(error say which experiment: make compare EXP=titanic)))' $(COMPARED)

ui: $(STAMP)   ## browse the runs in MLflow     make ui
	@$(RUN) ui

# several processes (tests/conftest.py); worksteal keeps a file's tests together, so that what they share is made only once
PYTEST := env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest --numprocesses auto --dist worksteal

test: $(STAMP)   ## all tests with coverage, or the quick ones     make test FAST=1
	@$(PYTEST) $(if $(FAST),-m 'not slow',--cov)

lint: $(STAMP)   ## style and types     make lint
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

bench: $(STAMP)   ## time it against others, score champions (an hour)     make bench ONLY=titanic,steady
	@.venv/bin/python -m benchmarks $(if $(ONLY),--only '$(ONLY)') $(if $(SMALL),--small) $(if $(INTO),--into '$(INTO)')

ci: lint test   ## what has to pass     make ci

schema: $(STAMP)   ## write the schema that editors check files by     make schema
	@$(RUN) schema > pipeline/config/experiment.schema.json

lock: $(STAMP)   ## write the exact versions that .venv holds     make lock
	@.venv/bin/pip freeze --all --exclude-editable | grep -viE '^(pip|pipeline)\b' > requirements.lock

clean:   ## remove .venv and caches; mlruns/ stays     make clean
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# byte-compiled at once: TensorFlow imports in 6 s instead of 18
$(STAMP): requirements.lock pyproject.toml
	@echo 'Setting up .venv (a few minutes, once) …' >&2
	@$(PYTHON) -m venv .venv
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/pip install -qq --disable-pip-version-check --compile --no-deps -r requirements.lock
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pipeline.engines.dense
	@touch $(STAMP)
