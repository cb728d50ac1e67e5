//! Fires when a customer wants to pay and cannot: the payment provider
//! reported a failure, or the customer says so.
//!
//! Failures come first, since they are facts. Without one, a text model looks
//! for customers who report a problem, in English or Indonesian: on a fifth
//! of its corpora that was held out, and on messages of other wording, it
//! reached what the table in `guest-sdk/train/README.md` shows.

use baton_guest::{Signal, message, payment};

mod model;

baton_guest::rule! {
    name: "payment-failure",
    summary: "A payment failed, or the customer reports that paying does not work.",
    signals: {
        PAYMENT_FAILED = "payment-failed",
        REPORTED = "payment-problem-reported",
    },
    tags: { PAYMENT_PROBLEM = "payment problem" },
    next_steps: { OTHER_WAY = "Help the customer to pay, or offer another way of paying" },
    settings: {
        /// Failures in a row from which the signal hands off on its own; fewer add to other signals.
        failures: integer(minimum: 1, maximum: 20) = 2,
        /// A failure older than this many hours is over.
        hours: integer(minimum: 1, maximum: 720) = 48,
        /// Whether to look for reports of payment problems in the message.
        reports: boolean = true,
    },
    score: score,
}

const SCORE_FEW: f64 = 0.5;
const SCORE_MANY: f64 = 0.7;
const SCORE_EACH_MORE: f64 = 0.1;
const SCORE_MAX: f64 = 0.95;
const SCORE_REPORT: f64 = 0.6;

fn score() -> Option<Signal> {
    let signal = failed().or_else(reported)?;
    Some(signal.tag(PAYMENT_PROBLEM).next_step(OTHER_WAY))
}

fn failed() -> Option<Signal> {
    let failures = payment::failures();
    let old = |hours: u32| i64::from(hours) > setting::hours();
    if failures == 0 || payment::last_failure_age_hours().is_some_and(old) {
        return None;
    }
    let more = i64::from(failures) - setting::failures();
    let score = if more < 0 {
        SCORE_FEW
    } else {
        SCORE_MANY + SCORE_EACH_MORE * more as f64
    };
    let times = if failures == 1 {
        "once".to_owned()
    } else {
        format!("{failures} times")
    };
    let amount = payment::last_failure_amount();
    let amount = amount.map_or_else(String::new, |amount| format!(" of {amount}"));
    let why = payment::last_failure_reason().map_or_else(String::new, |why| format!(": {why}"));
    let reason = format!("A payment{amount} failed {times}{why}.");
    Some(PAYMENT_FAILED.signal(score.min(SCORE_MAX), reason))
}

fn reported() -> Option<Signal> {
    if !setting::reports() {
        return None;
    }
    let text = message::text()?;
    let verdict = model::MODEL.judge(&text);
    let score = verdict.score(model::THRESHOLD, SCORE_REPORT)?;
    let reason = format!(
        "Reads as a report of a payment problem, by {}.",
        verdict.quoted()
    );
    Some(REPORTED.signal(score, reason))
}

#[cfg(test)]
mod tests {
    use baton_guest::{Money, testing::Facts};

    use super::*;

    #[test]
    fn one_failure_adds_to_others_and_two_stand_alone() {
        let failed = |times: u32| {
            let facts = Facts::new()
                .payment_failures(times)
                .payment_last_failure_reason("insufficient-funds")
                .payment_last_failure_amount(Money::new(49_000, "USD"))
                .payment_last_failure_age_hours(1);
            facts.run::<Module>()
        };
        assert_eq!(failed(1).signal(PAYMENT_FAILED).score(), 0.5);
        assert_eq!(
            failed(1).signal(PAYMENT_FAILED).reason(),
            "A payment of USD 490.00 failed once: insufficient-funds."
        );
        assert_eq!(failed(2).signal(PAYMENT_FAILED).score(), 0.7);
        assert!(
            failed(2)
                .signal(PAYMENT_FAILED)
                .reason()
                .contains("failed 2 times")
        );
        assert_eq!(failed(30).signal(PAYMENT_FAILED).score(), 0.95);
        assert!(failed(0).is_quiet());
    }

    #[test]
    fn an_old_failure_is_over() {
        let aged = |hours: u32| {
            Facts::new()
                .payment_failures(2)
                .payment_last_failure_age_hours(hours)
        };
        assert!(!aged(48).run::<Module>().is_quiet());
        assert!(aged(49).run::<Module>().is_quiet());
        assert!(!aged(49).setting("hours", 100).run::<Module>().is_quiet());
    }

    #[test]
    fn a_report_in_words_counts_when_no_failure_is_known() {
        for text in [
            "my card was declined again",
            "I have a problem with my payment",
            "pembayaran saya gagal terus kak",
        ] {
            let run = Facts::message(text).run::<Module>();
            let signal = run.signal(REPORTED);
            assert!(signal.score() >= SCORE_REPORT, "{text}");
            assert!(
                signal
                    .reason()
                    .starts_with("Reads as a report of a payment problem, by \"")
            );
        }
        let off = Facts::message("my card was declined again").setting("reports", false);
        assert!(off.run::<Module>().is_quiet());
    }

    #[test]
    fn ordinary_talk_of_paying_is_quiet() {
        for text in [
            "Can I pay by card?",
            "sudah saya bayar kak",
            "bisa COD ga min",
            "thanks!",
            "",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert!(run.is_quiet(), "{text}: {:?}", run.signals());
        }
    }

    #[test]
    fn the_model_agrees_with_its_training() {
        for (text, log_odds) in model::CASES {
            assert!(
                (model::MODEL.judge(text).log_odds - log_odds).abs() < 1e-9,
                "{text}"
            );
        }
    }
}
