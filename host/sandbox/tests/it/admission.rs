//! What admission reports, where its limits stand, and that no bytes make it
//! panic.

use std::fs;

use baton_domain::{
    field::Field,
    module::{SettingType, World},
};
use baton_sandbox::{Inspected, Measured, Sandbox, run_one_rule};
use serde_json::Value;

use crate::guest::{
    HONEST_RULE, core_module, declaration, declare, encode, honest_rule, message, root,
};

/// The stock modules by file name.
pub(crate) fn stock() -> Vec<(String, Vec<u8>)> {
    let mut stock: Vec<_> = fs::read_dir(root().join("target/guests"))
        .expect("run `make guests`")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "wasm"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    stock.sort();
    assert!(stock.len() >= 9, "run `make guests`");
    stock
}

fn measured(limits: &[Measured], what: &str) -> u64 {
    let found = limits.iter().find(|limit| limit.what == what);
    found
        .unwrap_or_else(|| panic!("{what} is not measured"))
        .measured
}

#[test]
fn the_report_says_what_a_module_is_and_has() {
    let core = r#"(module
      (import "baton:rules/order@1.0.0" "count" (func $count (result i32)))
      (import "baton:rules/settings@1.0.0" "integer" (func $integer (param i32 i32 i32)))
      (memory (export "memory") 2)
      (table 3 funcref)
      (global (mut i32) (i32.const 0))
      (elem (i32.const 0) func $count $count)
      (data (i32.const 0) "a")
      (data (i32.const 1) "b")
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
      (func (param i32 i32 i32 i32 i32) (local i64 i64 i64)
        (block (block (br_table 0 1 0 1 (i32.const 0)))))
      (func (export "score") (result i32)
        (drop (call $count))
        (call $integer (i32.const 0) (i32.const 1) (i32.const 128))
        (i32.const 1000)))"#;
    let bytes = declare(encode(core, "rule"), &declaration("measured", "rule"));
    let inspected = Inspected::inspect(bytes.clone()).unwrap();
    let report = inspected.report();
    assert_eq!(report.name.as_str(), "measured");
    assert_eq!(report.world, World::Rule);
    assert_eq!(report.contract, "1.1");
    assert_eq!(report.digest, inspected.digest());
    assert_eq!(report.bytes, bytes.len() as u64);
    assert_eq!(report.settings, [SettingType::Integer]);
    assert_eq!(report.exports, ["score"]);
    let [read] = report.reads[..] else {
        panic!("{:?}", report.reads);
    };
    assert_eq!(read.field, Field::OrderCount);
    assert_eq!(read.label, Field::OrderCount.label());
    // What the encoder adds around the module is counted as well.
    for (what, at_least, at_most) in [
        ("bytes", bytes.len() as u64, bytes.len() as u64),
        ("memories", 1, 1),
        ("bytes of initial memory", 131_072, 131_072),
        ("data segments", 2, 2),
        ("globals", 1, 1),
        ("functions", 3, 10),
        ("parameters or results of one function", 5, 5),
        ("locals in one function", 3, 3),
        ("locals", 3, 3),
        ("blocks in one function", 2, 2),
        ("branches of `br_table` in one function", 3, 3),
        ("table elements", 3, 13),
        ("entries of element segments", 2, 12),
        ("levels of nesting", 2, 2),
        ("nested modules and components", 1, 3),
        ("values in the type of one function", 10, 30),
        ("instances of components", 1, 1),
    ] {
        let found = measured(&report.limits, what);
        assert!((at_least..=at_most).contains(&found), "{found} {what}");
    }
    let json = serde_json::to_value(report).unwrap();
    assert_eq!(json["reads"][0]["field"], "order.count");
    assert_eq!(
        json["limits"].as_array().map(Vec::len),
        Some(report.limits.len())
    );
    assert!(matches!(json["digest"], Value::String(_)));
}

#[test]
fn a_core_module_becomes_the_component_that_its_build_would_have_made() {
    let core = declare(
        core_module(HONEST_RULE, "rule"),
        &declaration("honest", "rule"),
    );
    let inspected = Inspected::inspect(core.clone()).unwrap();
    assert_eq!(**inspected.bytes(), *honest_rule(), "the same each time");
    let component = Inspected::inspect(honest_rule()).unwrap();
    assert_eq!(inspected.digest(), component.digest());

    let (made, report) = (inspected.report(), component.report());
    assert!(made.is_componentised && !report.is_componentised);
    assert_eq!(report.uploaded, report.digest);
    assert_ne!(made.uploaded, made.digest);
    assert_eq!(made.name.as_str(), "honest");
    assert_eq!(made.limits, report.limits);

    let compiled = inspected.compile(&Sandbox::new().unwrap()).unwrap();
    let granted = compiled.inspected().fields().clone();
    let ready = compiled.activate(&granted, &Default::default()).unwrap();
    let signals = run_one_rule(&ready, &message("hello")).run.answer.unwrap();
    assert_eq!(&*signals[0].reason, "hello");
}

