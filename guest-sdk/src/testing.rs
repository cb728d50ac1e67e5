//! The native test harness: build up facts, run the module, look at what it
//! answered and read.
//!
//! ```
//! # use baton_guest::{Money, basket, testing::Facts};
//! # baton_guest::rule! {
//! #     name: "any-basket",
//! #     summary: "There is a basket.",
//! #     signals: { BASKET = "basket" },
//! #     score: score,
//! # }
//! # fn score() -> Option<baton_guest::Signal> {
//! #     Some(BASKET.signal(0.5, basket::value()?.to_string()))
//! # }
//! # fn main() {
//! let run = Facts::new().basket_value(Money::new(120_000, "USD")).run::<Module>();
//! assert_eq!(run.signal(BASKET).reason(), "USD 1200.00");
//! assert_eq!(run.reads(), ["basket.value"]);
//! # }
//! ```

use std::cell::RefCell;

use crate::{
    Decision, Policy, Rule, ScoredSignal, Signal, SignalName,
    declare::Declaration,
    fields::Known,
    signal::{NextStep, Tag},
};

thread_local! {
    static MOMENT: RefCell<Option<Moment>> = const { RefCell::new(None) };
}

/// What a running module sees, and what it has read of it.
struct Moment {
    known: Known,
    settings: Vec<(String, SettingValue)>,
    reads: Vec<&'static str>,
}

/// The facts of one moment. A field that is not set holds nothing: `none`,
/// zero, the empty text or list.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Facts {
    pub(crate) known: Known,
    settings: Vec<(String, SettingValue)>,
}

impl Facts {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The customer wrote `text` on WhatsApp, as the first of this episode.
    pub fn message(text: &str) -> Self {
        Self::new()
            .occasion_kind("message")
            .occasion_channel("whatsapp")
            .message_kind("text")
            .message_text(text)
            .message_text_raw(text)
            .conversation_turns(1)
    }

    /// The merchant sets `name`.
    pub fn setting(mut self, name: &str, value: impl Into<SettingValue>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// Runs a rule.
    ///
    /// # Panics
    /// When a setting is not declared so, or the host would refuse the
    /// answer: more than 8 signals, or a score that is not a number.
    pub fn run<M: Rule>(self) -> Run {
        let (signals, reads) = self.during(&M::DECLARATION, M::score);
        assert!(
            signals.len() <= 8,
            "the host accepts 8 signals, found {}",
            signals.len()
        );
        for signal in &signals {
            let declared = M::DECLARATION.signals.contains(&signal.name());
            assert!(declared, "signal {:?} is another module's", signal.name());
            assert!(
                !signal.score().is_nan(),
                "the score of {:?} is not a number",
                signal.name()
            );
        }
        Run { signals, reads }
    }

    /// Runs a policy on signals.
    ///
    /// # Panics
    /// When a setting is not declared so.
    pub fn decide<M: Policy>(self, signals: Vec<ScoredSignal>) -> Decision {
        self.during(&M::DECLARATION, || M::decide(signals)).0
    }

    fn during<A>(
        self,
        declaration: &Declaration,
        call: impl FnOnce() -> A,
    ) -> (A, Vec<&'static str>) {
        for (name, value) in &self.settings {
            let declared = declaration
                .settings
                .iter()
                .find(|setting| setting.name == name);
            let declared = declared.unwrap_or_else(|| panic!("no setting {name:?} is declared"));
            assert_eq!(declared.kind, value.kind(), "the type of setting {name:?}");
        }
        let moment = Moment {
            known: self.known,
            settings: self.settings,
            reads: Vec::new(),
        };
        let outer = MOMENT.replace(Some(moment));
        let answer = call();
        let reads = MOMENT
            .replace(outer)
            .map_or_else(Vec::new, |moment| moment.reads);
        (answer, reads)
    }
}

/// What a rule answered.
#[derive(Debug, Clone)]
pub struct Run {
    signals: Vec<Signal>,
    reads: Vec<&'static str>,
}

impl Run {
    /// All signals.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// Whether the rule had nothing to say.
    pub fn is_quiet(&self) -> bool {
        self.signals.is_empty()
    }

