#!/bin/sh
# Sets schemathesis up in target/schemathesis, in exact versions. Without it the
# conformance test says that it is missing and passes, except under CI.
set -eu
cd "$(dirname "$0")/../.."
wanted=tests/scripts/schemathesis.txt
venv=target/schemathesis
# A moved checkout or another Python leaves one that does not run.
if cmp -s "$wanted" "$venv/installed.txt" && "$venv/bin/schemathesis" --version >/dev/null 2>&1; then
    exit 0
fi
say() {
    echo "schemathesis cannot be set up ($1): the conformance test needs Python 3.10 or newer with venv, and PyPI." >&2
    if [ -n "${CI:-}" ]; then
        exit 1
    fi
    exit 0
}
echo "setting up schemathesis in $venv (once)" >&2
rm -rf "$venv"
mkdir -p target
if ! python3 -m venv "$venv" 2>/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        { apt-get install -y -q python3-venv || { apt-get update -q && apt-get install -y -q python3-venv; }; } >/dev/null || true
    fi
    rm -rf "$venv"
    python3 -m venv "$venv" || say "no venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$wanted" || say "pip failed"
cp "$wanted" "$venv/installed.txt"
