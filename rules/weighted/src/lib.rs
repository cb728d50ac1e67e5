//! Combines the signals of all rules into one decision, as independent
//! chances that something is wrong: `1 - Π(1 - weight × score)` (noisy-or).
//! Two weak signals together may hand off where neither would alone, and one
//! strong signal always counts.
//!
//! The headline tag joins the tags of the strongest signals by contribution,
//! such as "delivery promise + high-value repeat buyer"; then the single tags
//! follow. Among equals the order of arrival decides, so that the same
//! signals give the same decision.

use baton_guest::{Decision, ScoredSignal, Tag};

baton_guest::policy! {
    name: "weighted",
    summary: "Hands off when the weighted signals together pass a threshold.",
    settings: {
        /// Combined score, 0 to 1, from which people take over.
        threshold: decimal = 0.6,
        /// Combined score from which the senior tier takes over; above 1 never.
        senior_threshold: decimal = 0.85,
        /// Team that takes over; empty for the default team.
        team: text = "",
        /// Tier of the team; empty for any.
        tier: text = "",
        /// Tier from the senior threshold on; empty for the tier above.
        senior_tier: text = "senior",
        /// Signals whose contribution is smaller are left out of tags and reasons.
        mention: decimal = 0.3,
        /// How many tags the headline joins at most.
        headline_tags: integer = 2,
    },
    decide: decide,
}

/// What the host accepts of a decision.
const TAGS_MAX: usize = 8;
const REASONS_MAX: usize = 8;

fn decide(signals: Vec<ScoredSignal>) -> Decision {
    let combined = 1.0
        - signals
            .iter()
            .map(|signal| 1.0 - contribution(signal))
            .product::<f64>();
    let strongest = by_contribution(signals);
    let decision = if combined >= setting::threshold() && !strongest.is_empty() {
        let (team, tier) = route(combined);
        Decision::hand_off().team(team).tier(tier)
    } else {
        Decision::stay()
    };
    decision
        .next_step(strongest.iter().find_map(|signal| signal.next_step.clone()))
        .tags(tags(&strongest))
        .reasons(strongest.into_iter().map(|signal| signal.reason).take(REASONS_MAX))
        // Rounded, since a cut would show 69 for 0.7.
        .priority((combined * 100.0 + 0.5) as u8)
}

fn contribution(signal: &ScoredSignal) -> f64 {
    (signal.weight * signal.score).clamp(0.0, 1.0)
}

/// The signals worth a mention, strongest first.
fn by_contribution(mut signals: Vec<ScoredSignal>) -> Vec<ScoredSignal> {
    let least = setting::mention();
    signals.retain(|signal| contribution(signal) > 0.0 && contribution(signal) >= least);
    signals.sort_by(|a, b| contribution(b).total_cmp(&contribution(a)));
    signals
}

fn route(combined: f64) -> (String, String) {
    let senior = Some(setting::senior_tier()).filter(|tier| !tier.is_empty());
    let tier = senior.filter(|_| combined >= setting::senior_threshold());
    (setting::team(), tier.unwrap_or_else(setting::tier))
}

