//! What looks like a postal address, by the words that addresses are made of.
//!
//! There is no way to be sure without a map of the world. A word that begins
//! or ends the name of a street counts with a number or a name beside it; an
//! address goes on through the parts after a comma that look like more of it.

/// What stands in place of a postal address.
const ADDRESS: &str = "[address]";

/// Words that begin an address whatever follows.
const SURE: &[&str] = &["jl", "jln", "avda", "avenida", "calle"];
/// Words that begin one when a number or a name follows.
const BEGINNINGS: &[&str] = &[
    "jalan",
    "gang",
    "gg",
    "blok",
    "block",
    "komplek",
    "kompleks",
    "perumahan",
    "perum",
    "kavling",
    "kelurahan",
    "kel",
    "kecamatan",
    "kec",
    "rue",
    "rua",
    "carrera",
    "apartment",
    "apt",
];
/// Words that begin one when a number follows at once.
const NUMBERED: &[&str] = &["rt", "rw"];
/// Words that end the name of a street, after a number and a name.
const ENDINGS: &[&str] = &[
    "street",
    "str",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "boulevard",
    "blvd",
    "terrace",
];
/// The same, and ordinary words too: they want a capital before them.
const ENDINGS_AFTER_NAME: &[&str] = &[
    "st", "drive", "dr", "court", "ct", "way", "place", "square", "close", "crescent",
];
/// Ends of words that are streets, before a number.
const SUFFIXES: &[&str] = &[
    "straße", "strasse", "weg", "platz", "allee", "gasse", "straat",
];
/// Words before a postal code.
const CODES: &[&[&str]] = &[
    &["kode", "pos"],
    &["postal", "code"],
    &["zip"],
    &["postcode"],
];
/// Words after which, with a colon, the rest of the line is one.
const LABELS: &[&str] = &["address", "alamat", "dirección", "adresse", "endereço"];

/// Words between a number and the end of a street's name, at most.
const NAME_WORDS_MAX: usize = 4;
/// Words of a part after a comma that still belongs to the address, at most.
const PART_WORDS_MAX: usize = 5;

/// A word with its place in the line.
#[derive(Clone, Copy)]
struct Word<'t> {
    from: usize,
    /// As it is written, with what stands around it.
    text: &'t str,
}

impl<'t> Word<'t> {
    /// Without what stands around it.
    fn bare(&self) -> &'t str {
        self.text.trim_matches(|c: char| !c.is_alphanumeric())
    }

    fn is(&self, words: &[&str]) -> bool {
        let bare = self.bare().to_lowercase();
        words.contains(&&*bare)
    }

    fn is_number(&self) -> bool {
        let bare = self.bare();
        bare.starts_with(|c: char| c.is_ascii_digit()) && bare.len() <= 6
    }

    fn is_name(&self) -> bool {
        self.bare().starts_with(char::is_uppercase)
    }

    /// Whether something ends with it.
    fn ends(&self) -> bool {
        self.text.ends_with([',', ';', '?', '!'])
            || (self.text.ends_with('.') && self.bare().len() > 4)
    }

    fn end(&self) -> usize {
        let closing = self.text.trim_end_matches([',', ';', '?', '!']);
        self.from + closing.len()
    }
}

/// The text with what looks like a postal address replaced, or `None` when
/// nothing does.
pub(super) fn mask_addresses(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut is_found = false;
    for line in text.split_inclusive('\n') {
        match mask_line(line) {
            Some(masked) => {
                is_found = true;
                out.push_str(&masked);
            }
            None => out.push_str(line),
        }
    }
    is_found.then_some(out)
}

fn mask_line(line: &str) -> Option<String> {
    let words = words_of(line);
    let mut out = String::new();
    let mut written = 0;
    let mut at = 0;
    while at < words.len() {
        let Some(found) = address_at(&words, at) else {
            at += 1;
            continue;
        };
        let last = with_more_parts(&words, found.last);
        let (from, to) = (words[found.first].from, words[last].end());
        out.push_str(&line[written..from]);
        out.push_str(ADDRESS);
        written = to;
        at = last + 1;
    }
    (written > 0).then(|| {
        out.push_str(&line[written..]);
        out
    })
}

