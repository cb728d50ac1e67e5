//! Which compiler for `wasm32-unknown-unknown` is at hand.
//!
//! Either the compiler in use has the target, as after `rustup target add`,
//! or `toolchain.sh` unpacked a complete Rust into a folder of its own, and
//! the standard library is compiled from its sources.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Error;

/// The target that guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// `toolchain.sh` writes this file last: without it, the folder is one whose
/// unpacking was cut short.
const MARKER: &str = "complete";

/// A compiler for guests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// The compiler in use has the target.
    Installed,
    /// A Rust in a folder of its own.
    Unpacked {
        /// The compiler.
        rustc: PathBuf,
        /// The shared libraries it needs.
        libraries: PathBuf,
        /// Sources of the standard library.
        sources: PathBuf,
        /// The linker.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// The one to use. `BATON_GUEST_ROUTE=debian` picks the unpacked one even
    /// when the compiler in use has the target, `rustup` only the latter.
    ///
    /// # Errors
    /// [`Error::NoToolchain`] and [`Error::ToolchainIncomplete`].
    pub fn find() -> Result<Self, Error> {
        let route = env::var("BATON_GUEST_ROUTE").unwrap_or_default();
        if route != "debian" && has_target()? {
            return Ok(Self::Installed);
        }
        match unpacked_root().filter(|root| route != "rustup" && root.join(MARKER).is_file()) {
            Some(root) => Self::unpacked(&root),
            None => Err(Error::NoToolchain),
        }
    }

    fn unpacked(root: &Path) -> Result<Self, Error> {
        let missing = |part| Error::ToolchainIncomplete {
            part,
            folder: root.to_owned(),
        };
        let usr = root.join("usr");
        let rustc = Some(usr.join("bin/rustc")).filter(|file| file.is_file());
        let libraries = child(&usr.join("lib"), |name| name.ends_with("-linux-gnu"));
        let sources = child(&usr.join("src"), |name| name.starts_with("rustc-"));
        let linker = sysroot_linker().or_else(linker_on_path);
        Ok(Self::Unpacked {
            rustc: rustc.ok_or_else(|| missing("compiler"))?,
            libraries: libraries.ok_or_else(|| missing("libraries"))?,
            sources: sources
                .ok_or_else(|| missing("library sources"))?
                .join("library"),
            linker: linker.ok_or_else(|| missing("linker (rust-lld or wasm-ld)"))?,
        })
    }
}

/// The folder that `toolchain.sh` unpacks into, whether it exists or not.
pub fn unpacked_root() -> Option<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("BATON_GUEST_TOOLCHAIN").or_else(|| {
        let cache =
            set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
        Some(cache.join("baton/guest-toolchain"))
    })
}

fn has_target() -> Result<bool, Error> {
    let folder = rustc_print(&["--print", "target-libdir", "--target", TARGET])?;
    let has_std = |folder: String| child(Path::new(&folder), |name| name.starts_with("libstd-"));
    Ok(folder.and_then(has_std).is_some())
}

fn sysroot_linker() -> Option<PathBuf> {
    let sysroot = rustc_print(&["--print", "sysroot"]).ok()??;
    let hosts = fs::read_dir(Path::new(&sysroot).join("lib/rustlib")).ok()?;
    let linkers = hosts.flatten().map(|host| host.path().join("bin/rust-lld"));
    linkers.into_iter().find(|linker| linker.is_file())
}

fn linker_on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let names = ["wasm-ld", "rust-lld"];
    let mut candidates = folders
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)));
    candidates.find(|linker| linker.is_file())
}

/// What rustc prints; `None` when it refuses.
fn rustc_print(arguments: &[&str]) -> Result<Option<String>, Error> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(&rustc).args(arguments).output();
    let output = output.map_err(|source| Error::Start {
        program: rustc,
        source,
    })?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success().then_some(text))
}

fn child(folder: &Path, fits: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(&fits))
        .map(|entry| entry.path())
        .collect();
    // Folders list in any order; the newest version sorts last.
    found.sort();
    found.pop()
}
