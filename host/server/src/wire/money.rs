//! Amounts and lines.

use std::collections::BTreeMap;

use baton_domain::{
    field::Line,
    limit,
    limits::{ATTRIBUTES_MAX, FOREIGN_ID_CHARS_MAX, LINES_MAX, SHORT_TEXT_CHARS_MAX},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InvalidValue, bounded};

/// An amount of money in minor units: `{"minor": 4990, "currency": "USD"}` is
/// 49.90 dollars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Minor units of the currency.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl Amount {
    pub(super) fn money(&self, place: &'static str) -> Result<Money, InvalidValue> {
        let currency =
            Currency::parse(&self.currency).map_err(|error| InvalidValue::new(place, error))?;
        Ok(Money::new(self.minor, currency))
    }
}

/// The money of an optional amount.
pub(super) fn optional_money(
    place: &'static str,
    amount: Option<&Amount>,
) -> Result<Option<Money>, InvalidValue> {
    amount.map(|amount| amount.money(place)).transpose()
}

/// A line of a basket or an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// Your id of the product.
    pub product: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece, without tax and shipping.
    pub unit_price: Amount,
    /// Variant, such as `{"colour": "blue"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl LineItem {
    fn line(&self) -> Result<Line, InvalidValue> {
        if self.quantity == 0 {
            return Err(InvalidValue::new("lines.quantity", "must be at least 1"));
        }
        if self.attributes.len() > ATTRIBUTES_MAX {
            let problem = format!("at most {ATTRIBUTES_MAX} are allowed");
            return Err(InvalidValue::over(
                "lines.attributes",
                problem,
                limit!(ATTRIBUTES_MAX),
            ));
        }
        let text = |text| bounded("lines.attributes", text, limit!(SHORT_TEXT_CHARS_MAX));
        let attributes = self
            .attributes
            .iter()
            .map(|(name, value)| Ok((text(name)?, text(value)?)));
        Ok(Line {
            product: bounded("lines.product", &self.product, limit!(FOREIGN_ID_CHARS_MAX))?,
            name: bounded("lines.name", &self.name, limit!(SHORT_TEXT_CHARS_MAX))?,
            quantity: self.quantity,
            unit_price: self.unit_price.money("lines.unit_price")?,
            attributes: attributes.collect::<Result<_, _>>()?,
        })
    }
}

/// The lines of a basket or an order.
pub(super) fn lines(items: &[LineItem]) -> Result<Vec<Line>, InvalidValue> {
    if items.len() > LINES_MAX {
        let problem = format!("has {}, at most {LINES_MAX} are allowed", items.len());
        return Err(InvalidValue::over("lines", problem, limit!(LINES_MAX)));
    }
    items.iter().map(LineItem::line).collect()
}
