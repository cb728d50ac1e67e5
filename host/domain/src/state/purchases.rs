//! Orders and payments of one customer: a window of recent ones and running
//! totals over all.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Latest;
use crate::{
    event::{OrderChanged, OrderStatus, PaymentChanged, PaymentStatus},
    field::Line,
    ids::{OrderId, PaymentReference},
    limits::{CURRENCIES_MAX, LINES_MAX, ORDERS_MAX, PAYMENTS_MAX},
    money::{Currency, Money},
};

/// An order of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The merchant's id.
    pub id: OrderId,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What it has reached, each with the time it did, in ascending order.
    pub reached: BTreeMap<OrderStatus, Timestamp>,
    /// Net value before refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Refunded so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// What was ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Where to follow the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Arc<str>>,
}

impl Order {
    fn new(id: OrderId, placed_at: Timestamp) -> Self {
        Self {
            id,
            placed_at,
            reached: BTreeMap::new(),
            total: None,
            refunded: None,
            lines: Vec::new(),
            tracking: None,
        }
    }

    /// Whether it reached `status`.
    pub fn has(&self, status: OrderStatus) -> bool {
        self.reached.contains_key(&status)
    }

    /// The furthest status.
    pub fn status(&self) -> OrderStatus {
        self.reached.keys().next_back().copied().unwrap_or(OrderStatus::Placed)
    }

    /// Whether it counts as bought: paid (or delivered, for cash on delivery)
    /// and not cancelled.
    pub fn is_bought(&self) -> bool {
        (self.has(OrderStatus::Paid) || self.has(OrderStatus::Delivered))
            && !self.has(OrderStatus::Cancelled)
    }

    /// Whether it is bought and still to arrive.
    pub fn is_under_way(&self) -> bool {
        self.is_bought() && !self.has(OrderStatus::Delivered) && !self.has(OrderStatus::Refunded)
    }

    /// Net value after refunds; `None` when the value is not known.
    pub fn net(&self) -> Option<Money> {
        let total = self.total.as_ref()?;
        let refunded = match &self.refunded {
            Some(refunded) if refunded.currency == total.currency => refunded.minor,
            _ if self.has(OrderStatus::Refunded) && self.refunded.is_none() => total.minor,
            _ => 0,
        };
        Some(Money::new(total.minor.saturating_sub(refunded), total.currency.clone()))
    }

    /// What it adds to the totals.
    fn contribution(&self) -> (u32, Option<Money>) {
        if self.is_bought() { (1, self.net()) } else { (0, None) }
    }

    fn learn(&mut self, at: Timestamp, change: &OrderChanged) {
        let since = self.reached.entry(change.status).or_insert(at);
        *since = at.min(*since);
        if let Some(placed_at) = change.placed_at {
            self.placed_at = placed_at;
        } else if change.status == OrderStatus::Placed {
            self.placed_at = at.min(self.placed_at);
        }
        if change.total.is_some() {
            self.total.clone_from(&change.total);
        }
        if let Some(refunded) = &change.refunded {
            let more = self.refunded.as_ref().is_none_or(|known| known.minor < refunded.minor);
            if more {
                self.refunded = Some(refunded.clone());
            }
        }
        if !change.lines.is_empty() {
            self.lines = change.lines.iter().take(LINES_MAX).cloned().collect();
        }
        if change.tracking.is_some() {
            self.tracking.clone_from(&change.tracking);
        }
    }
}

/// All orders: recent ones, and totals over every one ever bought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// Orders bought, ever.
    pub bought: u32,
    /// Their net value, by currency.
    pub lifetime: BTreeMap<Currency, i64>,
    /// The window, by time placed.
    recent: Vec<Order>,
}

impl Orders {
    pub(super) fn apply(&mut self, at: Timestamp, change: &OrderChanged) {
        let known = self.recent.iter().position(|order| order.id == change.id);
        let mut order = match known {
            Some(position) => self.recent.remove(position),
            None => Order::new(change.id.clone(), change.placed_at.unwrap_or(at)),
        };
        let before = order.contribution();
        order.learn(at, change);
        self.count(before, order.contribution());
        let position = self
            .recent
            .partition_point(|other| (other.placed_at, &other.id) <= (order.placed_at, &order.id));
        self.recent.insert(position, order);
        if self.recent.len() > ORDERS_MAX {
            self.recent.remove(0);
        }
    }

    fn count(&mut self, before: (u32, Option<Money>), after: (u32, Option<Money>)) {
        self.bought = (self.bought + after.0).saturating_sub(before.0);
        for (sign, money) in [(-1, before.1), (1, after.1)] {
            let Some(Money { minor, currency }) = money else { continue };
            if self.lifetime.len() < CURRENCIES_MAX || self.lifetime.contains_key(&currency) {
                let total = self.lifetime.entry(currency).or_default();
                *total = total.saturating_add(sign * minor);
            }
        }
    }

