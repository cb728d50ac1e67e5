//! Which verb a day belongs to.

/// How many words before a day its verb is looked for.
const REACH: usize = 5;

/// Whether a sentence is about arriving, getting or needing at all.
pub(super) fn has_wish(words: &[&str]) -> bool {
    (0..words.len()).any(|at| is_wish(words, at))
}

/// Whether the day that starts at `day` is one that the customer wishes for.
pub(super) fn is_wished(words: &[&str], day: usize) -> bool {
    if !is_to_come(words, day) {
        return false;
    }
    let is_purpose = preceding(words, day, 2).iter().any(|word| is_for(word));
    let verb = (day.saturating_sub(REACH)..day).rev().find_map(|at| {
        if is_wish(words, at) {
            Some(true)
        } else if is_ordering(words, at) || is_visit(words, at) || is_done(words, at) {
            Some(false)
        } else {
            None
        }
    });
    // Without a verb before it, as in "is Friday fine for delivery", the one
    // that the sentence has is its.
    is_purpose || verb.unwrap_or(true)
}

/// Whether the day lies ahead and is a single one, which bounds the wish.
pub(super) fn is_to_come(words: &[&str], day: usize) -> bool {
    let is_after = |word: &&str| {
        matches!(
            *word,
            "after" | "since" | "from" | "starting" | "setelah" | "sesudah" | "sejak" | "mulai"
        )
    };
    let is_other = |word: &&str| {
        matches!(
            *word,
            "last" | "every" | "each" | "past" | "previous" | "tiap" | "setiap"
        )
    };
    let is_gone = |word: &&&str| matches!(**word, "lalu" | "kemarin" | "kemaren" | "kmrn");
    let near = preceding(words, day, 2);
    // "the day after tomorrow" is a day of its own.
    let is_day_after = words[day] == "tomorrow" || words[day] == "besok";
    !near.iter().any(is_other)
        && (is_day_after || !near.iter().any(is_after))
        && words.get(day + 1).filter(is_gone).is_none()
}

fn preceding<'w>(words: &'w [&'w str], at: usize, count: usize) -> &'w [&'w str] {
    &words[at.saturating_sub(count)..at]
}

fn is_for(word: &str) -> bool {
    matches!(word, "for" | "untuk" | "utk" | "buat")
}

/// Verbs and nouns of a wish to have something, in the order of the alphabet.
const WANTING: &[&str] = &[
    "antar",
    "anter",
    "arrival",
    "arrive",
    "arrives",
    "arriving",
    "butuh",
    "come",
    "comes",
    "dapat",
    "dapet",
    "datang",
    "deliver",
    "delivered",
    "delivering",
    "delivers",
    "delivery",
    "diantar",
    "dianter",
    "dikirim",
    "dipakai",
    "dipake",
    "diterima",
    "get",
    "gets",
    "have",
    "here",
    "kirim",
    "kirimkan",
    "make",
    "need",
    "needed",
    "needs",
    "nyampai",
    "nyampe",
    "pengiriman",
    "perlu",
    "reach",
    "reaches",
    "ready",
    "receive",
    "sampai",
    "sampe",
    "selesai",
    "send",
    "ship",
    "shipped",
    "shipping",
    "ships",
    "siap",
    "terima",
    "tiba",
    "want",
    "wants",
];

fn is_wanting(word: &str) -> bool {
    WANTING.binary_search(&word).is_ok()
}

fn is_wish(words: &[&str], at: usize) -> bool {
    is_wanting(words[at]) && !is_done(words, at) && !is_visit(words, at)
}

/// "was delivered", "sudah dikirim", "should have come": it is about the past.
/// "buka sampai": "sampai" is also "until".
fn is_done(words: &[&str], at: usize) -> bool {
    let is_past = |word: &&str| {
        matches!(
            *word,
            "was" | "were" | "been" | "sudah" | "udah" | "udh" | "sdh" | "telah"
        )
    };
    let is_open = |word: &&str| {
        matches!(
            *word,
            "buka" | "tutup" | "libur" | "promo" | "diskon" | "berlaku" | "open"
        )
    };
    is_wanting(words[at])
        && (preceding(words, at, 2).iter().any(is_past)
            || (words[at] == "sampai" && preceding(words, at, 3).iter().any(is_open)))
}

/// "can I come", "saya mau datang": the customer moves, not the parcel.
fn is_visit(words: &[&str], at: usize) -> bool {
    let is_me = |word: &&str| {
        matches!(
            *word,
            "i" | "i'll" | "we" | "we'll" | "saya" | "aku" | "kami" | "kita" | "gue"
        )
    };
    matches!(words[at], "come" | "here" | "datang") && preceding(words, at, 3).iter().any(is_me)
}

/// Ordering and paying; "my order" is a thing.
fn is_ordering(words: &[&str], at: usize) -> bool {
    let is_owner = |word: &&&str| {
        matches!(
            **word,
            "my" | "the" | "an" | "this" | "that" | "your" | "our" | "saya"
        )
    };
    let before = at.checked_sub(1).map(|before| &words[before]);
    match words[at] {
        "order" => before.filter(is_owner).is_none() && words.get(at + 1) != Some(&"saya"),
        "ordered" | "ordering" | "buy" | "bought" | "buying" | "pay" | "paid" | "paying"
        | "purchase" | "purchased" | "checkout" | "pesan" | "memesan" | "beli" | "membeli"
        | "bayar" | "membayar" | "transfer" | "tf" | "co" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_is_found() {
        assert!(WANTING.iter().all(|word| is_wanting(word)));
    }
}
