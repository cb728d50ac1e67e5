//! What the README shows an author is what the binary prints.

use std::fs;

use baton_tests::shown_in_readme;

use super::{Desk, VIP, recorded, stock};

/// The TOML of the README that begins so.
fn toml_in_readme(begin: &str) -> String {
    let readme = fs::read_to_string(crate::root().join("README.md")).expect("there is a README");
    let (_, after) = readme
        .split_once(&format!("```toml\n{begin}"))
        .expect("the README shows it");
    let (shown, _) = after.split_once("```").expect("the block ends");
    format!("{begin}{shown}")
}

/// A text without what differs from build to build: digests, and numbers of
/// fuel, bytes and microseconds.
fn steady(text: &str) -> String {
    let word = |word: &str| {
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_digest = plain.len() == 12 && plain.bytes().all(|it| it.is_ascii_hexdigit());
        let is_number =
            !plain.is_empty() && plain.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        match plain {
            _ if is_digest => word.replace(plain, "DIGEST"),
            _ if is_number => word.replace(plain, "N"),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.trim_end()
        .lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_readme_shows_a_test() {
    let document = toml_in_readme("name = \"vip-basket\"");
    assert_eq!(document, VIP);
    let desk = Desk::new()
        .with("vip.toml", &document)
        .with("vip.cases.toml", &toml_in_readme("[[case]]"));
    let done = desk.rule(&["test", "vip.toml"]).exits(0);
    let shown = shown_in_readme("baton rule test vip.toml");
    assert_eq!(steady(&done.out), steady(&shown), "{}", done.out);
}

#[test]
fn the_readme_shows_a_run() {
    let desk = Desk::new().with("decision.json", &recorded("complaint"));
    let file = stock("complaint");
    let done = desk
        .rule(&["run", &file, "--input", "decision.json"])
        .exits(0);
    let shown =
        shown_in_readme("baton rule run target/guests/complaint.wasm --input decision.json");
    assert_eq!(steady(&done.out), steady(&shown), "{}", done.out);
}
