//! Good input: the fixtures of the parser, and the examples of the manual.

use std::{fs, path::Path};

use fastrand::Rng;

/// Every body there is, sorted by its path.
pub fn bodies() -> Vec<String> {
    let root = baton_tests::root();
    let folders = [
        root.join("host/whatsapp/fixtures"),
        root.join("tests/examples"),
    ];
    let is_body = |path: &Path| {
        let is_json = path.extension().is_some_and(|it| it == "json");
        is_json && !path.ends_with("facts.json")
    };
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|it| baton_tests::files(it))
        .collect();
    paths.retain(|path| is_body(path));
    paths.sort();
    assert!(paths.len() > 100, "the fixtures are missing");
    let read = |path| fs::read_to_string(path).expect("it can be read");
    paths.iter().map(read).collect()
}

/// One of these.
pub fn pick<'a, T>(random: &mut Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(..from.len())]
}

/// So many bytes of no meaning.
pub fn noise(random: &mut Rng, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}
