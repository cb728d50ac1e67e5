#!/usr/bin/env bash
# strace counts the store's real syncs. Finds it, or installs it where that can
# be done without asking; under CI its absence is a failure.
set -euo pipefail
if command -v strace >/dev/null; then
    exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo 'strace: missing, installing it'
    { apt-get install -y -q strace || { apt-get update -q && apt-get install -y -q strace; }; } >/dev/null || true
fi
if command -v strace >/dev/null; then
    exit 0
fi
echo 'strace: missing, and it cannot be installed here (Debian: apt-get install strace)' >&2
if [ -n "${CI:-}" ]; then
    exit 1
fi
echo 'strace: the test that counts real syncs says so and passes over them' >&2
