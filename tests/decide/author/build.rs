//! `baton rule build`.

use std::fs;

use baton_guest_build::Component;

use super::{Desk, VIP};

#[test]
fn a_document_becomes_a_component_that_imports_what_it_names() {
    let desk = Desk::new().with("vip.toml", VIP);
    let done = desk
        .rule(&["build", "vip.toml", "--to", "vip.wasm"])
        .exits(0);
    let bytes = fs::read(desk.path("vip.wasm")).expect("the component is written");
    let lines: Vec<&str> = done.out.lines().collect();
    let [head, digest, reads @ ..] = lines.as_slice() else {
        panic!("{done:?}");
    };
    assert_eq!(
        *head,
        format!("vip-basket: {} bytes in vip.wasm", bytes.len())
    );
    assert!(digest.starts_with("  digest "), "{digest}");
    assert_eq!(reads, ["  reads basket.value", "  reads order.count"]);
    let component = Component::read(bytes).expect("it is a component");
    let fields: Vec<&str> = component.fields.iter().map(|it| it.name()).collect();
    assert_eq!(fields, ["basket.value", "order.count"]);
}

#[test]
fn json_is_read_and_printed() {
    let document = r#"{ "name": "any", "condition": "true", "score": 0.5, "reason": "Always." }"#;
    let desk = Desk::new().with("any.json", document);
    let done = desk.rule(&["build", "any.json", "--to", "any.wasm", "--json"]);
    let told = done.exits(0).json();
    let bytes = fs::metadata(desk.path("any.wasm")).expect("written").len();
    assert_eq!(told["name"], "any");
    assert_eq!(told["bytes"], bytes);
    assert_eq!(told["reads"], serde_json::json!([]));
    assert_eq!(told["digest"].as_str().map(str::len), Some(64));
}

#[test]
fn every_mistake_is_told_where_it_stands_and_nothing_is_written() {
    let wrong = VIP
        .replace("order.count >= 2", "order.cuont >= 2")
        .replace("'0.8'", "'basket.value'");
    let desk = Desk::new().with("vip.toml", &wrong);
    let build = ["build", "vip.toml", "--to", "vip.wasm"];
    desk.rule(&build)
        .exits(3)
        .complains("vip.toml:3:76: condition: there is no field order.cuont; did you mean order.count? (unknown_field)\n")
        .complains("vip.toml:4:10: score: ");
    let told = desk
        .rule(&[&build[..], &["--json"]].concat())
        .exits(3)
        .json();
    assert_eq!(told["mistakes"][0]["code"], "unknown_field");
    assert_eq!(told["mistakes"][0]["line"], 3);
    assert!(!desk.path("vip.wasm").exists());
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let desk = Desk::new().with("vip.toml", VIP);
    desk.rule(&["build", "vop.toml", "--to", "vip.wasm"])
        .exits(1)
        .complains("cannot read vop.toml");
    desk.rule(&["build", "vip.toml", "--to", "no/such/folder.wasm"])
        .exits(1)
        .complains("cannot write no/such/folder.wasm");
}
