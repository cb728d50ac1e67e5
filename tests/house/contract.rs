//! The WIT is the one source of the field catalogue: the host's table is equal
//! to it, and every item of it is documented.

use baton_domain::field::{Field, Shape};
use baton_tests::root;
use wit_parser::{Function, InterfaceId, PackageId, Resolve, Type, TypeDefKind, WorldItem};

fn contract() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(root().join("wit/v1"))
        .expect("wit/v1 parses");
    (resolve, package)
}

/// Interfaces that hold no fields.
const OTHERS: [&str; 2] = ["types", "settings"];

fn interfaces(resolve: &Resolve, package: PackageId) -> Vec<(&str, InterfaceId)> {
    let all = resolve.packages[package].interfaces.iter();
    all.map(|(name, id)| (name.as_str(), *id)).collect()
}

fn shape_of(resolve: &Resolve, function: &Function) -> Option<Shape> {
    let result = function.result.as_ref()?;
    Some(match wit_text(resolve, result).as_str() {
        "string" => Shape::Text,
        "option<string>" => Shape::OptionalText,
        "u32" => Shape::Count,
        "option<u32>" => Shape::OptionalCount,
        "u64" => Shape::Seconds,
        "option<bool>" => Shape::OptionalFlag,
        "option<money>" => Shape::OptionalMoney,
        "list<string>" => Shape::Texts,
        "list<line>" => Shape::Lines,
        "option<past-order>" => Shape::OptionalOrder,
        "list<thread-message>" => Shape::Messages,
        "list<owner-span>" => Shape::Owners,
        _ => return None,
    })
}

fn wit_text(resolve: &Resolve, of: &Type) -> String {
    let Type::Id(id) = of else {
        return format!("{of:?}").to_lowercase();
    };
    let definition = &resolve.types[*id];
    match (&definition.kind, &definition.name) {
        (TypeDefKind::Type(aliased), _) => wit_text(resolve, aliased),
        (_, Some(name)) => name.clone(),
        (TypeDefKind::Option(inner), None) => format!("option<{}>", wit_text(resolve, inner)),
        (TypeDefKind::List(inner), None) => format!("list<{}>", wit_text(resolve, inner)),
        (kind, None) => format!("{kind:?}"),
    }
}

#[test]
fn the_catalogue_is_the_contract() {
    let (resolve, package) = contract();
    let mut in_wit = Vec::new();
    for (name, id) in interfaces(&resolve, package) {
        if OTHERS.contains(&name) {
            continue;
        }
        for (function_name, function) in &resolve.interfaces[id].functions {
            assert!(
                function.params.is_empty(),
                "{name}.{function_name}: a field has no arguments"
            );
            let shape = shape_of(&resolve, function).unwrap_or_else(|| {
                panic!("{name}.{function_name}: no shape for {:?}", function.result)
            });
            in_wit.push((format!("{name}.{function_name}"), shape));
        }
    }
    let mut in_host: Vec<_> = Field::ALL
        .iter()
        .map(|field| (field.name().to_owned(), field.shape()))
        .collect();
    in_wit.sort_by(|a, b| a.0.cmp(&b.0));
    in_host.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(in_wit, in_host);
}

#[test]
fn every_world_can_import_every_field() {
    let (resolve, package) = contract();
    for world in ["rule", "policy"] {
        let id = resolve.packages[package].worlds[world];
        let imported: Vec<InterfaceId> = resolve.worlds[id]
            .imports
            .values()
            .filter_map(|item| match item {
                WorldItem::Interface { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        for (name, interface) in interfaces(&resolve, package) {
            assert!(
                imported.contains(&interface),
                "{world} cannot import {name}"
            );
        }
    }
}

#[test]
fn every_item_is_documented() {
    let (resolve, package) = contract();
    let check = |docs: &wit_parser::Docs, what: String| {
        assert!(
            docs.contents
                .as_ref()
                .is_some_and(|it| !it.trim().is_empty()),
            "{what} is undocumented"
        );
    };
    for (name, id) in interfaces(&resolve, package) {
        let interface = &resolve.interfaces[id];
        check(&interface.docs, name.to_owned());
        for (function_name, function) in &interface.functions {
            check(&function.docs, format!("{name}.{function_name}"));
        }
        for (type_name, id) in &interface.types {
            let definition = &resolve.types[*id];
            let is_use = matches!(definition.kind, TypeDefKind::Type(Type::Id(_)));
            if !is_use {
                check(&definition.docs, format!("{name}.{type_name}"));
            }
            if let TypeDefKind::Record(record) = &definition.kind {
                for field in &record.fields {
                    check(&field.docs, format!("{name}.{type_name}.{}", field.name));
                }
            }
        }
    }
    for (name, id) in &resolve.packages[package].worlds {
        check(&resolve.worlds[*id].docs, name.clone());
    }
}

#[test]
fn sets_that_may_grow_are_strings() {
    let (resolve, package) = contract();
    for (_, id) in interfaces(&resolve, package) {
        for (name, id) in &resolve.interfaces[id].types {
            let kind = &resolve.types[*id].kind;
            let is_closed = matches!(
                kind,
                TypeDefKind::Enum(_) | TypeDefKind::Variant(_) | TypeDefKind::Flags(_)
            );
            assert!(!is_closed, "{name} is a closed set (contract point 10)");
        }
    }
}

#[test]
fn answers_of_modules_have_room_to_grow() {
    let (resolve, package) = contract();
    let types = resolve.packages[package].interfaces["types"];
    for name in ["signal", "scored-signal", "decision"] {
        let id = resolve.interfaces[types].types[name];
        let TypeDefKind::Record(record) = &resolve.types[id].kind else {
            panic!("{name} is a record");
        };
        assert_eq!(
            record.fields.last().map(|it| it.name.as_str()),
            Some("extra"),
            "{name}"
        );
    }
}
