//! A rule: what a document says once everything in it is right.

use std::collections::BTreeSet;

use baton_domain::{
    field::Field,
    ids::ModuleName,
    limits::{NO_CODE_TEMPLATE_CHARS_MAX, NO_CODE_TREE_BYTES_MAX, SHORT_TEXT_CHARS_MAX},
    module::{Declaration, SettingType, World},
};
use no_code::tree::Op;

use crate::{
    check::Checker,
    document::{Document, Format, Written},
    kind::Kind,
    mistake::{Code, Mistake, Problem},
    parse::parse,
    scope::Scope,
    settings, template, written,
};

/// The keys of a document, in the order in which they are written best.
const KEYS: [&str; 9] = [
    "name",
    "summary",
    "condition",
    "score",
    "reason",
    "signal",
    "tag",
    "next_step",
    "settings",
];

/// A rule that was checked: the fields it reads, what it declares, and its
/// tree.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Every field that its expressions read.
    pub fields: BTreeSet<Field>,
    /// What its component declares.
    pub declaration: Declaration,
    /// The types of the settings that its expressions read.
    pub(crate) types: Vec<SettingType>,
    pub(crate) tree: Vec<u8>,
}

impl Rule {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the document.
    pub fn read(source: &str, format: Format) -> Result<Self, Vec<Mistake>> {
        let mut document = Document::read(source, format).map_err(|mistake| vec![mistake])?;
        document.check_keys(&KEYS);
        let rule = Reader(&mut document).rule();
        let mut mistakes = document.mistakes;
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        match rule {
            Some(rule) if mistakes.is_empty() => Ok(rule),
            _ => Err(mistakes),
        }
    }

    /// The tree, as [`no_code::evaluate`] takes it.
    pub fn tree(&self) -> &[u8] {
        &self.tree
    }
}

struct Reader<'d, 's>(&'d mut Document<'s>);

impl Reader<'_, '_> {
    fn rule(&mut self) -> Option<Rule> {
        let mut scope = Scope {
            settings: settings::read(self.0),
            ..Scope::default()
        };
        let name = self.name();
        let summary = self.optional("summary");
        let condition = self.condition(&mut scope);
        let score = self.score(&mut scope);
        let reason = self.reason(&mut scope);
        let signal = self.optional("signal");
        let (tag, next_step) = (self.optional("tag"), self.optional("next_step"));
        if !self.0.mistakes.is_empty() {
            return None;
        }
        let (name, condition, score, reason) = (name?, condition?, score?, reason?);
        let signal = signal.unwrap_or_else(|| name.as_str().to_owned());
        let mut tree = Vec::new();
        for text in [Some(&signal), tag.as_ref(), next_step.as_ref()] {
            written::sized(&mut tree, text.map_or("", String::as_str).as_bytes());
        }
        for block in [condition, score, reason] {
            written::sized(&mut tree, &block);
        }
        if tree.len() > NO_CODE_TREE_BYTES_MAX {
            let says = format!(
                "the rule takes {} bytes; {NO_CODE_TREE_BYTES_MAX} are allowed: split it in two",
                tree.len()
            );
            self.0.note("", 0, Code::TooComplex, says);
            return None;
        }
        let one = |text: Option<String>| text.into_iter().map(Into::into).collect();
        let summary = summary.unwrap_or_else(|| format!("Rule without code: {}.", name.as_str()));
        let declaration = Declaration {
            name,
            world: World::Rule,
            summary: summary.into(),
            signals: one(Some(signal)),
            tags: one(tag),
            next_steps: one(next_step),
            settings: scope.settings,
        };
        if let Err(error) = declaration.validate() {
            let at = self.0.entry("settings").map_or(0, |entry| entry.key_at);
            self.0
                .note("settings", at, Code::WrongValue, error.to_string());
            return None;
        }
        Some(Rule {
            fields: scope.fields,
            types: scope.types,
            declaration,
            tree,
        })
    }