/// The headline, then the single tags, each once.
fn tags(strongest: &[ScoredSignal]) -> Vec<Tag> {
    let mut single: Vec<Tag> = Vec::new();
    for tag in strongest.iter().filter_map(|signal| signal.tag.as_ref()) {
        if !single.contains(tag) {
            single.push(tag.clone());
        }
    }
    let joined = setting::headline_tags().clamp(1, 4) as usize;
    let headline = single
        .iter()
        .take(joined)
        .cloned()
        .reduce(|all, tag| all.join(&tag));
    let mut tags: Vec<Tag> = headline.into_iter().collect();
    for tag in single {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.truncate(TAGS_MAX);
    tags
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn delivery() -> ScoredSignal {
        ScoredSignal::incoming(
            "delivery-promise",
            "delivery-promise-at-risk",
            0.7,
            "Friday.",
        )
        .tagged("delivery promise")
        .proposing("Confirm or re-promise the delivery date")
    }

    fn buyer() -> ScoredSignal {
        ScoredSignal::incoming("repeat-buyer", "repeat-buyer-at-risk", 0.65, "Six orders.")
            .tagged("high-value repeat buyer")
            .proposing("Take care of this customer personally")
    }

    fn weak() -> ScoredSignal {
        ScoredSignal::incoming("high-basket-value", "high-basket", 0.5, "USD 500.")
            .tagged("high basket value")
    }

    fn decide_on(signals: Vec<ScoredSignal>) -> Decision {
        Facts::new().decide::<Module>(signals)
    }

    #[test]
    fn the_friday_question() {
        // The order of arrival does not matter.
        let decision = decide_on(vec![buyer(), delivery()]);
        assert!(decision.hands_off());
        assert_eq!(
            decision.tag_names(),
            [
                "delivery promise + high-value repeat buyer",
                "delivery promise",
                "high-value repeat buyer"
            ]
        );
        assert_eq!(decision.reason_texts(), ["Friday.", "Six orders."]);
        assert_eq!(
            decision.proposes(),
            Some("Confirm or re-promise the delivery date")
        );
        // 1 - 0.3 × 0.35
        assert_eq!(decision.urgency(), 90);
        assert_eq!(decision.to_tier(), Some("senior"));
        assert_eq!(decision.to_team(), None);
    }

    #[test]
    fn weak_signals_hand_off_together_and_not_alone() {
        let alone = decide_on(vec![weak()]);
        assert!(!alone.hands_off());
        assert_eq!(alone.urgency(), 50);
        assert_eq!(alone.tag_names(), ["high basket value"], "shown as advice");
        let both = decide_on(vec![weak(), weak()]);
        assert!(both.hands_off());
        assert_eq!(both.urgency(), 75);
        assert_eq!(both.to_tier(), None);
    }

    #[test]
    fn weights_and_thresholds_are_the_merchants() {
        assert!(!decide_on(vec![delivery().weighing(0.5)]).hands_off());
        assert!(decide_on(vec![delivery().weighing(1.0)]).hands_off());
        let strict = Facts::new().setting("threshold", 0.95);
        assert!(
            !strict
                .decide::<Module>(vec![delivery(), buyer()])
                .hands_off()
        );
        let routed = Facts::new()
            .setting("team", "care")
            .setting("tier", "junior");
        let routed = routed.decide::<Module>(vec![delivery()]);
        assert_eq!(
            (routed.to_team(), routed.to_tier()),
            (Some("care"), Some("junior"))
        );
    }

    #[test]
    fn what_hardly_contributes_is_not_mentioned() {
        let decision = decide_on(vec![weak().weighing(0.2), delivery(), weak().weighing(0.0)]);
        assert_eq!(decision.tag_names(), ["delivery promise"]);
        assert_eq!(decision.reason_texts(), ["Friday."]);
    }

    #[test]
    fn the_headline_joins_as_many_as_set() {
        let three = || vec![weak(), delivery(), buyer()];
        let first = |tags: i64| {
            let decision = Facts::new()
                .setting("headline-tags", tags)
                .decide::<Module>(three());
            decision.tag_names()[0].to_owned()
        };
        assert_eq!(first(1), "delivery promise");
        assert_eq!(first(2), "delivery promise + high-value repeat buyer");
        assert_eq!(
            first(3),
            "delivery promise + high-value repeat buyer + high basket value"
        );
    }

    #[test]
    fn answers_stay_within_what_the_host_accepts() {
        let many = (0..40)
            .map(|n| ScoredSignal::incoming("any", "any", 0.5, "Why.").tagged(&format!("tag {n}")));
        let decision = decide_on(many.collect());
        assert_eq!(decision.tag_names().len(), TAGS_MAX);
        assert_eq!(decision.reason_texts().len(), REASONS_MAX);
        assert_eq!(decision.urgency(), 100);
    }

    #[test]
    fn without_signals_the_bot_goes_on() {
        let decision = decide_on(Vec::new());
        assert!(!decision.hands_off());
        assert_eq!(decision.urgency(), 0);
        let zero = Facts::new()
            .setting("threshold", 0.0)
            .decide::<Module>(Vec::new());
        assert!(!zero.hands_off(), "nothing to say is never a reason");
    }
}
