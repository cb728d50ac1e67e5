//! The OpenAPI document: complete, true, and followed by a real host.

mod replay;

use std::collections::BTreeSet;

use baton::http::{Code, EXAMPLES, document};
use replay::REPLAY;
use serde_json::Value;

use crate::fixture::Fixture;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// An operation of the document.
struct Operation {
    id: String,
    method: String,
    path: String,
    body: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let of_method = |method: &str| {
            let body = item.get(method)?.clone();
            Some(Operation {
                id: body["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                body,
            })
        };
        METHODS
            .iter()
            .filter_map(|method| of_method(method))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn the_document_names_every_stable_code() {
    let document = document();
    let named: BTreeSet<&str> = document["components"]["schemas"]["ErrorCode"]["enum"]
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(named, all);
    // Those that only a missing route or method brings belong to no operation.
    let paths = document["paths"].to_string();
    for code in Code::ALL {
        let is_of_operation = paths.contains(&format!("\"{}\"", code.as_str()));
        let is_of_none = [
            Code::NoSuchRoute,
            Code::MethodNotAllowed,
            Code::TooManyConnections,
        ]
        .contains(code);
        assert_ne!(is_of_operation, is_of_none, "{code:?}");
    }
}

#[test]
fn every_operation_is_described_and_has_one_example() {
    let document = document();
    let mut named = BTreeSet::new();
    for operation in operations(&document) {
        let Operation { id, body, path, .. } = &operation;
        assert!(named.insert(id.clone()), "{id} twice");
        assert!(body["summary"].is_string(), "{id} has no summary");
        assert!(body["tags"][0].is_string(), "{id} has no tag");
        let is_open = ["health", "webhooks"].contains(&body["tags"][0].as_str().expect("a tag"));
        assert!(
            is_open || body["security"][0].is_object(),
            "{id} wants no key"
        );
        for parameter in body["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{id}: {parameter}");
        }
        let wanted = path.matches('{').count();
        let parameters = body["parameters"].as_array().into_iter().flatten();
        let given = parameters.filter(|it| it["in"] == "path").count();
        assert_eq!(wanted, given, "{id} does not describe its path");
    }
    let with_example: BTreeSet<String> = EXAMPLES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(named, with_example);
    let replayed = REPLAY.iter().filter(|step| !step.starts_with('!'));
    let replayed: BTreeSet<String> = replayed.map(|it| (*it).to_owned()).collect();
    assert_eq!(named, replayed);
}

#[tokio::test]
async fn what_is_documented_is_served_and_nothing_else() {
    let host = Fixture::start().await;
    let document = document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let concrete = path.replace(['{', '}'], "");
        for method in METHODS {
            let (status, answer) = host
                .request(&method.to_uppercase(), &concrete, "no-key", None)
                .await;
            let is_refused = status == 405;
            assert_eq!(
                is_refused,
                item.get(method).is_none(),
                "{method} {path}: {answer}"
            );
            if is_refused {
                assert_eq!(
                    answer["error"]["code"], "method_not_allowed",
                    "{method} {path}"
                );
            }
        }
    }
    // A route that bypasses the table would be one nobody documents.
    let table = include_str!("../../host/server/src/http/mod.rs");
    for hole in [".route(", ".nest(", "route_service", "fallback_service"] {
        assert!(!table.contains(hole), "{hole} bypasses the document");
    }
}
