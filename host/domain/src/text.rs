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
/// apostrophes.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether the words of `phrase` stand side by side in `text`, whatever the
/// case and the punctuation.
pub fn contains_phrase(text: &str, phrase: &str) -> bool {
    let (text, phrase): (Vec<_>, Vec<_>) = (words(text).collect(), words(phrase).collect());
    !phrase.is_empty() && text.windows(phrase.len()).any(|window| window == phrase)
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
        assert!(contains_phrase("Could I talk to a PERSON, please?", "a person"));
        assert!(!contains_phrase("that is personal", "person"));
        assert!(!contains_phrase("anything", ""));
    }
}
