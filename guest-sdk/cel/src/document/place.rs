//! From a byte of a text to the line and column of the document that it was
//! written in: quotes and escapes make the two differ.

/// Line and character, both from 1, of a byte of `source`.
pub(super) fn line_and_column(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..source.floor_char_boundary(at)];
    let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_at..].chars().count() + 1)
}

/// Where byte `at` of the text stands in the JSON string `raw`.
pub(super) fn in_json(raw: &str, at: usize) -> usize {
    if raw.starts_with('"') {
        walk(raw, 1, at)
    } else {
        0
    }
}

/// Where byte `at` of the text stands in the TOML string `raw`.
pub(super) fn in_toml(raw: &str, at: usize) -> usize {
    let quotes = if raw.starts_with("'''") || raw.starts_with("\"\"\"") {
        3
    } else {
        1
    };
    let newline = match raw.get(quotes..) {
        Some(rest) if quotes == 3 && rest.starts_with("\r\n") => 2,
        Some(rest) if quotes == 3 && rest.starts_with('\n') => 1,
        _ => 0,
    };
    let begin = quotes + newline;
    if raw.starts_with('"') {
        walk(raw, begin, at)
    } else if raw.starts_with('\'') {
        (begin + at).min(raw.len())
    } else {
        0
    }
}

/// Walks over a string with escapes until `at` bytes of its text are behind.
fn walk(raw: &str, begin: usize, at: usize) -> usize {
    let (mut place, mut text) = (begin, 0);
    while text < at && place < raw.len() {
        let (written, made) = step(&raw[place..]);
        text += made;
        // What is in the middle of an escape stands where that begins.
        if text > at {
            break;
        }
        place += written;
    }
    // Line ends that TOML swallows stand before what comes next.
    while let ("\\", 0) = (raw.get(place..=place).unwrap_or(""), step(&raw[place..]).1) {
        place += step(&raw[place..]).0;
    }
    place
}

/// Bytes of the next character as it is written, and of the text it makes.
fn step(raw: &str) -> (usize, usize) {
    let Some(first) = raw.chars().next() else {
        return (0, 0);
    };
    if first != '\\' {
        return (first.len_utf8(), first.len_utf8());
    }
    let hex = |digits: usize| {
        let code = raw.get(2..2 + digits);
        code.and_then(|code| u32::from_str_radix(code, 16).ok())
    };
    let made = |code: Option<u32>| code.and_then(char::from_u32).map_or(0, char::len_utf8);
    match raw[1..].chars().next() {
        Some('u') => match hex(4) {
            // A pair of surrogates makes one character of four bytes.
            Some(0xD800..=0xDBFF) => (12.min(raw.len()), 4),
            code => (6, made(code)),
        },
        Some('U') => (10, made(hex(8))),
        Some('x') => (4, made(hex(2))),
        Some(space) if space.is_ascii_whitespace() => {
            let rest = raw[1..].trim_ascii_start();
            (raw.len() - rest.len(), 0)
        }
        Some(escaped) => (1 + escaped.len_utf8(), 1),
        None => (1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_walked_over() {
        let raw = r#""a\n\u00fcb\"c""#;
        // a, newline, ü, b, quote, c
        for (at, character) in [
            (0, "a"),
            (1, "\\n"),
            (2, "\\u"),
            (4, "b"),
            (5, "\\\""),
            (6, "c"),
        ] {
            assert!(raw[in_json(raw, at)..].starts_with(character), "{at}");
            assert!(raw[in_toml(raw, at)..].starts_with(character), "{at}");
        }
        let pair = r#""\ud83d\ude00x""#;
        assert!(pair[in_json(pair, 4)..].starts_with('x'));
    }

    #[test]
    fn long_strings_begin_behind_their_first_newline() {
        assert_eq!(in_toml("'''\nab'''", 1), 5);
        assert_eq!(in_toml("'ab'", 1), 2);
        let folded = "\"\"\"a \\\n   b\"\"\"";
        assert!(folded[in_toml(folded, 2)..].starts_with('b'));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(line_and_column("a\nüb", 4), (2, 2));
        assert_eq!(line_and_column("", 0), (1, 1));
    }
}
