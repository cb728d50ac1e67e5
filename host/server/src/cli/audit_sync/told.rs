//! A comparison in words.

use std::collections::BTreeMap;

use baton_domain::compare::Cause;
use serde::Deserialize;

use super::FromFile;
use crate::cli::online::line;

/// A comparison, as the host answers it.
#[derive(Deserialize)]
pub(super) struct Comparison {
    id: String,
    compared: u64,
    matched: u64,
    sent_by_us: u64,
    imported: u64,
    pub(super) discrepancies: u64,
    counts: BTreeMap<String, u64>,
    found: Vec<Discrepancy>,
}

#[derive(Deserialize)]
struct Discrepancy {
    cause: String,
    at: String,
    from: String,
    customer: Option<String>,
    version: Option<u64>,
    place: Option<usize>,
}

/// How much of a text is shown.
const TEXT_CHARS: usize = 80;

impl Comparison {
    /// The whole of it; `messages` are those that were sent.
    pub(super) fn told(&self, messages: &[FromFile]) -> String {
        let mut text = line(&format!(
            "comparison {}: {} messages of the App, {} of them here",
            self.id, self.compared, self.matched
        ));
        if self.sent_by_us > 0 {
            text += &line(&format!(
                "  {} more left by the Cloud API and are not in the App, which is as it should be",
                self.sent_by_us
            ));
        }
        if self.imported > 0 {
            text += &line(&format!("  {} were taken over", self.imported));
        }
        if self.discrepancies == 0 {
            return text + "nothing differs\n";
        }
        for (cause, count) in &self.counts {
            let what = cause.parse::<Cause>().map(Cause::label).unwrap_or_default();
            text += &line(&format!("  {count} {cause}: {what}"));
        }
        for one in &self.found {
            text += &one.told(messages);
        }
        let listed = self.found.len() as u64;
        if listed < self.discrepancies {
            text += &line(&format!("and {} more", self.discrepancies - listed));
        }
        text
    }
}

impl Discrepancy {
    fn told(&self, messages: &[FromFile]) -> String {
        let Self {
            cause, at, from, ..
        } = self;
        let mut text = format!("{at}  {cause}  from the {from}");
        if let Some(message) = self.place.and_then(|place| messages.get(place)) {
            let said = message.sent.text.as_deref().unwrap_or(&message.sent.kind);
            let said: String = said.chars().take(TEXT_CHARS).collect();
            text += &format!("  {}  {said:?}", message.place);
        }
        if let (Some(customer), Some(version)) = (&self.customer, self.version) {
            text += &format!("  here: {customer} {version}");
        }
        line(&text)
    }
}
