//! Habits that a reviewer should not have to look for.

use std::fs;

use baton_tests::{files, root};

/// Longest source file. DESIGN.md asks for about 400.
const LINES_MAX: usize = 450;

fn sources() -> impl Iterator<Item = (String, String)> {
    let root = root();
    files(&root).into_iter().filter_map(move |path| {
        let text = fs::read_to_string(&path).ok()?;
        let name = path.strip_prefix(&root).ok()?.display().to_string();
        Some((name, text))
    })
}

#[test]
fn files_have_one_job() {
    for (name, text) in sources().filter(|(name, _)| name.ends_with(".rs")) {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{name} has {lines} lines: has it one job?"
        );
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["todo!", "unimplemented!", "FIXME", "// XXX"];
    for (name, text) in sources().filter(|(name, _)| name.ends_with(".rs")) {
        if name.ends_with("tidy.rs") {
            continue;
        }
        for mark in marks {
            assert!(!text.contains(mark), "{name} holds {mark}");
        }
    }
}

/// Components too: what is built tells where, if nobody looks.
#[test]
fn no_path_of_any_machine_is_kept() {
    let homes = ["/root/", "/work/", "/Users/", "/home/"];
    let root = root();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        if name.ends_with("tidy.rs") || name.ends_with("Cargo.lock") {
            continue;
        }
        let Ok(bytes) = fs::read(&path) else { continue };
        let is_text = std::str::from_utf8(&bytes).is_ok();
        let text = String::from_utf8_lossy(&bytes);
        for home in homes {
            // In a text a place stands by itself; in data it has no neighbours.
            let found = text.match_indices(home).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                !is_text || before.is_none_or(|c| c.is_whitespace() || "\"'`(=:".contains(c))
            });
            assert!(!found, "{name} names a place on somebody's machine: {home}");
        }
    }
}
