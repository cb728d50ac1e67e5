//! Engines of scripts and expressions: rhai and CEL, parsed beforehand.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow};
use cel::{Context, Program, Value, objects::Key};
use peers_rule::{Moment, Money, Signal};
use rhai::{AST, Dynamic, Engine as RhaiEngine, Map, Scope};

use crate::engine::Engine;

/// A parsed script.
pub struct Rhai {
    engine: RhaiEngine,
    script: AST,
}

impl Rhai {
    pub fn new() -> anyhow::Result<Self> {
        let engine = RhaiEngine::new();
        let script = engine.compile(include_str!("rule.rhai"))?;
        Ok(Self { engine, script })
    }
}

fn rhai_money(minor: i64, currency: &str) -> Map {
    Map::from([
        ("minor".into(), minor.into()),
        ("currency".into(), currency.into()),
    ])
}

fn whole(money: &Option<Money>) -> anyhow::Result<&Money> {
    money.as_ref().context("the moment is whole")
}

impl Engine for Rhai {
    fn name(&self) -> &'static str {
        "rhai 1.27, parsed, warm"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        let value = whole(&moment.basket_value)?;
        let average = whole(&moment.average_order)?;
        let arguments = (
            rhai_money(value.minor, &value.currency),
            moment.checkout_state.clone().unwrap_or_default(),
            rhai_money(average.minor, &average.currency),
            rhai_money(moment.minimum, &moment.currency),
            moment.average_ratio,
        );
        let said = self
            .engine
            .call_fn::<Dynamic>(&mut Scope::new(), &self.script, "score", arguments)
            .map_err(|error| anyhow!("it failed: {error}"))?;
        let Some(mut said) = said.try_cast::<Map>() else {
            return Ok(None);
        };
        let mut text = |key: &str| {
            let text = said.remove(key).and_then(|it| it.into_string().ok());
            text.with_context(|| format!("it says its {key}"))
        };
        let (name, reason) = (text("name")?, text("reason")?);
        let (tag, next_step) = (text("tag")?, text("next_step")?);
        let score = said.remove("score").and_then(|it| it.as_float().ok());
        Ok(Some(Signal {
            name,
            score: score.context("it says its score")?,
            reason,
            tag,
            next_step,
        }))
    }
}

/// A parsed expression.
pub struct Cel(Program);

impl Cel {
    pub fn new() -> anyhow::Result<Self> {
        let program = Program::compile(include_str!("rule.cel"))
            .map_err(|error| anyhow!("the expression is wrong: {error}"))?;
        Ok(Self(program))
    }
}

fn cel_money(minor: i64, currency: &str) -> HashMap<String, Value> {
    HashMap::from([
        ("minor".to_owned(), Value::from(minor)),
        ("currency".to_owned(), Value::from(currency)),
    ])
}

impl Engine for Cel {
    fn name(&self) -> &'static str {
        "cel 0.15, parsed, warm"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        let value = whole(&moment.basket_value)?;
        let average = whole(&moment.average_order)?;
        let mut context = Context::default();
        context.add_variable_from_value("value", cel_money(value.minor, &value.currency));
        context.add_variable_from_value("average", cel_money(average.minor, &average.currency));
        context.add_variable_from_value("minimum", cel_money(moment.minimum, &moment.currency));
        let state = moment.checkout_state.as_deref().unwrap_or_default();
        context.add_variable_from_value("state", state);
        context.add_variable_from_value("ratio", moment.average_ratio);
        let said = self
            .0
            .execute(&context)
            .map_err(|error| anyhow!("it failed: {error}"))?;
        let Value::Map(said) = said else {
            return Ok(None);
        };
        let text = |key: &str| match said.get(&Key::from(key)) {
            Some(Value::String(text)) => Ok(text.to_string()),
            other => Err(anyhow!("{key} is {other:?}")),
        };
        let Some(Value::Float(score)) = said.get(&Key::from("score")) else {
            return Err(anyhow!("it says no score"));
        };
        Ok(Some(Signal {
            name: text("name")?,
            score: *score,
            reason: text("reason")?,
            tag: text("tag")?,
            next_step: text("next_step")?,
        }))
    }
}
