//! Rules without code: a document of a name, a condition, a score and a
//! reason, written as expressions of [CEL](https://cel.dev), becomes a
//! component like any other module's.
//!
//! ```toml
//! name = "big-basket"
//! summary = "The open basket is worth a person's time."
//! condition = 'basket.value >= money(50000, "USD") && basket.checkout_state != "paid"'
//! score = "0.6"
//! reason = "The basket is worth {basket.value}."
//! tag = "high basket value"
//! next_step = "Offer help with the open basket"
//! ```
//!
//! **Names.** Fields and their parts are called as in `wit/v1`, with `_` for
//! `-`, since `-` subtracts: `customer.lifetime_value`. In backticks the
//! contract's own name will do.
//!
//! **What may be absent** is asked for with `has(customer.name)` or compared
//! with `null`; it equals nothing else. Anything else done with an absent value
//! is *not known*: a rule whose condition or score is not known says nothing,
//! a reason has "not known" in that place. `&&` and `||` are settled by the
//! side that is known, as everywhere in CEL.
//!
//! **Amounts** compare, add up and divide (into how many times) with amounts of
//! the same currency; of two currencies it is not known. `money(50000, "USD")`
//! is USD 500.00; `.minor` and `.currency` are its parts.
//!
//! **Settings** are what the merchant may change without a new document. A table
//! declares each, and expressions call it `setting.minimum`:
//!
//! ```toml
//! [settings.minimum]
//! type = "integer"     # or boolean, decimal, text, texts
//! default = 50000
//! help = "Baskets below this are left to the bot, in cents."
//! ```
//!
//! **Dates** are texts and compare as such. There are no maps, bytes, regular
//! expressions, clocks or unsigned numbers; the functions are `has`, `size`,
//! `int`, `double`, `string`, `money`, `math.least`, `math.greatest`,
//! `contains`, `startsWith`, `endsWith`, `lowerAscii`, and for lists `exists`,
//! `exists_one`, `all`, `filter` and `map`.
//!
//! **Invariants:** the component imports exactly the fields, and settings of
//! exactly the types, that the expressions name; the same document and the same evaluator give the same
//! bytes; what is wrong with a document is told with its line and column,
//! everything at once.

mod check;
mod document;
mod kind;
mod mistake;
mod parse;
mod rewrite;
mod rule;
mod scope;
mod settings;
mod template;
mod written;

use std::{panic, thread};

use baton_domain::limits::{NO_CODE_NAMES_MAX, NO_CODE_PARSER_STACK_BYTES, NO_CODE_TREE_BYTES_MAX};
use baton_guest_build::{Component, componentize};

pub use document::Format;
pub use mistake::{Code, Mistake};
pub use rewrite::EvaluatorError;
pub use rule::Rule;

const _: () = {
    assert!(NO_CODE_TREE_BYTES_MAX == no_code::tree::TREE_BYTES_MAX);
    assert!(NO_CODE_NAMES_MAX == no_code::tree::NAMES_MAX);
};

/// Reads and checks a document, on a stack that its deepest expression cannot
/// exhaust.
///
/// # Errors
/// Every mistake in it.
///
/// # Panics
/// When the machine has no thread to give.
pub fn read(source: &str, format: Format) -> Result<Rule, Vec<Mistake>> {
    thread::scope(|scope| {
        let read = thread::Builder::new()
            .name("baton-rule-reader".to_owned())
            .stack_size(NO_CODE_PARSER_STACK_BYTES)
            .spawn_scoped(scope, || Rule::read(source, format))
            .unwrap_or_else(|error| panic!("no thread can be started: {error}"));
        read.join()
            .unwrap_or_else(|cause| panic::resume_unwind(cause))
    })
}

/// The component of a rule. `evaluator` is the core module of the guest
/// `no-code`, as `make guests` builds it.
///
/// # Errors
/// [`EvaluatorError`] when it is another module.
pub fn build(rule: &Rule, evaluator: &[u8]) -> Result<Component, EvaluatorError> {
    let declaration = serde_json::to_string(&rule.declaration)
        .map_err(|error| EvaluatorError::NotRewritten(error.to_string()))?;
    let reads = rewrite::Kept {
        fields: &rule.fields,
        types: &rule.types,
    };
    let core = rewrite::rewrite(evaluator, &rule.tree, reads, &declaration)?;
    Ok(componentize(&core)?)
}
