//! `baton decide` on the examples, as a user runs it: the five main triggers,
//! the journey's Friday question, and everything that must be refused. Beside
//! it, what an author does with a rule before it is uploaded, and what the host
//! runs to compile one, `baton compile-module`.

mod author;
mod check;
mod child;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use baton_tests::{shown_in_readme, steady};
use serde_json::Value;

const SECRET: &str = "example-app-secret";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the stock modules; says which command makes them.
fn guests() -> PathBuf {
    let guests = root().join("target/guests");
    assert!(
        guests.join("weighted.wasm").exists(),
        "no stock modules: run `make guests`"
    );
    guests
}

struct Run {
    example: &'static str,
    signature: Option<String>,
    secret: &'static str,
    facts: Option<PathBuf>,
    more: Vec<String>,
}

impl Run {
    fn of(example: &'static str) -> Self {
        let rules = guests().display().to_string();
        let more = vec!["--rules".to_owned(), rules];
        Self {
            example,
            signature: None,
            secret: SECRET,
            facts: None,
            more,
        }
    }

    fn output(self) -> Output {
        let folder = root().join("tests/examples").join(self.example);
        let signature = self.signature.unwrap_or_else(|| {
            fs::read_to_string(folder.join("signature")).expect("the example is signed")
        });
        let facts = self.facts.unwrap_or_else(|| folder.join("facts.json"));
        Command::new(env!("CARGO_BIN_EXE_baton"))
            .arg("decide")
            .arg("--body")
            .arg(folder.join("body.json"))
            .args(["--signature", &signature, "--secret", self.secret])
            .arg("--facts")
            .arg(facts)
            .args(self.more)
            .output()
            .expect("the binary runs")
    }

    /// The first decision, as JSON.
    fn decision(mut self) -> Value {
        self.more.push("--json".to_owned());
        let output = self.output();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        let whole: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        whole["decisions"][0]["record"].clone()
    }
}

fn signals(record: &Value) -> Vec<String> {
    let rules = record["rules"].as_array().expect("rules ran");
    let said = rules
        .iter()
        .flat_map(|run| run["answer"]["Ok"].as_array().into_iter().flatten());
    said.filter_map(|signal| signal["name"].as_str().map(str::to_owned))
        .collect()
}

#[track_caller]
fn check(example: &'static str, headline: &str, signal: &str) {
    let record = Run::of(example).decision();
    let decision = &record["decision"];
    let said = signals(&record);
    assert!(said.iter().any(|it| it == signal), "{example}: {said:?}");
    assert_eq!(decision["outcome"], "hand-off", "{example}: {decision}");
    assert_eq!(decision["tags"][0], headline, "{example}");
    assert_eq!(decision["is_degraded"], false, "{example}");
    assert!(decision["next_step"].is_string(), "{example}: {decision}");
}

#[test]
fn the_friday_question_is_handed_off_with_its_headline() {
    check(
        "friday",
        "delivery promise + high-value repeat buyer",
        "delivery-promise-at-risk",
    );
}

#[test]
fn a_friday_question_is_explained_to_people() {
    let output = Run::of("friday").output();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "will this arrive before Friday?",
        "delivery.requested-date = \"2026-11-26\"",
        "delivery.uncertainty-reason = \"public holiday on 2026-11-26\"",
        "fuel",
        "decision: hand off to sales, senior",
        "\"delivery promise + high-value repeat buyer\"",
        "Confirm or re-promise the delivery date",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn a_valuable_basket_is_handed_off() {
    check("basket", "high basket value", "high-basket");
}

#[test]
fn a_repeat_buyer_at_risk_is_handed_off() {
    check(
        "repeat-buyer",
        "high-value repeat buyer",
        "repeat-buyer-at-risk",
    );
}

#[test]
fn a_failed_payment_is_handed_off() {
    check("payment", "payment problem", "payment-failed");
}

#[test]
fn an_indonesian_complaint_is_handed_off() {
    check("complaint", "complaint", "complaint");
}

#[test]
fn a_question_failed_twice_is_handed_off() {
    check("bot-failed-twice", "bot could not answer", "bot-failed");
}

/// A change to the facts.
type Change = fn(&mut Value);

/// Nothing is evaluated and nothing printed.
#[track_caller]
fn check_refused(output: &Output, because: &str) {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "something was printed");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(because), "{error}");
}

