//! The file of cases: what is known in each, and what is expected.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use baton_domain::{
    field::{Field, FieldValue},
    ids::ModuleName,
    limits::CASES_BYTES_MAX,
    module::{Declaration, SettingValue, World},
    signal::{Score, ScoredSignal, Signal},
};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{
    expect::Expect,
    mistake::{Code, Mistake, Problem},
};
use crate::cli::rule::{
    moment::{Moment, Recorded},
    recording, value,
};

/// A case that was read.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) moment: Moment,
    /// What a policy hears.
    pub(super) signals: Vec<ScoredSignal>,
    pub(super) expect: Expect,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "case")]
    cases: Vec<WrittenCase>,
}

/// One case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: Spanned<String>,
    /// Values of fields; over those of `recorded`.
    #[serde(default)]
    reads: Table,
    /// A file with a recorded decision, beside the cases.
    recorded: Option<PathBuf>,
    /// Which one of the file, from 1.
    #[serde(default = "first")]
    decision: usize,
    /// Settings over the module's defaults.
    #[serde(default)]
    settings: BTreeMap<Arc<str>, SettingValue>,
    /// Of a policy: what it hears, in order.
    #[serde(default)]
    signals: Vec<WrittenSignal>,
    expect: Value,
}

/// A signal as it is written: `{ name = "complaint", score = 0.9 }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignal {
    name: Arc<str>,
    score: Score,
    /// Who says it; by default a module of the signal's name.
    module: Option<ModuleName>,
    /// What the release weighs the module by.
    #[serde(default = "full")]
    weight: Score,
    #[serde(default)]
    reason: Arc<str>,
    tag: Option<Arc<str>>,
    next_step: Option<Arc<str>>,
}

fn full() -> Score {
    Score::ONE
}

impl WrittenSignal {
    fn read(self) -> Result<ScoredSignal, Problem> {
        let module = match self.module {
            Some(module) => module,
            None => ModuleName::parse(&self.name).map_err(|_| {
                let says = format!("{:?} is no name of a module: say `module`, too", self.name);
                Problem::new("signals", Code::WrongValue, says)
            })?,
        };
        let signal = Signal {
            name: self.name,
            score: self.score,
            reason: self.reason,
            tag: self.tag,
            next_step: self.next_step,
            extra: Vec::new(),
        };
        Ok(ScoredSignal {
            module,
            signal,
            weight: self.weight,
        })
    }
}

fn first() -> usize {
    1
}

/// The cases of a file, for the module of this declaration; or every mistake
/// in it.
pub(super) fn read(
    file: &Path,
    declaration: &Declaration,
) -> anyhow::Result<Result<Vec<Case>, Vec<Mistake>>> {
    let unreadable = || format!("cannot read the cases in {}", file.display());
    let bytes = file.metadata().with_context(unreadable)?.len();
    if bytes > CASES_BYTES_MAX {
        let says = format!("the file has {bytes} bytes; {CASES_BYTES_MAX} are allowed");
        return Ok(Err(whole(1, Code::TooLarge, says)));
    }
    let source = fs::read_to_string(file).with_context(unreadable)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    Ok(parse(&source, folder, declaration))
}

fn parse(
    source: &str,
    folder: &Path,
    declaration: &Declaration,
) -> Result<Vec<Case>, Vec<Mistake>> {
    let written: Written = toml::from_str(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        whole(line(source, at), Code::Unreadable, error.message())
    })?;
    if written.cases.is_empty() {
        let says = "there is no case; each begins with [[case]] and has a name and what to expect";
        return Err(whole(1, Code::Cases, says));
    }
    let (mut cases, mut mistakes, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for written in written.cases {
        let (name, line) = (
            written.name.get_ref().clone(),
            line(source, written.name.span().start),
        );
        if !names.insert(name.clone()) {
            let twice = Problem::new("name", Code::Cases, "another case has this name");
            mistakes.push(twice.of(&name, line));
        }
        match written.read(folder, declaration) {
            Ok(case) => cases.push(case),
            Err(problems) => mistakes.extend(problems.into_iter().map(|it| it.of(&name, line))),
        }
    }
    if mistakes.is_empty() {
        Ok(cases)
    } else {
        Err(mistakes)
    }
}

/// A mistake of the file as a whole.
fn whole(line: usize, code: Code, sentence: impl Into<String>) -> Vec<Mistake> {
    vec![Problem::new("", code, sentence).of("", line)]
}

/// Line, from 1, of a byte of `source`.
fn line(source: &str, at: usize) -> usize {
    let before = source.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count() + 1
}

impl WrittenCase {
    fn read(self, folder: &Path, declaration: &Declaration) -> Result<Case, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut moment = Moment::default();
        if let Some(file) = &self.recorded {
            match recording::read(&folder.join(file), self.decision) {
                Ok(record) => moment = Recorded::of(record, declaration).moment,
                Err(error) => {
                    let says = format!("{error:#}");
                    problems.push(Problem::new("recorded", Code::Recording, says));
                }
            }
        }
        let mut read_field = |name: &str, written: Value| match field(name, written) {
            Ok((field, value)) => {
                moment.fields.insert(field, value);
            }
            Err(problem) => problems.push(problem),
        };
        for (name, written) in flat(self.reads) {
            read_field(&name, written);
        }
        moment.settings.extend(self.settings);
        if let Err(error) = declaration.settings_with(&moment.settings) {
            let says = error.to_string();
            problems.push(Problem::new("settings", Code::InvalidSettings, says));
        }
        let is_policy = declaration.world == World::Policy;
        if !is_policy && !self.signals.is_empty() {
            let says = "a rule hears no signals: it makes them";
            problems.push(Problem::new("signals", Code::WrongValue, says));
        }
        if is_policy && self.recorded.is_some() {
            let says = "the cases of a policy name their `signals` themselves";
            problems.push(Problem::new("recorded", Code::WrongValue, says));
        }
        let mut signals = Vec::new();
        for written in self.signals {
            match written.read() {
                Ok(signal) => signals.push(signal),
                Err(problem) => problems.push(problem),
            }
        }
        let expect = Expect::read(self.expect, declaration);
        match expect {
            Ok(expect) if problems.is_empty() => Ok(Case {
                name: self.name.into_inner(),
                moment,
                signals,
                expect,
            }),
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }
}

/// `basket.value = ...` without quotes is a table in a table.
fn flat(reads: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (name, written) in reads {
        match written {
            Value::Table(functions) if !name.contains('.') => {
                let of = |(function, value)| (format!("{name}.{function}"), value);
                flat.extend(functions.into_iter().map(of));
            }
            written => flat.push((name, written)),
        }
    }
    flat
}

/// A field and its value; the name may have `_` for `-`, as in expressions.
fn field(name: &str, written: Value) -> Result<(Field, FieldValue), Problem> {
    let field: Field = name.replace('_', "-").parse().map_err(|_| {
        let says = format!("there is no such field{}", neighbours(name));
        Problem::new(name, Code::UnknownField, says)
    })?;
    let value = value::field_value(field, written);
    let value = value.map_err(|says| Problem::new(field.name(), Code::WrongValue, says))?;
    Ok((field, value))
}

/// The fields beside the one that does not exist.
fn neighbours(name: &str) -> String {
    let interface = name.split('.').next().unwrap_or_default();
    let known: Vec<&str> = Field::ALL
        .iter()
        .filter(|field| field.interface() == interface)
        .map(|field| field.name())
        .collect();
    if known.is_empty() {
        "; the catalogue is wit/v1/fields.wit".to_owned()
    } else {
        format!("; there is: {}", known.join(", "))
    }
}