    fn name(&mut self) -> Option<ModuleName> {
        let text = self.required("name")?;
        match ModuleName::parse(&text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.0
                    .note_inside("name", 0, Code::WrongText, error.to_string());
                None
            }
        }
    }

    fn condition(&mut self, scope: &mut Scope) -> Option<Vec<u8>> {
        let source = self.required("condition")?;
        let block = expression(&source, scope, |kind| match kind {
            Kind::Bool | Kind::Any => Ok(()),
            other => Err(format!(
                "a condition is a yes or no, this is {}; compare it with something",
                other.words()
            )),
        });
        self.noted("condition", block)
    }

    fn score(&mut self, scope: &mut Scope) -> Option<Vec<u8>> {
        let (value, at) = {
            let entry = self.entry("score")?;
            (entry.value.clone(), entry.value_at)
        };
        match value {
            Written::Number(score) if (0.0..=1.0).contains(&score) => {
                let bits = score.to_bits().to_le_bytes();
                Some([&[Op::Double as u8][..], &bits].concat())
            }
            Written::Number(score) => {
                let says = format!("a score is from 0 to 1, this is {score}");
                self.0.note("score", at, Code::WrongValue, says);
                None
            }
            Written::Text(source) => {
                let block = expression(&source, scope, |kind| match kind {
                    kind if kind.is_number() || *kind == Kind::Any => Ok(()),
                    other => Err(format!("a score is a number, this is {}", other.words())),
                });
                self.noted("score", block)
            }
            Written::Table(_) | Written::Other => {
                let says = "score takes a number or an expression in quotes";
                self.0.note("score", at, Code::WrongValue, says);
                None
            }
        }
    }

    fn reason(&mut self, scope: &mut Scope) -> Option<Vec<u8>> {
        let source = self.required("reason")?;
        let chars = source.chars().count();
        if chars > NO_CODE_TEMPLATE_CHARS_MAX {
            let says =
                format!("it has {chars} characters; {NO_CODE_TEMPLATE_CHARS_MAX} are allowed");
            self.0.note_inside("reason", 0, Code::WrongText, says);
            return None;
        }
        let block = template::check(&source, scope);
        self.noted("reason", block)
    }

    fn noted(&mut self, key: &str, checked: Result<Vec<u8>, Vec<Problem>>) -> Option<Vec<u8>> {
        match checked {
            Ok(block) => Some(block),
            Err(problems) => {
                for Problem { at, code, sentence } in problems {
                    self.0.note_inside(key, at, code, sentence);
                }
                None
            }
        }
    }

    /// The entry of a key that must be there.
    fn entry(&mut self, key: &str) -> Option<&crate::document::Entry<'_>> {
        if self.0.entry(key).is_none() {
            let says = format!("a rule needs {key}");
            self.0.note(key, 0, Code::MissingKey, says);
        }
        self.0.entry(key)
    }

    /// A text that must be there.
    fn required(&mut self, key: &str) -> Option<String> {
        self.entry(key)?;
        self.given(key)
    }

    /// A short text that may be there.
    fn optional(&mut self, key: &str) -> Option<String> {
        let text = self.given(key)?;
        let chars = text.chars().count();
        if chars == 0 || chars > SHORT_TEXT_CHARS_MAX {
            let says =
                format!("it has {chars} characters; 1 to {SHORT_TEXT_CHARS_MAX} are allowed");
            self.0.note_inside(key, 0, Code::WrongText, says);
            return None;
        }
        Some(text)
    }

    fn given(&mut self, key: &str) -> Option<String> {
        let entry = self.0.entry(key)?;
        let at = entry.value_at;
        if let Written::Text(text) = &entry.value {
            return Some(text.clone());
        }
        let says = format!("{key} takes a text in quotes");
        self.0.note(key, at, Code::WrongValue, says);
        None
    }
}

/// The node of an expression whose kind `fits`.
fn expression(
    source: &str,
    scope: &mut Scope,
    fits: impl FnOnce(&Kind) -> Result<(), String>,
) -> Result<Vec<u8>, Vec<Problem>> {
    let parsed = parse(source).map_err(|problem| vec![problem])?;
    let checked = Checker::check(&parsed, scope)?;
    fits(&checked.kind).map_err(|says| {
        let at = parsed.start(&parsed.root);
        vec![Problem::new(at, Code::WrongKind, says)]
    })?;
    Ok(checked.node)
}
