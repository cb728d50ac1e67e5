//! A run whose reads are the same as before is not made again, and any other
//! is.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    field::{Field, FieldValue},
    limits::{MEMO_BYTES_MAX, MEMO_RUN_BYTES_MAX},
    module::{FieldSource, ModuleRun, SettingValue},
    signal::Signal,
};
use baton_sandbox::{Inspected, Lineup, Memo, MemoCounts, Ready, Sandbox, Timed, run_rules};

use crate::guest::{
    Facts, call_and_drop, declaration, declare, encode, honest_rule, message, only,
};

fn ready(sandbox: &Sandbox, bytes: Vec<u8>) -> Arc<Ready> {
    let compiled = Inspected::inspect(bytes).unwrap().compile(sandbox).unwrap();
    let fields = compiled.inspected().fields().clone();
    Arc::new(compiled.activate(&fields, &BTreeMap::new()).unwrap())
}

/// Rules beside a policy that always stays.
fn lineup(rules: Vec<Vec<u8>>) -> Lineup {
    let sandbox = Sandbox::new().unwrap();
    let policy = std::fs::read(crate::guest::root().join("target/guests/weighted.wasm"));
    let policy = policy.expect("run `cargo run -p baton-guest-build -- --all-in rules`");
    let rules = rules.into_iter().map(|bytes| ready(&sandbox, bytes));
    Lineup::new(rules.collect(), ready(&sandbox, policy)).unwrap()
}

/// Every rule, without the runs that are known.
fn remembered(
    memo: &Memo,
    tenant: &str,
    lineup: &Lineup,
    source: &Arc<dyn FieldSource>,
) -> Vec<Timed<ModuleRun<Vec<Signal>>>> {
    let rules = lineup.rules().iter();
    rules
        .map(|rule| memo.run_rule(tenant, rule, source))
        .collect()
}

fn counts(skipped: u64, made: u64) -> MemoCounts {
    MemoCounts { skipped, made }
}

#[test]
fn what_was_read_before_is_not_run_again() {
    let (lineup, memo) = (lineup(vec![honest_rule()]), Memo::new([7; 16]));
    let fresh = run_rules(&lineup, &message("hello"));
    for expected in [counts(0, 1), counts(1, 1), counts(2, 1)] {
        let runs = remembered(&memo, "shop", &lineup, &message("hello"));
        assert_eq!(runs[0].run, fresh[0].run);
        assert_eq!(memo.counts(), expected);
    }
    let other = remembered(&memo, "shop", &lineup, &message("good bye"));
    assert_ne!(other[0].run, fresh[0].run);
    assert_eq!(memo.counts(), counts(2, 2));
}

#[test]
fn a_field_that_the_module_does_not_read_makes_no_difference() {
    let (lineup, memo) = (lineup(vec![honest_rule()]), Memo::new([7; 16]));
    for orders in 0..10 {
        let fields = [
            (Field::MessageText, FieldValue::text("hello")),
            (Field::OrderCount, FieldValue::Count(orders)),
        ];
        let source: Arc<dyn FieldSource> = Arc::new(Facts(fields.into()));
        remembered(&memo, "shop", &lineup, &source);
    }
    assert_eq!(memo.counts(), counts(9, 1));
}

#[test]
fn nothing_of_one_tenant_reaches_another() {
    let (lineup, memo) = (lineup(vec![honest_rule()]), Memo::new([7; 16]));
    for tenant in ["one", "two", "three"] {
        remembered(&memo, tenant, &lineup, &message("hello"));
    }
    assert_eq!(memo.counts(), counts(0, 3));
}

#[test]
fn a_cleared_memo_knows_nothing() {
    let (lineup, memo) = (lineup(vec![honest_rule()]), Memo::new([7; 16]));
    remembered(&memo, "shop", &lineup, &message("hello"));
    assert!(memo.bytes() > 0);
    memo.clear();
    assert_eq!(memo.bytes(), 0);
    remembered(&memo, "shop", &lineup, &message("hello"));
    assert_eq!(memo.counts(), counts(0, 2));
}

#[test]
fn failures_are_made_again() {
    let traps = only(
        Field::OrderCount,
        "score",
        "(result i32) (drop (call $field)) unreachable",
    );
    let traps = declare(encode(&traps, "rule"), &declaration("traps", "rule"));
    let (lineup, memo) = (lineup(vec![traps]), Memo::new([7; 16]));
    for _ in 0..2 {
        let runs = remembered(&memo, "shop", &lineup, &message("hello"));
        assert!(runs[0].run.answer.is_err());
    }
    assert_eq!(memo.counts(), counts(0, 2));
}

#[test]
fn other_settings_are_another_run() {
    let sandbox = Sandbox::new().unwrap();
    let bytes = std::fs::read(crate::guest::root().join("target/guests/high-basket-value.wasm"));
    let compiled = Inspected::inspect(bytes.unwrap()).unwrap();
    let compiled = compiled.compile(&sandbox).unwrap();
    let fields = compiled.inspected().fields().clone();
    let setting = compiled.inspected().declaration().settings.first();
    let setting = setting.expect("a setting");
    let (name, value) = (setting.name.clone(), setting.default.clone());
    let SettingValue::Integer(default) = value else {
        panic!("a whole number: {value:?}")
    };
    let policy = lineup(vec![]).policy().clone();
    let memo = Memo::new([7; 16]);
    for minor in [default, default + 1] {
        let chosen = BTreeMap::from([(name.clone(), SettingValue::Integer(minor))]);
        let rule = compiled.activate(&fields, &chosen).unwrap();
        let lineup = Lineup::new(vec![Arc::new(rule)], policy.clone()).unwrap();
        remembered(&memo, "shop", &lineup, &message("hello"));
        remembered(&memo, "shop", &lineup, &message("hello"));
    }
    assert_eq!(memo.counts(), counts(2, 2));
}

#[test]
fn it_is_bounded() {
    let reads = only(
        Field::MessageText,
        "score",
        call_and_drop(Field::MessageText.shape()),
    );
    let reads = declare(encode(&reads, "rule"), &declaration("reads", "rule"));
    let (lineup, memo) = (lineup(vec![reads]), Memo::new([7; 16]));
    let long = "x".repeat(MEMO_RUN_BYTES_MAX as usize / 4);
    let times = MEMO_BYTES_MAX / (MEMO_RUN_BYTES_MAX / 4);
    for at in 0..times {
        remembered(&memo, "shop", &lineup, &message(&format!("{at} {long}")));
    }
    assert!(memo.bytes() <= MEMO_BYTES_MAX, "{}", memo.bytes());
    assert!(memo.bytes() > MEMO_BYTES_MAX / 4, "{}", memo.bytes());
    let too_long = "y".repeat(MEMO_RUN_BYTES_MAX as usize);
    let made = memo.counts().made;
    remembered(&memo, "shop", &lineup, &message(&too_long));
    remembered(&memo, "shop", &lineup, &message(&too_long));
    assert_eq!(memo.counts(), counts(0, made + 2));
}