    /// Recent orders, the latest placed last.
    pub fn recent(&self) -> &[Order] {
        &self.recent
    }

    /// The order of this id, when it is recent.
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        self.recent.iter().find(|order| order.id == *id)
    }

    /// The latest order that was bought.
    pub fn last_bought(&self) -> Option<&Order> {
        self.recent.iter().rev().find(|order| order.is_bought())
    }

    /// Net value of all orders in the currency of the latest one.
    pub fn lifetime_value(&self) -> Option<Money> {
        let latest = self.last_bought().and_then(Order::net).map(|net| net.currency);
        let currency = latest.or_else(|| self.lifetime.keys().next().cloned())?;
        let minor = *self.lifetime.get(&currency)?;
        Some(Money::new(minor, currency))
    }
}

/// One known state of one try to pay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Payment {
    at: Timestamp,
    reference: PaymentReference,
    transaction: Option<Arc<str>>,
    status: PaymentStatus,
    amount: Option<(i64, Currency)>,
    reason: Option<Arc<str>>,
}

/// The last failure to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFailure {
    /// When it failed.
    pub at: Timestamp,
    /// For how much.
    pub amount: Option<Money>,
    /// The provider's reason.
    pub reason: Option<Arc<str>>,
}

/// Recent payments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payments {
    recent: Latest<Payment, PAYMENTS_MAX>,
}

impl Payments {
    pub(super) fn apply(&mut self, at: Timestamp, change: &PaymentChanged) {
        self.recent.insert(Payment {
            at,
            reference: change.reference.clone(),
            transaction: change.transaction.clone(),
            status: change.status,
            amount: change.amount.as_ref().map(|money| (money.minor, money.currency.clone())),
            reason: change.reason.clone(),
        });
    }

    /// Failures since the last payment that succeeded, oldest first.
    pub fn failures(&self) -> impl DoubleEndedIterator<Item = PaymentFailure> + '_ {
        let captured = self.recent.iter().rev().find(|it| it.status == PaymentStatus::Captured);
        let since = captured.map(|payment| payment.at);
        self.recent
            .iter()
            .filter(move |it| it.status == PaymentStatus::Failed && since.is_none_or(|at| it.at > at))
            .map(|it| PaymentFailure {
                at: it.at,
                amount: it.amount.clone().map(|(minor, currency)| Money::new(minor, currency)),
                reason: it.reason.clone(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: &str, status: OrderStatus, minor: i64) -> OrderChanged {
        OrderChanged {
            id: OrderId::parse(id).unwrap(),
            status,
            placed_at: None,
            total: Some(Money::new(minor, Currency::parse("USD").unwrap())),
            refunded: None,
            lines: Vec::new(),
            basket: None,
            imported: false,
            tracking: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn totals_outlive_the_window() {
        let mut orders = Orders::default();
        for number in 0..100 {
            let id = format!("o{number}");
            orders.apply(at(number), &change(&id, OrderStatus::Paid, 1_000));
        }
        assert_eq!(orders.bought, 100);
        assert_eq!(orders.lifetime_value().unwrap().minor, 100_000);
        assert_eq!(orders.recent().len(), ORDERS_MAX);
    }

    #[test]
    fn an_order_counts_once_however_it_is_told() {
        let mut orders = Orders::default();
        for status in [OrderStatus::Delivered, OrderStatus::Paid, OrderStatus::Paid] {
            orders.apply(at(5), &change("o", status, 1_000));
        }
        assert_eq!((orders.bought, orders.lifetime_value().unwrap().minor), (1, 1_000));
        let mut refund = change("o", OrderStatus::Refunded, 1_000);
        refund.refunded = Some(Money::new(400, Currency::parse("USD").unwrap()));
        orders.apply(at(6), &refund);
        orders.apply(at(6), &refund);
        assert_eq!(orders.lifetime_value().unwrap().minor, 600);
        orders.apply(at(7), &change("o", OrderStatus::Cancelled, 1_000));
        assert_eq!(orders.bought, 0);
    }

    #[test]
    fn a_success_ends_a_row_of_failures() {
        let mut payments = Payments::default();
        let mut pay = |second, status| {
            let reference = PaymentReference::parse("ref").unwrap();
            let transaction = Some(format!("t{second}").into());
            let change =
                PaymentChanged { reference, transaction, status, amount: None, reason: None };
            payments.apply(at(second), &change);
            payments.failures().count()
        };
        assert_eq!(pay(1, PaymentStatus::Failed), 1);
        assert_eq!(pay(3, PaymentStatus::Failed), 2);
        assert_eq!(pay(2, PaymentStatus::Captured), 1);
        assert_eq!(pay(4, PaymentStatus::Captured), 0);
    }
}
