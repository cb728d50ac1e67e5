//! A body cut down to some of its items: what the quarantine keeps must not
//! hold what other customers said.

use std::{collections::HashSet, ops::Range};

use serde_json::value::RawValue;

use super::{
    scope,
    update::{Delivery, Update},
    value::Pairs,
};

impl Delivery {
    /// The body without the items that are not `wanted` (by their place in
    /// [`Delivery::updates`]), and without the contacts that only those name.
    /// Read again, it gives the wanted updates as they are.
    pub fn body_of(&self, wanted: impl Fn(usize) -> bool) -> Vec<u8> {
        let text = self.body();
        let [mut kept, mut cut] = [Vec::new(), Vec::new()];
        let [mut known, mut unwanted] = [HashSet::new(), HashSet::new()];
        for (at, update) in self.updates.iter().enumerate() {
            let (ranges, named) = match wanted(at) {
                true => (&mut kept, &mut known),
                false => (&mut cut, &mut unwanted),
            };
            ranges.push(range(text, update.raw.as_str()));
            named.extend(names(update));
        }
        kept.sort_by_key(|range| range.start);
        cut.sort_by_key(|range| range.start);
        let strangers = unwanted.difference(&known).copied().collect();
        let pruning = Pruning {
            text,
            kept,
            cut,
            strangers,
        };
        let mut out = String::with_capacity(text.len());
        pruning.copy(text, &mut out);
        out.into_bytes()
    }

    fn body(&self) -> &str {
        std::str::from_utf8(&self.body).expect("it was read as text")
    }
}

fn names(update: &Update) -> impl Iterator<Item = &str> {
    update.address.iter().flat_map(scope::names)
}

/// Where `part` lies in `text`, of which it is a slice.
fn range(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

struct Pruning<'t> {
    text: &'t str,
    /// Items that stay, in order.
    kept: Vec<Range<usize>>,
    /// Items that go, in order.
    cut: Vec<Range<usize>>,
    /// Whom nothing that stays is about.
    strangers: HashSet<&'t str>,
}

impl Pruning<'_> {
    /// Copies a value, looking inside only where something goes.
    fn copy(&self, json: &str, out: &mut String) {
        if !self.holds(&self.cut, json) {
            out.push_str(json);
        } else if let Some(pairs) = Pairs::read(json) {
            let members = pairs.iter().filter(|(_, value)| !self.goes(value.get()));
            joined(out, ["{", "}"], members, |(key, value), out| {
                // A text is always written.
                out.push_str(&serde_json::to_string(key).unwrap_or_default());
                out.push(':');
                match key {
                    "contacts" => self.copy_contacts(value.get(), out),
                    _ => self.copy(value.get(), out),
                }
            });
        } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
            let items = items.into_iter().filter(|item| !self.goes(item.get()));
            joined(out, ["[", "]"], items, |item, out| {
                self.copy(item.get(), out);
            });
        } else {
            out.push_str(json);
        }
    }

    fn copy_contacts(&self, json: &str, out: &mut String) {
        let Ok(contacts) = serde_json::from_str::<Vec<&RawValue>>(json) else {
            return out.push_str(json);
        };
        let is_known = |contact: &&RawValue| {
            let address = scope::contact_address(contact.get());
            !address
                .iter()
                .flat_map(scope::names)
                .any(|name| self.strangers.contains(name))
        };
        let contacts = contacts.into_iter().filter(is_known);
        joined(out, ["[", "]"], contacts, |contact, out| {
            out.push_str(contact.get());
        });
    }

    /// An item that goes, or what holds nothing but such: a list without items
    /// would be read as an item of its own.
    fn goes(&self, json: &str) -> bool {
        self.holds(&self.cut, json) && !self.holds(&self.kept, json)
    }

    fn holds(&self, items: &[Range<usize>], json: &str) -> bool {
        let Range { start, end } = range(self.text, json);
        let first = items.partition_point(|it| it.start < start);
        items.get(first).is_some_and(|it| it.end <= end)
    }
}

fn joined<T>(
    out: &mut String,
    [open, close]: [&str; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push_str(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push_str(close);
}
