//! Payments of one customer.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Latest, bound};
use crate::{
    event::{PaymentChanged, PaymentStatus},
    ids::PaymentReference,
    limits::PAYMENTS_MAX,
    money::{Currency, Money},
};

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
            transaction: change.transaction.as_ref().map(bound::foreign_id),
            status: change.status,
            amount: change
                .amount
                .as_ref()
                .map(|money| (money.minor, money.currency.clone())),
            reason: change.reason.as_ref().map(bound::short),
        });
    }

    /// Failures since the last payment that succeeded, oldest first.
    pub fn failures(&self) -> impl DoubleEndedIterator<Item = PaymentFailure> + '_ {
        let captured = self
            .recent
            .iter()
            .rev()
            .find(|it| it.status == PaymentStatus::Captured);
        let since = captured.map(|payment| payment.at);
        self.recent
            .iter()
            .filter(move |it| {
                it.status == PaymentStatus::Failed && since.is_none_or(|at| it.at > at)
            })
            .map(|it| PaymentFailure {
                at: it.at,
                amount: it
                    .amount
                    .clone()
                    .map(|(minor, currency)| Money::new(minor, currency)),
                reason: it.reason.clone(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_ends_a_row_of_failures() {
        let mut payments = Payments::default();
        let mut pay = |second, status| {
            let reference = PaymentReference::parse("ref").unwrap();
            let transaction = Some(format!("t{second}").into());
            let change = PaymentChanged {
                reference,
                transaction,
                status,
                amount: None,
                reason: None,
            };
            payments.apply(Timestamp::from_second(second).unwrap(), &change);
            payments.failures().count()
        };
        assert_eq!(pay(1, PaymentStatus::Failed), 1);
        assert_eq!(pay(3, PaymentStatus::Failed), 2);
        assert_eq!(pay(2, PaymentStatus::Captured), 1);
        assert_eq!(pay(4, PaymentStatus::Captured), 0);
    }
}
