//! The values that the merchant sets for this module in a release.
//!
//! A module rarely calls these: the declaration makes a typed function for
//! each setting, such as `setting::minimum()`.

#[cfg(target_arch = "wasm32")]
use crate::bindings::rule::baton::rules::settings as import;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::settings as import;

/// A yes or no.
#[inline]
pub fn boolean(name: &str) -> Option<bool> {
    import::boolean(name)
}

/// A whole number; amounts of money in minor units.
#[inline]
pub fn integer(name: &str) -> Option<i64> {
    import::integer(name)
}

/// A number.
#[inline]
pub fn decimal(name: &str) -> Option<f64> {
    import::decimal(name)
}

/// A text.
#[inline]
pub fn text(name: &str) -> Option<String> {
    import::text(name)
}

/// A list of texts.
#[inline]
pub fn texts(name: &str) -> Option<Vec<String>> {
    import::texts(name)
}
