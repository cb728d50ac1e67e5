#!/usr/bin/env bash
# cargo-nextest runs the tests. Finds it, or installs it with cargo.
set -euo pipefail
if cargo nextest --version >/dev/null 2>&1; then
    exit 0
fi
echo 'test runner: cargo-nextest is missing, installing it with cargo (a few minutes)'
if ! cargo install --locked cargo-nextest@0.9.143; then
    echo 'test runner: cannot install cargo-nextest: see https://nexte.st/docs/installation' >&2
    exit 1
fi
