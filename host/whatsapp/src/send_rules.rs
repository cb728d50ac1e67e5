//! When a message may leave, and when one that did not may be tried again.
//! Pure: the moment and the luck come in as values.

use std::time::Duration;

use baton_domain::limits::{SEND_TRIES_MAX, SERVICE_WINDOW_HOURS};
use jiff::{SignedDuration, Timestamp};

use crate::graph::{Outcome, Rejection};

/// The longest wait between two tries of what was never sent.
const WAIT_SECONDS_MAX: u64 = 15 * 60;

/// How long WhatsApp wants no more marketing for a customer after 131049.
const ECOSYSTEM_CAP_HOURS: u64 = 24;

/// What kind of message is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Words of one's own.
    FreeForm,
    /// An approved template for a service that the customer expects.
    Utility,
    /// An approved template that advertises.
    Marketing,
    /// An approved template with a code.
    Authentication,
}

/// What is known of the customer at the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The customer's last message or call on this number. Messages of people
    /// on the Business App do not count.
    pub last_heard_at: Option<Timestamp>,
    /// Whether the customer agreed to marketing, or refused it; `None` when
    /// nobody asked.
    pub marketing_consent: Option<bool>,
    /// When WhatsApp last said that the customer gets too much marketing
    /// (131049).
    pub capped_at: Option<Timestamp>,
}

/// Why a message may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service window is closed and the message is no template.
    #[error("the customer's last message is over {SERVICE_WINDOW_HOURS} hours ago")]
    OutsideWindow,
    /// The customer refused marketing.
    #[error("the customer does not want marketing messages")]
    OptedOut,
    /// Nobody asked the customer whether marketing is welcome.
    #[error("the customer did not agree to marketing messages")]
    NoConsent,
    /// WhatsApp said within the last day that the customer gets too much.
    #[error("WhatsApp takes no marketing message for this customer today")]
    EcosystemCap,
}

impl Refusal {
    /// A stable code for records and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutsideWindow => "outside_service_window",
            Self::OptedOut => "opted_out",
            Self::NoConsent => "no_marketing_consent",
            Self::EcosystemCap => "ecosystem_cap",
        }
    }
}

/// Whether a free-form message may be sent (WhatsApp documentation, "Customer
/// service windows").
pub fn is_window_open(last_heard_at: Option<Timestamp>, now: Timestamp) -> bool {
    let window = SignedDuration::from_hours(SERVICE_WINDOW_HOURS);
    last_heard_at.is_some_and(|at| now.duration_since(at) < window)
}

/// Whether a message of this form may leave now.
///
/// # Errors
/// [`Refusal`]: record it, and send a template or nothing.
pub fn may_send(form: Form, standing: &Standing, now: Timestamp) -> Result<(), Refusal> {
    match form {
        Form::FreeForm if is_window_open(standing.last_heard_at, now) => Ok(()),
        Form::FreeForm => Err(Refusal::OutsideWindow),
        Form::Utility | Form::Authentication => Ok(()),
        Form::Marketing => may_advertise(standing, now),
    }
}

fn may_advertise(standing: &Standing, now: Timestamp) -> Result<(), Refusal> {
    match standing.marketing_consent {
        Some(false) => return Err(Refusal::OptedOut),
        None => return Err(Refusal::NoConsent),
        Some(true) => {}
    }
    let cap = SignedDuration::try_from(Duration::from_secs(3600 * ECOSYSTEM_CAP_HOURS));
    let is_capped = |at: Timestamp| cap.is_ok_and(|cap| now.duration_since(at) < cap);
    if standing.capped_at.is_some_and(is_capped) {
        Err(Refusal::EcosystemCap)
    } else {
        Ok(())
    }
}

/// What to do after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: WhatsApp has it.
    Done,
    /// Try again after this wait, after looking again whether it may leave.
    Again(Duration),
    /// Never send it again before a status has told its fate.
    AwaitStatus,
    /// Do not try again; record why.
    GiveUp,
    /// Do not try again, and send nothing from this number until someone has
    /// acted.
    StopNumber,
}

/// What to do after the `tries`-th try, counted from 1, came to `outcome`.
/// `jitter` is a number from 0 to 1 that differs between messages, so that
/// they do not all come back at once.
pub fn after(outcome: &Outcome, tries: u32, jitter: f64) -> Next {
    let again = |wait: Duration| {
        if tries < SEND_TRIES_MAX {
            Next::Again(wait)
        } else {
            Next::GiveUp
        }
    };
    match outcome {
        Outcome::Accepted(_) => Next::Done,
        Outcome::Ambiguous(_) => Next::AwaitStatus,
        Outcome::NotSent { .. } => again(backoff(2, tries, jitter)),
        Outcome::Rejected { rejection, .. } => match rejection {
            Rejection::RateLimited => again(backoff(2, tries, jitter)),
            // WhatsApp's own schedule: 4^n seconds.
            Rejection::PairRateLimited => again(backoff(4, tries, jitter)),
            Rejection::EcosystemCap => again(Duration::from_secs(3600 * ECOSYSTEM_CAP_HOURS)),
            Rejection::TokenDead | Rejection::NotPermitted => Next::StopNumber,
            Rejection::OutsideWindow
            | Rejection::OptedOut
            | Rejection::Undeliverable
            | Rejection::PolicyBlocked
            | Rejection::TemplateFault
            | Rejection::Other => Next::GiveUp,
        },
    }
}

