//! What somebody learnt about taking care of accounts, and what a tenant wants
//! them to have learnt before they take conversations.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// What is known of somebody's training.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// When they attested that two-step verification is on.
    pub two_step_attested_at: Option<Timestamp>,
    /// When they were trained last.
    pub trained_at: Option<Date>,
    /// How phishing drills went, in any order.
    pub drills: Vec<Drill>,
}

/// One phishing drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// On which day.
    pub date: Date,
    /// Whether they saw through it.
    pub passed: bool,
}

/// What a tenant wants before somebody may claim. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingPolicy {
    /// Two-step verification must be attested.
    pub two_step: bool,
    /// The training may be this many days old, at most.
    pub trained_within_days: Option<u16>,
    /// The latest drill must be passed, and be this many days old, at most.
    pub drill_within_days: Option<u16>,
}

/// What is wanted and not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmet {
    /// Two-step verification was not attested.
    TwoStep,
    /// They were never trained, or too long ago.
    Training,
    /// The latest drill was failed, is too old, or there was none.
    Drill,
}

impl TrainingPolicy {
    /// What somebody of this training lacks on the day `today`.
    pub fn unmet(&self, training: &Training, today: Date) -> Vec<Unmet> {
        // A day that has not come is no evidence; somebody ahead of the tenant's
        // time zone may write tomorrow's.
        let is_recent = |date: Date, days: u16| {
            let age = today.since(date).map(|span| span.get_days());
            age.is_ok_and(|age| (-1..=i32::from(days)).contains(&age))
        };
        let lacks_two_step = self.two_step && training.two_step_attested_at.is_none();
        let lacks_training = self.trained_within_days.is_some_and(|days| {
            training
                .trained_at
                .is_none_or(|date| !is_recent(date, days))
        });
        let latest = training.drills.iter().max_by_key(|drill| drill.date);
        let lacks_drill = self.drill_within_days.is_some_and(|days| {
            latest.is_none_or(|drill| !drill.passed || !is_recent(drill.date, days))
        });
        let all = [
            (lacks_two_step, Unmet::TwoStep),
            (lacks_training, Unmet::Training),
            (lacks_drill, Unmet::Drill),
        ];
        let unmet = all.into_iter().filter(|(lacks, _)| *lacks);
        unmet.map(|(_, what)| what).collect()
    }
}