#[test]
fn a_core_module_that_is_no_rule_is_refused_with_what_it_lacks() {
    let declared = |core: &str| declare(core_module(core, "rule"), &declaration("r", "rule"));
    let (before, after) = HONEST_RULE.split_once("(memory").unwrap();
    let wasi = format!(
        r#"{before} (import "wasi_snapshot_preview1" "random_get"
            (func (param i32 i32) (result i32))) (memory{after}"#
    );
    for (core, code, part) in [
        (declared(&wasi), "core_module", "wasi_snapshot_preview1"),
        (
            declared("(module (memory (export \"memory\") 1))"),
            "core_module",
            "score",
        ),
        (
            core_module(HONEST_RULE, "rule"),
            "missing_declaration",
            "baton:declaration",
        ),
        (
            declare(
                wat::parse_str(HONEST_RULE).unwrap(),
                &declaration("r", "rule"),
            ),
            "core_module",
            "which world",
        ),
    ] {
        let rejection = Inspected::inspect(core).unwrap_err();
        assert_eq!(rejection.code(), code, "{rejection}");
        assert!(rejection.to_string().contains(part), "{rejection}");
        assert!(!rejection.advice().is_empty());
    }
}

#[test]
fn limits_stand_at_four_times_the_largest_stock_module() {
    // Of the modules without code the largest possible one: all fields, every
    // operator.
    let evaluator = fs::read(root().join("target/guests/core/no-code.wasm")).unwrap();
    let evaluator = ("no-code".to_owned(), evaluator);
    for (name, bytes) in stock().into_iter().chain([evaluator]) {
        let inspected = Inspected::inspect(bytes).unwrap();
        for limit in &inspected.report().limits {
            // Not a matter of size: one memory a module, and every component
            // that the encoder makes has two tables.
            let is_fixed = ["memories in one core module", "tables"].contains(&limit.what);
            assert!(
                is_fixed || limit.measured * 4 <= limit.max,
                "{name} has {} of {} {}",
                limit.measured,
                limit.max,
                limit.what
            );
        }
    }
}

/// Bytes of a good component and a good core module are changed, removed,
/// repeated and moved, many times: each result is refused or compiles, and
/// nothing panics. `BATON_FUZZ_SEED` repeats the seed that a failure prints.
#[test]
fn mutations_of_a_good_module_never_panic() {
    let seed = std::env::var("BATON_FUZZ_SEED").ok();
    let seed: u64 = seed.map_or_else(|| fastrand::u64(..), |it| it.parse().unwrap());
    println!("BATON_FUZZ_SEED={seed}");
    // The first one once killed the process.
    for seed in [16_364_098_486_963_984_334, seed] {
        mutate_with(seed);
    }
}

fn mutate_with(seed: u64) {
    const MUTATIONS: usize = 1_000;
    let mut random = fastrand::Rng::with_seed(seed);
    let sandbox = Sandbox::new().unwrap();
    let core = declare(
        core_module(HONEST_RULE, "rule"),
        &declaration("honest", "rule"),
    );
    let good = [honest_rule(), core];
    let mut admitted = 0;
    for _ in 0..MUTATIONS {
        let mut bytes = good[random.usize(..good.len())].clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut bytes, &mut random);
        }
        if let Ok(inspected) = Inspected::inspect(bytes) {
            admitted += usize::from(inspected.compile(&sandbox).is_ok());
        }
    }
    assert!(admitted > 0, "no mutation is harmless: seed {seed}");
}

fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..bytes.len());
    let end = (at + random.usize(1..16)).min(bytes.len());
    match random.u8(..5) {
        0 => bytes[at] ^= 1 << random.u8(..8),
        1 => bytes[at] = random.u8(..),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let part = bytes[at..end].to_vec();
            let to = random.usize(..bytes.len());
            bytes.splice(to..to, part);
        }
        _ => bytes[at..end].fill(random.u8(..)),
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}
