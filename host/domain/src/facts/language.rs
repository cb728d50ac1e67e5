//! The language of a short text.

use whatlang::{Detector, Lang};

/// ISO 639-1 code of the language that `text` is clearly written in; `None`
/// when the text is too short or too mixed to tell.
pub(crate) fn language_of(text: &str) -> Option<&'static str> {
    let candidates = CODES.iter().map(|(lang, _)| *lang).collect();
    let info = Detector::with_allowlist(candidates).detect(text)?;
    let code = |(lang, code): &(Lang, &'static str)| (*lang == info.lang()).then_some(*code);
    if info.is_reliable() {
        CODES.iter().find_map(code)
    } else {
        None
    }
}

/// The languages most written on WhatsApp, with their ISO 639-1 codes.
const CODES: &[(Lang, &str)] = &[
    (Lang::Eng, "en"),
    (Lang::Ind, "id"),
    (Lang::Spa, "es"),
    (Lang::Por, "pt"),
    (Lang::Fra, "fr"),
    (Lang::Deu, "de"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Tur, "tr"),
    (Lang::Ara, "ar"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Ben, "bn"),
    (Lang::Rus, "ru"),
    (Lang::Ukr, "uk"),
    (Lang::Vie, "vi"),
    (Lang::Tha, "th"),
    (Lang::Jpn, "ja"),
    (Lang::Kor, "ko"),
    (Lang::Cmn, "zh"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_texts_are_told_apart_and_short_ones_are_not_guessed() {
        let english = "I would like to know whether this will arrive before Friday, please";
        assert_eq!(language_of(english), Some("en"));
        let indonesian = "Selamat siang, apakah barang pesanan saya sudah dikirim oleh toko?";
        assert_eq!(language_of(indonesian), Some("id"));
        assert_eq!(language_of("ok"), None);
    }
}