#[test]
fn a_wrong_signature_evaluates_nothing() {
    let zeros = format!("sha256={}", "0".repeat(64));
    for signature in [zeros.as_str(), "sha256=abc", "md5=00", "", "sha256="] {
        let run = Run {
            signature: Some(signature.to_owned()),
            ..Run::of("friday")
        };
        check_refused(
            &run.output(),
            "the signature is refused, nothing was evaluated",
        );
    }
    let run = Run {
        secret: "another-secret",
        ..Run::of("friday")
    };
    check_refused(&run.output(), "does not match the body");
}

#[test]
fn the_previous_secret_holds_too() {
    let mut run = Run {
        secret: "the-new-secret",
        ..Run::of("friday")
    };
    run.more
        .extend(["--previous-secret".to_owned(), SECRET.to_owned()]);
    assert!(run.output().status.success());
}

#[test]
fn facts_that_cannot_be_taken_are_named() {
    let cases: [(&str, Change, &str); 5] = [
        (
            "unknown-key",
            |it| it["tenat"] = 1.into(),
            "unknown field `tenat`",
        ),
        (
            "unknown-key-in-fact",
            |it| it["facts"][0]["nmae"] = 1.into(),
            "nmae",
        ),
        (
            "currency",
            |it| it["facts"][1]["total"]["currency"] = "rupiah".into(),
            "facts[1]",
        ),
        (
            "number",
            |it| it["tenant"]["numbers"] = Value::Array(vec![]),
            "belongs to no tenant",
        ),
        (
            "setting",
            |it| it["release"]["modules"]["weighted"]["settings"]["treshold"] = 1.into(),
            "threshold",
        ),
    ];
    for (name, spoil, because) in cases {
        let run = Run {
            facts: Some(friday_facts(name, spoil)),
            ..Run::of("friday")
        };
        check_refused(&run.output(), because);
    }
}

/// The facts of the Friday question with a change, in a file of their own.
fn friday_facts(name: &str, change: impl Fn(&mut Value)) -> PathBuf {
    let whole = fs::read_to_string(root().join("tests/examples/friday/facts.json")).expect("facts");
    let mut facts: Value = serde_json::from_str(&whole).expect("facts are JSON");
    change(&mut facts);
    let folder = root().join("target/test-facts");
    fs::create_dir_all(&folder).expect("a folder for facts");
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, facts.to_string()).expect("facts are written");
    path
}

#[test]
fn a_folder_without_a_policy_is_refused() {
    let folder = root().join("target/test-rules");
    fs::create_dir_all(&folder).expect("a folder for rules");
    fs::copy(
        guests().join("complaint.wasm"),
        folder.join("complaint.wasm"),
    )
    .expect("a rule");
    let more = vec!["--rules".to_owned(), folder.display().to_string()];
    let facts = friday_facts("no-modules", |it| {
        it["release"] = serde_json::json!({});
    });
    let run = Run {
        more,
        facts: Some(facts),
        ..Run::of("friday")
    };
    check_refused(&run.output(), "exactly one policy");
}

#[test]
fn without_what_is_known_the_bot_goes_on() {
    let path = friday_facts("nothing-known", |it| it["facts"] = Value::Array(vec![]));
    let record = Run {
        facts: Some(path),
        ..Run::of("friday")
    }
    .decision();
    assert_eq!(record["decision"]["outcome"], "stay", "{record}");
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    for (command, example) in [
        ("make decide", "friday"),
        ("make decide EXAMPLE=bot-failed-twice", "bot-failed-twice"),
    ] {
        let output = Run::of(example).output();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            steady(&shown_in_readme(command)),
            steady(&printed),
            "{command}"
        );
    }
}
