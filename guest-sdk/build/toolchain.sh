#!/usr/bin/env bash
# Finds or sets up a compiler for wasm32-unknown-unknown. Safe to run at any
# time and as often as you like: when one is there, it says so and is done.
#
# 1. The compiler in use has the target already.
# 2. `rustup target add` gets it.
# 3. Debian's packages of Rust are unpacked (not installed: they would
#    conflict with rustup) into a folder of their own, from which
#    baton-guest-build compiles the standard library.
#
# BATON_GUEST_TOOLCHAIN  the folder of 3, by default in the user's cache
# BATON_GUEST_ROUTE      `rustup` or `debian`: only that way, for tests
set -euo pipefail

target=wasm32-unknown-unknown
root=${BATON_GUEST_TOOLCHAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/baton/guest-toolchain}
route=${BATON_GUEST_ROUTE:-any}
rustup_seconds_max=180

say() { printf 'guest toolchain: %s\n' "$*"; }
fail() { printf 'guest toolchain: %s\n' "$*" >&2; exit 1; }

has_target() {
    local libraries
    libraries=$("${RUSTC:-rustc}" --print target-libdir --target "$target" 2>/dev/null) || return 1
    compgen -G "$libraries/libstd-*" >/dev/null
}

add_target() {
    command -v rustup >/dev/null || return 1
    say "asking rustup for $target"
    # rustup prints a page of causes when it cannot download; one line is ours.
    timeout "$rustup_seconds_max" rustup target add "$target" >/dev/null 2>&1 && has_target
}

# The packages, by the names that today's lists give them: the version is part
# of some names.
packages() {
    local library
    library=$(depends_of libstd-rust-web-dev 'libstd-rust-web-[0-9]') &&
        printf '%s\n' rustc-web libstd-rust-web-dev rust-web-src "$library" &&
        depends_of "$library" 'libllvm[0-9]'
}

depends_of() {
    apt-cache depends "$1" 2>/dev/null |
        sed -n "s/^ *Depends: \($2[^ ]*\)\$/\1/p" | sort -V | tail -1 | grep .
}

update_lists() {
    say "updating the package lists"
    apt-get update -qq || fail "apt-get update failed; it needs to be root, or run it first"
}

unpack() {
    local tool names folder
    for tool in apt-get apt-cache dpkg; do
        command -v "$tool" >/dev/null || fail "no way left to get $target: this system has no \
$tool. Install rustup and run: rustup target add $target"
    done
    packages >/dev/null || update_lists
    names=$(packages) || fail "the package lists know no rustc-web with its libraries"

    # All in a folder beside the final one, which appears whole or not at all.
    # Under the lock, a folder that is there was left by a run that was killed.
    folder=$root.part
    rm -rf "$folder"
    mkdir -p "$folder/debs" "$folder/root"
    trap 'rm -rf "$root.part"' EXIT
    say "downloading" $names
    # shellcheck disable=SC2086 # a list of names
    (cd "$folder/debs" && download $names) || {
        update_lists
        (cd "$folder/debs" && download $names) || fail "the download failed"
    }
    say "unpacking into $root"
    for deb in "$folder"/debs/*.deb; do
        dpkg -x "$deb" "$folder/root"
    done
    [ -x "$folder/root/usr/bin/rustc" ] || fail "the packages hold no compiler"
    rm -rf "$folder/root/usr/share"
    touch "$folder/root/complete"
    rm -rf "$root"
    mv "$folder/root" "$root"
}

# apt would download as a user of its own, who cannot write to the folder, and
# warn that it does not; the packages' signatures are checked all the same.
download() { apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$@"; }

main() {
    case $route in any | rustup | debian) ;; *) fail "BATON_GUEST_ROUTE: rustup or debian" ;; esac
    if [ "$route" != debian ]; then
        if has_target; then say "$target is installed"; return; fi
        if add_target; then say "rustup installed $target"; return; fi
        [ "$route" = any ] || fail "rustup cannot get $target"
        say "rustup cannot get it; looking for Debian's packages"
    fi
    mkdir -p "$(dirname "$root")"
    exec 9>"$root.lock"
    flock 9 2>/dev/null || say "there is no flock here: run this once at a time"
    if [ -f "$root/complete" ]; then say "unpacked in $root"; return; fi
    unpack
    say "ready in $root"
}

main
