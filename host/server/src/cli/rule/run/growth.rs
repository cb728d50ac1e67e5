//! What a run costs when one of its inputs is larger.

use std::{fmt, iter, sync::Arc};

use baton_domain::{
    decide::RuleRun,
    field::{Field, FieldValue, PastOrder},
    limits::GROWTH_TIMES_MAX,
    module::{ModuleFailure, Read},
};
use baton_sandbox::{Compiled, Tier};
use serde::Serialize;

use crate::cli::rule::{moment::Moment, print};

/// How many times as large each input is made.
const TIMES: [usize; 2] = [2, GROWTH_TIMES_MAX];

/// One input, and what the run costs when it grows.
#[derive(Debug, Serialize)]
pub(super) struct Growth {
    field: Field,
    /// Characters of a text, entries of a list.
    size: usize,
    unit: &'static str,
    /// Fuel as it is.
    fuel: u64,
    larger: Vec<Larger>,
}

/// The run with one input made larger.
#[derive(Debug, Serialize)]
struct Larger {
    times: usize,
    fuel: u64,
    /// Why it failed; absent when it stayed within its limits.
    failure: Option<&'static str>,
}

/// Runs the module again for each text and each list that `run` read.
pub(super) fn measure(
    module: &Compiled,
    moment: &Moment,
    run: &RuleRun,
) -> anyhow::Result<Vec<Growth>> {
    let mut rows = Vec::new();
    for read in &run.reads {
        let Read::Field(field, value) = read else {
            continue;
        };
        let Some((size, unit)) = size(value) else {
            continue;
        };
        let larger = TIMES.map(|times| {
            let mut moment = moment.clone();
            moment.fields.insert(*field, repeated(value, times));
            let run = moment.stage(module)?.run().run;
            Ok(Larger {
                times,
                fuel: run.fuel,
                failure: run.answer.as_ref().err().map(ModuleFailure::code),
            })
        });
        rows.push(Growth {
            field: *field,
            size,
            unit,
            fuel: run.fuel,
            larger: larger.into_iter().collect::<anyhow::Result<_>>()?,
        });
    }
    Ok(rows)
}

/// How large an input is; of what has no size, or none to grow, nothing.
fn size(value: &FieldValue) -> Option<(usize, &'static str)> {
    let (size, unit) = match value {
        FieldValue::Text(text) => (text.chars().count(), "characters"),
        FieldValue::Texts(texts) => (texts.len(), "entries"),
        FieldValue::Lines(lines) => (lines.len(), "entries"),
        FieldValue::Order(order) => (order.lines.len(), "lines"),
        FieldValue::Messages(messages) => (messages.len(), "messages"),
        FieldValue::Owners(spans) => (spans.len(), "entries"),
        FieldValue::Unknown
        | FieldValue::Flag(_)
        | FieldValue::Count(_)
        | FieldValue::Seconds(_)
        | FieldValue::Money(_) => return None,
    };
    (size > 0).then_some((size, unit))
}

/// The same, several times behind itself: words of a text stay words.
fn repeated(value: &FieldValue, times: usize) -> FieldValue {
    match value {
        FieldValue::Text(text) => FieldValue::text(&vec![&**text; times].join(" ")),
        FieldValue::Texts(texts) => FieldValue::Texts(again(texts, times)),
        FieldValue::Lines(lines) => FieldValue::Lines(again(lines, times)),
        FieldValue::Order(order) => FieldValue::Order(Arc::new(PastOrder {
            lines: again(&order.lines, times),
            ..PastOrder::clone(order)
        })),
        FieldValue::Messages(messages) => FieldValue::Messages(again(messages, times)),
        FieldValue::Owners(spans) => FieldValue::Owners(again(spans, times)),
        other => other.clone(),
    }
}

fn again<T: Clone>(items: &[T], times: usize) -> Arc<[T]> {
    iter::repeat_n(items, times).flatten().cloned().collect()
}

/// For people: a line an input.
pub(super) fn write_growth(out: &mut impl fmt::Write, rows: &[Growth], tier: Tier) -> fmt::Result {
    if rows.is_empty() {
        return writeln!(out, "  growth: it read no text and no list");
    }
    writeln!(out, "  growth: fuel when an input is larger")?;
    for row in rows {
        let Growth {
            field,
            size,
            unit,
            fuel,
            larger,
        } = row;
        write!(out, "    {field} of {size} {unit}: {fuel}")?;
        for Larger {
            times,
            fuel,
            failure,
        } in larger
        {
            write!(out, ", {times} times {fuel}")?;
            match failure {
                Some(code) => write!(out, " ({code})")?,
                None => write!(out, " ({:.2} %)", print::share(*fuel, tier))?,
            }
        }
        writeln!(out)?;
    }
    let failed = rows.iter().flat_map(|row| &row.larger);
    match failed.filter(|it| it.failure.is_some()).count() {
        0 => writeln!(out, "    all within the budget"),
        failed => writeln!(out, "    {failed} NOT within the limits"),
    }
}
