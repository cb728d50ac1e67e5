//! What modules answer, held against the contract and their declaration.
//!
//! Failures name positions, never the module's words: words may quote the
//! customer, and failures go where not every reader holds the fields that the
//! module read.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    decision::{Outcome, Verdict},
    limits::{
        DECISION_REASONS_MAX, DECISION_TAGS_MAX, EXTRA_CHARS_MAX, EXTRA_PAIRS_MAX,
        MODULE_OUTPUT_BYTES_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX, SHORT_TEXT_CHARS_MAX,
        SIGNALS_MAX,
    },
    module::{Declaration, ModuleFailure},
    signal::{Score, ScoredSignal, Signal},
};
use wasmtime::component::{ComponentType, Lift, Lower};

type Text = Arc<str>;
type Pairs = Vec<(Text, Text)>;

/// `signal` of `wit/v1/types.wit`.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct WitSignal {
    name: Text,
    score: f64,
    reason: Text,
    tag: Option<Text>,
    #[component(name = "next-step")]
    next_step: Option<Text>,
    extra: Pairs,
}

/// `scored-signal` of `wit/v1/types.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitScoredSignal {
    module: String,
    signal: WitSignal,
    weight: f64,
    extra: Pairs,
}

/// `decision` of `wit/v1/types.wit`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WitDecision {
    outcome: Text,
    team: Option<Text>,
    tier: Option<Text>,
    tags: Vec<Text>,
    reasons: Vec<Text>,
    #[component(name = "next-step")]
    next_step: Option<Text>,
    priority: u8,
    extra: Pairs,
}

impl From<&ScoredSignal> for WitScoredSignal {
    fn from(scored: &ScoredSignal) -> Self {
        let Signal {
            name,
            score,
            reason,
            tag,
            next_step,
            extra,
        } = scored.signal.clone();
        Self {
            module: scored.module.as_str().to_owned(),
            signal: WitSignal {
                name,
                score: score.get(),
                reason,
                tag,
                next_step,
                extra,
            },
            weight: scored.weight.get(),
            extra: Pairs::new(),
        }
    }
}

/// The signals of a rule.
///
/// # Errors
/// [`ModuleFailure::OutputTooLarge`] for counts and lengths,
/// [`ModuleFailure::OutputInvalid`] for scores outside 0 to 1 and words that
/// are not declared.
pub(crate) fn check_signals(
    answer: Vec<WitSignal>,
    declaration: &Declaration,
) -> Result<Vec<Signal>, ModuleFailure> {
    at_most("signals", answer.len(), SIGNALS_MAX)?;
    let mut size = Size::default();
    let signals: Result<Vec<Signal>, ModuleFailure> = answer
        .into_iter()
        .enumerate()
        .map(|(at, signal)| check_signal(at + 1, signal, declaration, &mut size))
        .collect();
    signals
}

fn check_signal(
    at: usize,
    signal: WitSignal,
    declaration: &Declaration,
    size: &mut Size,
) -> Result<Signal, ModuleFailure> {
    let WitSignal {
        name,
        score,
        reason,
        tag,
        next_step,
        extra,
    } = signal;
    let invalid = |what: &str| ModuleFailure::OutputInvalid(format!("signal {at}: {what}"));
    if !declaration.signals.contains(&name) {
        return Err(invalid("its name is not declared"));
    }
    let score = Score::new(score).map_err(|error| invalid(&error.to_string()))?;
    if tag
        .as_ref()
        .is_some_and(|tag| !declaration.declares_tag(tag))
    {
        return Err(invalid("its tag is not declared"));
    }
    if next_step
        .as_ref()
        .is_some_and(|step| !declaration.declares_next_step(step))
    {
        return Err(invalid("its next step is not declared"));
    }
    size.text("reason", &reason, REASON_CHARS_MAX)?;
    size.pairs(&extra)?;
    Ok(Signal {
        name,
        score,
        reason,
        tag,
        next_step,
        extra,
    })
}

