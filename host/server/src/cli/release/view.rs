//! Releases and where they stand, as the API shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::online::{line, short};

/// A release.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) number: u32,
    pub(super) made_at: Timestamp,
    pub(super) made_by: String,
    pub(super) note: String,
    pub(super) modules: Vec<Released>,
}

/// A module of a release.
#[derive(Deserialize)]
pub(super) struct Released {
    pub(super) name: String,
    pub(super) digest: String,
    world: Option<String>,
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) weight: f64,
    pub(super) mode: String,
    pub(super) on_failure: String,
}

impl Released {
    /// What it is, on one line.
    pub(super) fn told(&self) -> String {
        let world = self.world.as_deref().unwrap_or("module");
        format!("{world} {} ({})", self.name, short(&self.digest))
    }

    /// What it is, and what of it is not as it would be by itself.
    pub(super) fn told_whole(&self) -> String {
        let peculiar = self.peculiar();
        let gap = if peculiar.is_empty() { "" } else { ": " };
        format!("{}{gap}{peculiar}", self.told())
    }

    fn peculiar(&self) -> String {
        let mut parts = Vec::new();
        if self.weight < 1.0 {
            parts.push(format!("weight {}", self.weight));
        }
        if self.mode != "live" {
            parts.push(format!("mode {}", self.mode));
        }
        if self.on_failure != "open" {
            parts.push(format!("on failure {}", self.on_failure));
        }
        let settings = self.settings.iter();
        parts.extend(settings.map(|(name, value)| format!("{name} = {value}")));
        parts.join(", ")
    }
}

impl Made {
    /// Who made it, when and what for, on one line.
    pub(super) fn headline(&self) -> String {
        let Self {
            number,
            made_at,
            made_by,
            note,
            ..
        } = self;
        if *number == 0 {
            return "release 0: the host's own pack\n".to_owned();
        }
        let note = if note.is_empty() {
            ""
        } else {
            &format!(": {note}")
        };
        line(&format!(
            "release {number}, made {made_at:.0} by {made_by}{note}"
        ))
    }
}

/// Which release decides on whom.
#[derive(Deserialize)]
pub(super) struct Rollout {
    pub(super) revision: u64,
    pub(super) active: u32,
    canary: Option<Share>,
    shadow: Option<u32>,
    pub(super) guardrails: Thresholds,
    pub(super) moves: Vec<Move>,
}

/// A release that decides on some.
#[derive(Deserialize)]
struct Share {
    release: u32,
    percent: f64,
}

/// What takes a release back by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(super) struct Thresholds {
    pub(super) enabled: bool,
    pub(super) window: u32,
    pub(super) failed_percent: u32,
    pub(super) slow_ms: u64,
    pub(super) slow_percent: u32,
}

/// A move between releases.
#[derive(Deserialize)]
pub(super) struct Move {
    at: Timestamp,
    by: String,
    why: Option<String>,
    moved: String,
    release: Option<u32>,
    percent: Option<f64>,
    from: Option<u32>,
    to: Option<u32>,
}

impl Rollout {
    /// Which release decides on whom, a line each.
    pub(super) fn told(&self) -> String {
        let active = self.active;
        let mut text = match &self.canary {
            None => format!("release {active} decides on everybody\n"),
            Some(Share { release, percent }) => format!(
                "release {active} decides on everybody who is not in the canary\n\
                 release {release} is the canary: it decides on {percent} of 100 customers\n"
            ),
        };
        if let Some(shadow) = self.shadow {
            text += &format!("release {shadow} is the shadow: it decides beside, without effect\n");
        }
        text
    }
}

impl Thresholds {
    /// In plain words.
    pub(super) fn told(&self) -> String {
        let Self {
            enabled,
            window,
            failed_percent,
            slow_ms,
            slow_percent,
        } = self;
        if !enabled {
            return "guardrails are off: nothing is taken back by itself\n".to_owned();
        }
        format!(
            "guardrails: a release is taken back when, among {window} evaluations, modules fail \
             in more than {failed_percent} %,\n  or more than {slow_percent} % take longer than \
             {slow_ms} ms\n"
        )
    }
}

impl Move {
    /// What, when, by whom and why, on one line.
    pub(super) fn told(&self) -> String {
        let number = |it: Option<u32>| it.map(|it| it.to_string()).unwrap_or_default();
        let (release, from, to) = (number(self.release), number(self.from), number(self.to));
        let what = match &*self.moved {
            "activated" => format!("activated release {to}, after release {from}"),
            "canary" => {
                let percent = self.percent.unwrap_or_default();
                format!("release {release} became the canary for {percent} of 100")
            }
            "canary_ended" => format!("ended the canary of release {release}"),
            "shadow" => format!("release {release} became the shadow"),
            "shadow_ended" => format!("ended the shadow of release {release}"),
            "rolled_back" => format!("rolled back from release {from} to release {to}"),
            other => other.to_owned(),
        };
        let why = self.why.as_deref().map(|why| format!(": {why}"));
        let Self { at, by, .. } = self;
        let why = why.unwrap_or_default();
        line(&format!("  {at:.0}  {by:<12}  {what}{why}"))
    }
}
