//! Components for tests: core modules in text, encoded the way the guest
//! toolchain encodes real ones, against the true contract.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use baton_domain::{
    field::{Field, FieldValue, Shape},
    module::{DECLARATION_SECTION, FieldSource},
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The contract, read from `wit/v1`.
static CONTRACT: LazyLock<Resolve> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("wit/v1")).unwrap();
    resolve
});

/// The component of a core module that implements `world` of the contract.
pub(crate) fn encode(core_wat: &str, world: &str) -> Vec<u8> {
    encode_against(&CONTRACT, core_wat, world)
}

/// The component of a core module against a world of one's own, given as a
/// WIT package that may use the contract.
#[allow(
    dead_code,
    reason = "the crate's unit tests share this file and use it"
)]
pub(crate) fn encode_own(core_wat: &str, package: &str, world: &str) -> Vec<u8> {
    let mut resolve = CONTRACT.clone();
    resolve.push_str("own.wit", package).unwrap();
    encode_against(&resolve, core_wat, world)
}

/// The core module itself, with the section that names its world, as
/// wit-bindgen writes it.
#[allow(
    dead_code,
    reason = "the crate's unit tests share this file and do not use it"
)]
pub(crate) fn core_module(core_wat: &str, world: &str) -> Vec<u8> {
    embed(&CONTRACT, core_wat, world)
}

fn embed(resolve: &Resolve, core_wat: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core_wat).unwrap();
    let (world, _) = resolve
        .worlds
        .iter()
        .find(|(_, w)| w.name == world)
        .unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    module
}

fn encode_against(resolve: &Resolve, core_wat: &str, world: &str) -> Vec<u8> {
    let module = embed(resolve, core_wat, world);
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// `component` with its declaration, as the guest build appends it.
pub(crate) fn declare(mut component: Vec<u8>, json: &str) -> Vec<u8> {
    let mut body = Vec::new();
    leb128(DECLARATION_SECTION.len(), &mut body);
    body.extend(DECLARATION_SECTION.bytes());
    body.extend(json.bytes());
    component.push(0);
    leb128(body.len(), &mut component);
    component.extend(body);
    component
}

/// `{{3 (func) }}` stands for `(func) (func) (func) `; a `#` in it becomes the
/// number of the copy.
#[allow(
    dead_code,
    reason = "the crate's unit tests share this file and do not use it"
)]
pub(crate) fn repeated(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{{") else {
        return text.to_owned();
    };
    let (inside, after) = rest.split_once("}}").expect("a repetition ends");
    let (count, part) = inside.split_once(' ').expect("a number and a text");
    let count: usize = count.parse().expect("how often");
    let copies: String = (0..count)
        .map(|number| part.replace('#', &number.to_string()))
        .collect();
    format!("{before}{copies}{}", repeated(after))
}

fn leb128(mut number: usize, out: &mut Vec<u8>) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// A rule that emits one signal `alarm`, score 0.5, whose reason is the text
/// of the message.
pub(crate) const HONEST_RULE: &str = r#"(module
  (import "baton:rules/message@1.0.0" "text" (func $text (param i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get 2) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get 2))))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "score") (result i32)
    (call $text (i32.const 16))
    (i32.store (i32.const 1024) (i32.const 64))
    (i32.store (i32.const 1028) (i32.const 5))
    (f64.store (i32.const 1032) (f64.const 0.5))
    (i32.store (i32.const 1040) (i32.load (i32.const 20)))
    (i32.store (i32.const 1044) (i32.load (i32.const 24)))
    (i32.store (i32.const 1000) (i32.const 1024))
    (i32.store (i32.const 1004) (i32.const 1))
    (i32.const 1000))
  (data (i32.const 64) "alarm"))"#;

/// The declaration of a module of `world` that may emit `alarm`.
pub(crate) fn declaration(name: &str, world: &str) -> String {
    format!(
        r#"{{"name":"{name}","world":"{world}","summary":"For tests.","signals":["alarm"],
            "tags":["urgent"],"next_steps":["Call."]}}"#
    )
}

/// The honest rule, ready for inspection.
pub(crate) fn honest_rule() -> Vec<u8> {
    declare(encode(HONEST_RULE, "rule"), &declaration("honest", "rule"))
}

/// Facts where a few fields are set and the rest is unknown.
#[derive(Debug, Default)]
pub(crate) struct Facts(pub(crate) BTreeMap<Field, FieldValue>);

impl FieldSource for Facts {
    fn read(&self, field: Field) -> FieldValue {
        let value = self.0.get(&field).cloned();
        value.unwrap_or_else(|| FieldValue::nothing(field.shape()))
    }
}

/// Facts of a message with this text.
pub(crate) fn message(text: &str) -> Arc<dyn FieldSource> {
    Arc::new(Facts(BTreeMap::from([(
        Field::MessageText,
        FieldValue::text(text),
    )])))
}

/// The memory of a core module, with an allocator that never gives back.
pub(crate) const ALLOCATING_MEMORY: &str = r#"(memory (export "memory") 1)
          (global $free (mut i32) (i32.const 4096))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and
              (i32.add (global.get $free) (i32.sub (local.get 2) (i32.const 1)))
              (i32.sub (i32.const 0) (local.get 2))))
            (global.set $free (i32.add (local.get $at) (local.get 3)))
            (local.get $at))"#;

/// A core module that imports only `field`, and hands its value on unchanged
/// as the result of `export`.
pub(crate) fn only(field: Field, export: &str, body: &str) -> String {
    let import = format!(
        r#"(import "baton:rules/{}@1.0.0" "{}" (func $field {}))"#,
        field.interface(),
        field.function(),
        match field.shape() {
            Shape::Count => "(result i32)",
            Shape::Seconds => "(result i64)",
            _ => "(param i32)",
        }
    );
    format!(
        r#"(module {import}
          {ALLOCATING_MEMORY}
          (func (export "{export}") {body}))"#
    )
}

/// Calls the field and drops its value, for `score`.
pub(crate) fn call_and_drop(shape: Shape) -> &'static str {
    match shape {
        Shape::Count | Shape::Seconds => "(result i32) (drop (call $field)) (i32.const 1000)",
        _ => "(result i32) (call $field (i32.const 16)) (i32.const 1000)",
    }
}
