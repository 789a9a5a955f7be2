# What is right, how fast is it, and did a change make it slower?
# The two that matter: make bench, make test.

GO ?= go
FUZZTIME ?= 20000x
BASE ?= origin/main
PORTS = linux/386 linux/arm linux/arm64 darwin/amd64 darwin/arm64 windows/386 windows/amd64 freebsd/amd64 js/wasm
PYTHON ?= python3
COUNT ?= 1000
TABLE ?= props/campaign/controls.tsv

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bench: ## check every implementation against the laws, time them side by side, print one table
	$(GO) run ./bench/report

bench-all: ## the same over the whole grid of workloads (long)
	GRID=1 $(GO) run ./bench/report

peers: ## time other libraries beside ours, each held to the laws first; PYTHON=/usr/bin/python3 chooses the interpreter
	PYTHON="$(PYTHON)" $(GO) run ./bench/report -peers

report: ## write bench/report/out/report.html: what is right, how fast, and how far; runs first what is missing (minutes)
	$(GO) run ./bench/report/page

test: ## run all tests
	$(GO) test ./...

check: format vet ports tidy test race adopter ## everything that a change must pass
	@echo "check: all passed"

format:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet:
	$(GO) vet ./...
	cd bench/simd/_asm && $(GO) vet ./...
	cd bench/peers && $(GO) vet ./...
	cd props/campaign && $(GO) vet ./...
	cd .ci/ports && $(GO) vet ./...

ports: ## read everything, tests too, as it is on other systems and processors
	cd .ci/ports && $(GO) run . -dir ../.. $(PORTS)

tidy:
	$(GO) mod tidy -diff
	cd props/adopter && $(GO) mod tidy -diff
	cd bench/peers && $(GO) mod tidy -diff
	cd props/campaign && $(GO) mod tidy -diff
	cd .ci/ports && $(GO) mod tidy -diff

# The packages in which goroutines share memory. The reference and the fixtures have none:
# that kernels of the reference can be called at once is a law of props.
race: ## run the tests under the race detector, ten inputs a law, the slow ones left out
	RAPID_CHECKS=10 $(GO) test -race -short ./bench ./bench/gate ./bench/gate/arms ./bench/gate/certify ./bench/gate/compare \
		./bench/sequence ./bench/simd ./bench/sorting ./fixtures/neural ./props/...

adopter: ## test the modules of their own: the adoption example, the campaign, the ports, and quickly the rivals
	cd props/adopter && $(GO) test ./...
	cd props/campaign && $(GO) test ./...
	cd .ci/ports && $(GO) test ./...
	cd bench/peers && $(GO) test -short ./...

# What runs tests on arm64, as a prefix: where that is another machine, in an emulator.
define ON_ARM64
if test "$$($(GO) env GOHOSTARCH)" = arm64; then emulator=; \
elif emulator=$$(command -v qemu-aarch64-static || command -v qemu-aarch64); then emulator="-exec $$emulator"; \
else echo "arm64: NOT TESTED: no qemu-aarch64-static here; Debian: apt-get install qemu-user-static" >&2; exit 0; fi; \
GOARCH=arm64 CGO_ENABLED=0
endef

# Under qemu a test takes some 15 times as long. Left out are the tests of annealers,
# of planted bugs and of statistics, which test the suite itself, and those that start
# themselves as a program.
arm64: ## run the suites on arm64, where Go fuses x*y + z; elsewhere under qemu (minutes)
	@$(ON_ARM64) RAPID_CHECKS=5 $(GO) test $$emulator -short -timeout 30m \
		-skip 'Annealer|AnyModel|PlantedBug|Accused|DrawsAreCaught|WithoutBench|UnlimitedLength|Underflows|Divergences|StopsAtOneFailure|SpreadItself|ATailThat|EveryFault|Shrinking|AFailedTest' \
		./reference/... ./fixtures ./props ./props/accuracy ./props/operation ./props/subjects ./bench/elementary ./bench/simd ./bench/sorting

arm64-simd: ## every test of the variants and of their samplers on arm64, those that take long too; elsewhere under qemu (minutes)
	@$(ON_ARM64) $(GO) test $$emulator -timeout 0 ./bench/simd

arm64-bugs: ## try the planted bugs on arm64: each must be caught; elsewhere under qemu (minutes)
	@$(ON_ARM64) $(GO) -C props/subjects test $$emulator -count=1 -timeout 0 -run PlantedBugIsCaught

mutants: ## try every law on every planted bug and print the matrix
	$(GO) test ./props/subjects -count=1 -timeout 60m -run 'PlantedBug' -v -matrix

seeds: ## try the planted bugs with 20 seeds: each must be caught every time
	$(GO) -C props/subjects test -count=1 -timeout 0 -run PlantedBugIsCaught -seeds 20

campaign: ## COUNT runs of the suite over correct implementations, into TABLE; a campaign that was stopped goes on
	cd props/campaign && $(GO) run . -count $(COUNT) -table "$(abspath $(TABLE))"

server-seeds: ## try the planted bugs of servers with 20 seeds: each must be caught every time
	$(GO) test ./props/server -count=1 -timeout 0 -run Planted -v -seeds 20

server-campaign: ## some 1000 runs of the laws of servers over honest servers: none may be accused
	$(GO) test ./props/server -count=1 -timeout 0 -run Honest -v -runs 30

fuzz: ## search for counter-examples, FUZZTIME inputs an operation
	@tests=$$($(GO) test ./props -list '^Fuzz') || { echo "$$tests"; exit 1; }; \
	for target in $$(echo "$$tests" | grep '^Fuzz'); do \
		$(GO) test ./props -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; \
	done

oracle: ## hold exact annealing against OpenFst, an independent library
	@command -v fstpush fstshortestdistance >/dev/null || { echo "OpenFst's tools are not installed (Debian: apt-get install libfst-tools)" >&2; exit 1; }
	$(GO) test ./reference/sequence -count=1 -v -run OpenFst

# The name of a branch is other people's text: it reaches the shell as a variable, not as part of the command.
unexport BASE
export GATE_BASE = $(value BASE)
gate: ## did the work tree become slower than BASE? (minutes)
	$(GO) tool gate -base "$$GATE_BASE" -check 'go test ./props/... ./bench/simd/...' \
		-bench '^Benchmark(LogSumExp|LogProbs|Anneal|Sample|Draw)$$/vocab=131072/rows=1$$/logits=zipf/T=0.7/impl=(portable|avx2)$$' ./bench

selfcheck: ## does the gate find a planted slowdown, and none in an unchanged tree? (a minute or two)
	$(GO) tool gate -selfcheck || { code=$$?; test $$code = 3 && echo "selfcheck: too busy a machine to say"; }

certify-gate: ## certify the gate by real runs and resampling (hours, resumable; leave the machine alone)
	$(GO) run ./bench/gate/certify

readme: ## write the tables of README.md and bench/README.md again, from bench/record
	$(GO) run ./bench/report/readme

generate: fixtures ## write everything again that a program writes
	$(GO) generate ./...

fixtures: ## compute the exact answers again; check the neural model against its digest and perplexity
	$(GO) run ./fixtures/generate
	$(GO) run ./fixtures/generate/train -check

train: ## train the neural model again (minutes)
	$(GO) run ./fixtures/generate/train

.PHONY: help bench bench-all peers report test check format vet ports tidy race adopter arm64 arm64-simd arm64-bugs mutants seeds campaign server-seeds server-campaign fuzz oracle gate selfcheck certify-gate readme generate fixtures train
