//! A page to read the document on: rendered here, no script, nothing fetched.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::errors::METHODS;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub fn page(document: &Value) -> Markup {
    let info = &document["info"];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(&info["title"])) " API" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (text(&info["title"])) " " small { (text(&info["version"])) } }
                p { (prose(&info["description"])) }
                p { "The same for programs: " a href="/openapi.json" { "/openapi.json" } "." }
                nav { @for tag in list(&document["tags"]) {
                    a href={ "#" (text(&tag["name"])) } { (text(&tag["name"])) } " "
                } }
                @for tag in list(&document["tags"]) { (section(document, tag)) }
                h2 id="schemas" { "Schemas" }
                @for (name, schema) in entries(&document["components"]["schemas"]) {
                    (named_schema(name, schema))
                }
                h2 id="security" { "Keys and signatures" }
                @for (name, scheme) in entries(&document["components"]["securitySchemes"]) {
                    p { strong { (name) } ": " (prose(&scheme["description"])) }
                }
            }
        }
    }
}

fn section(document: &Value, tag: &Value) -> Markup {
    html! {
        h2 id=(text(&tag["name"])) { (text(&tag["name"])) }
        p { (prose(&tag["description"])) }
        @for (path, item) in entries(&document["paths"]) {
            @for method in METHODS {
                @if let Some(operation) = item.get(method) {
                    @if list(&operation["tags"]).contains(&tag["name"]) {
                        (operation_shown(method, path, operation))
                    }
                }
            }
        }
    }
}

fn operation_shown(method: &str, path: &str, operation: &Value) -> Markup {
    html! {
        details id=(text(&operation["operationId"])) {
            summary {
                code class=(method) { (method.to_uppercase()) } " " code { (path) } " "
                (prose(&operation["summary"]))
            }
            p { (prose(&operation["description"])) }
            @for requirement in list(&operation["security"]) {
                @for (name, _) in entries(requirement) {
                    p { "Under: " a href="#security" { (name) } }
                }
            }
            (parameters(operation))
            @for (media, content) in entries(&operation["requestBody"]["content"]) {
                h4 { "Body, " (media) ": " (schema_name(&content["schema"])) }
                (example(&content["example"]))
            }
            @for (status, response) in entries(&operation["responses"]) {
                h4 { (status) " " (content_name(response)) }
                @for line in text(&response["description"]).lines() {
                    p { (code_marked(line)) }
                }
                @for (_, content) in entries(&response["content"]) { (example(&content["example"])) }
            }
        }
    }
}

fn parameters(operation: &Value) -> Markup {
    let parameters = list(&operation["parameters"]);
    html! {
        @if !parameters.is_empty() {
            table {
                tr { th { "Parameter" } th { "in" } th { "type" } th { "what" } }
                @for it in parameters {
                    tr {
                        td { code { (text(&it["name"])) } @if it["required"] == true { " *" } }
                        td { (text(&it["in"])) }
                        td { (schema_name(&it["schema"])) }
                        td { (prose(&it["description"])) }
                    }
                }
            }
        }
    }
}

fn named_schema(name: &str, schema: &Value) -> Markup {
    html! {
        details id={ "schema-" (name) } {
            summary { code { (name) } " " (prose(&schema["description"])) }
            pre { (serde_json::to_string_pretty(schema).unwrap_or_default()) }
        }
    }
}

fn content_name(response: &Value) -> Markup {
    html! {
        @for (_, content) in entries(&response["content"]) { (schema_name(&content["schema"])) }
    }
}

/// The name of a schema, linked when it has one.
fn schema_name(schema: &Value) -> Markup {
    let reference = schema["$ref"]
        .as_str()
        .or(schema["allOf"][0]["$ref"].as_str());
    let name = reference.and_then(|it| it.rsplit('/').next());
    html! {
        @if let Some(name) = name {
            a href={ "#schema-" (name) } { (name) }
        } @else if let Some(one) = schema["type"].as_str() {
            (one)
        } @else {
            (list(&schema["type"]).iter().map(text).collect::<Vec<_>>().join(" or "))
        }
    }
}

fn example(example: &Value) -> Markup {
    html! {
        @if let Some(text) = example.as_str() {
            pre { (text) }
        } @else if !example.is_null() {
            pre { (serde_json::to_string_pretty(example).unwrap_or_default()) }
        }
    }
}

fn prose(value: &Value) -> Markup {
    code_marked(text(value))
}

/// What stands between back-ticks as code.
fn code_marked(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
