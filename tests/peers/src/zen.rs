//! GoRules zen-engine: a decision graph of expressions, compiled beforehand.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use peers_rule::{Moment, Money, Signal};
use serde_json::json;
use tokio::runtime::Runtime;
use zen_engine::{Decision, model::GraphContent};

use crate::engine::Engine;

/// A loaded decision.
pub struct Zen {
    runtime: Runtime,
    decision: Decision,
}

impl Zen {
    pub fn new() -> anyhow::Result<Self> {
        let graph: GraphContent = serde_json::from_str(include_str!("rule.zen.json"))?;
        let mut decision = Decision::from(Arc::new(graph));
        decision.compile();
        decision
            .validate()
            .map_err(|error| anyhow!("the graph is wrong: {error:?}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { runtime, decision })
    }
}

impl Engine for Zen {
    fn name(&self) -> &'static str {
        "zen-engine 2.1, compiled, warm"
    }

    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>> {
        let money = |it: &Option<Money>| {
            let it = it.as_ref().context("the moment is whole")?;
            anyhow::Ok(json!({ "minor": it.minor, "currency": it.currency }))
        };
        let input = json!({
            "value": money(&moment.basket_value)?,
            "state": moment.checkout_state,
            "average": money(&moment.average_order)?,
            "minimum": { "minor": moment.minimum, "currency": moment.currency },
            "ratio": moment.average_ratio,
        });
        let response = self
            .runtime
            .block_on(self.decision.evaluate(input.into()))
            .map_err(|error| anyhow!("it failed: {error:?}"))?;
        // A graph that says nothing leaves the member out.
        let signal = response.result.dot("signal").map(|it| it.to_value());
        Ok(signal.map_or(Ok(None), serde_json::from_value)?)
    }
}
