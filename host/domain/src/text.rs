//! Small operations on texts that people wrote.

use std::sync::Arc;

/// The text, cut to `chars_max` characters with an ellipsis as the last when
/// it is longer.
#[must_use]
pub fn truncated(text: &Arc<str>, chars_max: usize) -> Arc<str> {
    if text.len() <= chars_max {
        return text.clone();
    }
    match text.char_indices().nth(chars_max) {
        None => text.clone(),
        Some(_) => {
            let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
            format!("{kept}…").into()
        }
    }
}

/// The words of a text in lower case: runs of letters, digits and
/// apostrophes, straight or typographic. Quotation marks around a word are
/// none of it.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    split(text).map(|word| word.to_lowercase().replace('\u{2019}', "'"))
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c))
        .map(|word| word.trim_matches(is_apostrophe))
        .filter(|word| !word.is_empty())
}

fn is_apostrophe(c: char) -> bool {
    c == '\'' || c == '\u{2019}'
}

/// A text cut into its words once, to look for several phrases in it: the
/// words with a blank around each, so that words side by side are a part of
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(String);

impl Phrase {
    /// The words of `text`.
    pub fn of(text: &str) -> Self {
        let mut blanked = String::with_capacity(text.len() + 2);
        for word in split(text) {
            blanked.push(' ');
            for c in word.chars() {
                match c {
                    '\u{2019}' => blanked.push('\''),
                    c if c.is_ascii() => blanked.push(c.to_ascii_lowercase()),
                    c => blanked.extend(c.to_lowercase()),
                }
            }
        }
        blanked.push(' ');
        Self(blanked)
    }

    /// Whether the words of `phrase` stand side by side in this text, whatever
    /// the case and the punctuation. The empty phrase stands nowhere.
    pub fn contains(&self, phrase: &Self) -> bool {
        phrase.0.len() > 1 && self.0.contains(&phrase.0)
    }
}

/// Whether the words of `phrase` stand side by side in `text`, as in
/// [`Phrase::contains`].
pub fn contains_phrase(text: &str, phrase: &str) -> bool {
    Phrase::of(text).contains(&Phrase::of(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(&*truncated(&"kopi".into(), 4), "kopi");
        assert_eq!(&*truncated(&"ééééé".into(), 4), "ééé…");
        assert_eq!(&*truncated(&"éééé".into(), 4), "éééé");
    }

    #[test]
    fn phrases_are_whole_words() {
        assert!(contains_phrase(
            "Could I talk to a PERSON, please?",
            "a person"
        ));
        assert!(!contains_phrase("that is personal", "person"));
        assert!(!contains_phrase("anything", ""));
    }
}
