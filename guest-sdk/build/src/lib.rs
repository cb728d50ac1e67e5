//! The one implementation of guest building, for `make`, tests and the CLI.
//!
//! ```no_run
//! # fn main() -> Result<(), baton_guest_build::Error> {
//! use std::path::Path;
//!
//! use baton_guest_build::Workspace;
//!
//! let workspace = Workspace::of(Path::new("."))?;
//! for guest in workspace.build(&workspace.guests_in("rules")?)? {
//!     let (bytes, fields) = (guest.component.bytes.len(), &guest.component.fields);
//!     eprintln!("{}: {bytes} bytes, reads {fields:?}", guest.path.display());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Guests land in `<workspace>/target/guests/<name>.wasm`, wherever
//! `CARGO_TARGET_DIR` points; what cargo makes on the way is in
//! `<workspace>/target/guest-build`. It works on any workspace with a crate
//! that depends on `baton-guest`, such as a merchant's own.
//!
//! **Invariant:** no build script runs cargo. A test that needs a guest reads
//! it with [`read_guest`], whose error names the command that builds it.

mod cargo;
mod component;
mod toolchain;
mod workspace;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

pub use component::{Component, ComponentError, componentize};
pub use toolchain::{Toolchain, unpacked_root};
pub use workspace::{Guest, Workspace};

/// A guest that was built.
#[derive(Debug)]
pub struct Built {
    /// Name of its crate, of its file and in its declaration.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The component.
    pub component: Component,
    /// Whether the file was written; not when it held these bytes already.
    pub changed: bool,
}

/// Why guests could not be built, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No compiler for wasm is at hand.
    #[error(
        "no toolchain for wasm32-unknown-unknown: run `guest-sdk/build/toolchain.sh` of the \
         Baton repository, or `rustup target add wasm32-unknown-unknown`"
    )]
    NoToolchain,
    /// The unpacked toolchain lacks a part.
    #[error(
        "the unpacked toolchain has no {part}: delete its folder {folder} and run \
         `guest-sdk/build/toolchain.sh` again"
    )]
    ToolchainIncomplete {
        /// What is missing.
        part: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A program could not be started.
    #[error("cannot start {program}; is Rust installed and on the PATH?")]
    Start {
        /// Which program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// `cargo metadata` failed: not a cargo workspace.
    #[error("{folder} is not in a cargo workspace: {message}")]
    NoWorkspace {
        /// The folder that was given.
        folder: PathBuf,
        /// What cargo says.
        message: String,
    },
    /// What cargo printed is not what this was written for.
    #[error("cannot read cargo's output")]
    CargoOutput(#[source] serde_json::Error),
    /// No such guest.
    #[error(
        "the workspace has no guest {name:?}; it has: {known}. A guest is a crate with \
         `crate-type = [\"cdylib\", \"rlib\"]`"
    )]
    NoGuest {
        /// The name or folder that was asked for.
        name: String,
        /// The guests there are.
        known: String,
    },
    /// The code does not compile.
    #[error("cargo could not build the guests; its messages are above")]
    Compile,
    /// Cargo built, but not a module for this guest.
    #[error("cargo made no wasm module for {0}")]
    NoModule(String),
    /// The module is not a guest.
    #[error("{name} is not a Baton module")]
    Component {
        /// Which guest.
        name: String,
        /// Why not.
        source: ComponentError,
    },
    /// A guest was not built yet.
    #[error("{0} is not built yet: run `make guests`")]
    NotBuilt(PathBuf),
    /// A file could not be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The bytes of a guest of this repository that `make guests` built, for
/// tests and benches.
///
/// # Errors
/// [`Error::NotBuilt`], which names the command.
pub fn read_guest(name: &str) -> Result<Vec<u8>, Error> {
    read_built(&format!("{name}.wasm"))
}

/// The core module of a guest of this repository that other modules are made
/// from, such as the evaluator `no-code`.
///
/// # Errors
/// [`Error::NotBuilt`], which names the command.
pub fn read_core(name: &str) -> Result<Vec<u8>, Error> {
    read_built(&format!("core/{name}.wasm"))
}

fn read_built(file: &str) -> Result<Vec<u8>, Error> {
    // This crate lies two folders below the root of the repository.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = workspace::guests_dir(&root).join(file);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotBuilt(path)),
        read => read.map_err(|source| Error::File {
            action: "read",
            path,
            source,
        }),
    }
}

impl Workspace {
    /// Builds `guests` and writes their components. Cargo's progress and
    /// messages go to standard error.
    ///
    /// # Errors
    /// Any [`Error`]; guests that were written before it stay.
    pub fn build(&self, guests: &[Guest]) -> Result<Vec<Built>, Error> {
        if guests.is_empty() {
            return Ok(Vec::new());
        }
        let modules = cargo::build(self, guests, &Toolchain::find()?)?;
        guests
            .iter()
            .map(|guest| self.finish(guest, &modules))
            .collect()
    }

    /// Builds the core modules of `guests` alone, by name: for hosts that load
    /// no components, such as those that Baton is compared with.
    ///
    /// # Errors
    /// What starting cargo, or the code itself, may cause.
    pub fn build_core_modules(&self, guests: &[Guest]) -> Result<HashMap<String, PathBuf>, Error> {
        cargo::build(self, guests, &Toolchain::find()?)
    }

    /// Builds `guests` that other modules are made from, and writes their core
    /// modules into `core` beside the components.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn build_cores(&self, guests: &[Guest]) -> Result<Vec<PathBuf>, Error> {
        if guests.is_empty() {
            return Ok(Vec::new());
        }
        let modules = self.build_core_modules(guests)?;
        let write = |guest: &Guest| {
            let name = &guest.name;
            let module = modules
                .get(name)
                .ok_or_else(|| Error::NoModule(name.clone()))?;
            let bytes = read_file(module)?;
            let path = self.guests_dir().join(format!("core/{name}.wasm"));
            if fs::read(&path).map_or(true, |written| written != bytes) {
                write_whole(&path, &bytes)?;
            }
            Ok(path)
        };
        guests.iter().map(write).collect()
    }

    fn finish(&self, guest: &Guest, modules: &cargo::Modules) -> Result<Built, Error> {
        let name = guest.name.clone();
        let module = modules
            .get(&name)
            .ok_or_else(|| Error::NoModule(name.clone()))?;
        let core = read_file(module)?;
        let component = componentize(&core)
            .and_then(|component| component.named(&name))
            .map_err(|source| Error::Component {
                name: name.clone(),
                source,
            })?;
        let path = self.guests_dir().join(format!("{name}.wasm"));
        // Encoding takes milliseconds and always runs, so that a guest is
        // never older than its encoder; writing happens only on a change.
        let changed = fs::read(&path).map_or(true, |bytes| bytes != component.bytes);
        if changed {
            write_whole(&path, &component.bytes)?;
        }
        Ok(Built {
            name,
            path,
            component,
            changed,
        })
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// Writes a file so that a reader sees the old or the new one, never a part.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let part = path.with_extension(format!("wasm.{}.part", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&part, bytes)?;
        fs::rename(&part, path)
    };
    write().map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_guest_names_the_command() {
        let error = read_guest("no-such-guest").unwrap_err();
        assert!(error.to_string().contains("make guests"), "{error}");
    }

    #[test]
    fn files_are_replaced_whole() {
        let folder = std::env::temp_dir().join(format!("baton-guest-{}", std::process::id()));
        let path = folder.join("deep/a.wasm");
        write_whole(&path, b"first").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.join("deep")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
