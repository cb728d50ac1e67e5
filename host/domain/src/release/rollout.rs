//! Which release decides on whom.

use std::{hash::Hasher, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::Guardrails;
use crate::{
    ids::{CustomerId, ReleaseNumber, TenantId},
    limits::{ROLLBACKS_MAX, ROLLOUT_MOVES_MAX},
};

/// A share of customers, in hundredths of a percent: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(u16);

/// A move that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidMove {
    /// The share is none, or more than all.
    #[error("a canary takes 0.01 to 100 percent of the customers, found {0}")]
    Share(f64),
    /// It decides already.
    #[error("release {} is active already", .0.0)]
    Active(ReleaseNumber),
    /// There is no canary.
    #[error("there is no canary")]
    NoCanary,
    /// There is no shadow.
    #[error("there is no shadow")]
    NoShadow,
    /// Nothing came before.
    #[error("nothing came before release {}: there is nothing to roll back to", .0.0)]
    NothingBefore(ReleaseNumber),
    /// It decides nowhere.
    #[error("release {} decides nowhere", .0.0)]
    Idle(ReleaseNumber),
    /// There is no such release.
    #[error("there is no release {}", .0.0)]
    Unknown(ReleaseNumber),
}

impl TryFrom<f64> for Share {
    type Error = InvalidMove;

    fn try_from(percent: f64) -> Result<Self, InvalidMove> {
        let hundredths = (percent * 100.0).round();
        if (1.0..=10_000.0).contains(&hundredths) {
            Ok(Self(hundredths as u16))
        } else {
            Err(InvalidMove::Share(percent))
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        Self::from(share.0) / 100.0
    }
}

/// A release that decides on some of the customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Which one.
    pub release: ReleaseNumber,
    /// On how many, in percent.
    pub percent: Share,
}

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "moved", rename_all = "snake_case")]
pub enum Moved {
    /// A release became the active one.
    Activated {
        /// The one before.
        from: ReleaseNumber,
        /// Which one.
        to: ReleaseNumber,
    },
    /// A release became the canary, or its share changed.
    Canary {
        /// Which one.
        release: ReleaseNumber,
        /// On how many, in percent.
        percent: Share,
    },
    /// The canary ended.
    CanaryEnded {
        /// Which one it was.
        release: ReleaseNumber,
    },
    /// A release became the shadow.
    Shadow {
        /// Which one.
        release: ReleaseNumber,
    },
    /// The shadow ended.
    ShadowEnded {
        /// Which one it was.
        release: ReleaseNumber,
    },
    /// The release before became the active one again.
    RolledBack {
        /// The one that was taken back.
        from: ReleaseNumber,
        /// The one that decides again.
        to: ReleaseNumber,
    },
}

/// A move: what, when, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// When.
    pub at: Timestamp,
    /// The name of a key, or `guardrail`.
    pub by: Arc<str>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Arc<str>>,
    /// What.
    #[serde(flatten)]
    pub moved: Moved,
}

/// Who asks for a move, when and why.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// The name of a key, or `guardrail`.
    pub by: Arc<str>,
    /// Why, in words.
    pub why: Option<Arc<str>>,
}

/// Where a tenant's releases stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Decides on everybody else; the pack of the host until one is activated.
    #[serde(default)]
    active: ReleaseNumber,
    /// Decides on some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canary: Option<Canary>,
    /// Decides beside, and never acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shadow: Option<ReleaseNumber>,
    /// Those that were active before, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<ReleaseNumber>,
    /// The number of the last release that was made.
    #[serde(default)]
    made: u32,
    /// What takes a release back by itself.
    #[serde(default)]
    pub guardrails: Guardrails,
    /// The latest moves, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moves: Vec<Move>,
}

impl Rollout {
    /// The release that decides on everybody who is not in a canary.
    pub fn active(&self) -> ReleaseNumber {
        self.active
    }

    /// The canary, when there is one.
    pub fn canary(&self) -> Option<Canary> {
        self.canary
    }

    /// The shadow, when there is one.
    pub fn shadow(&self) -> Option<ReleaseNumber> {
        self.shadow
    }

    /// The latest moves, the latest last.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Every release that decides now, and those that could again.
    pub fn pointed_to(&self) -> impl Iterator<Item = ReleaseNumber> {
        let now = [
            Some(self.active),
            self.canary.map(|it| it.release),
            self.shadow,
        ];
        now.into_iter().flatten().chain(self.before.iter().copied())
    }

    /// The number for a new release.
    pub fn next_number(&mut self) -> ReleaseNumber {
        self.made += 1;
        ReleaseNumber(self.made)
    }

    /// The release that decides on `customer`: always the same one while the
    /// canary stays, also when its share grows.
    pub fn release_of(&self, tenant: &TenantId, customer: &CustomerId) -> ReleaseNumber {
        match self.canary {
            Some(canary) if canary.takes(tenant, customer) => canary.release,
            _ => self.active,
        }
    }

