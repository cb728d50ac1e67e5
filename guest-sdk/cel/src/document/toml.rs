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
    Ok(entries_of(source, table.into_inner()))
}

fn entries_of<'s>(source: &'s str, table: DeTable<'s>) -> Vec<Entry<'s>> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'s>>)| {
        let span = value.span();
        Entry {
            key_at: key.span().start,
            key: key.into_inner(),
            value: written(source, value.into_inner()),
            value_at: span.start,
            raw: source.get(span).unwrap_or_default(),
        }
    };
    table.into_iter().map(entry).collect()
}

fn written<'s>(source: &'s str, value: DeValue<'s>) -> Written<'s> {
    match value {
        DeValue::Table(table) => Written::Table(entries_of(source, table)),
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
