//! One line of an exported chat, and what the message on it is.

use jiff::civil::Time;

use super::date::Stamp;

/// What a line begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'t> {
    pub(super) stamp: Stamp,
    /// Who wrote it; WhatsApp itself when nobody is named.
    pub(super) name: Option<&'t str>,
    pub(super) text: &'t str,
}

/// Marks that phones put before what is theirs, to keep its direction.
const MARKS: &[char] = &['\u{200e}', '\u{200f}', '\u{202a}', '\u{202c}', '\u{feff}'];

/// Reads a line that begins something; `None` when it goes on.
pub(super) fn header(line: &str) -> Option<Header<'_>> {
    let line = line.trim_start_matches(MARKS);
    let (written, rest) = match line.strip_prefix('[') {
        Some(line) => line.split_once(']')?,
        None => line.split_once(" - ")?,
    };
    let stamp = stamp(written)?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let said = rest
        .split_once(": ")
        .or_else(|| Some((rest.strip_suffix(':')?, "")));
    let (name, text) = match said {
        Some((name, text)) => (Some(name.trim_matches(MARKS).trim()), text),
        None => (None, rest),
    };
    Some(Header { stamp, name, text })
}

/// `24/11/26, 09:32:10`, `24.11.2026, 9.32 PM`, `2026-11-24, 09:32`.
fn stamp(text: &str) -> Option<Stamp> {
    let (date, time) = text.split_once([',', ' '])?;
    let mut numbers = date.split(['/', '.', '-']).map(|it| it.parse::<i16>().ok());
    let date = [numbers.next()??, numbers.next()??, numbers.next()??];
    if numbers.next().is_some() || date.iter().any(|it| *it < 1) {
        return None;
    }
    let time = time_of_day(time)?;
    Some(Stamp { date, time })
}

fn time_of_day(text: &str) -> Option<Time> {
    let is_of_time = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
    let text = text.trim_matches(|c: char| c.is_whitespace() || MARKS.contains(&c));
    let end = text.find(|c| !is_of_time(c)).unwrap_or(text.len());
    let (digits, half) = text.split_at(end);
    let mut numbers = digits.split([':', '.']).map(|it| it.parse::<i8>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = numbers.next().unwrap_or(Some(0))?;
    if numbers.next().is_some() {
        return None;
    }
    let half: String = half.chars().filter(|c| c.is_alphabetic()).collect();
    let hour = match half.to_ascii_lowercase().as_str() {
        "" => hour,
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// What the message on a line is.
pub(super) struct What {
    pub(super) kind: &'static str,
    pub(super) text: Option<String>,
    pub(super) is_edited: bool,
    pub(super) is_revoked: bool,
}

const DELETED: &[&str] = &[
    "This message was deleted",
    "You deleted this message",
    "Pesan ini telah dihapus",
    "Pesan ini dihapus",
    "Anda menghapus pesan ini",
];
const EDITED: &[&str] = &["<This message was edited>", "<Pesan ini diedit>"];
const OMITTED: &[&str] = &["<Media omitted>", "<Media tidak disertakan>", "null"];
const OMITTED_KIND: &[&str] = &[
    "image omitted",
    "video omitted",
    "audio omitted",
    "sticker omitted",
    "document omitted",
    "GIF omitted",
    "Contact card omitted",
    "video note omitted",
];
const CALLS: &[&str] = &[
    "Missed voice call",
    "Missed video call",
    "Voice call",
    "Video call",
];

/// What the text that begins with `first` and goes on with `more` is; `None`
/// when it is WhatsApp's own.
pub(super) fn what(first: &str, more: &[&str]) -> Option<What> {
    let is_marked = first.starts_with(MARKS);
    let clean = |text: &str| text.replace(MARKS, "").trim_end().to_owned();
    let first = clean(first);
    let plain = |kind, text: Option<String>, is_revoked| What {
        kind,
        text,
        is_edited: false,
        is_revoked,
    };
    if DELETED.contains(&first.trim_end_matches('.')) {
        return Some(plain("text", None, true));
    }
    let rest: Vec<String> = more.iter().map(|line| clean(line)).collect();
    let rest = rest.join("\n");
    if is_file(&first) {
        let caption = Some(rest.trim().to_owned()).filter(|it| !it.is_empty());
        return Some(plain("media", caption, false));
    }
    if CALLS.iter().any(|call| first.starts_with(call)) && more.is_empty() {
        return None;
    }
    // What else a phone marks as its own, such as on encryption, nobody wrote.
    if is_marked {
        return None;
    }
    let whole = if rest.is_empty() {
        first
    } else {
        format!("{first}\n{rest}")
    };
    let whole = whole.trim_end();
    let unedited = EDITED.iter().find_map(|mark| whole.strip_suffix(mark));
    let text = unedited.unwrap_or(whole).trim_end().to_owned();
    Some(What {
        is_edited: unedited.is_some(),
        ..plain("text", Some(text), false)
    })
}

fn is_file(text: &str) -> bool {
    OMITTED.contains(&text)
        || OMITTED_KIND.iter().any(|it| text.ends_with(it))
        || text.ends_with("(file attached)")
        || (text.starts_with("<attached: ") && text.ends_with('>'))
}
