# Everything a developer runs. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help stats setup check test docs-test runbook-coverage quickstart first-hour test-busy demo sim-gates sim-harm sim-fleet generate clean bench bench-sidecar bench-operator bench-verify bench-data bench-pgvector bench-latency verify-matrix store-matrix bench-alerts test-ui demo-dashboard hostile fuzz-sidecar show-comparison explore rehearse cli-bundle cli-bench coverage mutate release base-lock e2e sbom

# The pinned Node comes first, whatever Node this shell has.
export PATH := $(CURDIR)/tools/node/node_modules/.bin:$(PATH)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the pinned Node and the packages (called by the others)
	@sh tools/setup.sh

check: setup ## types, lint, format, import matrix, dead code, generated files; under a minute
	@node tools/check.ts

stats: setup ## size and shape of the tree against their limits; last line JSON (ARGS=--list: what is counted)
	@node tools/stats.ts $(ARGS)

test: setup ## all tests; last line "N passed, N failed" (ARGS=... goes to the test runner)
	@node tools/test.ts $(ARGS)

quickstart: setup ## docs/quick-start.md from the application to its migration's end, about ten minutes; last line JSON (BREAK=1: the destination fails in the guard)
	@BREAK='$(BREAK)' node e2e/quickstart/main.ts

first-hour: setup ## what the README's demo and the quick start take in a new home folder and clone, a quarter of an hour; last line JSON
	@node tools/docs/first-hour.ts

runbook-coverage: setup ## lines of the runbook with something that does them, a test and a page; fails below 100 %; last line JSON
	@node tools/docs/runbook-coverage.ts

docs-test: setup ## the pages: blocks that can run here, links, names in backticks, manifests; last line JSON; a minute
	@node tools/docs/docs-test.ts

test-busy: setup ## make test and make demo beside two busy loops; last line JSON (ARGS=--times=3)
	@node tools/test-busy.ts $(ARGS)

demo: setup ## a migration that completes and one that rolls itself back (DESTINATION= DEGRADE= DATA=copy CHAOS= SEED= QDRANT_URL=)
	@$(foreach name,DESTINATION DEGRADE DATA CHAOS SEED,$(if $($(name)),$(name)='$($(name))')) node e2e/demo/main.ts

sim-gates: setup ## what the gates decide on simulated stages and on shuffled ids; under a minute
	@node e2e/bench/gates/main.ts

sim-harm: setup ## how often the rules of harm err and how long they take, several hours; last line JSON (ARGS=--quick: two minutes; ARGS="D1 --named=hour": rows)
	@node e2e/bench/harm/main.ts $(ARGS)

sim-fleet: setup ## pods that come and go, lie, or get every request: what it costs a stage, and who moves traffic; last line JSON (ARGS=--quick: a minute)
	@node e2e/bench/fleet/main.ts $(ARGS)

explore: setup ## every state a migration can come to under three faults; last line JSON, under 3 minutes (ARGS=faults)
	@node operator/test/explore/main.ts $(ARGS)

rehearse: setup ## every scenario of the library twice: seconds, and whether the same comes out; last line JSON
	@node kubectl-retriever/test/rehearse/main.ts

cli-bundle: setup ## the kubectl plugin as one file for any Node from 22.19 on, into dist/
	@node tools/cli/bundle.ts

cli-bench: cli-bundle ## CPU seconds of --help and status, from the source and bundled, medians of 20; last line JSON (ARGS=--runs=5)
	@node e2e/bench/cli/main.ts --bundle=dist/kubectl-retriever.cjs $(ARGS)

coverage: setup ## branch coverage of the operator's core by the tests beside it; fails below 100 %; last line JSON
	@node tools/mutation/coverage.ts

mutate: setup ## changes the operator's core and counts what its tests notice; an hour and more; last line JSON (ARGS=gates harm preempt verification phases facts rest)
	@node tools/mutation/mutate.ts $(ARGS)

generate: setup ## write the generated files
	@node tools/generate.ts

bench: bench-sidecar bench-verify bench-operator bench-alerts ## every table of figures, each with its JSON line; under an hour

