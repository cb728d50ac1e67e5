//! What tests of the whole repository share.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What cargo knows of the workspace.
///
/// # Panics
/// When cargo cannot be run.
pub fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(["--filter-platform".to_owned(), host_triple()])
        .exec()
        .expect("cargo metadata runs")
}

/// The platform that tests run on; packages of others are not downloaded.
fn host_triple() -> String {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc tells its host").to_owned()
}

/// Every file below `folder` that people write, without what is built,
/// downloaded or generated.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let is_left_out = ["target", ".git", "node_modules"]
            .iter()
            .any(|it| name == *it);
        // In a further worktree `.git` is a file.
        if is_left_out {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the README shows as the output of `command`: the code block behind the
/// comment that names it.
///
/// # Panics
/// When there is none.
pub fn shown_in_readme(command: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let marker = format!("<!-- output: {command} -->\n```\n");
    let (_, after) = readme
        .split_once(&marker)
        .expect("the README shows the command's output");
    let (shown, _) = after.split_once("\n```").expect("the block ends");
    shown.to_owned()
}

/// The lines of a text without what differs from run to run or from build to
/// build: digests, fuel, times, the clock, the summary for programs.
pub fn steady(text: &str) -> Vec<String> {
    let days = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];
    let without_clock = |line: &str| -> String {
        let is_dated = days.iter().any(|day| line.starts_with(day));
        line.chars().skip(if is_dated { 16 } else { 0 }).collect()
    };
    let words = |line: String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_head = words
            .first()
            .is_some_and(|it| *it == "rule" || *it == "policy");
        let is_measure = |at: usize| {
            let is_number = words[at].starts_with(|c: char| c.is_ascii_digit());
            let unit = words.get(at + 1).copied().unwrap_or_default();
            words[at].starts_with('(') || is_number && (unit.starts_with("fuel") || unit == "µs")
        };
        let kept = (0..words.len()).filter(|at| !(is_head && is_measure(*at)));
        kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
    };
    let lines = text.lines().filter(|line| !line.starts_with('{'));
    lines
        .map(without_clock)
        .map(words)
        .filter(|line| !line.is_empty())
        .collect()
}
