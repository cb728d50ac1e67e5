#!/bin/sh
# jco makes components of JavaScript. Installs it into the user's cache, in the
# exact versions of the template's lock file. Without it the test that builds
# rules in JavaScript says that it is missing and passes, except under CI.
#
# BATON_JCO  the folder, by default in the user's cache
set -eu
cd "$(dirname "$0")/../.."
template=guest-sdk/templates/js
root=${BATON_JCO:-${XDG_CACHE_HOME:-$HOME/.cache}/baton/jco}
if cmp -s "$template/package-lock.json" "$root/installed.json"; then
    exit 0
fi
say() {
    echo "jco cannot be set up ($1): rules in JavaScript need Node 20 or newer with npm, and the npm registry." >&2
    if [ -n "${CI:-}" ]; then
        exit 1
    fi
    exit 0
}
command -v npm >/dev/null || say "no npm"
major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
[ "${major:-0}" -ge 20 ] || say "Node is ${major:-missing}"
echo "setting up jco in $root (once, 340 MB)" >&2
mkdir -p "$root"
rm -f "$root/installed.json"
cp "$template/package.json" "$template/package-lock.json" "$root/"
npm ci --prefix "$root" --no-audit --no-fund --loglevel=error >&2 || say "npm ci failed"
cp "$template/package-lock.json" "$root/installed.json"
