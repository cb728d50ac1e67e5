//! Amounts and lines.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{field::Line, money::Money};
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money in minor units: 4990 and USD is 49.90 dollars.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoneyView {
    /// Minor units of the currency.
    minor: i64,
    /// ISO 4217.
    currency: String,
}

impl From<&Money> for MoneyView {
    fn from(money: &Money) -> Self {
        Self {
            minor: money.minor,
            currency: money.currency.as_str().to_owned(),
        }
    }
}

/// A line of a basket or an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    /// Your id of the product.
    product: Arc<str>,
    /// What it is called; empty when not known.
    name: Arc<str>,
    /// Pieces.
    quantity: u32,
    /// Price of one piece.
    unit_price: MoneyView,
    /// Variant.
    attributes: BTreeMap<Arc<str>, Arc<str>>,
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            product: line.product.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: (&line.unit_price).into(),
            attributes: line.attributes.iter().cloned().collect(),
        }
    }
}
