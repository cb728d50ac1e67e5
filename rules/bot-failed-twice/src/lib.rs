//! Fires when the bot has failed to answer again and again: the customer is
//! still asking, and each further try costs their patience.
//!
//! At the limit the score is 0.75, which hands off on its own under the stock
//! policy; each further failure adds a tenth.

use baton_guest::{Signal, conversation};

baton_guest::rule! {
    name: "bot-failed-twice",
    summary: "The bot could not answer several questions in a row.",
    signals: { BOT_FAILED = "bot-failed" },
    tags: { STUCK = "bot could not answer" },
    next_steps: { ANSWER = "Answer the question that the bot could not" },
    settings: {
        /// Failed answers in a row that are too many.
        failures: integer = 2,
    },
    score: score,
}

const SCORE_AT_LIMIT: f64 = 0.75;
const SCORE_EACH_MORE: f64 = 0.1;
const SCORE_MAX: f64 = 0.95;

/// Characters of the question that the reason quotes.
const QUESTION_CHARS: usize = 160;

fn score() -> Option<Signal> {
    let failed = conversation::failed_answers();
    let limit = setting::failures().max(1);
    let more = i64::from(failed) - limit;
    if more < 0 {
        return None;
    }
    let reason = match conversation::failed_question() {
        Some(question) => {
            let shown: String = question.chars().take(QUESTION_CHARS).collect();
            format!(
                "The bot failed {failed} times in a row, last on: \"{}\".",
                shown.trim()
            )
        }
        None => format!("The bot failed {failed} times in a row."),
    };
    let score = (SCORE_AT_LIMIT + SCORE_EACH_MORE * more as f64).min(SCORE_MAX);
    Some(
        BOT_FAILED
            .signal(score, reason)
            .tag(STUCK)
            .next_step(ANSWER),
    )
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn failed(times: u32) -> Facts {
        Facts::new().conversation_failed_answers(times)
    }

    #[test]
    fn one_failure_is_forgiven_and_two_are_not() {
        let once = failed(1).run::<Module>();
        assert!(once.is_quiet());
        assert_eq!(once.reads(), ["conversation.failed-answers"]);
        let twice = failed(2).conversation_failed_question("Do you engrave rings? ");
        assert_eq!(
            twice.run::<Module>().signal(BOT_FAILED).reason(),
            "The bot failed 2 times in a row, last on: \"Do you engrave rings?\"."
        );
    }

    #[test]
    fn the_score_rises_with_each_failure_to_a_limit() {
        let score = |times| failed(times).run::<Module>().signal(BOT_FAILED).score();
        assert_eq!(score(2), 0.75);
        assert!(score(3) > score(2));
        assert_eq!(score(40), 0.95);
    }

    #[test]
    fn the_merchant_sets_the_limit() {
        assert!(failed(2).setting("failures", 3).run::<Module>().is_quiet());
        assert!(!failed(3).setting("failures", 3).run::<Module>().is_quiet());
        assert!(failed(0).setting("failures", 0).run::<Module>().is_quiet());
    }

    #[test]
    fn long_questions_are_cut() {
        let long = failed(2)
            .conversation_failed_question(&*"why ".repeat(300))
            .run::<Module>();
        let reason = long.signal(BOT_FAILED).reason();
        assert!(reason.ends_with("why\".") && reason.len() < 230, "{reason}");
    }
}
