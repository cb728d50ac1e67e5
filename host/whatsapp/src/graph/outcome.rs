//! What became of a request, by the table of error codes (WhatsApp
//! documentation, "Error codes").

use baton_domain::ids::MessageId;

use crate::address::CustomerAddress;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// WhatsApp took it. It is not delivered yet; statuses tell.
    Accepted(Accepted),
    /// It certainly did not leave: no connection was made. It is safe to try
    /// again.
    NotSent {
        /// What went wrong, without anything personal.
        reason: String,
    },
    /// WhatsApp refused it. It certainly was not sent.
    Rejected {
        /// What the refusal means.
        rejection: Rejection,
        /// What WhatsApp said.
        error: GraphError,
    },
    /// It may have been sent or not. It must not be sent again before a status
    /// that carries its key has settled the matter.
    Ambiguous(Ambiguity),
}

impl Outcome {
    /// A stable code for records and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::NotSent { .. } => "not_sent",
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::Ambiguous(_) => "ambiguous",
        }
    }
}

/// WhatsApp took a message, or did what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id under which statuses will speak of it; `None` for requests that
    /// send no message.
    pub message: Option<MessageId>,
    /// Where WhatsApp found the customer. It may correct the number, and tell
    /// the user id.
    pub address: Option<CustomerAddress>,
}

/// Why nobody knows whether a message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ambiguity {
    /// No answer came in time, or the connection broke.
    NoAnswer {
        /// What went wrong, without anything personal.
        reason: String,
    },
    /// WhatsApp answered, and with what does not settle it.
    Answer(GraphError),
}

/// What WhatsApp said of a request that it did not do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphError {
    /// The HTTP status.
    pub status: u16,
    /// The error code, when the answer could be read.
    pub code: Option<i64>,
    /// What it is called, cut to a sentence.
    pub message: String,
    /// More of it (`error_data.details`), cut to a sentence.
    pub details: Option<String>,
    /// By what Meta's support finds the request.
    pub trace: Option<String>,
}

/// What a refusal means: what to do about it, and whom to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The access token is dead (0, 190): the number is stopped until it gets
    /// another.
    TokenDead,
    /// The app may not do this (3, 10, 200-299, 131005): the number is
    /// stopped.
    NotPermitted,
    /// Too many requests (4, 80007, 130429).
    RateLimited,
    /// Too many messages to this customer (131056: one in 6 seconds, 45 at
    /// once).
    PairRateLimited,
    /// The customer's last message is over 24 hours ago (131047): only a
    /// template will do.
    OutsideWindow,
    /// The customer gets too much marketing already (131049): not again for 24
    /// hours.
    EcosystemCap,
    /// The customer does not want marketing (131050).
    OptedOut,
    /// The customer cannot be reached (131026).
    Undeliverable,
    /// Against a policy of WhatsApp's (131048, 368, 131031).
    PolicyBlocked,
    /// The template is not there, not approved, or filled wrongly (132000 to
    /// 132016).
    TemplateFault,
    /// Refused for something else.
    Other,
}

impl Rejection {
    /// What an error code means, in an answer or in a status that tells of a
    /// failure; `None` for codes that leave it open whether the message was
    /// sent (1, 2, 131000, 131016).
    pub fn of_code(code: i64) -> Option<Self> {
        Some(match code {
            1 | 2 | 131_000 | 131_016 => return None,
            0 | 190 => Self::TokenDead,
            3 | 10 | 200..=299 | 131_005 => Self::NotPermitted,
            4 | 80_007 | 130_429 => Self::RateLimited,
            131_056 => Self::PairRateLimited,
            131_047 => Self::OutsideWindow,
            131_049 => Self::EcosystemCap,
            131_050 => Self::OptedOut,
            131_026 => Self::Undeliverable,
            131_048 | 368 | 131_031 => Self::PolicyBlocked,
            132_000..=132_016 => Self::TemplateFault,
            _ => Self::Other,
        })
    }

    /// A stable code for records and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenDead => "token_dead",
            Self::NotPermitted => "not_permitted",
            Self::RateLimited => "rate_limited",
            Self::PairRateLimited => "pair_rate_limited",
            Self::OutsideWindow => "outside_service_window",
            Self::EcosystemCap => "ecosystem_cap",
            Self::OptedOut => "opted_out",
            Self::Undeliverable => "undeliverable",
            Self::PolicyBlocked => "policy_blocked",
            Self::TemplateFault => "template_fault",
            Self::Other => "refused",
        }
    }

    /// Whether the whole number can send nothing until someone has acted.
    pub fn stops_number(self) -> bool {
        matches!(self, Self::TokenDead | Self::NotPermitted)
    }

    /// Whether the operator has to hear of it at once.
    pub fn alerts(self) -> bool {
        self.stops_number() || self == Self::PolicyBlocked
    }
}
