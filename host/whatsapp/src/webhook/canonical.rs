//! One hash for one JSON value, however its keys are ordered and its
//! characters escaped.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 of `json` with sorted keys, no spaces and one way of escaping.
/// Text that nests too deeply or holds half a surrogate pair cannot be brought
/// into that form; its bytes are hashed as they are, which still recognises a
/// redelivery, since that repeats the bytes.
pub(super) fn sha256(json: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    match serde_json::from_str::<Value>(json) {
        Ok(value) => {
            let mut canonical = String::with_capacity(json.len());
            write(&mut canonical, &value);
            hash.update(canonical);
        }
        Err(_) => hash.update(json),
    }
    hash.finalize().into()
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(out, at);
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(pairs) => {
            // Sorted here and not by the map: another crate of the workspace
            // may turn on serde_json's `preserve_order`.
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (at, (key, item)) in pairs.into_iter().enumerate() {
                separate(out, at);
                write_text(out, key);
                out.push(':');
                write(out, item);
            }
            out.push('}');
        }
        Value::String(text) => write_text(out, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

/// Quotes and backslashes are escaped, and nothing else: unambiguous, though
/// not always JSON.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_spaces_and_escapes_do_not_matter() {
        let one = r#"{"a":[1,{"x":"caf\u00e9","y":null}],"b":"a\/b"}"#;
        let same = r#" { "b" : "a/b" , "a" : [ 1 , { "y" : null , "x" : "café" } ] } "#;
        assert_eq!(sha256(one), sha256(same));
    }

    #[test]
    fn values_and_the_order_of_lists_matter() {
        let different = [
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a":"1","b":2}"#,
            r#"{"a":1}"#,
            r#"[1,2]"#,
            r#"[2,1]"#,
            r#"["a,b"]"#,
            r#"["a","b"]"#,
            r#"["a\",\"b"]"#,
            "null",
            r#""null""#,
            r#""\ud83d""#,
        ];
        let mut hashes: Vec<_> = different.iter().map(|json| sha256(json)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), different.len());
    }
}
