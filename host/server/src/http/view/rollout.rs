//! Where releases stand and how they fare.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    ids::{ModuleName, ReleaseNumber},
    release::{Guardrails, Move, Rollout},
};
use baton_store::Document;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    evaluation::{ModuleStats, Spread},
    releases::{ActiveRollout, Health},
};

/// Which release decides on whom.
#[derive(Serialize, ToSchema)]
pub struct RolloutView {
    /// Writes so far; goes into `If-Match`.
    revision: u64,
    /// The release that decides on everybody who is not in a canary; 0 is the
    /// host's own pack.
    active: u32,
    /// The release that decides on some.
    canary: Option<CanaryView>,
    /// The release that decides beside, without effect.
    shadow: Option<u32>,
    /// What takes a release back by itself.
    guardrails: GuardrailsBody,
    /// The latest moves, the latest first.
    moves: Vec<MoveView>,
}

/// A release that decides on some of the customers.
#[derive(Serialize, ToSchema)]
pub struct CanaryView {
    /// Which one.
    release: u32,
    /// On how many of a hundred.
    percent: f64,
}

/// A move: `moved` is `activated`, `canary`, `canary_ended`, `shadow`,
/// `shadow_ended` or `rolled_back`, with the releases that it is about.
#[derive(Serialize, ToSchema)]
pub struct MoveView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    made: Move,
}

/// Thresholds, counted among the last `window` evaluations.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardrailsBody {
    /// Whether anything is taken back by itself.
    enabled: bool,
    /// Evaluations among which it is counted.
    #[schema(minimum = 20, maximum = 100_000)]
    window: u32,
    /// Percent of them in which a module may fail.
    #[schema(minimum = 0, maximum = 100)]
    failed_percent: u32,
    /// Milliseconds of computing that one evaluation may take: all modules, the
    /// policy, and what the host does around them.
    #[schema(minimum = 1, maximum = 1000)]
    slow_ms: u64,
    /// Percent of them that may take longer.
    #[schema(minimum = 0, maximum = 100)]
    slow_percent: u32,
}

impl From<GuardrailsBody> for Guardrails {
    fn from(it: GuardrailsBody) -> Self {
        Self {
            enabled: it.enabled,
            window: it.window,
            failed_percent: it.failed_percent,
            slow_ms: it.slow_ms,
            slow_percent: it.slow_percent,
        }
    }
}

impl From<Guardrails> for GuardrailsBody {
    fn from(it: Guardrails) -> Self {
        Self {
            enabled: it.enabled,
            window: it.window,
            failed_percent: it.failed_percent,
            slow_ms: it.slow_ms,
            slow_percent: it.slow_percent,
        }
    }
}

impl From<Document<Rollout>> for RolloutView {
    fn from(document: Document<Rollout>) -> Self {
        let Document { revision, body } = document;
        let canary = body.canary().map(|it| CanaryView {
            release: it.release.0,
            percent: it.percent.into(),
        });
        let moves = body.moves().iter().rev();
        Self {
            revision,
            active: body.active().0,
            canary,
            shadow: body.shadow().map(|it| it.0),
            guardrails: body.guardrails.into(),
            moves: moves.map(|it| MoveView { made: it.clone() }).collect(),
        }
    }
}

/// A release that runs.
#[derive(Serialize, ToSchema)]
pub struct RunningView {
    /// Its number.
    release: u32,
    /// `active`, `canary` or `shadow`.
    stands: &'static str,
    /// How often it would have done what was done, as a shadow.
    same: u64,
    /// How often not.
    different: u64,
    /// Its modules, in the order of their names.
    modules: Vec<RunningModuleView>,
}

/// How a module fares.
#[derive(Serialize, ToSchema)]
pub struct RunningModuleView {
    /// Which one.
    name: String,
    /// Runs that were made.
    made: u64,
    /// Runs that were spared, since what it reads had not changed.
    skipped: u64,
    /// Signals of a rule.
    signals: u64,
    /// Failures, by code.
    failures: BTreeMap<&'static str, u64>,
    /// Microseconds of a run.
    micros: SpreadView,
    /// Fuel of a run.
    fuel: SpreadView,
    /// The share of its fuel that the hundredth run uses, from 0 to 1.
    budget_share: Option<f64>,
    /// The last failure.
    last_failure: Option<LastFailureView>,
}

/// Two quantiles, right to six percent; absent before a first run.
#[derive(Serialize, ToSchema)]
pub struct SpreadView {
    /// Half of all are at most this.
    p50: Option<u64>,
    /// All but one of a hundred are at most this.
    p99: Option<u64>,
}

/// The last failure of a module; its words stand in the decision.
#[derive(Serialize, ToSchema)]
pub struct LastFailureView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Stable code.
    code: &'static str,
    /// Whom the decision was about.
    customer: Arc<str>,
}

impl RunningView {
    /// All releases of a tenant that run.
    pub fn all(rollout: &ActiveRollout) -> Vec<Self> {
        let standing = rollout.standing();
        standing.map(|it| Self::of(it.0, it.1, &it.2)).collect()
    }

    fn of(stands: &'static str, release: ReleaseNumber, health: &Health) -> Self {
        let (same, different) = health.stats.comparisons();
        let modules = health.stats.of_modules().into_iter();
        Self {
            release: release.0,
            stands,
            same,
            different,
            modules: modules.map(RunningModuleView::from).collect(),
        }
    }
}

impl From<(ModuleName, ModuleStats)> for RunningModuleView {
    fn from((name, stats): (ModuleName, ModuleStats)) -> Self {
        let share = |fuel: u64| fuel as f64 / stats.fuel_max.max(1) as f64;
        let last = stats.last_failure.map(|it| LastFailureView {
            at: it.at,
            code: it.code,
            customer: it.customer.as_str().into(),
        });
        Self {
            name: name.to_string(),
            made: stats.made,
            skipped: stats.skipped,
            signals: stats.signals,
            failures: stats.failures,
            budget_share: stats.fuel.quantile(0.99).map(share),
            micros: (&stats.micros).into(),
            fuel: (&stats.fuel).into(),
            last_failure: last,
        }
    }
}

impl From<&Spread> for SpreadView {
    fn from(spread: &Spread) -> Self {
        Self {
            p50: spread.quantile(0.5),
            p99: spread.quantile(0.99),
        }
    }
}