/// `base`^`tries` seconds, and up to half as much again by `jitter`, so that
/// it is never shorter than WhatsApp asks for.
fn backoff(base: u64, tries: u32, jitter: f64) -> Duration {
    let seconds = base.saturating_pow(tries).min(WAIT_SECONDS_MAX);
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    Duration::from_secs(seconds).mul_f64(1.0 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Accepted, Ambiguity, GraphError};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn standing() -> Standing {
        Standing {
            last_heard_at: None,
            marketing_consent: None,
            capped_at: None,
        }
    }

    #[test]
    fn the_window_closes_after_24_hours_to_the_second() {
        let heard = Some(at("2026-01-01T00:00:00Z"));
        assert!(is_window_open(heard, at("2026-01-01T23:59:59Z")));
        assert!(!is_window_open(heard, at("2026-01-02T00:00:00Z")));
        assert!(!is_window_open(None, at("2026-01-01T00:00:00Z")));
        // A clock that is behind WhatsApp's does not close it.
        assert!(is_window_open(heard, at("2025-12-31T23:59:58Z")));
    }

    #[test]
    fn outside_the_window_only_templates_leave() {
        let now = at("2026-01-02T00:00:00Z");
        let known = Standing {
            last_heard_at: Some(at("2026-01-01T00:00:00Z")),
            ..standing()
        };
        assert_eq!(
            may_send(Form::FreeForm, &known, now),
            Err(Refusal::OutsideWindow)
        );
        assert_eq!(may_send(Form::Utility, &known, now), Ok(()));
        assert_eq!(may_send(Form::Authentication, &standing(), now), Ok(()));
    }

    #[test]
    fn marketing_needs_consent_and_respects_the_cap() {
        let now = at("2026-01-02T00:00:00Z");
        let with = |consent, capped: Option<&str>| {
            let (marketing_consent, capped_at) = (consent, capped.map(at));
            may_send(
                Form::Marketing,
                &Standing {
                    marketing_consent,
                    capped_at,
                    ..standing()
                },
                now,
            )
        };
        assert_eq!(with(None, None), Err(Refusal::NoConsent));
        assert_eq!(with(Some(false), None), Err(Refusal::OptedOut));
        assert_eq!(with(Some(true), None), Ok(()));
        assert_eq!(
            with(Some(true), Some("2026-01-01T00:00:01Z")),
            Err(Refusal::EcosystemCap)
        );
        assert_eq!(with(Some(true), Some("2026-01-01T00:00:00Z")), Ok(()));
    }

    fn rejected(rejection: Rejection) -> Outcome {
        Outcome::Rejected {
            rejection,
            error: GraphError::default(),
        }
    }

    #[test]
    fn waits_grow_as_whatsapp_asks() {
        let wait = |rejection, tries, jitter| after(&rejected(rejection), tries, jitter);
        let seconds = |seconds| Next::Again(Duration::from_secs(seconds));
        assert_eq!(wait(Rejection::PairRateLimited, 1, 0.0), seconds(4));
        assert_eq!(wait(Rejection::PairRateLimited, 2, 0.0), seconds(16));
        assert_eq!(wait(Rejection::PairRateLimited, 3, 0.0), seconds(64));
        assert_eq!(wait(Rejection::RateLimited, 3, 0.0), seconds(8));
        assert_eq!(wait(Rejection::RateLimited, 3, 1.0), seconds(12));
        assert_eq!(
            wait(Rejection::PairRateLimited, SEND_TRIES_MAX - 1, 0.0),
            seconds(WAIT_SECONDS_MAX)
        );
        assert_eq!(
            wait(Rejection::PairRateLimited, SEND_TRIES_MAX, 0.0),
            Next::GiveUp
        );
        assert_eq!(wait(Rejection::RateLimited, 1, f64::NAN), seconds(2));
        assert_eq!(wait(Rejection::EcosystemCap, 1, 0.5), seconds(24 * 3600));
    }

    #[test]
    fn what_may_have_been_sent_is_never_sent_again() {
        let no_answer = Ambiguity::NoAnswer {
            reason: String::new(),
        };
        for outcome in [no_answer, Ambiguity::Answer(GraphError::default())] {
            assert_eq!(
                after(&Outcome::Ambiguous(outcome), 1, 0.0),
                Next::AwaitStatus
            );
        }
        let accepted = Outcome::Accepted(Accepted {
            message: None,
            address: None,
        });
        assert_eq!(after(&accepted, 1, 0.0), Next::Done);
        let not_sent = Outcome::NotSent {
            reason: String::new(),
        };
        assert_eq!(
            after(&not_sent, 1, 0.0),
            Next::Again(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_dead_token_stops_the_number_and_a_refused_message_only_itself() {
        assert_eq!(
            after(&rejected(Rejection::TokenDead), 1, 0.0),
            Next::StopNumber
        );
        assert_eq!(
            after(&rejected(Rejection::NotPermitted), 1, 0.0),
            Next::StopNumber
        );
        for rejection in [
            Rejection::OutsideWindow,
            Rejection::OptedOut,
            Rejection::Undeliverable,
            Rejection::PolicyBlocked,
            Rejection::TemplateFault,
            Rejection::Other,
        ] {
            assert_eq!(
                after(&rejected(rejection), 1, 0.0),
                Next::GiveUp,
                "{rejection:?}"
            );
        }
    }
}
