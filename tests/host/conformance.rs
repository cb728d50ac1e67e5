//! schemathesis, which knows nothing of Baton but the OpenAPI document, against
//! a real host with a key of each kind: no 5xx, answers as documented, methods
//! that are not served answered 405, bad bodies refused.
//!
//! `tests/scripts/require-schemathesis.sh` sets it up. Without it this says so
//! and passes, except under CI. `BATON_CONFORMANCE_EXAMPLES` and
//! `BATON_CONFORMANCE_SEED` make it longer and other.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::fixture::{ADMIN, Fixture, NUMBER, messages, text};

/// Cases for each operation, unless `BATON_CONFORMANCE_EXAMPLES` says more.
const EXAMPLES: &str = "12";
const SEED: &str = "20261124";

/// What is checked of each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method,\
    negative_data_rejection,missing_required_header";

#[expect(clippy::print_stderr, reason = "what is not tested is told")]
fn schemathesis() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join("target/schemathesis/bin/schemathesis");
    if program.exists() {
        return Some(program);
    }
    let is_ci = std::env::var_os("CI").is_some();
    assert!(
        !is_ci,
        "schemathesis is missing: tests/scripts/require-schemathesis.sh"
    );
    eprintln!(
        "schemathesis is missing, so conformance is not tested: tests/scripts/require-schemathesis.sh"
    );
    None
}

fn said(name: &str, otherwise: &str) -> String {
    let said = std::env::var(name).ok().filter(|it| !it.is_empty());
    said.unwrap_or_else(|| otherwise.to_owned())
}

/// A host in which there is something to see.
async fn lived_in() -> Fixture {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.says("Can I talk to a person?").await;
    let order = json!([{ "type": "order", "id": "KS-1", "status": "paid" }]);
    host.tell(order).await;
    let lost = messages("999", &[text("wamid.lost", "hello")]);
    assert_eq!(host.signed(&lost).await, 200);
    host
}

async fn conforms(host: &Fixture, key: &str, name: &str) {
    let Some(program) = schemathesis() else {
        return;
    };
    let folder = tempfile::TempDir::new().expect("a folder");
    let output = tokio::process::Command::new(program)
        .arg("run")
        .arg(format!("{}/openapi.json", host.url))
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args(["--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args([
            "--max-examples",
            &said("BATON_CONFORMANCE_EXAMPLES", EXAMPLES),
        ])
        .args(["--seed", &said("BATON_CONFORMANCE_SEED", SEED)])
        // Two threads that read source at once fail in Python 3.11 before .8
        // (cpython issue 106905).
        .args(["--workers", "1", "--request-timeout", "20"])
        .args(["--no-color", "--warnings", "off"])
        .args(["--generation-database", "none"])
        .current_dir(folder.path())
        .output()
        .await
        .expect("schemathesis runs");
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "with {name}:\n{report}\n{errors}");
    // It still lives, and works.
    assert_eq!(
        host.get(&format!("/v1/customers?phone={NUMBER}")).await.0,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_conforms_under_an_operators_key() {
    let host = lived_in().await;
    conforms(&host, &host.key, "an operator's key").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_conforms_under_a_bots_key() {
    let host = lived_in().await;
    let bot = json!({ "name": "bot", "role": "bot" });
    let key = host.make_key("shop", bot).await;
    conforms(&host, &key, "a bot's key").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_conforms_under_an_integrations_key() {
    let host = lived_in().await;
    let erp = json!({ "name": "erp", "role": "integration" });
    let key = host.make_key("shop", erp).await;
    conforms(&host, &key, "an integration's key").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_conforms_under_the_administrators_key() {
    let host = lived_in().await;
    conforms(&host, ADMIN, "the administrator's key").await;
}
