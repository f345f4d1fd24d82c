# The commands of the repository. `make` alone lists them; times are for 2 cores without hardware virtualisation.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help hooks setup setup-lab setup-controller deploy test test-fast test-guests test-events test-gitops test-versions fuzz lab-up lab-down lab-status build docs bench lint sanity lock \
	clean

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
PYTHON := .venv/bin/python

help: ## This list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## Debian packages, .venv with pinned versions, a Go toolchain (5 minutes once, then nothing)
	@scripts/bootstrap tests

setup-lab: ## The same without what only tests need, such as a browser
	@scripts/bootstrap lab

setup-controller: ## The same without the lab: what builds, lints and documents the collection
	@scripts/bootstrap controller

deploy: setup-lab ## A proved PGW in the lab, from nothing (8-20 minutes; the second time about 3)
	@$(PYTHON) -m lab deploy

test: setup ## Static checks, units, vSphere integration, importer, then guests (an hour)
	@scripts/test

test-fast: setup ## What answers within 6 minutes: static checks, units, modules against the lab's vCenter (docs/testing.md)
	@scripts/test fast

test-guests: setup ## Single roles and every false pass in guests of their own; what make test leaves out, too (docs/testing.md)
	@scripts/test guests

test-events: setup ## The rulebook by ansible-rulebook, what takes minutes included (4 minutes; docs/testing.md)
	@scripts/install-collection && scripts/rulebook && NFV_COLLECTION_INSTALLED=yes $(PYTHON) -m pytest -v --durations=0 tests/eda

test-gitops: setup ## The pipelines of examples/gitops, with a guest and the tools of their forges, and the rulebook (15 minutes); needs npm (docs/testing.md)
	@scripts/test gitops

fuzz: setup ## The fuzzers on new inputs, FUZZ_SECONDS=3600 each (docs/testing.md)
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600) $(PYTHON) -m pytest -v -n auto tests/fuzz

test-versions: setup ## Units, sanity and playbooks on every declared ansible-core, on each Python at hand that it supports (docs/testing.md)
	@scripts/test-versions $(VERSIONS)

lab-up: setup-lab ## Start the lab: vCenter, hypervisor, networks, golden image (5 minutes the first time)
	@$(PYTHON) -m lab up

lab-down: setup-lab ## End everything that lab-up and deploy started; the image cache stays
	@$(PYTHON) -m lab down

lab-status: setup-lab ## What runs in the lab
	@$(PYTHON) -m lab status

build: setup-controller ## The collection's tarball, through the Galaxy importer (1 minute)
	@scripts/build

lint: setup-controller ## ruff, mypy, ansible-lint, vermin, shellcheck, reuse and others (3 minutes; scripts/lint NAME runs one)
	@scripts/lint

hooks: setup-controller ## Have git run the linters of make lint: before a commit for what it changes, ansible-lint before a push
	@pre-commit install

sanity: setup-controller ## ansible-test sanity on a copy of the tree (2 minutes; 6 the first time)
	@scripts/sanity

docs: setup-controller ## The site of guides and reference into build/docs (1 minute; 2 the first time)
	@scripts/docs

bench: setup ## Measurements with their targets, into reports/bench.json; exits with 1 when one is missed (docs/fleets.md)
	@$(PYTHON) -m bench $(BENCH)

lock: setup ## Renew requirements.txt and requirements-docs.txt from their .in files
	@for name in requirements requirements-docs; do \
	    rm -rf .cache/lock && python3 -m venv .cache/lock && \
	    .cache/lock/bin/pip install --quiet --requirement $$name.in && \
	    { head -n 1 $$name.txt; .cache/lock/bin/pip freeze; } > .cache/$$name.txt && \
	    mv .cache/$$name.txt $$name.txt || exit 1; done

clean: ## Remove what the build and the tests made; .venv and the lab's images stay
	@rm -rf build reports .cache/collections .cache/sanity .cache/importer .cache/mypy .cache/pytest
