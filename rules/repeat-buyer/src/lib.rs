//! Fires when a customer who keeps buying is about to buy, or waiting for
//! what they bought, and something puts it at risk now.
//!
//! Being a repeat buyer alone says nothing: each message of a good customer
//! would end at a person. What puts a purchase at risk is a delivery date
//! that is not certain, a failed payment, a question that the bot failed, or
//! a question about an open basket that is large for them.

use baton_guest::{
    Money, Signal, basket, conversation, customer, delivery, message, order, payment,
};

baton_guest::rule! {
    name: "repeat-buyer",
    summary: "Something puts the purchase of a repeat buyer at risk.",
    signals: { REPEAT_BUYER_AT_RISK = "repeat-buyer-at-risk" },
    tags: {
        HIGH_VALUE = "high-value repeat buyer",
        REPEAT = "repeat buyer",
    },
    next_steps: { CARE = "Take care of this customer personally and close the sale" },
    settings: {
        /// Paid orders that make a repeat buyer.
        orders: integer = 2,
        /// Lifetime value of a high-value buyer, in minor units of the currency below.
        high_value: integer = 50_000,
        /// Currency of the lifetime value (ISO 4217).
        currency: text = "USD",
    },
    score: score,
}

const SCORE_REPEAT: f64 = 0.5;
const SCORE_HIGH_VALUE: f64 = 0.65;
const SCORE_EACH_MORE_RISK: f64 = 0.05;
/// Below what `delivery-promise` and others say of the risk itself, so that
/// the risk leads the headline and the buyer follows.
const SCORE_MAX: f64 = 0.75;

fn score() -> Option<Signal> {
    let orders = order::count();
    if i64::from(orders) < setting::orders().max(1) {
        return None;
    }
    let risks = risks();
    let first = *risks.first()?;
    let lifetime = customer::lifetime_value();
    let high_value = lifetime.as_ref().is_some_and(is_high_value);
    let base = if high_value {
        SCORE_HIGH_VALUE
    } else {
        SCORE_REPEAT
    };
    let more = SCORE_EACH_MORE_RISK * (risks.len() - 1) as f64;
    let score = (base + more).min(SCORE_MAX);
    let worth = lifetime.map_or_else(String::new, |value| format!(" worth {value}"));
    let also = match risks.len() {
        1 => String::new(),
        _ => format!(", and {}", risks[1..].join(", and ")),
    };
    let reason = format!("Repeat buyer with {orders} paid orders{worth}: {first}{also}.");
    let tag = if high_value { HIGH_VALUE } else { REPEAT };
    Some(
        REPEAT_BUYER_AT_RISK
            .signal(score, reason)
            .tag(tag)
            .next_step(CARE),
    )
}

fn is_high_value(lifetime: &Money) -> bool {
    lifetime.minor >= setting::high_value() && lifetime.currency == setting::currency()
}

/// What puts the purchase at risk, the gravest first.
fn risks() -> Vec<&'static str> {
    let certainty = delivery::certainty();
    let delivery_risk = match certainty.as_deref() {
        Some("missed") => Some("a promised delivery was missed"),
        Some("uncertain") if delivery::requested_date().is_some() => {
            Some("the delivery date they need is uncertain")
        }
        _ => None,
    };
    let candidates = [
        delivery_risk,
        (payment::failures() > 0).then_some("their payment failed"),
        (conversation::failed_answers() > 0).then_some("the bot could not answer them"),
        asks_about_large_basket().then_some("they have a question about a large open basket"),
    ];
    candidates.into_iter().flatten().collect()
}

/// A question mark in the message, and a basket above the average order.
fn asks_about_large_basket() -> bool {
    let open = !matches!(
        basket::checkout_state().as_deref(),
        None | Some("paid" | "abandoned")
    );
    let large = || match (basket::value(), customer::average_order()) {
        (Some(value), Some(usual)) => value.same_currency(&usual) && value.minor > usual.minor,
        _ => false,
    };
    open && large() && message::text().is_some_and(|text| text.contains('?'))
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn buyer(orders: u32, lifetime: i64) -> Facts {
        Facts::message("Can it be here before Friday?")
            .order_count(orders)
            .customer_lifetime_value(Money::new(lifetime, "USD"))
            .customer_average_order(Money::new(lifetime / i64::from(orders.max(1)), "USD"))
    }

    fn uncertain(facts: Facts) -> Facts {
        facts
            .delivery_certainty("uncertain")
            .delivery_requested_date("2026-11-26")
    }

    #[test]
    fn the_friday_question_of_a_high_value_buyer() {
        let run = uncertain(buyer(6, 124_000)).run::<Module>();
        let signal = run.signal(REPEAT_BUYER_AT_RISK);
        assert_eq!(signal.score(), 0.65);
        assert_eq!(signal.tagged(), Some("high-value repeat buyer"));
        assert_eq!(
            signal.reason(),
            "Repeat buyer with 6 paid orders worth USD 1240.00: the delivery date they need is \
             uncertain."
        );
    }

    #[test]
    fn below_the_lifetime_value_the_tag_is_the_plain_one() {
        let run = uncertain(buyer(2, 20_000)).run::<Module>();
        assert_eq!(
            run.signal(REPEAT_BUYER_AT_RISK).tagged(),
            Some("repeat buyer")
        );
        let rupiah = uncertain(buyer(2, 0)).customer_lifetime_value(Money::new(9_000_000, "IDR"));
        let run = rupiah.run::<Module>();
        assert_eq!(
            run.signal(REPEAT_BUYER_AT_RISK).tagged(),
            Some("repeat buyer")
        );
    }

    #[test]
    fn a_first_order_and_a_purchase_without_risk_are_quiet() {
        let first = uncertain(buyer(1, 900_000)).run::<Module>();
        assert!(first.is_quiet());
        assert_eq!(first.reads(), ["order.count"]);
        assert!(buyer(9, 900_000).run::<Module>().is_quiet());
        let nobody_asks = buyer(9, 900_000).delivery_certainty("uncertain");
        assert!(nobody_asks.run::<Module>().is_quiet());
    }

    #[test]
    fn every_risk_counts() {
        let fires = |facts: Facts| !facts.run::<Module>().is_quiet();
        assert!(fires(buyer(3, 1).delivery_certainty("missed")));
        assert!(fires(buyer(3, 1).payment_failures(1)));
        assert!(fires(buyer(3, 1).conversation_failed_answers(1)));
        let all = uncertain(buyer(3, 90_000))
            .payment_failures(2)
            .conversation_failed_answers(1);
        let run = all.run::<Module>();
        let signal = run.signal(REPEAT_BUYER_AT_RISK);
        assert!((signal.score() - 0.75).abs() < 1e-9);
        assert!(
            signal.reason().ends_with(
                "uncertain, and their payment failed, and the bot could not answer them."
            )
        );
    }

    #[test]
    fn a_question_about_a_large_open_basket_counts() {
        let asks = |value: i64, state: &str, text: &str| {
            let facts = buyer(3, 30_000)
                .message_text(text)
                .basket_value(Money::new(value, "USD"))
                .basket_checkout_state(state);
            !facts.run::<Module>().is_quiet()
        };
        assert!(asks(10_001, "open", "is it wool?"));
        assert!(
            !asks(10_000, "open", "is it wool?"),
            "not above the average"
        );
        assert!(!asks(10_001, "paid", "is it wool?"));
        assert!(!asks(10_001, "open", "thanks!"));
    }
}
