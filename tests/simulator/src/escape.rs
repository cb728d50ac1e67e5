//! Meta's way of writing JSON: everything outside ASCII as lower-case
//! `\uXXXX`, and slashes escaped. The signature is over that text.

use serde_json::Value;

/// `value` as Meta would write it.
pub fn escaped(value: &Value) -> String {
    let plain = value.to_string();
    let mut out = String::with_capacity(plain.len() + 64);
    for c in plain.chars() {
        match c {
            // A slash stands only inside strings.
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_escapes_as_the_documentation_shows() {
        let value = json!({ "t": "café 👍 a/b" });
        assert_eq!(escaped(&value), r#"{"t":"caf\u00e9 \ud83d\udc4d a\/b"}"#);
    }
}
