//! Which tier a module gets, and what that allows it.

use std::collections::BTreeMap;

use baton_domain::{
    limits::{
        COMPONENT_DATA_SEGMENTS_MAX, EVALUATION_FUEL_MAX, SCRIPT_COMPONENT_BYTES_MAX,
        SCRIPT_DATA_SEGMENTS_MAX, SCRIPT_EVALUATION_FUEL_MAX,
    },
    module::{ModuleFailure, ModuleRun},
    signal::Signal,
};
use baton_sandbox::{Inspected, Rejection, Sandbox, Tier, run_one_rule};

use crate::{
    admission::stock,
    guest::{declaration, declare, encode, honest_rule, message},
};

/// A rule of so many data segments that never ends.
fn endless(data_segments: u64) -> Vec<u8> {
    let data = r#"(data (i32.const 0) "")"#.repeat(data_segments as usize);
    let core = format!(
        r#"(module (memory (export "memory") 1) {data}
          (func (export "score") (result i32) (loop (br 0)) (unreachable)))"#
    );
    declare(encode(&core, "rule"), &declaration("endless", "rule"))
}

/// Its run on an engine that only fuel stops.
fn run(bytes: Vec<u8>) -> ModuleRun<Vec<Signal>> {
    let sandbox = Sandbox::without_clock().unwrap();
    let compiled = Inspected::inspect(bytes).unwrap().compile(&sandbox);
    let rule = compiled.unwrap().activate(&[].into(), &BTreeMap::new());
    run_one_rule(&rule.unwrap(), &message("hello")).run
}

#[test]
fn a_module_gets_the_first_tier_that_holds_it() {
    for (data_segments, tier, max) in [
        (
            COMPONENT_DATA_SEGMENTS_MAX,
            Tier::Native,
            COMPONENT_DATA_SEGMENTS_MAX,
        ),
        (
            COMPONENT_DATA_SEGMENTS_MAX + 1,
            Tier::Script,
            SCRIPT_DATA_SEGMENTS_MAX,
        ),
        (
            SCRIPT_DATA_SEGMENTS_MAX,
            Tier::Script,
            SCRIPT_DATA_SEGMENTS_MAX,
        ),
    ] {
        let inspected = Inspected::inspect(endless(data_segments)).unwrap();
        assert_eq!(inspected.tier(), tier, "{data_segments}");
        let limits = &inspected.report().limits;
        let limit = limits.iter().find(|it| it.what == "data segments").unwrap();
        assert_eq!((limit.measured, limit.max), (data_segments, max));
        let json = serde_json::to_value(inspected.report()).unwrap();
        let word = if tier == Tier::Native {
            "native"
        } else {
            "script"
        };
        assert_eq!(json["tier"], word);
    }
}

#[test]
fn what_no_tier_holds_is_refused_with_the_limit_of_scripts() {
    let refused = Inspected::inspect(endless(SCRIPT_DATA_SEGMENTS_MAX + 1)).unwrap_err();
    let expected = Rejection::OverLimit {
        what: "data segments",
        measured: SCRIPT_DATA_SEGMENTS_MAX + 1,
        max: SCRIPT_DATA_SEGMENTS_MAX,
    };
    assert_eq!(refused, expected);

    let mut large = honest_rule();
    large.resize(SCRIPT_COMPONENT_BYTES_MAX + 1, 0);
    let expected = Rejection::TooLarge {
        bytes: SCRIPT_COMPONENT_BYTES_MAX + 1,
        max: SCRIPT_COMPONENT_BYTES_MAX,
    };
    assert_eq!(Inspected::inspect(large).unwrap_err(), expected);
}

#[test]
fn each_tier_has_its_own_fuel() {
    for (data_segments, fuel) in [
        (1, EVALUATION_FUEL_MAX),
        (COMPONENT_DATA_SEGMENTS_MAX + 1, SCRIPT_EVALUATION_FUEL_MAX),
    ] {
        let run = run(endless(data_segments));
        assert_eq!(run.answer, Err(ModuleFailure::OutOfFuel));
        assert_eq!(run.fuel, fuel);
    }
}

#[test]
fn stock_modules_are_native() {
    for (name, bytes) in stock() {
        let tier = Inspected::inspect(bytes).unwrap().tier();
        assert_eq!(tier, Tier::Native, "{name}");
    }
}
