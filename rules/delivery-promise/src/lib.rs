//! Fires when a customer needs something by a day and that day is not safe:
//! the promise is later, was missed, or is uncertain.
//!
//! A bot that repeats the standard promise here makes a promise the merchant
//! may break. Without a date that the customer asked for, only a missed
//! promise fires.

use baton_guest::{Signal, delivery};

baton_guest::rule! {
    name: "delivery-promise",
    summary: "The customer needs a delivery date that is not certain.",
    signals: { PROMISE_AT_RISK = "delivery-promise-at-risk" },
    tags: { DELIVERY_PROMISE = "delivery promise" },
    next_steps: { CONFIRM_DATE = "Confirm or re-promise the delivery date" },
    settings: {
        /// Score when the date asked for is possible but uncertain.
        uncertain_score: decimal = 0.8,
        /// Score when the promised date is later than the date asked for, or was missed.
        late_score: decimal = 0.9,
    },
    // Dates and short words: with the stack, one page of memory.
    arena_kib: 16,
    score: score,
}

fn score() -> Option<Signal> {
    let requested = delivery::requested_date();
    let promised = delivery::promised_date();
    let certainty = delivery::certainty();
    let missed = certainty.as_deref() == Some("missed");
    let uncertain = certainty.as_deref() == Some("uncertain");
    // Dates are `YYYY-MM-DD`: they compare as texts do.
    let (score, mut reason) = match (requested, promised) {
        (_, Some(promised)) if missed => (
            setting::late_score(),
            format!("The delivery promised for {promised} was missed"),
        ),
        (_, None) if missed => (
            setting::late_score(),
            "A promised delivery was missed".to_owned(),
        ),
        (Some(requested), Some(promised)) if promised > requested => (
            setting::late_score(),
            format!("The customer needs it by {requested}, but {promised} is promised"),
        ),
        (Some(requested), Some(promised)) if uncertain => (
            setting::uncertain_score(),
            format!("The customer needs it by {requested}; the promise of {promised} is uncertain"),
        ),
        (Some(requested), None) if uncertain => (
            setting::uncertain_score(),
            format!("The customer needs it by {requested}, and no date is certain"),
        ),
        _ => return None,
    };
    if let Some(why) = delivery::uncertainty_reason() {
        reason.push_str(": ");
        reason.push_str(&why);
    }
    reason.push('.');
    let signal = PROMISE_AT_RISK.signal(score, reason);
    Some(signal.tag(DELIVERY_PROMISE).next_step(CONFIRM_DATE))
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn facts(requested: &str, promised: &str, certainty: &str) -> Facts {
        Facts::new()
            .delivery_requested_date(requested)
            .delivery_promised_date(promised)
            .delivery_certainty(certainty)
    }

    #[test]
    fn an_uncertain_date_that_somebody_needs_fires_and_says_why() {
        let friday = facts("2026-11-26", "2026-11-26", "uncertain")
            .delivery_uncertainty_reason("public holiday on 2026-11-26");
        let run = friday.run::<Module>();
        let signal = run.signal(PROMISE_AT_RISK);
        assert_eq!(signal.score(), 0.8);
        assert_eq!(
            signal.reason(),
            "The customer needs it by 2026-11-26; the promise of 2026-11-26 is uncertain: \
             public holiday on 2026-11-26."
        );
        assert_eq!(signal.tagged(), Some("delivery promise"));
        assert_eq!(
            signal.proposes(),
            Some("Confirm or re-promise the delivery date")
        );
    }

    #[test]
    fn a_promise_later_than_needed_weighs_more() {
        let late = facts("2026-11-26", "2026-11-30", "certain").run::<Module>();
        assert_eq!(late.signal(PROMISE_AT_RISK).score(), 0.9);
        assert_eq!(
            late.signal(PROMISE_AT_RISK).reason(),
            "The customer needs it by 2026-11-26, but 2026-11-30 is promised."
        );
    }

    #[test]
    fn a_missed_promise_fires_without_any_request() {
        let missed = Facts::new().delivery_certainty("missed").run::<Module>();
        assert_eq!(
            missed.signal(PROMISE_AT_RISK).reason(),
            "A promised delivery was missed."
        );
        let dated = facts("2026-11-26", "2026-11-20", "missed").run::<Module>();
        assert!(
            dated
                .signal(PROMISE_AT_RISK)
                .reason()
                .contains("2026-11-20 was missed")
        );
    }

    #[test]
    fn a_safe_date_and_an_uncertainty_that_nobody_asks_about_are_quiet() {
        assert!(
            facts("2026-11-26", "2026-11-26", "certain")
                .run::<Module>()
                .is_quiet()
        );
        assert!(
            facts("2026-11-26", "2026-11-24", "likely")
                .run::<Module>()
                .is_quiet()
        );
        assert!(
            Facts::new()
                .delivery_certainty("uncertain")
                .run::<Module>()
                .is_quiet()
        );
        assert!(Facts::new().run::<Module>().is_quiet());
    }
}
