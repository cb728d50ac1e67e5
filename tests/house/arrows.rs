//! The crate boundary is the architecture (DESIGN.md, "The rooms"): what a
//! room must not know, its crate does not depend on, not even through others.

use std::collections::{BTreeMap, BTreeSet};

use baton_tests::metadata;
use cargo_metadata::{DependencyKind, PackageId};

/// A crate and what it must not reach.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "baton-domain",
        &[
            "tokio",
            "axum",
            "hyper",
            "wasmtime",
            "sled",
            "sqlx",
            "tokio-postgres",
            "reqwest",
            "baton-sandbox",
            "baton-store",
            "baton-whatsapp",
            "baton",
            "baton-guest",
        ],
    ),
    (
        "baton-sandbox",
        &[
            "axum",
            "sled",
            "sqlx",
            "tokio-postgres",
            "baton-store",
            "baton-whatsapp",
            "baton",
        ],
    ),
    (
        "baton-store",
        &[
            "axum",
            "wasmtime",
            "baton-sandbox",
            "baton-whatsapp",
            "baton",
        ],
    ),
    (
        "baton-whatsapp",
        &[
            "axum",
            "wasmtime",
            "sled",
            "sqlx",
            "baton-sandbox",
            "baton-store",
            "baton",
        ],
    ),
    (
        "baton-guest",
        &[
            "baton-domain",
            "baton-sandbox",
            "baton-store",
            "baton-whatsapp",
            "baton",
            "tokio",
            "wasmtime",
        ],
    ),
    (
        "baton-cel",
        &[
            "axum",
            "tokio",
            "wasmtime",
            "sled",
            "baton-sandbox",
            "baton-store",
            "baton-whatsapp",
            "baton",
        ],
    ),
    (
        "no-code",
        // What its macros are built with is no part of it.
        &["baton-domain", "baton-cel", "cel", "wasmtime"],
    ),
];

/// What a crate reaches by ordinary dependencies.
fn reached_from(name: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|it| (&it.id, it.name.as_str()))
        .collect();
    let resolve = metadata.resolve.as_ref().expect("the graph is resolved");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata
        .workspace_packages()
        .into_iter()
        .find(|it| it.name.as_str() == name);
    let mut queue = vec![
        &start
            .unwrap_or_else(|| panic!("there is no crate {name}"))
            .id,
    ];
    let mut seen = BTreeSet::new();
    while let Some(id) = queue.pop() {
        for dep in &nodes[id].deps {
            let is_normal = dep
                .dep_kinds
                .iter()
                .any(|it| it.kind == DependencyKind::Normal);
            if is_normal && seen.insert(&dep.pkg) {
                queue.push(&dep.pkg);
            }
        }
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

#[test]
fn no_room_knows_what_it_must_not() {
    for (name, forbidden) in FORBIDDEN {
        let reached = reached_from(name);
        let wrong: Vec<_> = forbidden
            .iter()
            .filter(|it| reached.contains(**it))
            .collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}

#[test]
fn stock_rules_know_only_the_sdk() {
    let metadata = metadata();
    let rules = metadata.workspace_packages().into_iter().filter(|package| {
        package
            .manifest_path
            .parent()
            .and_then(|it| it.parent())
            .is_some_and(|it| it.ends_with("rules"))
    });
    let mut count = 0;
    for rule in rules {
        count += 1;
        for dependency in rule
            .dependencies
            .iter()
            .filter(|it| it.kind == DependencyKind::Normal)
        {
            assert_eq!(
                dependency.name, "baton-guest",
                "{} depends on more",
                rule.name
            );
        }
    }
    assert!(
        count >= 9,
        "eight rules and a policy are in the stock pack, found {count}"
    );
}

#[test]
fn the_top_level_is_as_designed() {
    let designed = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "Makefile",
        "README.md",
        "clippy.toml",
        "deny.toml",
        "guest-sdk",
        "host",
        "rules",
        "rustfmt.toml",
        "target",
        "tests",
        "wit",
    ];
    let entries = std::fs::read_dir(baton_tests::root()).expect("the root can be read");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_known = name.starts_with('.') || designed.contains(&name.as_str());
        assert!(
            is_known,
            "{name} has no place at the top level (DESIGN.md, \"The rooms\")"
        );
    }
}
