# Each target does its own set-up on a fresh machine that has a Rust toolchain. `make` alone lists them.

export PATH := $(CURDIR)/.croupier/tools/bin:$(PATH)

.PHONY: help dev demo test chaos docs-providers lint fmt bench-wallet bench-callbacks bench-walls fuzz sqlx-prepare
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name does; do printf '  make %-14s %s\n' "$$name" "$$does"; done

# The build shows its progress; the run that follows finds nothing to build and is quiet.
dev: ## two brands on private servers, in the foreground; Ctrl-C stops all of it
	@script/bootstrap
	@cargo build -p croupier
	@cargo run -q -p croupier -- dev

demo: ## the story from sign-up to settled bet on throw-away data, each step checked
	@script/bootstrap
	@cargo build -p croupier
	@cargo run -q -p croupier -- demo

test: ## every test; starts the servers it needs
	@script/bootstrap --tests
	@cargo test --workspace

chaos: ## server, PostgreSQL, Redis and connections killed under load, the books verified after each (CROUPIER_KILLS=30)
	@script/bootstrap --tests
	@CROUPIER_KILLS=$${CROUPIER_KILLS:-30} cargo test -p croupier --test whole kills:: -- --nocapture --test-threads=1

docs-providers: ## write docs/providers.md: what every edge case comes to for every provider
	@script/bootstrap --tests
	@CROUPIER_WRITE_DOCS=1 cargo test -p croupier --test whole providers::every_edge_case

lint: ## formatting, clippy, docs, dependencies, query metadata
	@script/bootstrap --tools
	@script/lint

fmt: ## format the code
	@cargo fmt --all

bench-wallet: ## what the wallet does per second, beside its peers (BENCH_SECONDS=20 BENCH_IN_FLIGHT=1,512 BENCH_BRANDS=20 BENCH_LOAD=uniform|hot|rounds BENCH_PEERS=0 BENCH_HALF=0 BENCH_LARGE=1 BENCH_SOAK=600)
	@script/bootstrap
	@cargo run --release -p croupier-bench -- wallet

bench-callbacks: ## signed bets of a game provider over HTTP through the whole server (BENCH_SECONDS=20 BENCH_IN_FLIGHT=64,512 BENCH_PEERS=0)
	@script/bootstrap
	@cargo build --release -p croupier -p croupier-bench
	@target/release/croupier-bench callbacks

bench-walls: ## what the brand's walls cost a read of one player
	@script/bootstrap
	@cargo run --release -p croupier-bench -- walls

fuzz: ## five minutes against each of what strangers can send (FUZZ_SECONDS)
	@script/bootstrap --fuzz
	@script/fuzz

sqlx-prepare: ## regenerate .sqlx/ after a query or a migration changed
	@script/bootstrap
	@script/sqlx-prepare