fn words_of(line: &str) -> Vec<Word<'_>> {
    let start = line.as_ptr() as usize;
    let word = |text: &'_ str| text.as_ptr() as usize - start;
    line.split_whitespace()
        .map(|text| Word {
            from: word(text),
            text,
        })
        .collect()
}

/// An address: its first and its last word.
struct Found {
    first: usize,
    last: usize,
}

/// The address that begins at the word `at`, when one does.
fn address_at(words: &[Word<'_>], at: usize) -> Option<Found> {
    let (word, next) = (words[at], words.get(at + 1));
    if at > 0 && words[at - 1].is(LABELS) && words[at - 1].text.ends_with(':') {
        let last = words.len() - 1;
        return Some(Found { first: at, last });
    }
    if let Some(last) = code_at(words, at) {
        return Some(Found { first: at, last });
    }
    let is_open = !word.ends();
    let has_number_soon = || {
        let rest = words[at + 1..].iter().take(NAME_WORDS_MAX + 1);
        let mut rest = rest.scan(false, |is_over, word| {
            let goes_on = !*is_over;
            *is_over |= word.ends();
            goes_on.then_some(word)
        });
        rest.any(Word::is_number)
    };
    let begins = word.is(SURE) && is_open && next.is_some()
        || word.is(BEGINNINGS)
            && is_open
            && (next.is_some_and(Word::is_name) || has_number_soon())
            && !word.text.contains('-')
        || word.is(NUMBERED) && next.is_some_and(Word::is_number)
        || glued_unit(word.bare());
    if begins {
        return Some(Found {
            first: at,
            last: end_of_part(words, at),
        });
    }
    let lower = word.bare().to_lowercase();
    let is_street = SUFFIXES
        .iter()
        .any(|end| lower.ends_with(end) && lower.len() > end.len());
    if is_street && is_open && next.is_some_and(Word::is_number) {
        return Some(Found {
            first: at,
            last: at + 1,
        });
    }
    numbered_street(words, at)
}

/// "RT03/RW05" in one word.
fn glued_unit(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["rt", "rw"].iter().any(|unit| {
        let rest = lower.strip_prefix(unit);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// "12 Main Street": a number, a name, and a word for a street.
fn numbered_street(words: &[Word<'_>], at: usize) -> Option<Found> {
    if !words[at].is_number() || words[at].ends() {
        return None;
    }
    for place in at + 1..words.len().min(at + 2 + NAME_WORDS_MAX) {
        let word = words[place];
        let is_named = place > at + 1;
        let is_capital = words[place - 1].is_name();
        if is_named && (word.is(ENDINGS) || (is_capital && word.is(ENDINGS_AFTER_NAME))) {
            return Some(Found {
                first: at,
                last: place,
            });
        }
        if word.ends() || word.is_number() {
            return None;
        }
    }
    None
}

/// Where the postal code ends that is named at the word `at`.
fn code_at(words: &[Word<'_>], at: usize) -> Option<usize> {
    CODES.iter().find_map(|code| {
        let named = words.get(at..at + code.len())?;
        let is_named = named.iter().zip(*code).all(|(word, part)| word.is(&[part]));
        let number = at + code.len();
        (is_named && words.get(number)?.is_number()).then_some(number)
    })
}

/// The last word before something ends.
fn end_of_part(words: &[Word<'_>], from: usize) -> usize {
    let mut rest = from..words.len();
    rest.find(|at| words[*at].ends()).unwrap_or(words.len() - 1)
}

/// Parts after a comma that look like more of the address.
fn with_more_parts(words: &[Word<'_>], mut last: usize) -> usize {
    while words[last].text.ends_with(',') && last + 1 < words.len() {
        let end = end_of_part(words, last + 1);
        let part = &words[last + 1..=end];
        let is_more = part.len() <= PART_WORDS_MAX
            && (part[0].is_name() || part.iter().any(Word::is_number))
            && !words[end].text.ends_with('?');
        if !is_more {
            return last;
        }
        last = end;
    }
    last
}
