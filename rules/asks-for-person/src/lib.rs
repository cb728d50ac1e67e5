//! Fires when the customer would rather talk to a person, in words softer
//! than the phrases that the host itself honours ("agent", "human", a
//! button).
//!
//! A text model judges the message, as in the stock rule `complaint`; what it
//! reached on what it never saw stands in `guest-sdk/train/README.md`.

use baton_guest::{Signal, message};

mod model;

baton_guest::rule! {
    name: "asks-for-person",
    summary: "The customer would rather talk to a person, in English or Indonesian.",
    signals: { WANTS_PERSON = "wants-person" },
    tags: { ASKS_FOR_PERSON = "asks for a person" },
    next_steps: { GREET = "Greet the customer by name and take over" },
    settings: {
        /// How sure the model must be before it speaks, above its trained threshold; 1 is stricter, -1 finds more.
        strictness: decimal = 0.0,
    },
    score: score,
}

/// At the threshold; it hands off on its own under the stock policy.
const SCORE_LEAST: f64 = 0.65;

fn score() -> Option<Signal> {
    let text = message::text()?;
    let verdict = model::MODEL.judge(&text);
    let score = verdict.score(model::THRESHOLD + setting::strictness(), SCORE_LEAST)?;
    let reason = format!(
        "Reads as a wish to talk to a person, by {}.",
        verdict.quoted()
    );
    Some(
        WANTS_PERSON
            .signal(score, reason)
            .tag(ASKS_FOR_PERSON)
            .next_step(GREET),
    )
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    #[test]
    fn wishes_for_a_person_fire_in_both_languages() {
        for text in [
            "can I talk to somebody please",
            "I need help contacting customer service",
            "is anyone there who can help me?",
            "bisa bicara sama orangnya langsung kak?",
            "tolong hubungkan saya dengan cs",
            "jangan bot terus dong, mau orang",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert!(run.signal(WANTS_PERSON).score() >= SCORE_LEAST, "{text}");
        }
    }

    #[test]
    fn ordinary_chat_is_quiet() {
        for text in [
            "thanks!",
            "what colours do you have?",
            "can you help me choose a size?",
            "how many people fit in the room?",
            "is the agent price different from retail",
            "halo kak, masih ada?",
            "bisa dikirim besok ga kak",
            "untuk berapa orang ini?",
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
