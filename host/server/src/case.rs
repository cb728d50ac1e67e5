//! A decision as a case for `baton rule test`: what a rule read, and what it
//! should have said by the word of whoever flagged the handoff. The case fails
//! until the rule is changed.

use baton_domain::{
    decide::RuleRun,
    event::FlagKind,
    field::{FieldValue, Line},
    module::Read,
    money::Money,
};
use toml::{Table, Value};

/// What the case is made of.
pub struct Flagged<'f> {
    /// What it is called.
    pub name: String,
    /// What was wrong.
    pub flag: FlagKind,
    /// The run of the rule: of the decision that was flagged or, when that came
    /// too late, of an earlier one at which the rule kept quiet.
    pub run: &'f RuleRun,
    /// Whether something in its texts is masked that the rule had read.
    pub is_masked: bool,
    /// The signals that the rule should have given at that moment.
    pub missing: Vec<String>,
}

/// The file of cases.
///
/// # Errors
/// When a recorded value cannot be written.
pub fn file(flagged: &Flagged<'_>) -> Result<String, toml::ser::Error> {
    let (mut reads, mut settings) = (Table::new(), Table::new());
    for read in &flagged.run.reads {
        match read {
            Read::Field(field, value) => {
                if let Some(value) = written(value) {
                    reads.insert(field.name().to_owned(), value);
                }
            }
            Read::Setting(name, Some(value)) => {
                settings.insert(name.to_string(), Value::try_from(value)?);
            }
            Read::Setting(_, None) => {}
        }
    }
    let mut case = Table::new();
    case.insert("name".to_owned(), flagged.name.clone().into());
    case.insert("expect".to_owned(), expected(flagged));
    case.insert("reads".to_owned(), reads.into());
    case.insert("settings".to_owned(), settings.into());
    let cases = Table::from_iter([("case".to_owned(), Value::from(vec![Value::from(case)]))]);
    Ok(format!("{}{}", comment(flagged), toml::to_string(&cases)?))
}

fn expected(flagged: &Flagged<'_>) -> Value {
    if flagged.missing.is_empty() {
        return Table::from_iter([("quiet".to_owned(), true.into())]).into();
    }
    let named = |name: &String| Table::from_iter([("name".to_owned(), name.clone().into())]);
    let signals = flagged.missing.iter().map(|it| Value::from(named(it)));
    Value::from(signals.collect::<Vec<_>>())
}

fn comment(flagged: &Flagged<'_>) -> String {
    let (module, digest) = (&flagged.run.module, flagged.run.digest.short());
    let says = match (flagged.flag, flagged.missing.is_empty()) {
        (FlagKind::TooLate, false) => {
            "A person should have come sooner: at this moment the rule was still quiet."
        }
        (FlagKind::TooLate, true) => {
            "A person should have come sooner, and no earlier decision is on record: say what\n\
             # the rule should have said here."
        }
        (FlagKind::TooEarly, _) => "The bot could have gone on: the rule should keep quiet.",
        (FlagKind::MissingContext, _) => {
            "Something was missing that the person needed: say what the rule should say instead."
        }
        (FlagKind::WrongPerson, _) => {
            "Somebody else should have had it: say which tag or score would have led there."
        }
    };
    let masked = if flagged.is_masked {
        "# Numbers and addresses in the texts are masked for your role: the rule read them.\n"
    } else {
        ""
    };
    format!(
        "# Flagged as {}: {module} ({digest}).\n# {says}\n\
         # It fails until the rule, or what is expected, is changed.\n{masked}",
        flagged.flag.as_str()
    )
}

/// As authors write values; `None` for what was not known.
fn written(value: &FieldValue) -> Option<Value> {
    Some(match value {
        FieldValue::Unknown => return None,
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Count(count) => i64::from(*count).into(),
        FieldValue::Seconds(seconds) => i64::try_from(*seconds).unwrap_or(i64::MAX).into(),
        FieldValue::Text(text) => text.to_string().into(),
        FieldValue::Money(amount) => money(amount),
        FieldValue::Texts(texts) => list(texts, |it| it.to_string().into()),
        FieldValue::Lines(all) => lines(all),
        FieldValue::Order(order) => table([
            ("id", order.id.to_string().into()),
            ("status", order.status.to_string().into()),
            ("total", money(&order.total)),
            ("lines", lines(&order.lines)),
            ("age_days", i64::from(order.age_days).into()),
        ]),
        FieldValue::Messages(messages) => list(messages, |it| {
            table([
                ("author", it.author.to_string().into()),
                ("kind", it.kind.to_string().into()),
                ("text", it.text.to_string().into()),
                ("age_hours", i64::from(it.age_hours).into()),
            ])
        }),
        FieldValue::Owners(spans) => list(spans, |it| {
            table([
                ("owner", it.owner.to_string().into()),
                ("age_hours", i64::from(it.age_hours).into()),
            ])
        }),
    })
}

fn table<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, it)| (name.to_owned(), it));
    Value::Table(members.collect())
}

fn list<T>(items: &[T], write: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(write).collect())
}

fn lines(all: &[Line]) -> Value {
    list(all, |it| {
        let attributes = it.attributes.iter();
        let attributes = attributes.map(|(name, it)| (name.to_string(), it.to_string().into()));
        table([
            ("product", it.product.to_string().into()),
            ("name", it.name.to_string().into()),
            ("quantity", i64::from(it.quantity).into()),
            ("unit_price", money(&it.unit_price)),
            ("attributes", Value::Table(attributes.collect())),
        ])
    })
}

fn money(amount: &Money) -> Value {
    table([
        ("minor", amount.minor.into()),
        ("currency", amount.currency.to_string().into()),
    ])
}
