//! The file that an author works on: a component, or a document that becomes
//! one in memory.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use baton_cel::{Format, Mistake};
use baton_domain::module::World;
use baton_sandbox::Inspected;

/// The core module of the stock evaluator; empty in a build without guests.
const EVALUATOR: &[u8] = include!(concat!(env!("OUT_DIR"), "/evaluator.rs"));

/// What a file holds, or everything that is wrong with it.
pub(super) type Checked<T> = Result<T, Vec<Mistake>>;

/// The module of a file: a component when its name ends in `.wasm`, else a
/// document.
pub(super) fn load(file: &Path) -> anyhow::Result<Checked<Inspected>> {
    if file.extension().is_none_or(|it| it != "wasm") {
        return build(file);
    }
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let inspected = Inspected::inspect(bytes);
    let inspected = inspected.map_err(|rejection| {
        let code = rejection.code();
        anyhow::Error::new(rejection).context(format!("{} is refused ({code})", file.display()))
    });
    inspected.map(Ok)
}

/// Makes the component of a document.
pub(super) fn build(document: &Path) -> anyhow::Result<Checked<Inspected>> {
    ensure!(
        !EVALUATOR.is_empty(),
        "this build carries no evaluator: run `make guests`, then build again"
    );
    let source = fs::read_to_string(document)
        .with_context(|| format!("cannot read {}", document.display()))?;
    let rule = match baton_cel::read(&source, format_of(document)) {
        Ok(rule) => rule,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let component = baton_cel::build(&rule, EVALUATOR).context("the rule cannot be built")?;
    // What is made is what a host will take.
    let inspected = Inspected::inspect(component.bytes)
        .context("the rule was built, but no host would take it")?;
    Ok(Ok(inspected))
}

/// Refuses a policy: it is run on signals, not on a moment.
pub(super) fn rule_only(inspected: &Inspected) -> anyhow::Result<()> {
    let name = &inspected.declaration().name;
    ensure!(
        inspected.world() == World::Rule,
        "{name} is a policy, and this command is for rules: hold a policy against cases \
         with `baton rule test`, or see it decide with `baton decide --rules FOLDER`"
    );
    Ok(())
}

fn format_of(path: &Path) -> Format {
    match path.extension() {
        Some(extension) if extension == "json" => Format::Json,
        _ => Format::Toml,
    }
}
