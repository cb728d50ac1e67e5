//! Fires when a repeat buyer has a large basket open.

use baton_guest::{Signal, basket, order};

baton_guest::rule! {
    name: "my-rule",
    summary: "A repeat buyer has a large basket open.",
    signals: { LARGE_BASKET = "large-basket" },
    tags: { REPEAT_BUYER = "repeat buyer" },
    next_steps: { OFFER_HELP = "Offer help with the basket" },
    settings: {
        /// Baskets up to this are left to the bot, in minor units.
        minimum: integer = 20000,
        /// The currency of the minimum.
        currency: text = "USD",
    },
    score: score,
}

fn score() -> Option<Signal> {
    let value = basket::value()?;
    let is_large = value.currency == setting::currency() && value.minor > setting::minimum();
    let orders = order::count();
    if !is_large || orders < 2 {
        return None;
    }
    let reason = format!("A customer with {orders} orders has {value} in the basket.");
    Some(
        LARGE_BASKET
            .signal(0.8, reason)
            .tag(REPEAT_BUYER)
            .next_step(OFFER_HELP),
    )
}

#[cfg(test)]
mod tests {
    use baton_guest::{Money, testing::Facts};

    use super::*;

    fn buyer(orders: u32) -> Facts {
        Facts::new()
            .basket_value(Money::new(41_000, "USD"))
            .order_count(orders)
    }

    #[test]
    fn a_repeat_buyer_with_a_large_basket_is_noticed() {
        let run = buyer(3).run::<Module>();
        assert_eq!(run.signal(LARGE_BASKET).tagged(), Some("repeat buyer"));
        assert!(buyer(1).run::<Module>().is_quiet());
    }

    #[test]
    fn the_merchant_sets_the_minimum() {
        let run = buyer(3).setting("minimum", 50_000).run::<Module>();
        assert!(run.is_quiet());
    }
}
