//! The example repeats what the stock rule does.

use baton_domain::field::{Field, FieldValue};
use baton_guest_build::read_guest;
use baton_sandbox::{Inspected, Sandbox};

use crate::shop::{Moment, amount, compiled, run};

const EXAMPLE: &str = include_str!("../../examples/high-basket-value.toml");

#[test]
fn high_basket_value_without_code_agrees_with_the_stock_rule() {
    let sandbox = Sandbox::new().unwrap();
    let stock = Inspected::inspect(read_guest("high-basket-value").unwrap()).unwrap();
    let stock = stock.compile(&sandbox).unwrap();
    let example = compiled(&sandbox, EXAMPLE);
    assert_eq!(example.inspected().fields(), stock.inspected().fields());
    let mut fired = 0;
    for value in [
        0, 1, 24_999, 25_000, 49_999, 50_000, 60_000, 75_000, 100_000, 900_000,
    ] {
        for currency in ["USD", "IDR"] {
            for average in [
                None,
                Some(0),
                Some(1),
                Some(10_000),
                Some(19_999),
                Some(40_000),
            ] {
                for state in [None, Some("open"), Some("paid"), Some("abandoned")] {
                    let average = average.map(|minor| amount(minor, "USD"));
                    let moment = Moment::default()
                        .with(Field::BasketValue, amount(value, currency))
                        .with(
                            Field::CustomerAverageOrder,
                            average.unwrap_or(FieldValue::Unknown),
                        )
                        .with(
                            Field::BasketCheckoutState,
                            state.map_or(FieldValue::Unknown, FieldValue::text),
                        );
                    let (theirs, ours) = (run(&stock, &moment), run(&example, &moment));
                    let (theirs, ours) = (theirs.answer.unwrap(), ours.answer.unwrap());
                    assert_eq!(ours.len(), theirs.len(), "{moment:?}");
                    for (ours, theirs) in ours.iter().zip(&theirs) {
                        fired += 1;
                        assert_eq!(ours.name, theirs.name);
                        assert!(
                            (ours.score.get() - theirs.score.get()).abs() < 1e-9,
                            "{moment:?}"
                        );
                        assert_eq!(ours.reason, theirs.reason);
                        assert_eq!(ours.tag, theirs.tag);
                        assert_eq!(ours.next_step, theirs.next_step);
                    }
                }
            }
        }
    }
    assert!(fired > 20, "{fired} moments with a signal prove little");
    assert!(run(&example, &Moment::default()).answer.unwrap().is_empty());
}
