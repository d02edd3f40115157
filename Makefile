# The verbs of the project. `make` alone lists them; each does the set-up it needs first.

STACK ?= dev
NODE_VERSION := $(shell cat .node-version)
NODE_STAMP := .tools/node-$(NODE_VERSION).stamp
PACKAGES_STAMP := node_modules/.installed
NODE = $$(tools/find-node.sh)
export PATH := $(CURDIR)/.tools/node-$(NODE_VERSION)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup debian plan preview up test test-unit test-plan test-report test-protocol test-rules test-engine conformance check test-services build-services dev engines image-sizes bench-services prices audit lint typecheck format goldens screenshots policies bench clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "STACK names the stack of plan, preview and up (default dev; plan also takes all)."

$(NODE_STAMP): .node-version tools/install-node.sh tools/find-node.sh
	@tools/with-lock.sh node tools/install-node.sh
	@touch $@

$(PACKAGES_STAMP): package-lock.json tools/install-packages.sh
	@tools/with-lock.sh packages tools/install-packages.sh $@

setup: $(NODE_STAMP) $(PACKAGES_STAMP) ## install the pinned Node and the dependencies

plan: setup ## show all that a stack would create (no cloud account, no Pulumi CLI)
	@bin/marketplace plan $(STACK)

preview: setup ## compare a stack with what is deployed (needs Pulumi and credentials)
	@bin/marketplace preview $(STACK)

up: setup ## deploy a stack (needs Pulumi and credentials)
	@bin/marketplace up $(STACK)

debian:
	@tools/with-lock.sh debian tools/ensure-debian.sh redis-server:redis-server curl:curl strip:binutils openssl:openssl chromium:chromium /usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf:fonts-liberation /usr/lib/postgresql/15/bin/postgres:postgresql-15 pkg-config:pkg-config /usr/include/openssl/ssl.h:libssl-dev /usr/include/zlib.h:zlib1g-dev

test: setup debian ## every test: types, style, generated files, unit, plans, protocol, engine
	@$(NODE) tools/test.ts

test-unit: setup ## unit and property tests only
	@$(NODE) tools/test.ts unit

test-plan: setup ## goldens and invariants of every stack only
	@$(NODE) tools/test.ts plan

test-report: setup debian ## the report of a plan in a browser only
	@$(NODE) tools/test.ts report

test-protocol: setup ## the plan against a host that speaks the engine's protocol
	@$(NODE) tools/test.ts protocol

test-rules: setup ## alerts, routes and queries on a real Prometheus (builds it once with Go)
	@$(NODE) tools/test.ts rules

test-engine: setup ## every stack on the real engine (needs pulumi on PATH)
	@$(NODE) tools/test.ts engine

conformance: setup ## every object, releases, on a real Kubernetes control plane (needs Go; builds it once)
	@$(NODE) tools/test.ts control-plane conformance

test-services: setup debian ## the four services: their own tests, real engines, journeys, faults, fuzzing
	@$(NODE) tools/test.ts services images service-engines platform

build-services: setup debian ## build the four services for this machine
	@for service in publishing discovery consumption admin; do $(MAKE) --no-print-directory -C services/$$service build || exit 1; done

dev: setup debian ## run the four services with real engines and seeded data; Ctrl-C stops all
	@exec $(NODE) tools/dev.ts

engines: setup debian ## run PostgreSQL, Redis, Kafka, Elasticsearch and an issuer of tokens; Ctrl-C stops all
	@$(NODE) tools/engines.ts up

image-sizes: setup debian ## what each image holds against its target, without building images; fails above (Rust's takes minutes)
	@$(NODE) tools/image-sizes.ts

bench-services: setup debian ## load each service, compute what 50,000 requests a second need; renews docs/benchmarks.md
	@$(NODE) tools/bench-services.ts

check: setup debian ## make test, conformance and test-services in one run with one total
	@$(NODE) tools/test.ts all

lint: setup ## check style and format
	@$(NODE) tools/test.ts lint

typecheck: setup ## check types
	@$(NODE) tools/test.ts typecheck

format: setup ## put the sources into their format
	@biome check --write .

goldens: setup ## renew every generated file: schema, resolved configuration, goldens, reference
	@$(NODE) tools/goldens.ts

audit: setup ## known vulnerabilities of every locked dependency (needs a network, or OSV_DATABASES=folder)
	@$(NODE) tools/audit.ts

screenshots: setup debian ## renew docs/images/report.png (needs Chromium)
	@$(NODE) tools/screenshots.ts

policies: setup ## compile the policy packs for `pulumi preview --policy-pack` and `pulumi policy publish`
	@$(NODE) tools/build-policies.ts

bench: setup ## time and memory of planning; renews docs/benchmarks.md
	@$(NODE) tools/bench.ts

prices: setup ## renew cost/prices.json from AWS's public price lists (needs a network)
	@$(NODE) tools/prices.ts

clean: ## remove what was built or installed
	rm -rf out node_modules .tools policies/*/dist
