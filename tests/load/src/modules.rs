//! Modules to upload: stock rules under digests of their own, rules without
//! code, and hostile ones.

use std::{fs, path::PathBuf};

use anyhow::{Context, ensure};

use crate::guest::{declaration, declare, encode, repeated, root};

/// The stock rules, the smallest and the largest among them.
pub const STOCK: [&str; 5] = [
    "asks-for-person",
    "bot-failed-twice",
    "complaint",
    "delivery-promise",
    "high-basket-value",
];

/// A stock rule whose digest nobody knows yet: `salt` is in a section that
/// nobody reads, so that all else is as it was.
pub fn stock(name: &str, salt: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = read(&format!("{name}.wasm"))?;
    let name = b"salt";
    let length = 1 + name.len() + salt.len();
    // One byte tells the length of what is that short.
    ensure!(length < 128, "{salt} is too long");
    bytes.extend([0, length as u8, name.len() as u8]);
    bytes.extend(name);
    bytes.extend(salt.bytes());
    Ok(bytes)
}

/// A rule without code of this name that says `reason` of every message.
pub fn without_code(name: &str, reason: &str) -> anyhow::Result<Vec<u8>> {
    let document = format!(
        "name = {name:?}\nsummary = \"For load.\"\ncondition = 'message.text != null'\n\
         score = '0.1'\nreason = {reason:?}\n"
    );
    let rule = baton_cel::read(&document, baton_cel::Format::Toml);
    let rule = rule.map_err(|mistakes| anyhow::anyhow!("{document}: {mistakes:?}"))?;
    Ok(baton_cel::build(&rule, &read("core/no-code.wasm")?)?.bytes)
}

/// Rules of the hostile corpus that a host takes and that cost it most: time,
/// memory, reads without end, and answers that it has to look through. No more
/// than a tenant may have compiled at once.
const HOSTILE: [&str; 18] = [
    "bulk-memory-loop",
    "deep-recursion",
    "endless-reads",
    "endless-settings",
    "huge-setting-name",
    "huge-string",
    "long-list-in-bounds",
    "long-reason",
    "loop-in-call",
    "loop-in-post-return",
    "loop-in-realloc",
    "loop-in-start",
    "memory-growth",
    "memory-growth-at-once",
    "million-element-list",
    "table-growth",
    "trap-in-start",
    "unreachable",
];

/// Those rules, by their names.
pub fn hostile() -> anyhow::Result<Vec<(&'static str, Vec<u8>)>> {
    let rule = |name: &'static str| {
        let path = root().join("tests/hostile").join(name).join("rule.wat");
        let core = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let component = encode(&repeated(&core), "rule");
        Ok((name, declare(component, &declaration(name, "rule"))))
    };
    HOSTILE.into_iter().map(rule).collect()
}

/// A rule that uses nearly all of its fuel on each text and then says nothing:
/// it never fails, so that nothing suspends it.
pub fn greedy() -> Vec<u8> {
    let core = r#"(module
        (import "baton:rules/message@1.0.0" "text" (func $text (param i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048))
        (func (export "score") (result i32) (local $left i32)
            (call $text (i32.const 16))
            (local.set $left (i32.const 1500000))
            (loop $more
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $more (local.get $left)))
            (i32.const 1024)))"#;
    declare(encode(core, "rule"), &declaration("greedy", "rule"))
}

fn read(file: &str) -> anyhow::Result<Vec<u8>> {
    let path: PathBuf = root().join("target/guests").join(file);
    fs::read(&path).with_context(|| format!("{}: run `make guests` first", path.display()))
}
