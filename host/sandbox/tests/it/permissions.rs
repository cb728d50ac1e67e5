//! The import list is the permission list: tried for every field singly.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::field::Field;
use baton_sandbox::{ActivationError, Inspected, Sandbox, run_one_rule};

use crate::guest::{Facts, call_and_drop, declaration, declare, encode, honest_rule, only};

#[test]
fn each_field_is_read_when_granted_and_absent_when_not() {
    let sandbox = Sandbox::new().unwrap();
    let source: std::sync::Arc<dyn baton_domain::module::FieldSource> =
        std::sync::Arc::new(Facts::default());
    for field in Field::ALL.iter().copied() {
        let core = only(field, "score", call_and_drop(field.shape()));
        let bytes = declare(encode(&core, "rule"), &declaration("one-field", "rule"));
        let inspected = Inspected::inspect(bytes).unwrap();
        assert_eq!(
            *inspected.fields(),
            BTreeSet::from([field]),
            "the import list is the field"
        );
        let compiled = inspected.compile(&sandbox).unwrap();

        let everything_else = Field::ALL
            .iter()
            .copied()
            .filter(|other| *other != field)
            .collect();
        let Err(ActivationError::Ungranted(missing)) =
            compiled.activate(&everything_else, &BTreeMap::new())
        else {
            panic!("{field} was linked without a grant");
        };
        assert_eq!(missing, BTreeSet::from([field]));

        let ready = compiled
            .activate(&BTreeSet::from([field]), &BTreeMap::new())
            .unwrap();
        let run = run_one_rule(&ready, &source).run;
        assert_eq!(run.answer, Ok(vec![]), "{field}");
        assert_eq!(run.reads.len(), 1, "{field}");
    }
}

#[test]
fn a_patch_of_the_contract_is_the_contract() {
    let core = only(
        Field::CustomerName,
        "score",
        call_and_drop(Field::CustomerName.shape()),
    );
    let bytes = encode(&core, "rule");
    // The version stands in the bytes as text of the same length.
    let (old, new) = (b"baton:rules/customer@1.1.0", b"baton:rules/customer@1.0.7");
    let mut bytes = declare(bytes, &declaration("patched", "rule"));
    let mut replaced = 0;
    while let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
        bytes[at..at + new.len()].copy_from_slice(new);
        replaced += 1;
    }
    assert!(replaced > 0);
    let compiled = Inspected::inspect(bytes)
        .unwrap()
        .compile(&Sandbox::new().unwrap())
        .unwrap();
    assert!(
        compiled
            .activate(&BTreeSet::from([Field::CustomerName]), &BTreeMap::new())
            .is_ok()
    );
    assert!(
        compiled
            .activate(&BTreeSet::new(), &BTreeMap::new())
            .is_err()
    );
}

#[test]
fn every_truncation_of_a_good_module_is_rejected() {
    let bytes = honest_rule();
    assert!(Inspected::inspect(bytes.clone()).is_ok());
    for end in 0..bytes.len() {
        assert!(
            Inspected::inspect(&bytes[..end]).is_err(),
            "cut at {end} of {}",
            bytes.len()
        );
    }
}

#[test]
fn every_setting_function_is_there_without_a_grant() {
    let functions = ["boolean", "integer", "decimal", "text", "texts"];
    let imports: String = functions
        .iter()
        .map(|function| {
            format!(
                r#"(import "baton:rules/settings@1.0.0" "{function}"
                    (func ${function} (param i32 i32 i32)))"#
            )
        })
        .collect();
    let calls: String = functions
        .iter()
        .map(|function| format!("(call ${function} (i32.const 0) (i32.const 1) (i32.const 128))"))
        .collect();
    let core = format!(
        r#"(module {imports}
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
          (func (export "score") (result i32) {calls} (i32.const 1000)))"#
    );
    let bytes = declare(encode(&core, "rule"), &declaration("settings", "rule"));
    let inspected = Inspected::inspect(bytes).unwrap();
    assert_eq!(inspected.settings().len(), functions.len());
    let compiled = inspected.compile(&Sandbox::new().unwrap()).unwrap();
    let rule = compiled
        .activate(&BTreeSet::new(), &BTreeMap::new())
        .unwrap();
    let source: std::sync::Arc<dyn baton_domain::module::FieldSource> =
        std::sync::Arc::new(Facts::default());
    let run = run_one_rule(&rule, &source).run;
    assert_eq!(run.answer, Ok(vec![]));
    assert_eq!(
        run.reads.len(),
        1,
        "one name, asked five times, never declared"
    );
}
