//! The backstop on the wall clock, settings, and what a host that answers
//! wrongly does to a run.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use baton_domain::{
    field::{Field, FieldValue},
    limits::EVALUATION_WALL_MS_MAX,
    module::{FieldSource, ModuleFailure, Read, SettingValue},
};
use baton_sandbox::{ActivationError, Compiled, Inspected, Sandbox, run_one_rule};

use crate::guest::{Facts, declare, encode, only};

const DECLARATION: &str = r#"{"name":"r","world":"rule","summary":"","signals":["alarm"],
    "settings":[{"name":"bar","type":"integer","default":7}]}"#;

fn compile(core: &str) -> Compiled {
    let bytes = declare(encode(core, "rule"), DECLARATION);
    Inspected::inspect(bytes)
        .unwrap()
        .compile(&Sandbox::new().unwrap())
        .unwrap()
}

/// A count that takes its time.
struct Slow;

impl FieldSource for Slow {
    fn read(&self, _: Field) -> FieldValue {
        thread::sleep(Duration::from_millis(2 * EVALUATION_WALL_MS_MAX));
        FieldValue::Count(1)
    }
}

#[test]
fn a_run_that_takes_too_long_is_stopped_though_it_has_fuel() {
    let rule = compile(&only(
        Field::OrderCount,
        "score",
        "(result i32) (drop (call $field)) (loop (br 0)) (unreachable)",
    ));
    let rule = rule
        .activate(&[Field::OrderCount].into(), &BTreeMap::new())
        .unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(Slow);
    let started = Instant::now();
    let timed = run_one_rule(&rule, &source);
    assert_eq!(timed.run.answer, Err(ModuleFailure::Overran));
    assert!(timed.elapsed <= started.elapsed());
}

#[test]
fn a_value_of_the_wrong_shape_never_reaches_a_module() {
    struct Wrong;
    impl FieldSource for Wrong {
        fn read(&self, _: Field) -> FieldValue {
            FieldValue::Flag(true)
        }
    }
    let rule = compile(&only(
        Field::OrderCount,
        "score",
        "(result i32) (drop (call $field)) (i32.const 1000)",
    ));
    let rule = rule
        .activate(&[Field::OrderCount].into(), &BTreeMap::new())
        .unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(Wrong);
    let run = run_one_rule(&rule, &source).run;
    assert_eq!(run.answer.unwrap_err().code(), "module_trapped");
    assert_eq!(run.reads, vec![]);
}

/// Asks for the integer `bar`, traps unless it is what `expected` says, then
/// asks for the text `bar`, which does not exist.
fn setting_rule(expected: i64) -> String {
    format!(
        r#"(module
          (import "baton:rules/settings@1.0.0" "integer" (func $integer (param i32 i32 i32)))
          (import "baton:rules/settings@1.0.0" "text" (func $text (param i32 i32 i32)))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
          (func (export "score") (result i32)
            (call $integer (i32.const 64) (i32.const 3) (i32.const 128))
            (if (i64.ne (i64.load (i32.const 136)) (i64.const {expected})) (then unreachable))
            (call $integer (i32.const 64) (i32.const 3) (i32.const 128))
            (call $text (i32.const 64) (i32.const 3) (i32.const 128))
            (if (i32.load8_u (i32.const 128)) (then unreachable))
            (i32.const 1000))
          (data (i32.const 64) "bar"))"#
    )
}

#[test]
fn settings_are_the_defaults_under_the_merchants_values_and_are_recorded() {
    let source: Arc<dyn FieldSource> = Arc::new(Facts::default());
    let chosen = BTreeMap::from([("bar".into(), SettingValue::Integer(9))]);
    for (chosen, expected) in [(BTreeMap::new(), 7), (chosen, 9)] {
        let rule = compile(&setting_rule(expected));
        let rule = rule.activate(&[].into(), &chosen).unwrap();
        let run = run_one_rule(&rule, &source).run;
        assert_eq!(run.answer, Ok(vec![]));
        let value = Some(SettingValue::Integer(expected));
        let reads = vec![
            Read::Setting("bar".into(), value),
            Read::Setting("bar".into(), None),
        ];
        assert_eq!(run.reads, reads);
    }
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let compiled = compile(&setting_rule(7));
    for (name, value) in [
        ("bar", SettingValue::Boolean(true)),
        ("baz", SettingValue::Integer(1)),
    ] {
        let chosen = BTreeMap::from([(name.into(), value)]);
        let refused = compiled.activate(&[].into(), &chosen);
        assert!(
            matches!(refused, Err(ActivationError::Settings(_))),
            "{name}"
        );
    }
}
