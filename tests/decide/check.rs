//! `baton rule check`: the report of a real component, and refusals with a
//! code and what to do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::{child, guests, root};

fn check(module: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["rule", "check"])
        .arg(module)
        .args(more)
        .output()
        .expect("the binary runs")
}

/// A file of these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = root().join("target/test-modules");
    fs::create_dir_all(&folder).expect("a folder for modules");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the module is written");
    path
}

#[test]
fn a_stock_rule_is_described_to_people() {
    let output = check(&guests().join("delivery-promise.wasm"), &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in [
        "delivery-promise: a rule for contract 1.1, ",
        "delivery.requested-date: the date by which the customer wants it",
        "delivery-promise-at-risk",
        "Confirm or re-promise the delivery date",
        "late-score = 0.9",
        " / 5000 functions",
        " / 65536 bytes of code in one function",
        "compiled in ",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    assert!(text.ends_with("it would be admitted\n"), "{text}");
}

#[test]
fn a_stock_policy_is_described_to_programs() {
    let output = check(&guests().join("weighted.wasm"), &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let whole: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(whole["admitted"], true);
    let report = &whole["report"];
    assert_eq!(report["world"], "policy");
    assert_eq!(report["name"], "weighted");
    assert_eq!(report["contract"], "1.1");
    assert_eq!(report["reads"], Value::Array(vec![]));
    assert_eq!(report["digest"].as_str().map(str::len), Some(64));
    let size = fs::metadata(guests().join("weighted.wasm")).expect("it is there");
    assert_eq!(report["bytes"], size.len());
    let limits = report["limits"].as_array().expect("limits");
    let functions = limits.iter().find(|it| it["what"] == "functions");
    let functions = functions.expect("functions are counted");
    assert!(functions["measured"].as_u64() > Some(10), "{functions}");
    assert_eq!(functions["max"], 5_000);
    assert!(whole["compile_ms"].as_f64() > Some(0.0));
    assert_eq!(whole["declaration"]["name"], "weighted");
}

/// Refused with this code, in both forms; nothing is promised.
#[track_caller]
fn check_refused(module: &Path, code: &str, advice: &str) {
    let output = check(module, &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty(), "something was printed");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(&format!("({code})")), "{error}");
    assert!(error.contains(advice), "{error}");

    let output = check(module, &["--json"]);
    assert_eq!(output.status.code(), Some(3));
    let whole: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(whole["admitted"], false);
    assert_eq!(whole["code"], code);
    assert!(whole["message"].is_string());
    assert!(
        whole["advice"]
            .as_str()
            .is_some_and(|it| it.contains(advice)),
        "{whole}"
    );
}

#[test]
fn a_damaged_component_is_refused() {
    let good = fs::read(guests().join("complaint.wasm")).expect("a stock rule");
    let half = file("half.wasm", &good[..good.len() / 2]);
    check_refused(&half, "invalid_component", "build it again");
    let text = file("text.wasm", b"(component)");
    check_refused(&text, "not_wasm", "that the build wrote");
}

#[test]
fn a_file_that_is_not_there_is_no_refusal() {
    let output = check(Path::new("no-such-file.wasm"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("cannot read no-such-file.wasm"), "{error}");
}

#[test]
fn a_bomb_is_refused_within_the_limits_of_an_upload() {
    let bomb = file("bomb.wasm", &child::bomb());
    let output = check(&bomb, &["--json"]);
    assert_eq!(output.status.code(), Some(3));
    let whole: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    // Which limit it meets first is the machine's affair.
    let code = whole["code"].as_str().unwrap_or_default();
    assert!(code.starts_with("compile_too_"), "{whole}");
}
