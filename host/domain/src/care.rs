//! What a tenant promises its customers while people own, and the deadlines
//! that follow: pure functions of the tenant's words and a conversation.
//!
//! **Invariant:** deadlines follow from the state alone. Whoever changes it
//! compares them before and after; none is started or stopped by hand.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    event::Promised,
    ids::{OwnerEpoch, TierName},
    limits::{BOT_SILENCE_MINUTES, PROMISE_MINUTES_MAX},
    people::WorkingHours,
    state::Conversation,
};

/// What is promised of one tier, in minutes of the tenant's working hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TierPromise {
    /// The tier; all that no other row names when `None`.
    pub tier: Option<TierName>,
    /// Until a person's first word; not promised when `None`.
    pub first_reply_minutes: Option<u32>,
    /// Until the next step is taken; not promised when `None`.
    pub next_step_minutes: Option<u32>,
}

/// How a tenant's people take care of its customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarePolicy {
    /// When somebody is there; minutes are counted in these hours.
    pub hours: WorkingHours,
    /// What is promised, tier by tier.
    pub promises: Vec<TierPromise>,
    /// Minutes of silence, with no next step open, after which the bot has a
    /// conversation again; never when `None`.
    pub auto_return_minutes: Option<u32>,
    /// How long the bot may be silent and still counts as there.
    pub bot_silence_minutes: u32,
}

impl Default for CarePolicy {
    fn default() -> Self {
        Self {
            hours: WorkingHours::default(),
            promises: Vec::new(),
            auto_return_minutes: None,
            bot_silence_minutes: BOT_SILENCE_MINUTES,
        }
    }
}

/// Why a tenant's words on care cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCare {
    /// Too long, or nothing.
    #[error("{what} is {minutes} minutes, 1 to {PROMISE_MINUTES_MAX} are allowed")]
    Minutes {
        /// Which number.
        what: &'static str,
        /// What it says.
        minutes: u32,
    },
    /// A tier has two rows.
    #[error("two rows of promises are about the same tier")]
    TierTwice,
}

impl CarePolicy {
    /// Holds the limits.
    ///
    /// # Errors
    /// [`InvalidCare`], the first that is found.
    pub fn check(&self) -> Result<(), InvalidCare> {
        let fits = |what, minutes: Option<u32>| match minutes {
            Some(minutes) if !(1..=PROMISE_MINUTES_MAX).contains(&minutes) => {
                Err(InvalidCare::Minutes { what, minutes })
            }
            _ => Ok(()),
        };
        for (place, row) in self.promises.iter().enumerate() {
            fits("first_reply_minutes", row.first_reply_minutes)?;
            fits("next_step_minutes", row.next_step_minutes)?;
            if self.promises[..place].iter().any(|it| it.tier == row.tier) {
                return Err(InvalidCare::TierTwice);
            }
        }
        fits("auto_return_minutes", self.auto_return_minutes)?;
        fits("bot_silence_minutes", Some(self.bot_silence_minutes))
    }

    /// What is promised of `tier` from `at` on.
    pub fn promised(&self, tier: Option<&TierName>, at: Timestamp, zone: &TimeZone) -> Promised {
        let of = |wanted| self.promises.iter().find(|it| it.tier.as_ref() == wanted);
        let Some(row) = of(tier).or_else(|| of(None)) else {
            return Promised::default();
        };
        let after = |minutes: Option<u32>| self.hours.after_work(at, minutes?, zone);
        Promised {
            first_reply: after(row.first_reply_minutes),
            next_step: after(row.next_step_minutes),
        }
    }
}

/// A deadline of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// A person should have answered: the promise of this number.
    FirstReply(u32),
    /// The next step should have been taken: the promise of this number.
    NextStep(u32),
    /// The bot should have it again, if nobody took or gave it since this
    /// epoch.
    AutoReturn(OwnerEpoch),
}

impl Deadline {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstReply(_) => "first-reply",
            Self::NextStep(_) => "next-step",
            Self::AutoReturn(_) => "auto-return",
        }
    }

    /// What tells it from others of its name.
    pub fn number(self) -> u64 {
        match self {
            Self::FirstReply(number) | Self::NextStep(number) => number.into(),
            Self::AutoReturn(epoch) => epoch.0,
        }
    }
}

/// The deadlines that hold, each with its time.
pub fn deadlines(conversation: &Conversation, policy: &CarePolicy) -> Vec<(Deadline, Timestamp)> {
    let ownership = &conversation.ownership;
    if !ownership.owner.is_people() {
        return Vec::new();
    }
    let care = &conversation.care;
    let step = care.step().filter(|step| step.is_open());
    let first_reply = care.first_reply();
    let next_step = step.and_then(|step| step.promise);
    let silence = policy.auto_return_minutes.filter(|_| step.is_none());
    let auto_return = silence.and_then(|minutes| {
        let minutes = SignedDuration::from_mins(minutes.into());
        let due = conversation.last_stir_at()?.checked_add(minutes).ok()?;
        Some((Deadline::AutoReturn(ownership.epoch), due))
    });
    let first_reply = first_reply.map(|it| (Deadline::FirstReply(it.number), it.due));
    let next_step = next_step.map(|it| (Deadline::NextStep(it.number), it.due));
    [first_reply, next_step, auto_return]
        .into_iter()
        .flatten()
        .collect()
}

/// When a deadline is due, as long as it holds: by the policy of now, which may
/// be another than that under which its timer began.
pub fn due_at(
    conversation: &Conversation,
    policy: &CarePolicy,
    deadline: Deadline,
) -> Option<Timestamp> {
    let held = deadlines(conversation, policy);
    let found = held.into_iter().find(|(it, _)| *it == deadline);
    found.map(|(_, due_at)| due_at)
}
