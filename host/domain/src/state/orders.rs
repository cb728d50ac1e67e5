//! Orders of one customer: a window of recent ones and running totals over
//! all.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Known, bound};
use crate::{
    event::{OrderChanged, OrderStatus},
    field::Line,
    ids::OrderId,
    limits::{CURRENCIES_MAX, ORDERS_DETAILED_MAX, ORDERS_MAX},
    money::{Currency, Money},
};

/// An order of the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The merchant's id.
    pub id: OrderId,
    /// When it was placed, as far as it is known: as told, else the earliest
    /// that was heard of it.
    pub placed_at: Timestamp,
    /// What it has reached, each with the time it did, in ascending order.
    pub reached: BTreeMap<OrderStatus, Timestamp>,
    #[serde(default, skip_serializing_if = "Known::is_none")]
    told_placed_at: Known<Timestamp>,
    #[serde(default, skip_serializing_if = "Known::is_none")]
    total: Known<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refunded: Option<Money>,
    #[serde(default, skip_serializing_if = "Known::is_none")]
    lines: Known<Vec<Line>>,
    #[serde(default, skip_serializing_if = "Known::is_none")]
    tracking: Known<Arc<str>>,
}

impl Order {
    fn new(id: OrderId, placed_at: Timestamp) -> Self {
        Self {
            id,
            placed_at,
            reached: BTreeMap::new(),
            told_placed_at: Known::default(),
            total: Known::default(),
            refunded: None,
            lines: Known::default(),
            tracking: Known::default(),
        }
    }

    /// Net value before refunds.
    pub fn total(&self) -> Option<&Money> {
        self.total.get()
    }

    /// What was ordered; kept for the latest orders only.
    pub fn lines(&self) -> &[Line] {
        self.lines.get().map_or(&[], Vec::as_slice)
    }

    /// Where to follow the parcel; kept for the latest orders only.
    pub fn tracking(&self) -> Option<&Arc<str>> {
        self.tracking.get()
    }

    /// Whether it reached `status`.
    pub fn has(&self, status: OrderStatus) -> bool {
        self.reached.contains_key(&status)
    }

    /// The furthest status.
    pub fn status(&self) -> OrderStatus {
        self.reached
            .keys()
            .next_back()
            .copied()
            .unwrap_or(OrderStatus::Placed)
    }

    /// Whether it counts as bought: paid (or delivered, for cash on delivery)
    /// and not cancelled.
    pub fn is_bought(&self) -> bool {
        (self.has(OrderStatus::Paid) || self.has(OrderStatus::Delivered))
            && !self.has(OrderStatus::Cancelled)
    }

    /// When it counted as bought first.
    pub fn bought_at(&self) -> Option<Timestamp> {
        let bought = [OrderStatus::Paid, OrderStatus::Delivered];
        let reached = bought.iter().filter_map(|it| self.reached.get(it));
        reached.min().copied().filter(|_| self.is_bought())
    }

    /// Whether all of its value went back.
    pub fn is_refunded(&self) -> bool {
        self.has(OrderStatus::Refunded) && self.net().is_none_or(|net| net.minor <= 0)
    }

    /// Whether it is bought and still to arrive. Money that went back in part
    /// does not end that, all of it does.
    pub fn is_under_way(&self) -> bool {
        let is_refunded =
            self.has(OrderStatus::Refunded) && self.net().is_none_or(|it| it.minor == 0);
        self.is_bought() && !self.has(OrderStatus::Delivered) && !is_refunded
    }

    /// Net value after refunds; `None` when the value is not known. Never
    /// below zero: refunds may include tax and shipping, the value does not.
    pub fn net(&self) -> Option<Money> {
        let total = self.total()?;
        let refunded = match &self.refunded {
            Some(refunded) if refunded.currency == total.currency => refunded.minor,
            None if self.has(OrderStatus::Refunded) => total.minor,
            _ => 0,
        };
        let net = total.minor.max(0).saturating_sub(refunded).max(0);
        Some(Money::new(net, total.currency.clone()))
    }

    /// What it adds to the totals.
    fn contribution(&self) -> (u32, Option<Money>) {
        if self.is_bought() {
            (1, self.net())
        } else {
            (0, None)
        }
    }

    fn learn(&mut self, at: Timestamp, change: &OrderChanged) {
        let since = self.reached.entry(change.status).or_insert(at);
        *since = at.min(*since);
        if let Some(placed_at) = change.placed_at {
            self.told_placed_at.learn(at, placed_at);
        }
        let earliest = self.reached.values().min().copied().unwrap_or(at);
        self.placed_at = self.told_placed_at.get().copied().unwrap_or(earliest);
        if let Some(total) = &change.total {
            self.total.learn(at, total.clone());
        }
        if let Some(refunded) = &change.refunded
            && self
                .refunded
                .as_ref()
                .is_none_or(|known| known.minor < refunded.minor)
        {
            self.refunded = Some(refunded.clone());
        }
        if !change.lines.is_empty() {
            self.lines.learn(at, bound::lines(&change.lines));
        }
        if let Some(tracking) = &change.tracking {
            self.tracking.learn(at, bound::short(tracking));
        }
    }

    fn key(&self) -> (Timestamp, &OrderId) {
        (self.placed_at, &self.id)
    }
}

/// Totals in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// Net value, in minor units.
    pub minor: i64,
    /// Orders that make it up.
    pub orders: u32,
}

