//! A check of values against the schemas of the OpenAPI document: the keywords
//! that it uses, and no others. Stricter than JSON Schema in one thing: a
//! member that no schema names is a problem, since the document would be
//! silent about it. The conformance run uses a full validator.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keywords that say nothing about values.
const SILENT: &[&str] = &[
    "description",
    "default",
    "example",
    "examples",
    "format",
    "title",
    "pattern",
    "unevaluatedProperties",
];

/// Fails unless `instance` is as `schema` of `document` says.
#[track_caller]
pub fn check_schema(document: &Value, schema: &Value, instance: &Value, what: &str) {
    let mut check = Check {
        document,
        problems: Vec::new(),
    };
    check.whole(schema, instance, "");
    assert!(
        check.problems.is_empty(),
        "{what}: {:#?}\n{instance:#}",
        check.problems
    );
}

struct Check<'d> {
    document: &'d Value,
    problems: Vec<String>,
}

impl Check<'_> {
    /// A schema of its own: what it does not name may not be there.
    fn whole(&mut self, schema: &Value, value: &Value, at: &str) {
        let mut named = Some(BTreeSet::new());
        self.part(schema, value, at, &mut named);
        if let (Some(named), Value::Object(members)) = (named, value) {
            for name in members.keys().filter(|it| !named.contains(*it)) {
                self.problems
                    .push(format!("{at}/{name} is not in the document"));
            }
        }
    }

    /// A schema or a part of one; adds the members it names, or makes it `None`
    /// when any may be there.
    fn part(
        &mut self,
        schema: &Value,
        value: &Value,
        at: &str,
        named: &mut Option<BTreeSet<String>>,
    ) {
        let Some(keywords) = schema.as_object() else {
            return;
        };
        let says_members = ["properties", "$ref", "allOf", "oneOf", "anyOf"]
            .iter()
            .any(|it| keywords.contains_key(*it));
        if !says_members {
            // An object of which nothing is said.
            *named = None;
        }
        for (keyword, said) in keywords {
            match keyword.as_str() {
                "$ref" => {
                    let target = said.as_str().and_then(|it| it.strip_prefix('#'));
                    let target = target.and_then(|it| self.document.pointer(it));
                    let target = target
                        .unwrap_or_else(|| panic!("{said} leads nowhere"))
                        .clone();
                    self.part(&target, value, at, named);
                }
                "allOf" => {
                    for part in said.as_array().into_iter().flatten() {
                        self.part(part, value, at, named);
                    }
                }
                "oneOf" | "anyOf" => self.one_of(said, value, at, named),
                "type" => self.kind(said, value, at),
                "enum" => self.is(
                    said.as_array().is_some_and(|it| it.contains(value)),
                    at,
                    said,
                ),
                "const" => self.is(said == value, at, said),
                "properties" => self.members(said, value, at, named),
                "required" => {
                    for name in said.as_array().into_iter().flatten() {
                        let is_there = value.get(name.as_str().unwrap_or_default()).is_some();
                        self.is(!value.is_object() || is_there, at, name);
                    }
                }
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.whole(said, item, &format!("{at}/{place}"));
                    }
                }
                "additionalProperties" => self.others(keywords, said, value, at, named),
                "propertyNames" => {}
                other => match within(other, said, value) {
                    Some(holds) => self.is(holds, at, said),
                    None => assert!(SILENT.contains(&other), "{other} is not checked"),
                },
            }
        }
    }

    fn one_of(
        &mut self,
        said: &Value,
        value: &Value,
        at: &str,
        named: &mut Option<BTreeSet<String>>,
    ) {
        let mut all_problems = Vec::new();
        for choice in said.as_array().into_iter().flatten() {
            let mut of_choice = Check {
                document: self.document,
                problems: Vec::new(),
            };
            let mut names = named.clone();
            of_choice.part(choice, value, at, &mut names);
            if of_choice.problems.is_empty() {
                *named = names;
                return;
            }
            all_problems.extend(of_choice.problems);
        }
        self.problems
            .push(format!("{at} fits no choice: {all_problems:?}"));
    }

    fn members(
        &mut self,
        said: &Value,
        value: &Value,
        at: &str,
        named: &mut Option<BTreeSet<String>>,
    ) {
        let (Some(said), Some(members)) = (said.as_object(), value.as_object()) else {
            return;
        };
        for (name, schema) in said {
            if let Some(named) = named {
                named.insert(name.clone());
            }
            if let Some(member) = members.get(name) {
                self.whole(schema, member, &format!("{at}/{name}"));
            }
        }
    }

    fn others(
        &mut self,
        keywords: &Map<String, Value>,
        said: &Value,
        value: &Value,
        at: &str,
        named: &mut Option<BTreeSet<String>>,
    ) {
        if said == &Value::Bool(false) {
            return;
        }
        *named = None;
        if said.is_object() {
            let listed = keywords.get("properties");
            let is_listed = |name: &str| listed.is_some_and(|it| it.get(name).is_some());
            let members = value.as_object().into_iter().flatten();
            for (name, member) in members.filter(|(name, _)| !is_listed(name)) {
                self.whole(said, member, &format!("{at}/{name}"));
            }
        }
    }

    fn kind(&mut self, said: &Value, value: &Value, at: &str) {
        let one = [said.clone()];
        let kinds = said.as_array().map_or(&one[..], Vec::as_slice);
        let fits = kinds
            .iter()
            .filter_map(Value::as_str)
            .any(|kind| match kind {
                "null" => value.is_null(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                "number" => value.is_number(),
                "string" => value.is_string(),
                "array" => value.is_array(),
                _ => value.is_object(),
            });
        self.is(fits, at, said);
    }

    fn is(&mut self, holds: bool, at: &str, wanted: &Value) {
        if !holds {
            self.problems.push(format!("{at}: not {wanted}"));
        }
    }
}

/// Whether a value keeps to a bound, when the keyword is one; a bound says
/// nothing about values of other types.
fn within(keyword: &str, said: &Value, value: &Value) -> Option<bool> {
    let number = value.as_f64();
    let items = value.as_array().map(|it| it.len() as f64);
    let chars = value.as_str().map(|it| it.chars().count() as f64);
    let size = match keyword {
        "minimum" | "maximum" => number,
        "minItems" | "maxItems" => items,
        "minLength" | "maxLength" => chars,
        _ => return None,
    };
    let (Some(size), Some(bound)) = (size, said.as_f64()) else {
        return Some(true);
    };
    Some(if keyword.starts_with("min") {
        size >= bound
    } else {
        size <= bound
    })
}
