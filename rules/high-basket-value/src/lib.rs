//! Fires while a basket is worth a person's time: its value reaches the
//! merchant's minimum, or is far above what this customer usually spends.
//!
//! The score starts at 0.5 on reaching a bar and rises to 0.9 at twice the
//! bar. A basket that is paid or abandoned is nobody's to save here.

use baton_guest::{Money, Signal, basket, customer};

baton_guest::rule! {
    name: "high-basket-value",
    summary: "The open basket is worth a person's attention.",
    signals: { HIGH_BASKET = "high-basket" },
    tags: { HIGH_VALUE = "high basket value" },
    next_steps: { HELP_CHECKOUT = "Offer help with the open basket" },
    settings: {
        /// Basket value that counts as high, in minor units of the currency below (50000 is USD 500.00).
        minimum: integer = 50_000,
        /// Currency of the minimum (ISO 4217). Baskets in another currency are only held against the customer's own average.
        currency: text = "USD",
        /// Also fires when the basket is this many times the customer's average order; 0 turns this off.
        average_ratio: decimal = 2.5,
    },
    // Amounts and short words: with the stack, one page of memory.
    arena_kib: 16,
    score: score,
}

/// Score on just reaching a bar, and at twice the bar.
const SCORE_AT_BAR: f64 = 0.5;
const SCORE_AT_DOUBLE: f64 = 0.9;

fn score() -> Option<Signal> {
    let value = basket::value().filter(|value| value.minor > 0)?;
    let state = basket::checkout_state();
    if matches!(state.as_deref(), Some("paid" | "abandoned")) {
        return None;
    }
    let (excess, reason) = above_minimum(&value).or_else(|| above_average(&value))?;
    let rise = (SCORE_AT_DOUBLE - SCORE_AT_BAR) * (excess - 1.0).min(1.0);
    let signal = HIGH_BASKET.signal(SCORE_AT_BAR + rise, reason);
    Some(signal.tag(HIGH_VALUE).next_step(HELP_CHECKOUT))
}

/// How many times the minimum, and the sentence that says so.
fn above_minimum(value: &Money) -> Option<(f64, String)> {
    let minimum = setting::minimum();
    if value.minor < minimum || value.currency != setting::currency() {
        return None;
    }
    let bar = Money::new(minimum, &value.currency);
    let reason = format!("The open basket is worth {value}, at or above the minimum of {bar}.");
    Some((value.minor as f64 / minimum.max(1) as f64, reason))
}

/// How many times the ratio of the customer's average, and the sentence.
fn above_average(value: &Money) -> Option<(f64, String)> {
    let ratio = setting::average_ratio();
    let average = customer::average_order().filter(|average| average.minor > 0)?;
    let times = value.minor as f64 / average.minor as f64;
    if ratio <= 0.0 || times < ratio || !average.same_currency(value) {
        return None;
    }
    let tenths = (times * 10.0) as u64;
    let reason = format!(
        "The open basket is worth {value}, {}.{} times this customer's average order of {average}.",
        tenths / 10,
        tenths % 10
    );
    Some((times / ratio, reason))
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn basket(minor: i64) -> Facts {
        Facts::new()
            .basket_value(Money::new(minor, "USD"))
            .basket_checkout_state("open")
    }

    #[test]
    fn a_basket_at_the_minimum_fires_and_one_below_does_not() {
        let run = basket(50_000).run::<Module>();
        assert_eq!(run.signal(HIGH_BASKET).score(), 0.5);
        assert_eq!(
            run.signal(HIGH_BASKET).reason(),
            "The open basket is worth USD 500.00, at or above the minimum of USD 500.00."
        );
        assert!(basket(49_999).run::<Module>().is_quiet());
    }

    #[test]
    fn the_score_rises_with_the_value_to_a_limit() {
        let score = |minor| basket(minor).run::<Module>().signal(HIGH_BASKET).score();
        assert!((score(75_000) - 0.7).abs() < 1e-9);
        assert!((score(100_000) - 0.9).abs() < 1e-9);
        assert!((score(10_000_000) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_basket_far_above_the_customers_average_fires() {
        let unusual = |minor| {
            basket(minor)
                .customer_average_order(Money::new(10_000, "USD"))
                .run::<Module>()
        };
        assert_eq!(
            unusual(26_000).signal(HIGH_BASKET).reason(),
            "The open basket is worth USD 260.00, 2.6 times this customer's average order of USD 100.00."
        );
        assert!(unusual(24_000).is_quiet());
        let off = basket(40_000)
            .customer_average_order(Money::new(10_000, "USD"))
            .setting("average-ratio", 0.0);
        assert!(off.run::<Module>().is_quiet());
    }

    #[test]
    fn currencies_are_never_compared() {
        let rupiah = Facts::new().basket_value(Money::new(90_000, "IDR"));
        assert!(rupiah.clone().run::<Module>().is_quiet());
        let average = rupiah
            .clone()
            .customer_average_order(Money::new(100, "USD"));
        assert!(average.run::<Module>().is_quiet());
        let set = rupiah.setting("currency", "IDR").setting("minimum", 80_000);
        assert_eq!(set.run::<Module>().signals().len(), 1);
    }

    #[test]
    fn settled_baskets_and_unknown_values_are_left_alone() {
        for state in ["paid", "abandoned"] {
            assert!(
                basket(90_000)
                    .basket_checkout_state(state)
                    .run::<Module>()
                    .is_quiet()
            );
        }
        let nothing = Facts::new().run::<Module>();
        assert!(nothing.is_quiet());
        assert_eq!(nothing.reads(), ["basket.value"]);
    }
}
