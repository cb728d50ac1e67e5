//! Flags, and how often which version of a rule is flagged.

use std::collections::BTreeMap;

use baton_domain::{
    event::{FlagKind, HandoffFlagged, RuleVersion},
    ids::{CustomerId, ModuleDigest, ModuleName},
};
use baton_store::{Counted, FlagCount};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// A flag that was noted.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlagView {
    /// In whose log the decision is.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// At which place of it.
    decision: u64,
    /// What was wrong.
    #[schema(value_type = String)]
    flag: FlagKind,
    /// The release that decided.
    release: u32,
    /// The rules whose signals led to the handoff.
    rules: Vec<RuleVersionView>,
    /// Where the decision is as a case that fails, for `baton rule test`.
    case: String,
}

/// Which bytes of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleVersionView {
    /// What the rule calls itself.
    #[schema(value_type = String)]
    module: ModuleName,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    digest: ModuleDigest,
}

impl From<RuleVersion> for RuleVersionView {
    fn from(RuleVersion { module, digest }: RuleVersion) -> Self {
        Self { module, digest }
    }
}

impl FlagView {
    /// Of a flag in the log of `customer`.
    pub fn of(customer: &CustomerId, flagged: &HandoffFlagged) -> Self {
        let decision = flagged.decision;
        Self {
            customer: customer.clone(),
            decision,
            flag: flagged.flag,
            release: flagged.release.0,
            rules: flagged.rules.iter().cloned().map(Into::into).collect(),
            case: format!("/v1/decisions/{customer}/{decision}/case"),
        }
    }
}

/// Handoffs and flags, week by week.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlagsReport {
    /// Weeks in which there were handoffs, in their order.
    weeks: Vec<WeekView>,
}

/// One week.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeekView {
    /// Its Monday.
    #[schema(value_type = String, format = Date)]
    monday: Date,
    /// The releases that decided.
    releases: Vec<ReleaseFlags>,
}

/// What came of one release in one week.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseFlags {
    /// Its number; 0 is the host's own pack.
    release: u32,
    /// All of its handoffs.
    all: CountedView,
    /// By version of a rule whose signals led to them; a handoff may count for
    /// several.
    rules: Vec<RuleFlags>,
}

/// What came of one version of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleFlags {
    /// What the rule calls itself.
    #[schema(value_type = String)]
    module: ModuleName,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    digest: ModuleDigest,
    /// The handoffs it led to.
    counted: CountedView,
}

/// Handoffs and what was said of them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CountedView {
    /// Handoffs.
    handoffs: u64,
    /// Of these, those that were flagged.
    flagged: u64,
    /// The share of them, 0 to 1; absent without handoffs.
    rate: Option<f64>,
    /// Flags by kind; a handoff may have several.
    #[schema(value_type = BTreeMap<String, u64>)]
    flags: BTreeMap<FlagKind, u64>,
}

impl From<Counted> for CountedView {
    fn from(counted: Counted) -> Self {
        let Counted {
            handoffs,
            flagged,
            flags,
        } = counted;
        Self {
            handoffs,
            flagged,
            rate: (handoffs > 0).then(|| flagged as f64 / handoffs as f64),
            flags,
        }
    }
}

impl FlagsReport {
    /// What was counted, in the order of weeks and releases.
    pub fn of(counts: Vec<FlagCount>) -> Self {
        let mut weeks: Vec<WeekView> = Vec::new();
        for count in counts {
            let Some(monday) = count.week.monday() else {
                continue;
            };
            if weeks.last().is_none_or(|it| it.monday != monday) {
                weeks.push(WeekView {
                    monday,
                    releases: Vec::new(),
                });
            }
            if let Some(week) = weeks.last_mut() {
                week.add(count);
            }
        }
        Self { weeks }
    }
}

impl WeekView {
    fn add(&mut self, count: FlagCount) {
        let release = count.release.0;
        if self.releases.last().is_none_or(|it| it.release != release) {
            self.releases.push(ReleaseFlags {
                release,
                all: CountedView::default(),
                rules: Vec::new(),
            });
        }
        let Some(release) = self.releases.last_mut() else {
            return;
        };
        match count.rule {
            None => release.all = count.counted.into(),
            Some(RuleVersion { module, digest }) => release.rules.push(RuleFlags {
                module,
                digest,
                counted: count.counted.into(),
            }),
        }
    }
}
