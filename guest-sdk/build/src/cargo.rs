//! Runs cargo: what a workspace has, and the core modules of its guests.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{Error, Guest, Toolchain, Workspace, toolchain::TARGET};

/// Core modules by the name of their guest.
pub(crate) type Modules = HashMap<String, PathBuf>;

/// A guest's stack. Rust's default of 1 MiB would make every instance touch
/// sixteen more pages; a rule that needs more than this traps.
const STACK_BYTES: u32 = 32 * 1024;

/// The profile of guests, given on the command line so that it also holds in
/// a workspace that does not define it.
const PROFILE: &[&str] = &[
    "inherits=\"release\"",
    "opt-level=\"s\"",
    "lto=true",
    "strip=true",
    "panic=\"abort\"",
    "codegen-units=1",
    "debug=false",
];

/// `cargo metadata` of the workspace that `folder` lies in.
pub(crate) fn metadata(folder: &Path) -> Result<Vec<u8>, Error> {
    let mut command = Command::new(program());
    command
        .current_dir(folder)
        .args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = command.output().map_err(not_started)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::NoWorkspace {
            folder: folder.to_owned(),
            message,
        });
    }
    Ok(output.stdout)
}

/// Compiles `guests` and finds their modules.
pub(crate) fn build(
    workspace: &Workspace,
    guests: &[Guest],
    toolchain: &Toolchain,
) -> Result<Modules, Error> {
    let mut command = Command::new(program());
    command.current_dir(workspace.root());
    command.args(["build", "--lib", "--profile", "guest", "--target", TARGET]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command
        .arg("--target-dir")
        .arg(workspace.root().join("target/guest-build"));
    for setting in PROFILE {
        command.args(["--config", &format!("profile.guest.{setting}")]);
    }
    for guest in guests {
        command.args(["--package", &guest.name]);
    }
    command.env(
        "CARGO_ENCODED_RUSTFLAGS",
        rust_flags(workspace.root(), guests, toolchain),
    );
    if let Toolchain::Unpacked {
        rustc,
        libraries,
        sources,
        linker,
    } = toolchain
    {
        command.args(["-Z", "build-std=std,panic_abort"]);
        command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
        command.env("LD_LIBRARY_PATH", libraries);
        command.env("__CARGO_TESTS_ONLY_SRC_ROOT", sources);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(not_started)?;
    if !output.status.success() {
        return Err(Error::Compile);
    }
    modules(guests, &output.stdout)
}

/// One message of cargo; others than artefacts have none of these parts.
#[derive(Deserialize)]
struct Message {
    target: Option<MessageTarget>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct MessageTarget {
    name: String,
}

fn modules(guests: &[Guest], messages: &[u8]) -> Result<Modules, Error> {
    let mut modules = Modules::new();
    for message in serde_json::Deserializer::from_slice(messages).into_iter::<Message>() {
        let Message {
            target: Some(target),
            filenames,
        } = message.map_err(Error::CargoOutput)?
        else {
            continue;
        };
        let guest = guests
            .iter()
            .find(|guest| guest.target == target.name.replace('-', "_"));
        let module = filenames
            .into_iter()
            .find(|file| file.extension() == Some("wasm".as_ref()));
        if let (Some(guest), Some(module)) = (guest, module) {
            modules.insert(guest.name.clone(), module);
        }
    }
    Ok(modules)
}

/// Flags for the target alone: the small stack, and no path of this machine
/// in the messages of panics.
fn rust_flags(root: &Path, guests: &[Guest], toolchain: &Toolchain) -> OsString {
    let mut flags = OsString::from(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    let mut rename = |from: &Path, to: &str| {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    };
    rename(root, "workspace");
    let outside = |path: &Path| !path.starts_with(root);
    for neighbour in guests.iter().flat_map(|guest| &guest.neighbours) {
        if outside(&neighbour.path) {
            rename(&neighbour.path, &neighbour.name);
        }
    }
    if let Some(home) = cargo_home() {
        rename(&home, "cargo");
    }
    if let Toolchain::Unpacked { sources, .. } = toolchain {
        rename(sources, "rust");
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// The cargo that runs this program, else the one on the PATH.
fn program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn not_started(source: std::io::Error) -> Error {
    Error::Start {
        program: program().to_string_lossy().into_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Neighbour;

    #[test]
    fn modules_are_found_among_cargos_messages() {
        let guest = Guest {
            name: "my-rule".into(),
            folder: "/w/my-rule".into(),
            target: "my_rule".into(),
            neighbours: Vec::new(),
        };
        let messages = br#"
            {"reason":"build-script-executed","linked_libs":[]}
            {"reason":"compiler-artifact","target":{"name":"baton_guest"},"filenames":["/t/b.rlib"]}
            {"reason":"compiler-artifact","target":{"name":"my_rule"},
             "filenames":["/t/my_rule.wasm","/t/libmy_rule.rlib"],"fresh":true}
            {"reason":"build-finished","success":true}"#;
        let modules = modules(&[guest], messages).unwrap();
        assert_eq!(modules["my-rule"], Path::new("/t/my_rule.wasm"));
    }

    #[test]
    fn flags_set_the_stack_and_hide_the_machines_paths() {
        let neighbour = |path: &str| Neighbour {
            name: "sdk".into(),
            path: path.into(),
        };
        let guest = Guest {
            name: "my-rule".into(),
            folder: "/the/w/my-rule".into(),
            target: "my_rule".into(),
            neighbours: vec![neighbour("/the/sdk"), neighbour("/the/w/near")],
        };
        let flags = rust_flags(Path::new("/the/w"), &[guest], &Toolchain::Installed);
        let flags: Vec<_> = flags.to_str().unwrap().split('\u{1f}').collect();
        assert_eq!(flags[0], "-Clink-arg=-zstack-size=32768");
        assert_eq!(flags[1], "--remap-path-prefix=/the/w=workspace");
        assert_eq!(flags[2], "--remap-path-prefix=/the/sdk=sdk");
        assert!(!flags[3].contains("near"), "{flags:?}");
    }
}