/// All orders: recent ones, and totals over every one ever bought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// Orders bought, ever.
    pub bought: u32,
    /// Those of a known value, by currency.
    pub lifetime: BTreeMap<Currency, Lifetime>,
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
        // Of an order older than a full window nobody can tell whether it was
        // counted before; it was, when orders came in about the order in which
        // they were placed.
        let is_before_window = known.is_none()
            && self.recent.len() >= ORDERS_MAX
            && self
                .recent
                .first()
                .is_some_and(|oldest| order.key() < oldest.key());
        if is_before_window {
            return;
        }
        self.count(before, order.contribution());
        let place = self
            .recent
            .partition_point(|other| other.key() <= order.key());
        self.recent.insert(place, order);
        if self.recent.len() > ORDERS_MAX {
            self.recent.remove(0);
        }
        self.drop_old_details();
    }

    fn drop_old_details(&mut self) {
        let old = self.recent.len().saturating_sub(ORDERS_DETAILED_MAX);
        for order in &mut self.recent[..old] {
            (order.lines, order.tracking) = (Known::default(), Known::default());
        }
    }

    fn count(&mut self, before: (u32, Option<Money>), after: (u32, Option<Money>)) {
        self.bought = self.bought.saturating_add(after.0).saturating_sub(before.0);
        if let Some(total) = before
            .1
            .as_ref()
            .and_then(|it| self.lifetime.get_mut(&it.currency))
        {
            total.minor = total
                .minor
                .saturating_sub(before.1.map_or(0, |it| it.minor));
            total.orders = total.orders.saturating_sub(1);
        }
        let Some(Money { minor, currency }) = after.1 else {
            return;
        };
        if self.lifetime.len() < CURRENCIES_MAX || self.lifetime.contains_key(&currency) {
            let total = self.lifetime.entry(currency).or_default();
            total.minor = total.minor.saturating_add(minor);
            total.orders = total.orders.saturating_add(1);
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

    /// Net value of all orders in the currency of the latest one whose value
    /// is known.
    pub fn lifetime_value(&self) -> Option<Money> {
        let (currency, total) = self.main_currency()?;
        Some(Money::new(total.minor, currency))
    }

    /// Average net value of the orders in that currency.
    pub fn average(&self) -> Option<Money> {
        let (currency, total) = self.main_currency()?;
        Some(Money::new(
            total.minor / i64::from(total.orders.max(1)),
            currency,
        ))
    }

    fn main_currency(&self) -> Option<(Currency, Lifetime)> {
        let bought = self.recent.iter().rev().filter(|order| order.is_bought());
        let mut currencies = bought.filter_map(Order::total).map(|total| &total.currency);
        let counted = |currency: &&Currency| {
            self.lifetime
                .get(*currency)
                .is_some_and(|total| total.orders > 0)
        };
        let currency = currencies
            .find(counted)
            .or_else(|| self.lifetime.keys().find(counted))?;
        Some((currency.clone(), *self.lifetime.get(currency)?))
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
        for round in 0..2 {
            for number in 0..300 {
                let id = format!("o{number}");
                orders.apply(at(number), &change(&id, OrderStatus::Paid, 1_000));
            }
            assert_eq!(orders.bought, 300, "round {round}");
            assert_eq!(orders.lifetime_value().unwrap().minor, 300_000);
            assert_eq!(orders.recent().len(), ORDERS_MAX);
        }
    }

    #[test]
    fn an_order_counts_once_however_it_is_told() {
        let mut orders = Orders::default();
        for status in [OrderStatus::Delivered, OrderStatus::Paid, OrderStatus::Paid] {
            orders.apply(at(5), &change("o", status, 1_000));
        }
        assert_eq!(
            (orders.bought, orders.lifetime_value().unwrap().minor),
            (1, 1_000)
        );
        let mut refund = change("o", OrderStatus::Refunded, 1_000);
        refund.refunded = Some(Money::new(400, Currency::parse("USD").unwrap()));
        orders.apply(at(6), &refund);
        orders.apply(at(6), &refund);
        assert_eq!(orders.lifetime_value().unwrap().minor, 600);
        orders.apply(at(7), &change("o", OrderStatus::Cancelled, 1_000));
        assert_eq!((orders.bought, orders.lifetime_value()), (0, None));
    }

    #[test]
    fn averages_do_not_mix_currencies_nor_orders_of_unknown_value() {
        let mut orders = Orders::default();
        let mut rupiah = change("a", OrderStatus::Paid, 9_000_000);
        rupiah.total = Some(Money::new(9_000_000, Currency::parse("IDR").unwrap()));
        let unknown = OrderChanged {
            total: None,
            ..change("b", OrderStatus::Paid, 0)
        };
        orders.apply(at(1), &rupiah);
        orders.apply(at(2), &change("c", OrderStatus::Paid, 1_000));
        orders.apply(at(3), &change("d", OrderStatus::Paid, 3_000));
        orders.apply(at(4), &unknown);
        assert_eq!(orders.bought, 4);
        assert_eq!(orders.average().unwrap().to_string(), "USD 20.00");
        assert_eq!(orders.lifetime_value().unwrap().to_string(), "USD 40.00");
    }

    #[test]
    fn absurd_amounts_do_no_harm() {
        let mut orders = Orders::default();
        for (number, minor) in [i64::MIN, i64::MAX, -1, i64::MAX].into_iter().enumerate() {
            let mut change = change(&format!("o{number}"), OrderStatus::Paid, minor);
            orders.apply(at(1), &change);
            change.refunded = Some(Money::new(i64::MIN, Currency::parse("USD").unwrap()));
            change.status = OrderStatus::Refunded;
            orders.apply(at(2), &change);
        }
        assert_eq!(orders.lifetime_value().unwrap().minor, i64::MAX);
    }
}
