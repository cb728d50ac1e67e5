//! What a tenant tells Baton of itself, as far as decisions need it.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    care::{CarePolicy, InvalidCare},
    decision::Outcome,
    event::InboundMessage,
    ids::{TeamName, TierName},
    limits::{MESSAGE_TEXT_CHARS_MAX, PERSON_PHRASES_MAX},
    text::{Phrase, truncated},
};

/// A team and its tiers, lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: TeamName,
    /// Its tiers.
    pub tiers: Vec<TierName>,
}

/// Why a tenant's profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProfile {
    /// There must be someone to hand off to.
    #[error("a tenant needs at least one team, so that a handoff has somewhere to go")]
    NoTeam,
    /// The default team is not among the teams.
    #[error("the default team {0} is not one of the teams")]
    UnknownDefaultTeam(TeamName),
    /// Too many phrases.
    #[error("{0} phrases ask for a person, at most {PERSON_PHRASES_MAX} are allowed")]
    TooManyPhrases(usize),
    /// What is said of care does not fit.
    #[error(transparent)]
    Care(#[from] InvalidCare),
}

/// What decisions need to know of a tenant.
#[derive(Debug, Clone)]
pub struct TenantProfile {
    timezone: TimeZone,
    language: Arc<str>,
    teams: Vec<Team>,
    default_team: TeamName,
    on_failure: Outcome,
    person_phrases: Vec<Phrase>,
    person_buttons: Vec<Arc<str>>,
    automatic_texts: Vec<Arc<str>>,
    care: CarePolicy,
}

impl TenantProfile {
    /// A profile with teams and the first as default; everything else as most
    /// merchants would have it, see the `with_` functions.
    ///
    /// # Errors
    /// [`InvalidProfile::NoTeam`] without a team.
    pub fn new(
        timezone: TimeZone,
        language: &str,
        teams: Vec<Team>,
    ) -> Result<Self, InvalidProfile> {
        let default_team = teams.first().ok_or(InvalidProfile::NoTeam)?.name.clone();
        Ok(Self {
            timezone,
            language: language.into(),
            teams,
            default_team,
            on_failure: Outcome::HandOff,
            person_phrases: DEFAULT_PERSON_PHRASES
                .iter()
                .map(|it| Phrase::of(it))
                .collect(),
            person_buttons: Vec::new(),
            automatic_texts: Vec::new(),
            care: CarePolicy::default(),
        })
    }

    /// The team that handoffs go to when nothing names one.
    ///
    /// # Errors
    /// [`InvalidProfile::UnknownDefaultTeam`].
    pub fn with_default_team(mut self, team: TeamName) -> Result<Self, InvalidProfile> {
        if self.team(team.as_str()).is_none() {
            return Err(InvalidProfile::UnknownDefaultTeam(team));
        }
        self.default_team = team;
        Ok(self)
    }

    /// What applies when the policy or every rule fails; a person, unless the
    /// tenant says otherwise.
    #[must_use]
    pub fn with_outcome_on_failure(mut self, outcome: Outcome) -> Self {
        self.on_failure = outcome;
        self
    }

    /// Phrases and button ids by which a customer asks for a person.
    ///
    /// # Errors
    /// [`InvalidProfile::TooManyPhrases`].
    pub fn with_person_requests(
        mut self,
        phrases: Vec<Arc<str>>,
        buttons: Vec<Arc<str>>,
    ) -> Result<Self, InvalidProfile> {
        let count = phrases.len().max(buttons.len());
        if count > PERSON_PHRASES_MAX {
            return Err(InvalidProfile::TooManyPhrases(count));
        }
        self.person_phrases = phrases.iter().map(|it| Phrase::of(it)).collect();
        self.person_buttons = buttons;
        Ok(self)
    }

    /// Texts that the Business App sends by itself (greeting, away message):
    /// their echoes change no owner.
    #[must_use]
    pub fn with_automatic_texts(mut self, texts: Vec<Arc<str>>) -> Self {
        self.automatic_texts = texts;
        self
    }

    /// How the tenant's people take care of its customers.
    ///
    /// # Errors
    /// [`InvalidProfile::Care`].
    pub fn with_care(mut self, care: CarePolicy) -> Result<Self, InvalidProfile> {
        care.check()?;
        self.care = care;
        Ok(self)
    }

    /// How the tenant's people take care of its customers.
    pub fn care(&self) -> &CarePolicy {
        &self.care
    }

    /// Where the merchant's days begin and end.
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// ISO 639-1.
    pub fn language(&self) -> &Arc<str> {
        &self.language
    }

    /// The team of this name.
    pub fn team(&self, name: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.name.as_str() == name)
    }

    /// All teams.
    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    /// The team that handoffs go to when nothing names one.
    pub fn default_team(&self) -> &TeamName {
        &self.default_team
    }

    /// What applies when the policy or every rule fails.
    pub fn outcome_on_failure(&self) -> Outcome {
        self.on_failure
    }

    /// Whether this message asks for a person in so many words, or by a
    /// button. A rule adds softer wording; this one nothing can overrule.
    pub fn asks_for_person(&self, message: &InboundMessage) -> bool {
        let tapped = message.button_id.as_ref();
        if tapped.is_some_and(|button| self.person_buttons.contains(button)) {
            return true;
        }
        let Some(text) = &message.text else {
            return false;
        };
        let said = Phrase::of(&truncated(text, MESSAGE_TEXT_CHARS_MAX));
        self.person_phrases
            .iter()
            .any(|phrase| said.contains(phrase))
    }

    /// Whether an echo of this text is the App's own greeting.
    pub fn is_automatic_text(&self, text: Option<&str>) -> bool {
        text.is_some_and(|text| {
            self.automatic_texts
                .iter()
                .any(|it| it.trim() == text.trim())
        })
    }
}

/// Phrases that hold for a tenant that names none: unmistakable ones, English
/// and Indonesian.
pub fn default_person_phrases() -> Vec<Arc<str>> {
    DEFAULT_PERSON_PHRASES
        .iter()
        .map(|phrase| (*phrase).into())
        .collect()
}

const DEFAULT_PERSON_PHRASES: &[&str] = &[
    "speak to a person",
    "speak to a human",
    "speak to an agent",
    "speak with a person",
    "speak with a human",
    "speak with an agent",
    "talk to a person",
    "talk to a human",
    "talk to an agent",
    "talk to someone",
    "talk with a person",
    "talk with a human",
    "talk with an agent",
    "human agent",
    "live agent",
    "real person",
    "customer service",
    "bicara dengan orang",
    "bicara dengan manusia",
    "bicara dengan admin",
    "bicara sama orang",
    "bicara sama admin",
    "ngomong sama orang",
    "ngomong sama admin",
    "hubungkan ke admin",
    "hubungkan dengan admin",
    "chat dengan admin",
    "chat sama admin",
];
