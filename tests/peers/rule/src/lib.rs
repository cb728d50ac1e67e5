//! `rules/high-basket-value` as an ordinary function: what every engine is
//! given, what it must answer, and the floor that none can beat.

use serde::{Deserialize, Serialize};

/// An amount in minor units of a currency (ISO 4217).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: String,
}

/// The fields that the rule reads, and its settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moment {
    pub basket_value: Option<Money>,
    pub checkout_state: Option<String>,
    pub average_order: Option<Money>,
    pub minimum: i64,
    pub currency: String,
    pub average_ratio: f64,
}

/// What the rule says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    pub name: String,
    pub score: f64,
    pub reason: String,
    pub tag: String,
    pub next_step: String,
}

/// Runs the rule.
pub fn decide(moment: &Moment) -> Option<Signal> {
    let value = moment.basket_value.as_ref().filter(|it| it.minor > 0)?;
    if matches!(
        moment.checkout_state.as_deref(),
        Some("paid" | "abandoned")
    ) {
        return None;
    }
    let (excess, reason) = above_minimum(moment, value).or_else(|| above_average(moment, value))?;
    Some(Signal {
        name: "high-basket".to_owned(),
        score: 0.5 + 0.4 * (excess - 1.0).min(1.0),
        reason,
        tag: "high basket value".to_owned(),
        next_step: "Offer help with the open basket".to_owned(),
    })
}

fn above_minimum(moment: &Moment, value: &Money) -> Option<(f64, String)> {
    if value.minor < moment.minimum || value.currency != moment.currency {
        return None;
    }
    let bar = shown(moment.minimum, &moment.currency);
    let value_shown = shown(value.minor, &value.currency);
    let reason =
        format!("The open basket is worth {value_shown}, at or above the minimum of {bar}.");
    Some((value.minor as f64 / moment.minimum.max(1) as f64, reason))
}

fn above_average(moment: &Moment, value: &Money) -> Option<(f64, String)> {
    let average = moment.average_order.as_ref().filter(|it| it.minor > 0)?;
    let times = value.minor as f64 / average.minor as f64;
    let ratio = moment.average_ratio;
    if ratio <= 0.0 || times < ratio || average.currency != value.currency {
        return None;
    }
    let tenths = (times * 10.0) as u64;
    let reason = format!(
        "The open basket is worth {}, {}.{} times this customer's average order of {}.",
        shown(value.minor, &value.currency),
        tenths / 10,
        tenths % 10,
        shown(average.minor, &average.currency)
    );
    Some((times / ratio, reason))
}

fn shown(minor: i64, currency: &str) -> String {
    format!("{currency} {}.{:02}", minor / 100, minor % 100)
}

impl Moment {
    /// A basket far above the customer's average and below the merchant's
    /// minimum: the rule goes all its way.
    pub fn above_average() -> Self {
        let usd = |minor| {
            Some(Money {
                minor,
                currency: "USD".to_owned(),
            })
        };
        Self {
            basket_value: usd(82_000),
            checkout_state: Some("open".to_owned()),
            average_order: usd(21_000),
            minimum: 90_000,
            currency: "USD".to_owned(),
            average_ratio: 2.5,
        }
    }

    /// A basket above the merchant's minimum.
    pub fn above_minimum() -> Self {
        Self {
            minimum: 50_000,
            ..Self::above_average()
        }
    }

    /// A basket that is paid.
    pub fn paid() -> Self {
        Self {
            checkout_state: Some("paid".to_owned()),
            ..Self::above_average()
        }
    }
}
