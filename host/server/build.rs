//! Carries the stock pack into the binary: every component in
//! `target/guests`, and the evaluator of rules without code, both of which
//! `make guests` builds. Without one the binary has an empty pack and says so
//! when it is asked for it; a release build refuses.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let guests = manifest.join("../../target/guests");
    println!("cargo::rerun-if-changed={}", guests.display());
    let components = components(&guests);
    for component in &components {
        println!("cargo::rerun-if-changed={}", component.display());
    }
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if components.is_empty() && is_release {
        println!("cargo::error=there is no stock pack to carry: run `make guests` first");
    }
    let entry = |path: &PathBuf| {
        let name = path
            .file_stem()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        format!(
            "    ({name:?}, include_bytes!({:?})),\n",
            path.display().to_string()
        )
    };
    let entries: String = components.iter().map(entry).collect();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("stock_pack.rs");
    let source = format!("&[\n{entries}]\n");
    fs::write(out, source).expect("the output directory can be written");
    carry_evaluator(&guests.join("core/no-code.wasm"), is_release);
}

/// No bytes where there is none.
fn carry_evaluator(path: &Path, is_release: bool) {
    println!("cargo::rerun-if-changed={}", path.display());
    let found = path.canonicalize().ok();
    if found.is_none() && is_release {
        println!("cargo::error=there is no evaluator to carry: run `make guests` first");
    }
    let source = found.map_or("&[]".to_owned(), |path| {
        format!("include_bytes!({:?})", path.display().to_string())
    });
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("evaluator.rs");
    fs::write(out, source).expect("the output directory can be written");
}

fn components(guests: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(guests).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let is_component = |path: &PathBuf| path.extension().is_some_and(|it| it == "wasm");
    let mut found: Vec<PathBuf> = paths
        .filter(is_component)
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    found.sort();
    found
}
