//! The contract lives long: modules of every version that was ever published
//! run on this host, and what is not granted to them is not there.
//!
//! `tests/fixtures/contract` keeps compiled modules, a folder a version. Before
//! a version is followed by the next, its `every-field.wasm` is written by
//! `BATON_WRITE_CONTRACT=1 cargo nextest run -E 'test(the_fixture_of_this_version)'`.

use std::{collections::BTreeMap, collections::BTreeSet, fs, path::PathBuf};

use baton_domain::{
    field::{Field, Shape},
    module::Read,
};
use baton_sandbox::{ActivationError, Inspected, Sandbox, run_one_rule};

use crate::guest::{ALLOCATING_MEMORY, declaration, declare, encode, message, root};

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/contract")
}

/// The fixtures, by version and name.
fn kept() -> BTreeMap<(String, String), Vec<u8>> {
    let mut kept = BTreeMap::new();
    for version in fs::read_dir(fixtures()).unwrap().flatten() {
        for file in fs::read_dir(version.path()).unwrap().flatten() {
            let name = |it: &fs::DirEntry| it.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(file.path()).unwrap();
            kept.insert((name(&version), name(&file)), bytes);
        }
    }
    kept
}

/// A rule that reads every field there is, and says nothing.
fn every_field() -> Vec<u8> {
    let (mut imports, mut calls) = (String::new(), String::new());
    for (at, field) in Field::ALL.iter().enumerate() {
        let (interface, function) = (field.interface(), field.function());
        let (kind, call) = match field.shape() {
            Shape::Count => ("(result i32)", format!("(drop (call $f{at}))")),
            Shape::Seconds => ("(result i64)", format!("(drop (call $f{at}))")),
            _ => ("(param i32)", format!("(call $f{at} (i32.const 16))")),
        };
        imports += &format!(
            r#"(import "baton:rules/{interface}@1.0.0" "{function}" (func $f{at} {kind}))"#
        );
        calls += &call;
    }
    let core = format!(
        r#"(module {imports}
          {ALLOCATING_MEMORY}
          (func (export "score") (result i32) {calls} (i32.const 1000)))"#
    );
    declare(encode(&core, "rule"), &declaration("every-field", "rule"))
}

#[test]
fn the_fixture_of_this_version_reads_every_field() {
    let bytes = every_field();
    let inspected = Inspected::inspect(bytes.clone()).unwrap();
    assert_eq!(inspected.fields().len(), Field::ALL.len());
    let (major, minor) = inspected.contract();
    if std::env::var_os("BATON_WRITE_CONTRACT").is_some() {
        let folder = fixtures().join(format!("{major}.{minor}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("every-field.wasm"), bytes).unwrap();
    }
}

/// Version by version, module by module: it runs with what it imports, and with
/// any one field of that denied it does not exist for it.
#[test]
fn modules_of_every_version_run_and_are_denied_field_by_field() {
    let sandbox = Sandbox::new().unwrap();
    let mut versions = BTreeSet::new();
    let mut denials = 0;
    for ((version, name), bytes) in kept() {
        let inspected = Inspected::inspect(bytes).unwrap();
        let (major, minor) = inspected.contract();
        assert_eq!(format!("{major}.{minor}"), version, "{name}");
        versions.insert(version.clone());
        let compiled = inspected.compile(&sandbox).unwrap();
        let fields = compiled.inspected().fields().clone();
        for field in &fields {
            let mut granted = fields.clone();
            granted.remove(field);
            let refused = compiled.activate(&granted, &BTreeMap::new());
            let Err(ActivationError::Ungranted(lacking)) = refused else {
                panic!("{version}/{name} runs without {field}");
            };
            assert_eq!(lacking, BTreeSet::from([*field]), "{version}/{name}");
            denials += 1;
        }
        let ready = compiled.activate(&fields, &BTreeMap::new()).unwrap();
        if ready.declaration().world != baton_domain::module::World::Rule {
            continue;
        }
        let run = run_one_rule(&ready, &message("hello")).run;
        assert!(run.answer.is_ok(), "{version}/{name}: {:?}", run.answer);
        if name == "every-field.wasm" {
            let read: BTreeSet<Field> = run.reads.iter().filter_map(field_of).collect();
            assert_eq!(read, fields, "{version}/{name}");
        }
    }
    assert!(versions.contains("1.0"), "{versions:?}");
    assert!(denials >= Field::ALL.len() - 1, "{denials}");
}

fn field_of(read: &Read) -> Option<Field> {
    match read {
        Read::Field(field, _) => Some(*field),
        Read::Setting(..) => None,
    }
}

/// What 1.1 added is not in what 1.0 was compiled to, and asked for under the
/// older version by whoever writes bytes by hand it is the same function.
#[test]
fn a_field_that_was_added_breaks_nothing() {
    let old = &kept()[&("1.0".to_owned(), "every-field.wasm".to_owned())];
    let old = Inspected::inspect(old.clone()).unwrap();
    let new = Inspected::inspect(every_field()).unwrap();
    let added: Vec<Field> = new.fields().difference(old.fields()).copied().collect();
    assert!(added.contains(&Field::OrderRefunded), "{added:?}");
    assert!(old.fields().is_subset(new.fields()));
}
