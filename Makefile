# Everything that is needed is installed by the targets themselves, into .venv; a second run is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
K8S ?= $(HOME)/.cache/falcolab/k8s
PIP = @$(BIN)/pip install --quiet --disable-pip-version-check
# pip warns a lot; what it says matters only when it fails.
LOGGED = >$(VENV)/pip.log 2>&1 || { cat $(VENV)/pip.log; exit 1; }

.PHONY: help demo test check e2e kills e2e-k8s bench bench-capture soak score fuzz clean

help:  ## Show the targets.
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/bin/python:
	./.ci/venv $(PYTHON) $(VENV)

# falcolab without what only its own tests need.
$(VENV)/.installed: pyproject.toml $(wildcard falcolab/native/*.p*x*) | $(VENV)/bin/python
	./.ci/compiler $(BIN)/python
	$(PIP) -e . $(LOGGED)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e '.[dev,capture]' $(LOGGED)
	@touch $@

demo: $(VENV)/.installed  ## Replay bundled recordings against noisy and tuned rules; write Helm values.
	@rm -rf $(DEMO)
	@BIN=$(BIN) DEMO=$(DEMO) ./datasets/demo.sh

test: $(VENV)/.installed-dev check  ## Check style and types, run the tests.
	$(BIN)/pytest -q -n auto --dist worksteal

check: $(VENV)/.installed-dev  ## Check style and types only.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

e2e: $(VENV)/.installed-dev  ## Run the demo and the README's tour in a fresh clone; as root also the daemon.
	./tests/e2e_capture/packages
	$(BIN)/pytest -q -m e2e tests/e2e tests/e2e_capture tests/capture_journal

kills: $(VENV)/.installed-dev  ## Kill the daemon fifty times under load, as root; fifteen minutes.
	$(BIN)/pytest -q -m e2e tests/capture_daemon

e2e-k8s: $(VENV)/.installed-dev  ## Take the audit events of a real kube-apiserver, built once into K8S=FOLDER.
	./tests/e2e_k8s/build-apiserver $(K8S)
	FALCOLAB_K8S=$(K8S) $(BIN)/pytest -q -m e2e tests/e2e_k8s tests/e2e_capture/test_cluster.py

score: $(VENV)/.installed-dev  ## Print how many of Falco's recorded verdicts falcolab agrees with.
	$(BIN)/python -m tests.conformance

bench: $(VENV)/.installed-dev  ## Measure ingest and replay; BENCH="--short" for a quick look.
	$(BIN)/python -m tests.bench audit $(BENCH)
	@echo
	$(BIN)/python -m tests.bench syscall $(BENCH)

bench-capture: $(VENV)/.installed-dev  ## Measure the daemon under load, as root; BENCH="--seconds 4 --runs 1" is quick.
	$(BIN)/python -m tests.bench.capture $(BENCH)

soak: $(VENV)/.installed-dev  ## Run the daemon under churn for an hour, as root; SOAK=MINUTES for less.
	$(BIN)/python -m tests.soak --minutes $(or $(SOAK),60)

fuzz: $(VENV)/.installed-dev  ## Damage captures 20,000 times and read them; FUZZ=COUNT for another number.
	$(BIN)/python -m tests.scap.mutations $(or $(CAPTURES),datasets/host-scenario) $(or $(FUZZ),20000)
	$(BIN)/python -m tests.native.lakes $(or $(CAPTURES),datasets/host-scenario) $(or $(FUZZ_LAKES),1000)

clean:  ## Remove what the targets made.
	rm -rf $(VENV) $(DEMO) .bench build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
