//! Hands off on the strongest signal, when it is strong enough by itself.

use baton_guest::{Decision, ScoredSignal};

baton_guest::policy! {
    name: "my-policy",
    summary: "Hands off when one signal is strong enough by itself.",
    settings: {
        /// Weighted score of a signal from which people take over.
        threshold: decimal(minimum: 0, maximum: 1) = 0.6,
        /// Team that takes over; empty for the default team.
        team: text = "",
    },
    decide: decide,
}

fn decide(signals: Vec<ScoredSignal>) -> Decision {
    let strongest = signals
        .into_iter()
        .max_by(|one, other| weighted(one).total_cmp(&weighted(other)));
    let Some(strongest) = strongest.filter(|it| weighted(it) >= setting::threshold()) else {
        return Decision::stay();
    };
    // Rounded, since a cut would show 69 for 0.7.
    let priority = (weighted(&strongest) * 100.0 + 0.5) as u8;
    Decision::hand_off()
        .team(setting::team())
        .tags(strongest.tag)
        .reasons([strongest.reason])
        .next_step(strongest.next_step)
        .priority(priority)
}

fn weighted(signal: &ScoredSignal) -> f64 {
    (signal.weight * signal.score).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    fn complaint(score: f64) -> ScoredSignal {
        ScoredSignal::incoming("complaint", "complaint", score, "It broke.").tagged("complaint")
    }

    #[test]
    fn one_strong_signal_hands_off() {
        let weak = ScoredSignal::incoming("repeat-buyer", "repeat-buyer", 0.5, "Six orders.");
        let decision = Facts::new().decide::<Module>(vec![weak, complaint(0.9)]);
        assert!(decision.hands_off());
        assert_eq!(decision.tag_names(), ["complaint"]);
        assert_eq!(decision.urgency(), 90);
    }

    #[test]
    fn weak_ones_are_left_to_the_bot() {
        let decision = Facts::new().decide::<Module>(vec![complaint(0.5), complaint(0.5)]);
        assert!(!decision.hands_off());
    }
}