bench-sidecar: setup ## what the sidecar costs beside its peers, about 12 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/sidecar/main.ts $(ARGS)

bench-verify: setup ## what verify and repair promise, on a real Postgres; under 15 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/data/main.ts $(ARGS)

bench-data: setup ## what a copy and a sync do: rate and CPU beside peers, kills, memory, searches beside it, removals after a cutover; on a real Postgres, 20 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/data/main.ts --only=C4,C5,C6,C7,C8 $(ARGS)

bench-operator: setup ## leaders, acknowledgements, many migrations, about 8 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/operator/main.ts $(ARGS)

bench-latency: setup ## the latency an application sees, through the sidecar and without it, about 10 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/latency/main.ts $(ARGS)

bench-pgvector: setup ## W4: vector(3072) by its index on half precision, against the best SQL by hand, on a real Postgres; about 5 minutes; last line JSON (ARGS=--quick)
	@node e2e/bench/pgvector/main.ts $(ARGS)

verify-matrix: setup ## verdicts and repairs over forms of ids x types of values x damage x directions, two minutes; last line "N passed, N failed" (ARGS=uuid: some forms)
	@node e2e/matrix/main.ts $(ARGS)

store-matrix: setup ## types of columns, ids and moments x schemas of the extension x indexes x relations, on pgvector 0.6 and 0.8 and the stand-in: served exactly or refused at configuration; every operator x type of field x form of ids and 5,000 filters, by the engine of Qdrant; ten minutes; last line "N passed, N failed" (ARGS='--filters=500 --forms=3 --tables=100 --seed=N')
	@node e2e/store-matrix/main.ts $(ARGS)

hostile: setup ## what hostile tenants, pods and stores get done against the real programs, 10 minutes; last line JSON (ARGS=--quick; ARGS=--only=Z1,Z6)
	@node e2e/hostile/main.ts $(ARGS)

fuzz-sidecar: setup ## 10,000 hostile requests and broken stores; last line "N passed, N failed" (ARGS=--seed=N)
	@node e2e/fuzz/main.ts $(ARGS)

test-ui: cli-bundle ## the dashboard in a real Chromium: axe on every view, keyboard, bytes, time to a pixel; by hand, two minutes; last line JSON (needs Debian's chromium; ARGS='--shots=FOLDER --chromium=FILE')
	@node e2e/ui/main.ts $(ARGS)

demo-dashboard: setup ## a migration in every phase and the dashboard over them, until Ctrl+C
	@node e2e/ui/demo-main.ts

bench-alerts: setup ## from an alert's firing in a real Prometheus to the rollback's intent, 20 runs; last line JSON (ARGS=--webhook)
	@node e2e/bench/alerts/main.ts $(ARGS)

show-comparison: setup ## which metric notices which damage to a store, on 20,000 chunks; two minutes, last line JSON
	@node e2e/bench/comparison/main.ts

sbom: setup ## what the images are made of, CycloneDX, into reports/ (BASE_IMAGE=name@sha256:...: with the base they are put on)
	@mkdir -p reports
	@node tools/images/image-files.ts operator '--sbom=$(BASE_IMAGE)' > reports/sbom-operator.json
	@node tools/images/image-files.ts sidecar '--sbom=$(BASE_IMAGE)' > reports/sbom-sidecar.json

release: setup ## images, charts, manifest, plugin and their papers into dist/release, same bytes every time (REGISTRY= DOWNLOADS= SOURCE_DATE_EPOCH=; ARGS=--twice: two compared and both Nodes started, last line JSON)
	@REGISTRY='$(REGISTRY)' DOWNLOADS='$(DOWNLOADS)' node tools/release/$(if $(filter --twice,$(ARGS)),twice,main).ts

base-lock: setup ## pin the Debian packages of the base image at what the archive has now
	@node tools/images/pin-base.ts

e2e: setup ## conformance and stories on a real cluster; figures as JSON, last line "N passed, N failed" (ARGS=--part=node)
	@node e2e/stories/real/main.ts $(ARGS)

clean: ## remove what was installed and written, the pinned Node included
	@rm -rf node_modules */node_modules tools/node/node_modules coverage reports dist
