//! The rule as an Extism plugin: a moment in, a signal or nothing out, as JSON,
//! which is what Extism's own guide uses.

use extism_pdk::{FnResult, Json, plugin_fn};
use peers_rule::{Moment, Signal, decide};

#[plugin_fn]
pub fn score(Json(moment): Json<Moment>) -> FnResult<Json<Option<Signal>>> {
    Ok(Json(decide(&moment)))
}
