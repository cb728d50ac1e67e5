//! What a module says of itself, and how that becomes JSON at compile time.
//!
//! The JSON travels in the custom section `baton:declaration`, so that the
//! module's digest covers it and the host can show it before running
//! anything. Its schema is the host's `Declaration`.

/// A setting that a module declares.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredSetting {
    /// What the merchant sets it by, such as `senior-threshold`.
    pub name: &'static str,
    /// `boolean`, `integer`, `decimal`, `text` or `texts`.
    pub kind: &'static str,
    /// The default as it is written in the source.
    pub default: &'static str,
    /// What it does, in a sentence for the merchant.
    pub help: &'static str,
    /// Words of JSON Schema and their values as they are written in the source:
    /// which values it takes beside its type.
    pub schema: &'static [(&'static str, &'static str)],
}

/// What a module declares. Made by [`rule!`](crate::rule) and
/// [`policy!`](crate::policy).
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name, in lower-case letters, digits and dashes.
    pub name: &'static str,
    /// `rule` or `policy`.
    pub world: &'static str,
    /// What it does, in a sentence for the merchant.
    pub summary: &'static str,
    /// Names of the signals it may emit.
    pub signals: &'static [&'static str],
    /// Tags it may put on a signal.
    pub tags: &'static [&'static str],
    /// Next steps it may propose.
    pub next_steps: &'static [&'static str],
    /// Settings it reads.
    pub settings: &'static [DeclaredSetting],
}

impl Declaration {
    /// Length of [`Declaration::json`].
    pub const fn json_len(&self) -> usize {
        Json::<0>::of(self).len
    }

    /// The declaration as JSON; `N` is [`Declaration::json_len`].
    pub const fn json<const N: usize>(&self) -> [u8; N] {
        Json::<N>::of(self).bytes
    }
}

/// A setting's name as merchants see it: dashes for the underscores that a
/// Rust name has. `N` is the length of the name.
pub const fn kebab<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        let byte = name.as_bytes()[at];
        bytes[at] = if byte == b'_' { b'-' } else { byte };
        at += 1;
    }
    bytes
}

/// The text of bytes that [`kebab`] made.
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a Rust name is UTF-8"),
    }
}

/// Writes JSON into `N` bytes; what does not fit is only counted, so that a
/// first pass with no room tells the length.
struct Json<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Json<N> {
    const fn of(declaration: &Declaration) -> Self {
        let mut json = Self {
            bytes: [0; N],
            len: 0,
        };
        json.raw("{\"name\":");
        json.string(declaration.name);
        json.raw(",\"world\":");
        json.string(declaration.world);
        json.raw(",\"summary\":");
        json.string(declaration.summary);
        json.raw(",\"signals\":");
        json.strings(declaration.signals);
        json.raw(",\"tags\":");
        json.strings(declaration.tags);
        json.raw(",\"next_steps\":");
        json.strings(declaration.next_steps);
        json.raw(",\"settings\":[");
        json.settings(declaration.settings);
        json.raw("]}");
        json
    }

    const fn settings(&mut self, settings: &[DeclaredSetting]) {
        let mut at = 0;
        while at < settings.len() {
            let setting = &settings[at];
            self.raw(if at == 0 { "{\"name\":" } else { ",{\"name\":" });
            self.string(setting.name);
            self.raw(",\"type\":");
            self.string(setting.kind);
            self.raw(",\"default\":");
            self.default(setting.default);
            self.raw(",\"help\":");
            self.string(setting.help.trim_ascii());
            self.schema(setting.schema);
            self.raw("}");
            at += 1;
        }
    }

    const fn schema(&mut self, schema: &[(&str, &str)]) {
        let mut at = 0;
        while at < schema.len() {
            self.raw(if at == 0 { ",\"schema\":{" } else { "," });
            self.string(schema[at].0);
            self.raw(":");
            self.default(schema[at].1);
            at += 1;
        }
        if at > 0 {
            self.raw("}");
        }
    }

    const fn strings(&mut self, texts: &[&str]) {
        self.raw("[");
        let mut at = 0;
        while at < texts.len() {
            if at > 0 {
                self.raw(",");
            }
            self.string(texts[at]);
            at += 1;
        }
        self.raw("]");
    }

    /// A default as Rust writes it is JSON, but for `_` between digits.
    const fn default(&mut self, source: &str) {
        let bytes = source.as_bytes();
        let (mut at, mut quoted) = (0, false);
        while at < bytes.len() {
            if bytes[at] == b'"' && (at == 0 || bytes[at - 1] != b'\\') {
                quoted = !quoted;
            }
            if quoted || bytes[at] != b'_' {
                self.push(bytes[at]);
            }
            at += 1;
        }
    }

    const fn string(&mut self, text: &str) {
        self.push(b'"');
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' | b'\\' => {
                    self.push(b'\\');
                    self.push(bytes[at]);
                }
                control if control < 0x20 => self.push(b' '),
                byte => self.push(byte),
            }
            at += 1;
        }
        self.push(b'"');
    }

    const fn raw(&mut self, text: &str) {
        let mut at = 0;
        while at < text.len() {
            self.push(text.as_bytes()[at]);
            at += 1;
        }
    }

    const fn push(&mut self, byte: u8) {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_becomes_json() {
        const DECLARATION: Declaration = Declaration {
            name: "shouting",
            world: "rule",
            summary: "Says \"stop\" \\ more.",
            signals: &["shouting", "loud"],
            tags: &[],
            next_steps: &["Answer calmly"],
            settings: &[
                DeclaredSetting {
                    name: "minimum",
                    kind: "integer",
                    default: "100_000",
                    help: " In minor units.",
                    schema: &[("minimum", "1"), ("maximum", "1_000_000")],
                },
                DeclaredSetting {
                    name: "words",
                    kind: "texts",
                    default: r#"["a_b", "c"]"#,
                    help: "",
                    schema: &[],
                },
            ],
        };
        const JSON: [u8; DECLARATION.json_len()] = DECLARATION.json();
        let expected = concat!(
            r#"{"name":"shouting","world":"rule","summary":"Says \"stop\" \\ more.","#,
            r#""signals":["shouting","loud"],"tags":[],"next_steps":["Answer calmly"],"#,
            r#""settings":[{"name":"minimum","type":"integer","default":100000,"#,
            r#""help":"In minor units.","schema":{"minimum":1,"maximum":1000000}},"#,
            r#"{"name":"words","type":"texts","default":["a_b", "c"],"help":""}]}"#,
        );
        assert_eq!(core::str::from_utf8(&JSON).unwrap(), expected);
    }

    #[test]
    fn names_of_settings_have_dashes() {
        assert_eq!(text(&const { kebab::<10>("senior_two") }), "senior-two");
    }
}
