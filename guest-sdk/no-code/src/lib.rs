//! The stock evaluator: the guest that every no-code rule is made from.
//!
//! It imports every field, and settings of every type. `baton-cel` copies it for
//! each rule: it puts the rule's checked [tree] into the [place] that is
//! kept free for it, and replaces whatever the tree does not read by a trap, so
//! that the component's imports are what the rule names.
//!
//! **What is not known is not an answer.** A value that a field lacks equals
//! nothing but `null`; anything else done with it, a division by zero, an
//! overflow or a place beyond a list's end is *not known*, and so is what
//! depends on it, unless `&&` or `||` is settled by its other side. A rule
//! whose condition or score is not known says nothing.

mod calls;
mod evaluate;
pub mod facts;
mod lists;
mod operators;
pub mod place;
pub mod tree;
pub mod value;
mod write;

use baton_guest::{NextStep, Signal, SignalName, Tag};

use crate::{
    evaluate::Evaluation,
    facts::{Contract, Facts},
    tree::Code,
    value::Value,
};

baton_guest::rule! {
    name: "no-code",
    summary: "Evaluates a rule that is written as expressions.",
    // A moment's longest messages and a full basket, each as it comes and as
    // values.
    arena_kib: 160,
    score: score,
}

fn score() -> Option<Signal> {
    evaluate(place::tree(), &Contract)
}

/// The signal of the rule `tree` at the moment of `facts`, if its condition
/// holds. Values live as long as the program: a guest runs once.
///
/// # Panics
/// When `tree` is not one that `baton-cel` wrote.
pub fn evaluate(tree: &'static [u8], facts: &dyn Facts) -> Option<Signal> {
    let mut rule = Code::new(tree);
    let name = SignalName::declared(rule.text());
    let (tag, next_step) = (rule.text(), rule.text());
    let (condition, score, reason) = (rule.block(), rule.block(), rule.block());
    let mut moment = Evaluation::new(facts);
    let Some(Value::Bool(true)) = moment.value(condition) else {
        return None;
    };
    let score = match moment.value(score)? {
        Value::Int(score) => score as f64,
        Value::Double(score) if !score.is_nan() => score,
        _ => return None,
    };
    let Some(Value::Text(reason)) = moment.value(reason) else {
        return None;
    };
    let mut signal = name.signal(score, reason);
    if !tag.is_empty() {
        signal = signal.tag(Tag::declared(tag));
    }
    if !next_step.is_empty() {
        signal = signal.next_step(NextStep::declared(next_step));
    }
    Some(signal)
}
