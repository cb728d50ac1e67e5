# Two commands matter: `make demo` and `make test`. Both set up what they need
# and say what they lack.

CARGO ?= cargo
ARGS ?=
export BATON_CONFORMANCE_EXAMPLES BATON_CONFORMANCE_SEED

.PHONY: help demo test fuzz conformance soak lint guests toolchain decide bench criterion load soak-memory clean

help:
	@echo 'make demo    the journey of a repeat buyer, on a real host'
	@echo 'make test    everything that proves Baton works'
	@echo 'make fuzz    bad input, for as long as FUZZ_SECONDS says'
	@echo 'make conformance   the API against its OpenAPI document'
	@echo 'make soak    the tests that take hours'
	@echo 'make decide  the decision on the Friday question, explained'
	@echo 'make bench   what rules, commits and webhooks cost, beside their floors'
	@echo 'make criterion, make soak-memory   parts of make bench and make load'
	@echo 'make load    signed webhooks at a host, beside what the machine could do'
	@echo 'make guests  build the stock modules and the evaluator into target/guests'
	@echo 'make lint    format, clippy, documentation'

# A compiler for WebAssembly: found, or set up in the user's cache.
toolchain:
	@guest-sdk/build/toolchain.sh

guests: toolchain
	$(CARGO) run --quiet --locked -p baton-guest-build -- --all-in rules --core no-code

test: guests
	@tests/scripts/require-nextest.sh
	@tests/scripts/require-strace.sh
	@tests/scripts/require-schemathesis.sh
	@tests/scripts/require-jco.sh
	$(CARGO) test --quiet --locked --workspace --doc
	$(CARGO) nextest run --locked --workspace --no-fail-fast

# Bad input for FUZZ_SECONDS a loop, from a seed of its own; a failure prints the
# seed that shows it again.
FUZZ_SECONDS ?= 600
fuzz: guests
	@tests/scripts/require-nextest.sh
	BATON_FUZZ_SECONDS=$(FUZZ_SECONDS) BATON_FUZZ_SEED=$${BATON_FUZZ_SEED:-$$(date +%s)} \
	    $(CARGO) nextest run --locked -p baton --test fuzz --no-capture --no-fail-fast
	$(MAKE) conformance BATON_CONFORMANCE_EXAMPLES=300 BATON_CONFORMANCE_SEED=$$(date +%s)

# schemathesis against a real host; a little of it is in `make test`. Both
# variables may be given on the command line.
conformance: guests
	@tests/scripts/require-nextest.sh
	@tests/scripts/require-schemathesis.sh
	$(CARGO) nextest run --locked -p baton --test host --no-fail-fast conformance::

# What `make test` does a little of, for hours. 30,000 seeds see more than 10,000
# takeovers amid the bot's sends.
SOAK = $(CARGO) nextest run --release --locked --workspace --no-capture
soak: guests
	@tests/scripts/require-nextest.sh
	BATON_CRASH_KILLS=6000 $(SOAK) --test crash
	BATON_TIMERS=10000 $(SOAK) --test host deadlines_that_are_due_at_once
	BATON_SIM_SEEDS=30000 $(SOAK) --test simulation

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps

# The journey, played through HTTP against a real host on 127.0.0.1:8080, which
# keeps serving. `make demo ARGS=--once` ends after it.
demo: guests
	@$(CARGO) run --quiet --locked -p baton -- demo $(ARGS)

# The journey's Friday question: a signed webhook body and what is known of the
# customer. `make decide ARGS=--json` prints the record itself.
EXAMPLE ?= friday
decide: guests
	@$(CARGO) run --quiet --locked -p baton -- decide \
	    --body tests/examples/$(EXAMPLE)/body.json \
	    --signature "$$(cat tests/examples/$(EXAMPLE)/signature)" \
	    --secret example-app-secret \
	    --facts tests/examples/$(EXAMPLE)/facts.json $(ARGS)

# The table of the README. The other engines ask for a newer Rust than Baton
# does and build all the same; where they do not, they are left out.
PEERS = tests/peers/target/release/baton-peers
bench: guests
	-$(CARGO) build --release --locked --ignore-rust-version --manifest-path tests/peers/Cargo.toml
	$(CARGO) build --release --locked -p baton-load
	@$(LOAD) bench --peers $(PEERS) $(ARGS)

# Each part on its own, with criterion.
criterion: guests
	$(CARGO) bench --locked -p baton-whatsapp -p baton-sandbox -p baton-store -p baton \
	    --bench intake --bench evaluate --bench percentiles --bench commit --bench pipeline

# Children of their own are served and driven; `make load ARGS=--quick` takes
# half a minute instead of minutes.
LOAD = target/release/baton-load
load: guests
	$(CARGO) build --release --locked -p baton-load
	$(LOAD) table $(ARGS)
	$(LOAD) scenarios $(ARGS)

# Ten minutes at full load; `make load` has it as its last row.
soak-memory: guests
	$(CARGO) build --release --locked -p baton-load
	$(LOAD) scenarios soak $(ARGS)

clean:
	$(CARGO) clean
