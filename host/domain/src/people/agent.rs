//! One of the tenant's people.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Training, WorkingHours, stock::OPERATOR};
use crate::{
    ids::{AgentId, RoleName, TeamName, TierName},
    limits::{
        AGENT_CAPACITY_MAX, AGENT_DRILLS_MAX, AGENT_LANGUAGES_MAX, AGENT_SKILLS_MAX,
        AGENT_TEAMS_MAX, SHORT_TEXT_CHARS_MAX,
    },
};

/// One of the tenant's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Under which id; it stands in events and never changes.
    pub id: AgentId,
    /// What others call them.
    pub name: Arc<str>,
    /// What they may see and do.
    pub role: RoleName,
    /// Where they work.
    #[serde(default)]
    pub teams: Vec<Membership>,
    /// ISO 639-1, the best first.
    #[serde(default)]
    pub languages: Vec<Arc<str>>,
    /// Tags that they are good at.
    #[serde(default)]
    pub skills: Vec<Arc<str>>,
    /// When they work.
    #[serde(default)]
    pub hours: WorkingHours,
    /// Conversations at once; 0 means that none is assigned to them.
    #[serde(default)]
    pub capacity: u16,
    /// How they are told of what waits for them.
    #[serde(default)]
    pub contact: Contact,
    /// What they learnt about taking care of accounts.
    #[serde(default)]
    pub training: Training,
    /// Whether nothing of theirs opens any more and nothing is assigned to
    /// them, until somebody who manages people says otherwise.
    #[serde(default)]
    pub is_frozen: bool,
}

/// A team that somebody works in, and in which tier of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Which team.
    pub team: TeamName,
    /// In which tier; in any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
}

/// How somebody is reached.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Their own WhatsApp number, digits with the country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<Arc<str>>,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Arc<str>>,
}

/// Tells which ways there are, and none of them.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("has_whatsapp", &self.whatsapp.is_some())
            .field("has_email", &self.email.is_some())
            .finish()
    }
}

/// Why somebody cannot be kept as described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAgent {
    /// A text is empty or too long.
    #[error("{what} must have 1 to {max} characters, has {length}")]
    Length {
        /// Which one.
        what: &'static str,
        /// How long it may be, in characters.
        max: usize,
        /// How long it is.
        length: usize,
    },
    /// There is too much of something.
    #[error("{count} {what}, at most {max} are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
        /// How many there are.
        count: usize,
    },
    /// The WhatsApp number is none.
    #[error("contact.whatsapp must be 7 to 15 digits with the country code")]
    Phone,
    /// The e-mail address is none.
    #[error("contact.email must be an address with one @ between two texts, without spaces")]
    Email,
}

impl Agent {
    /// Whether they are the operator, who gets what nobody else took.
    pub fn is_operator(&self) -> bool {
        self.role.as_str() == OPERATOR
    }

    /// Holds the limits.
    ///
    /// # Errors
    /// [`InvalidAgent`], the first that is found.
    pub fn check(&self) -> Result<(), InvalidAgent> {
        check_text("name", &self.name)?;
        check_count("teams", self.teams.len(), AGENT_TEAMS_MAX)?;
        check_count("languages", self.languages.len(), AGENT_LANGUAGES_MAX)?;
        check_count("skills", self.skills.len(), AGENT_SKILLS_MAX)?;
        check_count("drills", self.training.drills.len(), AGENT_DRILLS_MAX)?;
        let (capacity, most) = (self.capacity.into(), AGENT_CAPACITY_MAX.into());
        check_count("conversations at once", capacity, most)?;
        for language in &self.languages {
            check_text("a language", language)?;
        }
        for skill in &self.skills {
            check_text("a skill", skill)?;
        }
        self.contact.check()
    }
}

impl Contact {
    fn check(&self) -> Result<(), InvalidAgent> {
        if let Some(phone) = &self.whatsapp {
            // ITU-T E.164: 15 digits at most.
            let fits = (7..=15).contains(&phone.len()) && phone.bytes().all(|b| b.is_ascii_digit());
            if !fits {
                return Err(InvalidAgent::Phone);
            }
        }
        if let Some(email) = &self.email {
            check_text("contact.email", email)?;
            let parts: Vec<&str> = email.split('@').collect();
            let is_odd = |c: char| c.is_whitespace() || c.is_control();
            if parts.len() != 2 || parts.iter().any(|it| it.is_empty()) || email.contains(is_odd) {
                return Err(InvalidAgent::Email);
            }
        }
        Ok(())
    }
}

fn check_text(what: &'static str, text: &str) -> Result<(), InvalidAgent> {
    let (length, max) = (text.chars().count(), SHORT_TEXT_CHARS_MAX);
    if (1..=max).contains(&length) {
        Ok(())
    } else {
        Err(InvalidAgent::Length { what, max, length })
    }
}

fn check_count(what: &'static str, count: usize, max: usize) -> Result<(), InvalidAgent> {
    if count <= max {
        Ok(())
    } else {
        Err(InvalidAgent::TooMany { what, max, count })
    }
}