    /// The signal of this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn signal(&self, name: SignalName) -> &Signal {
        let found = self
            .signals
            .iter()
            .find(|signal| signal.name() == name.as_str());
        found.unwrap_or_else(|| panic!("no signal {:?} in {:?}", name.as_str(), self.signals))
    }

    /// The fields that were read, in the order of first reading.
    pub fn reads(&self) -> &[&'static str] {
        &self.reads
    }
}

impl ScoredSignal {
    /// A signal of another module at full weight, for tests of policies.
    pub fn incoming(module: &str, name: &str, score: f64, reason: &str) -> Self {
        Self {
            module: module.to_owned(),
            weight: 1.0,
            name: name.to_owned(),
            score,
            reason: reason.to_owned(),
            tag: None,
            next_step: None,
        }
    }

    /// With another weight.
    #[must_use]
    pub fn weighing(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// With a label.
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.tag = Some(Tag::incoming(tag.to_owned()));
        self
    }

    /// With a proposal.
    #[must_use]
    pub fn proposing(mut self, step: &str) -> Self {
        self.next_step = Some(NextStep::incoming(step.to_owned()));
        self
    }
}

pub(crate) fn read<T>(name: &'static str, take: impl FnOnce(&Known) -> T) -> T {
    with_moment(|moment| {
        if !moment.reads.contains(&name) {
            moment.reads.push(name);
        }
        take(&moment.known)
    })
}

fn with_moment<T>(look: impl FnOnce(&mut Moment) -> T) -> T {
    MOMENT.with_borrow_mut(|moment| {
        let moment = moment.as_mut();
        look(moment.expect("fields are read while `Facts::run` or `Facts::decide` runs a module"))
    })
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the type of setting of the same name")]
pub enum SettingValue {
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    Texts(Vec<String>),
}

impl SettingValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "text",
            Self::Texts(_) => "texts",
        }
    }
}

macro_rules! setting_from {
    ($($type:ty => $variant:ident),*) => {
        $(impl From<$type> for SettingValue {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

setting_from!(bool => Boolean, i64 => Integer, f64 => Decimal, &str => Text, Vec<String> => Texts);

/// A value that a test may give for a field of type `T`: the plain value, also
/// where the field is optional, and `&str` for texts.
pub trait FactValue<T> {
    /// The field's value.
    fn into_fact(self) -> T;
}

macro_rules! fact_value {
    ($($given:ty => $field:ty: $value:ident => $into:expr;)*) => {
        $(impl FactValue<$field> for $given {
            fn into_fact(self) -> $field {
                let $value = self;
                $into
            }
        })*
    };
}

fact_value! {
    &str => String: text => text.to_owned();
    &str => Option<String>: text => Some(text.to_owned());
    u32 => u32: count => count;
    u32 => Option<u32>: count => Some(count);
    u64 => u64: seconds => seconds;
    bool => Option<bool>: flag => Some(flag);
    crate::Money => Option<crate::Money>: money => Some(money);
    crate::PastOrder => Option<crate::PastOrder>: order => Some(order);
    &[&str] => Vec<String>: texts => texts.iter().map(|text| (*text).to_owned()).collect();
    Vec<crate::Line> => Vec<crate::Line>: lines => lines;
    Vec<crate::ThreadMessage> => Vec<crate::ThreadMessage>: messages => messages;
    Vec<crate::OwnerSpan> => Vec<crate::OwnerSpan>: spans => spans;
}

impl<const N: usize> FactValue<Vec<String>> for [&str; N] {
    fn into_fact(self) -> Vec<String> {
        self.as_slice().into_fact()
    }
}

/// The test double of the imports of `settings`.
pub(crate) mod settings {
    use super::{SettingValue, with_moment};

    fn find(name: &str) -> Option<SettingValue> {
        with_moment(|moment| {
            let set = moment.settings.iter().rev().find(|(set, _)| set == name);
            set.map(|(_, value)| value.clone())
        })
    }

    macro_rules! double {
        ($($function:ident $variant:ident $type:ty;)*) => {
            $(pub(crate) fn $function(name: &str) -> Option<$type> {
                match find(name)? {
                    SettingValue::$variant(value) => Some(value),
                    _ => None,
                }
            })*
        };
    }

    double! {
        boolean Boolean bool;
        integer Integer i64;
        decimal Decimal f64;
        text Text String;
        texts Texts Vec<String>;
    }
}