/// The verdict of a policy that was given `signals`.
///
/// # Errors
/// As for [`check_signals`]. Tags and next steps may be the policy's own or
/// those of the signals, tags also joined by " + ".
pub(crate) fn check_verdict(
    answer: WitDecision,
    declaration: &Declaration,
    signals: &[ScoredSignal],
) -> Result<Verdict, ModuleFailure> {
    let WitDecision {
        outcome,
        team,
        tier,
        tags,
        reasons,
        next_step,
        priority,
        extra,
    } = answer;
    let outcome = match &*outcome {
        "stay" => Outcome::Stay,
        "hand-off" => Outcome::HandOff,
        _ => return Err(invalid("the outcome is neither `stay` nor `hand-off`")),
    };
    if priority > 100 {
        return Err(invalid("the priority is above 100"));
    }
    at_most("tags", tags.len(), DECISION_TAGS_MAX)?;
    at_most("reasons", reasons.len(), DECISION_REASONS_MAX)?;
    let mut size = Size::default();
    for name in [&team, &tier].into_iter().flatten() {
        size.text("team or tier", name, NAME_CHARS_MAX)?;
    }
    for tag in &tags {
        size.text("tag", tag, SHORT_TEXT_CHARS_MAX)?;
    }
    for reason in &reasons {
        size.text("reason", reason, REASON_CHARS_MAX)?;
    }
    size.pairs(&extra)?;
    let known_tags: BTreeSet<&str> = declaration
        .tags
        .iter()
        .chain(
            signals
                .iter()
                .filter_map(|scored| scored.signal.tag.as_ref()),
        )
        .map(|tag| &**tag)
        .collect();
    if let Some(at) = tags.iter().position(|tag| !is_join_of(tag, &known_tags)) {
        return Err(invalid(&format!(
            "tag {} is neither declared nor of a signal",
            at + 1
        )));
    }
    let of_signal = |step: &Text| {
        signals
            .iter()
            .any(|s| s.signal.next_step.as_ref() == Some(step))
    };
    let known_step = |step: &Text| declaration.declares_next_step(step) || of_signal(step);
    if next_step.as_ref().is_some_and(|step| !known_step(step)) {
        return Err(invalid("the next step is neither declared nor of a signal"));
    }
    Ok(Verdict {
        outcome,
        team,
        tier,
        tags,
        reasons,
        next_step,
        priority,
        extra,
    })
}

/// Whether `tag` is one or more known tags with " + " between them. Known
/// tags may contain " + " themselves, so several readings are possible; each
/// place is looked at once, or a module could make that take for ever.
fn is_join_of(tag: &str, known: &BTreeSet<&str>) -> bool {
    const JOINT: &str = " + ";
    let mut starts = BTreeSet::from([0]);
    while let Some(start) = starts.pop_first() {
        let rest = &tag[start..];
        for part in known.iter().filter(|part| rest.starts_with(**part)) {
            let end = start + part.len();
            if end == tag.len() {
                return true;
            }
            if tag[end..].starts_with(JOINT) {
                starts.insert(end + JOINT.len());
            }
        }
    }
    false
}

fn invalid(what: &str) -> ModuleFailure {
    ModuleFailure::OutputInvalid(what.to_owned())
}

fn at_most(what: &str, count: usize, max: usize) -> Result<(), ModuleFailure> {
    if count > max {
        let detail = format!("{count} {what}, {max} are allowed");
        return Err(ModuleFailure::OutputTooLarge(detail));
    }
    Ok(())
}

/// The text of one answer, counted as it is checked.
#[derive(Default)]
struct Size {
    bytes: usize,
}

impl Size {
    fn text(&mut self, what: &str, text: &str, chars_max: usize) -> Result<(), ModuleFailure> {
        let chars = text.chars().count();
        if chars > chars_max {
            let detail = format!("a {what} of {chars} characters, {chars_max} are allowed");
            return Err(ModuleFailure::OutputTooLarge(detail));
        }
        self.add(text)
    }

    fn pairs(&mut self, pairs: &Pairs) -> Result<(), ModuleFailure> {
        at_most("extra pairs", pairs.len(), EXTRA_PAIRS_MAX)?;
        for (key, value) in pairs {
            self.text("extra key", key, EXTRA_CHARS_MAX)?;
            self.text("extra value", value, EXTRA_CHARS_MAX)?;
        }
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), ModuleFailure> {
        self.bytes += text.len();
        at_most("bytes of text", self.bytes, MODULE_OUTPUT_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests;
