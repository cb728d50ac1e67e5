//! Fires when the customer complains, in English or Indonesian.
//!
//! A text model judges the message: words, pairs of words and pieces of words
//! in a table of 8 KiB. It is trained for precision on ordinary chat, since a
//! list of words like "not" or "belum" finds most complaints and most order
//! enquiries with them. What it reached on what it never saw stands in
//! `guest-sdk/train/README.md`, with the corpora and their licences.

use baton_guest::{Signal, message};

mod model;

baton_guest::rule! {
    name: "complaint",
    summary: "The customer complains, in English or Indonesian.",
    signals: { COMPLAINT = "complaint" },
    tags: { COMPLAINS = "complaint" },
    next_steps: { APOLOGISE = "Apologise, find out what went wrong and make it right" },
    settings: {
        /// How sure the model must be before it speaks, above its trained threshold; 1 is stricter, -1 finds more.
        strictness: decimal = 0.0,
    },
    score: score,
}

/// At the threshold; it hands off on its own under the stock policy.
const SCORE_LEAST: f64 = 0.62;

fn score() -> Option<Signal> {
    let text = message::text()?;
    let verdict = model::MODEL.judge(&text);
    let score = verdict.score(model::THRESHOLD + setting::strictness(), SCORE_LEAST)?;
    let reason = format!("Reads as a complaint, by {}.", verdict.quoted());
    Some(
        COMPLAINT
            .signal(score, reason)
            .tag(COMPLAINS)
            .next_step(APOLOGISE),
    )
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    #[test]
    fn complaints_fire_in_both_languages() {
        for text in [
            "This is unacceptable, the dress arrived torn",
            "I want to file a complaint against your company",
            "worst service ever, I will never order again",
            "Kecewa banget, barangnya rusak dan admin tidak membalas",
            "barang tidak sesuai pesanan, tolong kembalikan uang saya",
            "Pelayanan sangat buruk, kapok belanja di sini",
        ] {
            let run = Facts::message(text).run::<Module>();
            let signal = run.signal(COMPLAINT);
            assert!(signal.score() >= SCORE_LEAST, "{text}");
            assert!(
                signal.reason().starts_with("Reads as a complaint, by \""),
                "{text}"
            );
        }
    }

    #[test]
    fn ordinary_chat_is_quiet() {
        for text in [
            "thanks!",
            "what colours do you have?",
            "Where is my order please?",
            "Can I return it if it does not fit?",
            "halo kak, masih ada?",
            "pesanan saya sudah sampai mana ya kak",
            "belum sempat transfer, nanti malam ya",
            "tidak usah pakai kotak kak",
            "barang sudah sampai, bagus banget, terima kasih",
            "",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert!(run.is_quiet(), "{text}: {:?}", run.signals());
        }
        assert!(Facts::new().run::<Module>().is_quiet());
    }

    #[test]
    fn the_merchant_sets_how_strict_it_is() {
        let complains = Facts::message("the dress arrived torn, very disappointed");
        assert!(!complains.clone().run::<Module>().is_quiet());
        assert!(
            complains
                .setting("strictness", 50.0)
                .run::<Module>()
                .is_quiet()
        );
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
