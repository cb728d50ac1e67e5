//! Baton's own: the rule as a native function, and as a component in an
//! instance that was made for one call.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use baton_domain::{
    field::{Field, FieldValue},
    module::{FieldSource, SettingValue, Settings},
    money::{Currency, Money},
};
use baton_sandbox::{Compiled, Inspected, Ready, Sandbox, run_one_rule};
use peers_rule::{Moment, Signal, decide};

use crate::engine::Engine;

/// The rule, called as any function is.
pub struct Native;

impl Engine for Native {
    fn name(&self) -> &'static str {
        "native call"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        Ok(decide(moment))
    }
}

/// The stock rule in a fresh instance.
pub struct FreshInstance {
    compiled: Compiled,
    ready: Option<(Settings, Ready)>,
    /// Compiled modules run in it.
    _sandbox: Sandbox,
}

impl FreshInstance {
    pub fn new() -> anyhow::Result<Self> {
        let sandbox = Sandbox::new()?;
        let component = baton_guest_build::read_guest("high-basket-value")?;
        let refused = |rejection| anyhow!("refused: {rejection:?}");
        let compiled = Inspected::inspect(component)
            .and_then(|it| it.compile(&sandbox))
            .map_err(refused)?;
        Ok(Self {
            compiled,
            ready: None,
            _sandbox: sandbox,
        })
    }

    /// Settings belong to a release, so they are set once and not for each
    /// moment.
    pub fn set(&mut self, moment: &Moment) -> anyhow::Result<()> {
        let settings: Settings = BTreeMap::from([
            ("minimum".into(), SettingValue::Integer(moment.minimum)),
            (
                "currency".into(),
                SettingValue::Text(moment.currency.as_str().into()),
            ),
            (
                "average-ratio".into(),
                SettingValue::Decimal(moment.average_ratio),
            ),
        ]);
        if self.ready.as_ref().is_none_or(|(set, _)| *set != settings) {
            let every_field: BTreeSet<Field> = Field::ALL.iter().copied().collect();
            let ready = self.compiled.activate(&every_field, &settings)?;
            self.ready = Some((settings, ready));
        }
        Ok(())
    }
}

impl Engine for FreshInstance {
    fn name(&self) -> &'static str {
        "Baton, fresh instance"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        let (_, ready) = self.ready.as_ref().context("settings are set")?;
        let source: Arc<dyn FieldSource> = Arc::new(Source::new(moment)?);
        let answer = run_one_rule(ready, &source).run.answer;
        let signals = answer.map_err(|failure| anyhow!("it failed: {failure:?}"))?;
        Ok(signals.into_iter().next().map(|signal| Signal {
            name: signal.name.to_string(),
            score: signal.score.get(),
            reason: signal.reason.to_string(),
            tag: signal.tag.map(|it| it.to_string()).unwrap_or_default(),
            next_step: signal.next_step.map(|it| it.to_string()).unwrap_or_default(),
        }))
    }
}

/// A moment, as the host tells it.
struct Source {
    basket_value: Option<Money>,
    average_order: Option<Money>,
    checkout_state: Option<Arc<str>>,
}

impl Source {
    fn new(moment: &Moment) -> anyhow::Result<Self> {
        let money = |it: &Option<peers_rule::Money>| {
            it.as_ref()
                .map(|it| anyhow::Ok(Money::new(it.minor, Currency::parse(&it.currency)?)))
                .transpose()
        };
        Ok(Self {
            basket_value: money(&moment.basket_value)?,
            average_order: money(&moment.average_order)?,
            checkout_state: moment.checkout_state.as_deref().map(Into::into),
        })
    }
}

impl FieldSource for Source {
    fn read(&self, field: Field) -> FieldValue {
        let known = match field {
            Field::BasketValue => self.basket_value.clone().map(FieldValue::Money),
            Field::CustomerAverageOrder => self.average_order.clone().map(FieldValue::Money),
            Field::BasketCheckoutState => self.checkout_state.clone().map(FieldValue::Text),
            _ => None,
        };
        known.unwrap_or_else(|| FieldValue::nothing(field.shape()))
    }
}
