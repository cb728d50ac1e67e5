//! The one place that gives a component anything to call.
//!
//! What is defined here, function by function, is the intersection of what
//! the component imports and what it was granted. A field outside of it does
//! not exist for the instance, so there is no check at run time that could be
//! forgotten. Generated helpers that add a whole interface are never used.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use baton_domain::{
    field::{Field, Shape},
    module::{SettingType, SettingValue},
};
use wasmtime::{
    Engine, StoreContextMut,
    component::{Linker, LinkerInstance, Lower},
};

use crate::{
    admission::wit_type,
    lower,
    session::{Session, Stop},
};

/// A linker with exactly `fields` and the setting functions of `settings`.
pub(crate) fn link(
    engine: &Engine,
    fields: &BTreeSet<Field>,
    settings: &[SettingType],
) -> wasmtime::Result<Linker<Session>> {
    let mut linker = Linker::new(engine);
    let mut interfaces: BTreeMap<&str, Vec<Field>> = BTreeMap::new();
    for field in fields {
        interfaces
            .entry(field.interface())
            .or_default()
            .push(*field);
    }
    for (interface, fields) in interfaces {
        let mut instance = linker.instance(&format!("baton:rules/{interface}@1.0.0"))?;
        for field in fields {
            define_field(&mut instance, field)?;
        }
    }
    if !settings.is_empty() {
        let mut instance = linker.instance("baton:rules/settings@1.0.0")?;
        for kind in settings {
            define_setting(&mut instance, *kind)?;
        }
    }
    Ok(linker)
}

fn define_field(instance: &mut LinkerInstance<'_, Session>, field: Field) -> wasmtime::Result<()> {
    match field.shape() {
        Shape::Text => define(instance, field, lower::text),
        Shape::OptionalText => define(instance, field, lower::optional_text),
        Shape::Count => define(instance, field, lower::count),
        Shape::OptionalCount => define(instance, field, lower::optional_count),
        Shape::Seconds => define(instance, field, lower::seconds),
        Shape::OptionalFlag => define(instance, field, lower::optional_flag),
        Shape::OptionalMoney => define(instance, field, lower::optional_money),
        Shape::Texts => define(instance, field, lower::texts),
        Shape::Lines => define(instance, field, lower::lines),
        Shape::OptionalOrder => define(instance, field, lower::optional_order),
        Shape::Messages => define(instance, field, lower::messages),
        Shape::Owners => define(instance, field, lower::owners),
    }
}

fn define<T: Lower + 'static>(
    instance: &mut LinkerInstance<'_, Session>,
    field: Field,
    lower: fn(baton_domain::field::FieldValue) -> Option<T>,
) -> wasmtime::Result<()> {
    let read = move |mut store: StoreContextMut<'_, Session>, (): ()| {
        let value = store.data_mut().field(field)?;
        Ok((lower(value).ok_or(Stop::Value(field))?,))
    };
    instance.func_wrap(field.function(), read)
}

fn define_setting(
    instance: &mut LinkerInstance<'_, Session>,
    kind: SettingType,
) -> wasmtime::Result<()> {
    use SettingValue as Value;
    match kind {
        SettingType::Boolean => setting(instance, kind, |value| {
            if let Value::Boolean(value) = value {
                Some(value)
            } else {
                None
            }
        }),
        SettingType::Integer => setting(instance, kind, |value| {
            if let Value::Integer(value) = value {
                Some(value)
            } else {
                None
            }
        }),
        SettingType::Decimal => setting(instance, kind, |value| {
            if let Value::Decimal(value) = value {
                Some(value)
            } else {
                None
            }
        }),
        SettingType::Text => setting(instance, kind, |value| {
            if let Value::Text(value) = value {
                Some(value)
            } else {
                None
            }
        }),
        SettingType::Texts => setting(instance, kind, |value| {
            if let Value::Texts(value) = value {
                Some(value)
            } else {
                None
            }
        }),
    }
}

fn setting<T: Lower + 'static>(
    instance: &mut LinkerInstance<'_, Session>,
    kind: SettingType,
    unwrap: fn(SettingValue) -> Option<T>,
) -> wasmtime::Result<()> {
    let (function, _) = wit_type::of_setting(kind);
    let read = move |mut store: StoreContextMut<'_, Session>, (name,): (Arc<str>,)| {
        let value = store.data_mut().setting(&name, kind)?;
        Ok((value.and_then(unwrap),))
    };
    instance.func_wrap(function, read)
}

#[cfg(test)]
mod tests;
