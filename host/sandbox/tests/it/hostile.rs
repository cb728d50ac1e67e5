//! The hostile corpus: each folder of `tests/hostile` is a module that must
//! be rejected, or whose failure must be contained, as its `expect.txt` says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use baton_domain::{field::Field, module::World};
use baton_sandbox::{Inspected, Lineup, Ready, Rejection, Sandbox, run_one_rule, run_policy};

use crate::guest::{declaration, declare, encode, honest_rule, message, repeated, root};

#[test]
fn every_hostile_module_is_rejected_or_contained() {
    let sandbox = Sandbox::new().unwrap();
    let honest = Arc::new(ready(honest_rule(), None, &sandbox).unwrap());
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/hostile")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let expected = fs::read_to_string(folder.join("expect.txt"))
            .unwrap_or_else(|_| panic!("{name} has no expect.txt"));
        let found = outcome(&folder, &sandbox, &honest);
        if found != expected.trim() {
            wrong.push(format!(
                "{name}: expected {}, found {found}",
                expected.trim()
            ));
        }
        let after = run_one_rule(&honest, &message("still here")).run;
        let reason = after
            .answer
            .as_ref()
            .map(|signals| signals[0].reason.to_string());
        assert_eq!(
            reason,
            Ok("still here".to_owned()),
            "an honest module after {name}"
        );
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 100, "{cases} cases");
}

/// What became of the case, in the words of `expect.txt`.
fn outcome(folder: &Path, sandbox: &Sandbox, honest: &Arc<Ready>) -> String {
    let ready = match ready(bytes(folder), grants(folder).as_ref(), sandbox) {
        Ok(ready) => Arc::new(ready),
        Err(why) => return format!("rejected: {why}"),
    };
    // More than once, since what one run leaves behind, another might find.
    let outcomes: BTreeSet<String> = (0..3).map(|_| evaluate(&ready, honest)).collect();
    outcomes.into_iter().collect::<Vec<_>>().join(" or ")
}

fn evaluate(module: &Arc<Ready>, honest: &Arc<Ready>) -> String {
    let source = message("my secret");
    let answer = match module.declaration().world {
        World::Rule => run_one_rule(module, &source)
            .run
            .answer
            .map(|signals| signals.len().to_string()),
        World::Policy => {
            let lineup = Lineup::new(vec![Arc::clone(honest)], Arc::clone(module)).unwrap();
            run_policy(&lineup, &source, &[])
                .run
                .answer
                .map(|verdict| format!("{verdict:?}"))
        }
    };
    match answer {
        Ok(answer) => format!("answers: {answer}"),
        Err(failure) => format!("failed: {}", failure.code()),
    }
}

fn ready(
    bytes: Vec<u8>,
    grants: Option<&BTreeSet<Field>>,
    sandbox: &Sandbox,
) -> Result<Ready, String> {
    let inspected = Inspected::inspect(bytes).map_err(|rejection| word(&rejection))?;
    let compiled = inspected
        .compile(sandbox)
        .map_err(|rejection| word(&rejection))?;
    let grants = grants.unwrap_or(compiled.inspected().fields());
    compiled
        .activate(grants, &BTreeMap::new())
        .map_err(|error| error.code().to_owned())
}

/// The code, and which limit.
fn word(rejection: &Rejection) -> String {
    match rejection {
        Rejection::OverLimit { what, .. } => format!("{}: {what}", rejection.code()),
        _ => rejection.code().to_owned(),
    }
}

/// `rule.wat` and `policy.wat` are core modules that are encoded against the
/// contract; `module.wat` and `module.hex` are the upload itself.
fn bytes(folder: &Path) -> Vec<u8> {
    let read = |file: &str| Some(repeated(&fs::read_to_string(folder.join(file)).ok()?));
    let (bytes, world) = if let Some(core) = read("rule.wat") {
        (encode(&core, "rule"), "rule")
    } else if let Some(core) = read("policy.wat") {
        (encode(&core, "policy"), "policy")
    } else if let Some(hex) = read("module.hex") {
        return from_hex(&hex);
    } else {
        let text = read("module.wat").expect("a case has a module");
        (
            wat::parse_str(text).unwrap_or_else(|error| panic!("{}: {error}", folder.display())),
            "rule",
        )
    };
    match read("declaration.json") {
        Some(none) if none.trim().is_empty() => bytes,
        Some(json) => declare(bytes, &json),
        None => declare(bytes, &declaration("hostile", world)),
    }
}

/// The fields in `grants.txt`, a line each; without the file, all that the
/// module imports.
fn grants(folder: &Path) -> Option<BTreeSet<Field>> {
    let text = fs::read_to_string(folder.join("grants.txt")).ok()?;
    Some(
        text.lines()
            .map(|line| line.trim().parse().unwrap())
            .collect(),
    )
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}
