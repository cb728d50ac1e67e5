//! What fraud says, in English and Indonesian. Texts are in lower case.

/// Codes that only their receiver should see.
const CODES: &[&str] = &[
    "otp",
    "one-time code",
    "one time code",
    "one-time password",
    "verification code",
    "security code",
    "login code",
    "6 digit code",
    "6-digit code",
    "six digit code",
    "whatsapp code",
    "code from the sms",
    "kode verifikasi",
    "kode otp",
    "kode rahasia",
    "kode keamanan",
    "kode sms",
    "kode whatsapp",
    "kode wa",
    "kode 6 angka",
    "kode 6 digit",
    "pin atm",
    "cvv",
];

/// Asking somebody to hand something over.
const HAND_OVER: &[&str] = &[
    "send me",
    "send us",
    "send the",
    "send your",
    "send it",
    "give me",
    "give us",
    "tell me",
    "share",
    "forward",
    "what is",
    "what's",
    "i need",
    "we need",
    "provide",
    "reply with",
    "kirim",
    "kasih",
    "minta",
    "sebutkan",
    "bagikan",
    "beritahu",
    "berikan",
    "forwardin",
    "infoin",
    "berapa",
];

/// Words that show the writer is missing a code of their own.
const OWN_TROUBLE: &[&str] = &[
    "resend",
    "re-send",
    "again",
    "did not get",
    "didn't get",
    "not received",
    "did not receive",
    "didn't receive",
    "haven't received",
    "no code",
    "where is",
    "can't get",
    "not arrive",
    "belum",
    "tidak masuk",
    "ga masuk",
    "gak masuk",
    "nggak masuk",
    "tidak terima",
    "ulang",
    "never share",
    "do not share",
    "don't share",
    "jangan",
];

const TAKEOVER: &[&str] = &[
    "account was hacked",
    "account has been hacked",
    "account is hacked",
    "account got hacked",
    "hacked my account",
    "hacked into my account",
    "someone else is using my account",
    "someone is using my account",
    "someone logged into my account",
    "someone changed my password",
    "stole my account",
    "account was stolen",
    "account has been compromised",
    "account was compromised",
    "account has been suspended",
    "account is suspended",
    "account will be suspended",
    "account is locked",
    "account has been locked",
    "account will be blocked",
    "verify your account",
    "confirm your account",
    "orders i did not make",
    "orders i didn't make",
    "order i did not make",
    "order i didn't make",
    "did not place this order",
    "didn't place this order",
    "unauthorized",
    "unauthorised",
    "akun saya dibajak",
    "akunku dibajak",
    "akun saya dihack",
    "akun saya di hack",
    "akun saya di-hack",
    "akun saya diretas",
    "akun dibajak",
    "akun diretas",
    "wa saya dibajak",
    "wa saya dihack",
    "akun anda diblokir",
    "akun anda akan diblokir",
    "akun anda ditangguhkan",
    "verifikasi akun anda",
    "ada yang login ke akun",
    "bukan saya yang pesan",
    "saya tidak pernah pesan",
];

/// One of these is in every phrase of the list: most messages have none, and
/// are done after a few searches instead of dozens.
const CODE_HINTS: &[&str] = &["otp", "code", "password", "kode", "pin atm", "cvv"];
const TAKEOVER_HINTS: &[&str] = &[
    "account",
    "password",
    "order",
    "unauthori",
    "akun",
    "wa saya",
    "pesan",
];

/// The code that somebody asks the reader for.
pub(crate) fn code_request(text: &str) -> Option<&'static str> {
    hinted(text, CODE_HINTS)?;
    let code = CODES.iter().find(|code| holds(text, code))?;
    let asks = HAND_OVER.iter().any(|ask| starts_word(text, ask));
    let own = OWN_TROUBLE.iter().any(|trouble| starts_word(text, trouble));
    (asks && !own).then_some(*code)
}

/// What is said of an account.
pub(crate) fn takeover(text: &str) -> Option<&'static str> {
    hinted(text, TAKEOVER_HINTS)?;
    TAKEOVER
        .iter()
        .find(|phrase| starts_word(text, phrase))
        .copied()
}

fn hinted(text: &str, hints: &[&str]) -> Option<()> {
    hints.iter().any(|hint| text.contains(hint)).then_some(())
}

/// Whether `phrase` stands in the text, not inside another word; Indonesian
/// endings (`kodenya`) may follow.
fn holds(text: &str, phrase: &str) -> bool {
    places(text, phrase).any(|rest| {
        let rest = rest
            .strip_prefix("nya")
            .or_else(|| rest.strip_prefix('s'))
            .unwrap_or(rest);
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

fn starts_word(text: &str, phrase: &str) -> bool {
    places(text, phrase).next().is_some()
}

/// What follows each place where a word of the text starts with `phrase`.
fn places<'t>(text: &'t str, phrase: &str) -> impl Iterator<Item = &'t str> {
    text.match_indices(phrase).filter_map(move |(at, found)| {
        let inside = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        (!inside).then(|| &text[at + found.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_has_a_hint() {
        for (phrases, hints) in [(CODES, CODE_HINTS), (TAKEOVER, TAKEOVER_HINTS)] {
            for phrase in phrases {
                assert!(hinted(phrase, hints).is_some(), "{phrase}");
            }
        }
    }

    #[test]
    fn a_code_must_be_asked_for_by_whom_it_is_not_for() {
        assert_eq!(code_request("send me the otp"), Some("otp"));
        assert_eq!(
            code_request("i need the otp again, it did not arrive"),
            None
        );
        assert_eq!(code_request("never share your otp"), None);
        assert_eq!(code_request("the laptop"), None);
        assert_eq!(code_request("minta kode otpnya"), Some("otp"));
    }

    #[test]
    fn phrases_start_at_words() {
        assert!(takeover("help, akun saya dibajak").is_some());
        assert!(takeover("reorder i did not make").is_none());
    }
}
