//! Entries of a TOML document.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Entry, Written};

/// The entries, or where it is no TOML and why.
pub(super) fn entries(source: &str) -> Result<Vec<Entry<'_>>, (usize, String)> {
    let table = DeTable::parse(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, error.message().to_owned())
    })?;
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
        let span = value.span();
        Entry {
            key_at: key.span().start,
            key: key.into_inner(),
            value: written(value.into_inner()),
            value_at: span.start,
            raw: source.get(span).unwrap_or_default(),
        }
    };
    Ok(table.into_inner().into_iter().map(entry).collect())
}

fn written(value: DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.into_owned()),
        DeValue::Integer(number) => number
            .as_str()
            .parse()
            .map_or(Written::Other, Written::Number),
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .map_or(Written::Other, Written::Number),
        _ => Written::Other,
    }
}
