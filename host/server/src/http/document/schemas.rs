//! What the derived schemas cannot say of what serde reads and writes.

use serde_json::{Map, Value, json};

/// Makes the schemas of `document` exact.
pub fn mend(document: &mut Value) {
    unsigned(document);
    let schemas = &mut document["components"]["schemas"];
    flatten_facts(schemas);
    // A customer who is shown whole also has an id.
    let listed = schemas.pointer_mut("/PageView_ListedCustomer/properties/items/items");
    if let Some(listed) = listed.and_then(Value::as_object_mut)
        && let Some(choices) = listed.remove("oneOf")
    {
        listed.insert("anyOf".to_owned(), choices);
    }
    // Events have the members of their kind, which are added over time.
    schemas["EventBodyView"]["additionalProperties"] = true.into();
}

/// `int32` and `int64` are signed: half of what an unsigned number may be.
fn unsigned(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let is_unsigned = members.get("minimum").is_some_and(|it| it == &json!(0));
            if let (true, Some(format)) = (is_unsigned, members.get_mut("format")) {
                if format == "int32" {
                    *format = "uint32".into();
                } else if format == "int64" {
                    *format = "uint64".into();
                }
            }
            members.values_mut().for_each(unsigned);
        }
        Value::Array(all) => all.iter_mut().for_each(unsigned),
        _ => {}
    }
}

/// A fact is written flat: the members of its kind beside those of every fact.
/// As parts they would forbid each other's members.
fn flatten_facts(schemas: &mut Value) {
    let parts = ["Fact", "KeyedFact"].map(|name| schemas[name].clone());
    let shared: Map<String, Value> = parts.iter().flat_map(own_members).collect();
    let mut kinds = schemas["FactBody"]["oneOf"].take();
    for kind in kinds.as_array_mut().into_iter().flatten() {
        if let Some(members) = kind["properties"].as_object_mut() {
            members.extend(shared.clone());
        }
        kind["additionalProperties"] = false.into();
    }
    let description = parts[1]["description"].clone();
    schemas["KeyedFact"] = json!({ "oneOf": kinds, "description": description });
    if let Some(schemas) = schemas.as_object_mut() {
        schemas.remove("Fact");
        schemas.remove("FactBody");
    }
}

/// The members that a flattened schema names itself, beside what it refers to.
fn own_members(schema: &Value) -> Map<String, Value> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let members = parts.filter_map(|part| part["properties"].as_object());
    members
        .flatten()
        .map(|(name, it)| (name.clone(), it.clone()))
        .collect()
}
