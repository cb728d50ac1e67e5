//! The stock modules that `make guests` leaves in `target/guests`, on one
//! moment that gives most of them something to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use baton_domain::{
    field::{Field, FieldValue},
    module::{FieldSource, ModuleRun, World},
    money::{Currency, Money},
    signal::{Score, ScoredSignal, Signal},
};
use baton_sandbox::{Inspected, Lineup, Ready, Sandbox, Timed};

/// Loaded modules and a moment.
pub(crate) struct Guests {
    /// All rules and the policy.
    pub(crate) lineup: Lineup,
    /// The first five rules and the policy.
    pub(crate) five: Lineup,
    /// `bot-failed-twice` in JavaScript.
    #[allow(dead_code, reason = "one of the benches uses it")]
    pub(crate) javascript: Ready,
    /// The moment.
    pub(crate) source: Arc<dyn FieldSource>,
    /// Where they run.
    #[allow(dead_code, reason = "one of the benches uses it")]
    pub(crate) sandbox: Sandbox,
}

/// How the guests are built.
const BUILD: &str = "cargo run -p baton-guest-build -- --all-in rules";

impl Guests {
    pub(crate) fn load() -> Self {
        let sandbox = Sandbox::new().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = root.join("target/guests");
        let mut modules = Vec::new();
        for entry in fs::read_dir(&folder).unwrap_or_else(|_| panic!("no guests: run `{BUILD}`")) {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                modules.push(Arc::new(ready(fs::read(path).unwrap(), &sandbox)));
            }
        }
        modules.sort_by_key(|module| module.declaration().name.clone());
        let of = |world| {
            modules
                .iter()
                .filter(move |m| m.declaration().world == world)
                .cloned()
        };
        let rules: Vec<_> = of(World::Rule).collect();
        let policy = of(World::Policy)
            .next()
            .unwrap_or_else(|| panic!("no policy: run `{BUILD}`"));
        let five = rules.iter().take(5).cloned().collect();
        let five = Lineup::new(five, Arc::clone(&policy)).unwrap();
        let lineup = Lineup::new(rules, policy).unwrap();
        let javascript = root.join("tests/fixtures/javascript/bot-failed-in-javascript.wasm");
        Self {
            javascript: ready(fs::read(javascript).unwrap(), &sandbox),
            lineup,
            five,
            source: Arc::new(moment()),
            sandbox,
        }
    }
}

fn ready(bytes: Vec<u8>, sandbox: &Sandbox) -> Ready {
    let compiled = Inspected::inspect(bytes).unwrap().compile(sandbox).unwrap();
    let every_field: BTreeSet<Field> = Field::ALL.iter().copied().collect();
    compiled.activate(&every_field, &BTreeMap::new()).unwrap()
}

/// The signals of the runs at full weight.
pub(crate) fn scored(runs: &[Timed<ModuleRun<Vec<Signal>>>]) -> Vec<ScoredSignal> {
    runs.iter()
        .flat_map(|timed| {
            timed
                .run
                .answer
                .iter()
                .flatten()
                .map(|signal| (&timed.run.module, signal))
        })
        .map(|(module, signal)| ScoredSignal {
            module: module.clone(),
            signal: signal.clone(),
            weight: Score::ONE,
        })
        .collect()
}

struct Moment(BTreeMap<Field, FieldValue>);

impl FieldSource for Moment {
    fn read(&self, field: Field) -> FieldValue {
        self.0
            .get(&field)
            .cloned()
            .unwrap_or_else(|| FieldValue::nothing(field.shape()))
    }
}

fn moment() -> Moment {
    let usd = |minor| FieldValue::Money(Money::new(minor, Currency::parse("USD").unwrap()));
    let text = FieldValue::text;
    Moment(BTreeMap::from([
        (Field::OccasionKind, text("message")),
        (Field::OccasionDate, text("2026-11-24")),
        (Field::OccasionLanguage, text("en")),
        (Field::MessageKind, text("text")),
        (
            Field::MessageText,
            text(
                "This is the third time I ask: will the jacket be here by Friday? I am really disappointed, please let me talk to somebody.",
            ),
        ),
        (Field::ConversationTurns, FieldValue::Count(4)),
        (Field::ConversationFailedAnswers, FieldValue::Count(2)),
        (
            Field::ConversationFailedQuestion,
            text("Will the jacket be here by Friday?"),
        ),
        (Field::BasketValue, usd(82_000)),
        (Field::BasketCheckoutState, text("open")),
        (Field::CustomerAverageOrder, usd(21_000)),
        (Field::CustomerLifetimeValue, usd(240_000)),
        (Field::OrderCount, FieldValue::Count(11)),
        (Field::OrderDaysSinceLast, FieldValue::Count(64)),
        (Field::PaymentFailures, FieldValue::Count(1)),
        (Field::PaymentLastFailureReason, text("insufficient-funds")),
        (Field::PaymentLastFailureAmount, usd(82_000)),
        (Field::PaymentLastFailureAgeHours, FieldValue::Count(1)),
        (Field::DeliveryPromisedDate, text("2026-11-27")),
        (Field::DeliveryRequestedDate, text("2026-11-26")),
        (Field::DeliveryCertainty, text("uncertain")),
        (
            Field::DeliveryUncertaintyReason,
            text("public holiday on 2026-11-26"),
        ),
    ]))
}
