//! What other programs write to Baton and read from it, as JSON: kept apart
//! from the domain, so that either can change without the other.

mod care;
mod customer;
mod fact;
mod money;
mod outgoing;
mod tenant;

use baton_domain::limits::Limit;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::Value;

pub use customer::CustomerRef;
pub use fact::Fact;
pub use money::{Amount, LineItem};
pub use outgoing::{Choice, OutgoingMessage};
pub use tenant::TenantDocument;

/// Why a value cannot be taken, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct InvalidValue {
    /// Path of the value, such as `order.total.currency`.
    pub place: &'static str,
    /// What is wrong with it and what is wanted.
    pub problem: String,
    /// The limit that it passes, by its name.
    pub limit: Option<&'static str>,
}

impl InvalidValue {
    fn new(place: &'static str, problem: impl ToString) -> Self {
        Self {
            place,
            problem: problem.to_string(),
            limit: None,
        }
    }

    /// More than there may be.
    fn over(place: &'static str, problem: String, (limit, _): Limit) -> Self {
        Self {
            place,
            problem,
            limit: Some(limit),
        }
    }
}

/// Reads something that its `type` names. serde would take the number of a
/// kind for its name.
pub fn named<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    of_named(Value::deserialize(deserializer)?)
}

/// The same, of a list.
pub fn all_named<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let all = Vec::<Value>::deserialize(deserializer)?;
    all.into_iter().map(of_named).collect()
}

fn of_named<T: DeserializeOwned, E: de::Error>(value: Value) -> Result<T, E> {
    if value.get("type").is_some_and(|it| !it.is_string()) {
        return Err(E::custom("`type` is a word"));
    }
    serde_json::from_value(value).map_err(E::custom)
}

/// The text, when it is not longer than `chars_max`.
fn bounded(
    place: &'static str,
    text: &str,
    limit: Limit,
) -> Result<std::sync::Arc<str>, InvalidValue> {
    let chars = text.chars().count();
    if chars > limit.1 {
        let problem = format!("has {chars} characters, at most {} are allowed", limit.1);
        return Err(InvalidValue::over(place, problem, limit));
    }
    Ok(text.into())
}
