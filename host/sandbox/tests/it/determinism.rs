//! The same module with the same reads gives the same run.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{field::Field, module::FieldSource};
use baton_sandbox::{Inspected, Ready, RecordedReads, Sandbox, run_one_rule};

use crate::guest::{honest_rule, message};

fn ready(sandbox: &Sandbox) -> Ready {
    let compiled = Inspected::inspect(honest_rule())
        .unwrap()
        .compile(sandbox)
        .unwrap();
    let fields = compiled.inspected().fields().clone();
    compiled.activate(&fields, &BTreeMap::new()).unwrap()
}

#[test]
fn a_run_repeats_itself_to_the_last_unit_of_fuel() {
    let rule = ready(&Sandbox::new().unwrap());
    let first = run_one_rule(&rule, &message("Where is my order?")).run;
    let signals = first.answer.as_ref().unwrap();
    assert_eq!(&*signals[0].reason, "Where is my order?");
    assert!(first.fuel > 0);
    for _ in 0..100 {
        assert_eq!(
            run_one_rule(&rule, &message("Where is my order?")).run,
            first
        );
    }
}

#[test]
fn recorded_reads_replay_in_another_sandbox() {
    let recorded = run_one_rule(
        &ready(&Sandbox::new().unwrap()),
        &message("Halo, apa kabar?"),
    )
    .run;
    let json = serde_json::to_string(&recorded).unwrap();
    let recorded: baton_domain::module::ModuleRun<Vec<baton_domain::signal::Signal>> =
        serde_json::from_str(&json).unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(RecordedReads::new(&recorded.reads));
    let replayed = run_one_rule(&ready(&Sandbox::new().unwrap()), &source).run;
    assert_eq!(replayed, recorded);
}

#[test]
fn a_field_keeps_its_value_for_the_whole_run() {
    use std::sync::atomic::{AtomicU32, Ordering};

    use baton_domain::field::FieldValue;

    /// Answers differently each time it is asked.
    #[derive(Default)]
    struct Moody(AtomicU32);
    impl FieldSource for Moody {
        fn read(&self, _: Field) -> FieldValue {
            FieldValue::Count(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }
    let twice = crate::guest::only(
        Field::OrderCount,
        "score",
        "(result i32) (if (i32.ne (call $field) (call $field)) (then unreachable)) (i32.const 1000)",
    );
    let bytes = crate::guest::declare(
        crate::guest::encode(&twice, "rule"),
        &crate::guest::declaration("twice", "rule"),
    );
    let compiled = Inspected::inspect(bytes)
        .unwrap()
        .compile(&Sandbox::new().unwrap())
        .unwrap();
    let rule = compiled
        .activate(&[Field::OrderCount].into(), &BTreeMap::new())
        .unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(Moody::default());
    let run = run_one_rule(&rule, &source).run;
    assert_eq!(run.answer, Ok(vec![]));
    assert_eq!(run.reads.len(), 1, "recorded once");
}