    /// Makes `release` the active one. A canary or shadow of the same release
    /// has reached its end with it.
    ///
    /// # Errors
    /// [`InvalidMove::Unknown`] and [`InvalidMove::Active`].
    pub fn activate(&mut self, release: ReleaseNumber, asked: Asked) -> Result<(), InvalidMove> {
        self.check(release)?;
        let from = self.active;
        self.before.push(from);
        let over = self.before.len().saturating_sub(ROLLBACKS_MAX);
        self.before.drain(..over);
        self.point_at(release);
        self.note(asked, Moved::Activated { from, to: release });
        Ok(())
    }

    /// Lets `release` decide on a share of the customers.
    ///
    /// # Errors
    /// [`InvalidMove::Unknown`] and [`InvalidMove::Active`].
    pub fn start_canary(&mut self, canary: Canary, asked: Asked) -> Result<(), InvalidMove> {
        self.check(canary.release)?;
        self.canary = Some(canary);
        let Canary { release, percent } = canary;
        self.note(asked, Moved::Canary { release, percent });
        Ok(())
    }

    /// Lets the active release decide on everybody again.
    ///
    /// # Errors
    /// [`InvalidMove::NoCanary`].
    pub fn end_canary(&mut self, asked: Asked) -> Result<(), InvalidMove> {
        let canary = self.canary.take().ok_or(InvalidMove::NoCanary)?;
        let release = canary.release;
        self.note(asked, Moved::CanaryEnded { release });
        Ok(())
    }

    /// Lets `release` decide beside the others, without effect.
    ///
    /// # Errors
    /// [`InvalidMove::Unknown`] and [`InvalidMove::Active`].
    pub fn start_shadow(
        &mut self,
        release: ReleaseNumber,
        asked: Asked,
    ) -> Result<(), InvalidMove> {
        self.check(release)?;
        self.shadow = Some(release);
        self.note(asked, Moved::Shadow { release });
        Ok(())
    }

    /// Ends the shadow.
    ///
    /// # Errors
    /// [`InvalidMove::NoShadow`].
    pub fn end_shadow(&mut self, asked: Asked) -> Result<(), InvalidMove> {
        let release = self.shadow.take().ok_or(InvalidMove::NoShadow)?;
        self.note(asked, Moved::ShadowEnded { release });
        Ok(())
    }

    /// Takes the newest thing back: a canary ends; without one, the release
    /// that was active before is again.
    ///
    /// # Errors
    /// [`InvalidMove::NothingBefore`].
    pub fn roll_back(&mut self, asked: Asked) -> Result<(), InvalidMove> {
        if self.canary.is_some() {
            self.end_canary(asked)
        } else {
            self.back(asked)
        }
    }

    /// Takes `release` back, wherever it decides.
    ///
    /// # Errors
    /// [`InvalidMove::Idle`] when it decides nowhere, and
    /// [`InvalidMove::NothingBefore`].
    pub fn withdraw(&mut self, release: ReleaseNumber, asked: Asked) -> Result<(), InvalidMove> {
        if self.shadow == Some(release) {
            self.end_shadow(asked)
        } else if self.canary.is_some_and(|it| it.release == release) {
            self.end_canary(asked)
        } else if self.active == release {
            self.back(asked)
        } else {
            Err(InvalidMove::Idle(release))
        }
    }

    fn back(&mut self, asked: Asked) -> Result<(), InvalidMove> {
        let from = self.active;
        let to = self.before.pop().ok_or(InvalidMove::NothingBefore(from))?;
        self.point_at(to);
        self.note(asked, Moved::RolledBack { from, to });
        Ok(())
    }

    /// A canary or shadow of the active release would say nothing.
    fn point_at(&mut self, release: ReleaseNumber) {
        self.active = release;
        self.canary.take_if(|it| it.release == release);
        self.shadow.take_if(|it| *it == release);
    }

    fn check(&self, release: ReleaseNumber) -> Result<(), InvalidMove> {
        if release.0 > self.made {
            return Err(InvalidMove::Unknown(release));
        }
        if release == self.active {
            return Err(InvalidMove::Active(release));
        }
        Ok(())
    }

    fn note(&mut self, asked: Asked, moved: Moved) {
        let Asked { at, by, why } = asked;
        self.moves.push(Move { at, by, why, moved });
        let over = self.moves.len().saturating_sub(ROLLOUT_MOVES_MAX);
        self.moves.drain(..over);
    }
}

impl Canary {
    /// By a hash that nothing but customer, tenant and release goes into: the
    /// same customers on every host, and others for the next release.
    fn takes(self, tenant: &TenantId, customer: &CustomerId) -> bool {
        let mut hasher = SipHasher13::new();
        hasher.write(tenant.as_str().as_bytes());
        hasher.write_u8(0xff);
        hasher.write_u32(self.release.0);
        hasher.write(customer.as_str().as_bytes());
        hasher.finish() % 10_000 < u64::from(self.percent.0)
    }
}
