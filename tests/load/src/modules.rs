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

/// Rules of the hostile corpus that a host takes and that fail when they run,
/// by the names of their folders.
pub fn hostile() -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut rules = Vec::new();
    for entry in fs::read_dir(root().join("tests/hostile"))? {
        let folder = entry?.path();
        let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let expected = read("expect.txt").unwrap_or_default();
        let own = ["declaration.json", "grants.txt"];
        let has_own = own.iter().any(|file| folder.join(file).exists());
        let Some(core) = read("rule.wat").filter(|_| expected.starts_with("failed:") && !has_own)
        else {
            continue;
        };
        let name = folder.file_name().context("a folder has a name")?;
        let name = name.to_string_lossy().into_owned();
        let component = encode(&repeated(&core), "rule");
        let bytes = declare(component, &declaration(&name, "rule"));
        rules.push((name, bytes));
    }
    rules.sort();
    Ok(rules)
}

/// A rule that uses nearly all of its fuel each time and then says nothing: it
/// never fails, so that nothing suspends it.
pub fn greedy() -> Vec<u8> {
    let core = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048))
        (func (export "score") (result i32) (local $left i32)
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
