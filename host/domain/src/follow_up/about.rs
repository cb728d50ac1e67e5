//! What a follow-up is about.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

/// What a follow-up is about: of two that are about the same, one was started
/// twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// An order that reached something.
    Order(OrderId),
    /// The order after which nothing was bought.
    LastOrder(OrderId),
    /// The basket as it stood since this change of it.
    Basket(Timestamp),
    /// A booking for a day.
    Booking {
        /// The merchant's id.
        id: Arc<str>,
        /// The day.
        date: Option<Date>,
    },
}

impl About {
    /// Its part of the keys of timers and sends: of orders the id alone, as it
    /// always was.
    pub fn key(&self) -> String {
        match self {
            Self::Order(order) => order.to_string(),
            Self::LastOrder(order) => format!("last-order/{order}"),
            Self::Basket(at) => format!("basket/{at}"),
            Self::Booking { id, date } => {
                let date = date.map(|it| it.to_string()).unwrap_or_default();
                format!("booking/{date}/{id}")
            }
        }
    }
}
