//! Links in a message, and what is odd about where they lead.

/// What is odd about a host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Oddity<'a> {
    /// Letters of other alphabets, which may look like known ones.
    Punycode,
    /// A bare address instead of a name.
    Address,
    /// A service that hides where a link leads.
    Shortener,
    /// A name that looks like one of the merchant's own.
    LookAlike(&'a str),
    /// An ending under which fraud is common, together with a telling word.
    Bait,
}

impl Oddity<'_> {
    pub(crate) fn score(self) -> f64 {
        match self {
            Self::LookAlike(_) => 0.9,
            Self::Punycode | Self::Address => 0.75,
            Self::Bait => 0.65,
            // Customers share short links in good faith: this one adds to
            // other signals.
            Self::Shortener => 0.4,
        }
    }

    pub(crate) fn explanation(self) -> String {
        match self {
            Self::Punycode => "spells its name with letters of other alphabets".to_owned(),
            Self::Address => "is a bare address instead of a name".to_owned(),
            Self::Shortener => "hides where it leads".to_owned(),
            Self::LookAlike(own) => format!("looks like {own} and is not"),
            Self::Bait => "has a name that fraud is fond of".to_owned(),
        }
    }
}

const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "is.gd",
    "cutt.ly",
    "rb.gy",
    "ow.ly",
    "s.id",
    "shorturl.at",
    "tiny.cc",
    "rebrand.ly",
    "v.gd",
    "bl.ink",
    "t.ly",
];

const BAIT_ENDINGS: &[&str] = &[
    "top", "xyz", "click", "icu", "tk", "ml", "gq", "cf", "buzz", "zip",
];

const BAIT_WORDS: &[&str] = &[
    "login", "verify", "verif", "secure", "account", "akun", "bank", "wallet", "prize", "hadiah",
    "bonus", "gift", "claim", "klaim", "promo", "paypal", "whatsapp",
];

/// Longer names are not compared letter by letter.
const NAME_BYTES_MAX: usize = 64;

/// Hosts of all links in a text in lower case.
pub(crate) fn hosts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "<>()[]\"',;".contains(c))
        .filter_map(host)
}

fn host(word: &str) -> Option<&str> {
    let (schemed, rest) = match word.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, word),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    // What stands before an `@` in a link only pretends to be its host; in a
    // bare word it is a mail address.
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) if schemed => host,
        Some(_) => return None,
        None => authority,
    };
    let name = authority.split(':').next()?.trim_end_matches(['.', '!']);
    let ending = name.rsplit('.').next()?;
    let named = ending.len() >= 2 && ending.bytes().all(|b| b.is_ascii_alphabetic());
    let plausible = name.contains('.') && (named || ending.starts_with("xn--"));
    // Without a scheme, numbers with dots are prices and times.
    (plausible || (schemed && is_address(name))).then_some(name)
}

/// What is odd about `host`, if anything. `own` are the merchant's domains.
pub(crate) fn oddity<'a>(host: &str, own: &'a [String]) -> Option<Oddity<'a>> {
    if own.iter().any(|domain| is_or_under(host, domain)) {
        return None;
    }
    if is_address(host) {
        return Some(Oddity::Address);
    }
    if let Some(domain) = own.iter().find(|domain| looks_like(host, domain)) {
        return Some(Oddity::LookAlike(domain));
    }
    if host.split('.').any(|label| label.starts_with("xn--")) || !host.is_ascii() {
        return Some(Oddity::Punycode);
    }
    if SHORTENERS
        .iter()
        .any(|shortener| is_or_under(host, shortener))
    {
        return Some(Oddity::Shortener);
    }
    let ending = host.rsplit('.').next().unwrap_or_default();
    let bait = BAIT_ENDINGS.contains(&ending) && BAIT_WORDS.iter().any(|word| host.contains(word));
    bait.then_some(Oddity::Bait)
}

fn is_or_under(host: &str, domain: &str) -> bool {
    let rest = host.strip_suffix(domain);
    !domain.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_address(host: &str) -> bool {
    let octets = host
        .split('.')
        .filter(|part| part.parse::<u8>().is_ok())
        .count();
    (octets == 4 && host.split('.').count() == 4) || host.starts_with('[')
}

/// The merchant's name as a part of another's, or one or two letters away.
fn looks_like(host: &str, domain: &str) -> bool {
    let name = domain.split('.').next().unwrap_or_default();
    // Short names are near too many others.
    if name.len() < 5 || name.len() > NAME_BYTES_MAX {
        return false;
    }
    let near = usize::from(name.len() >= 8) + 1;
    host.split(['.', '-'])
        .filter(|label| label.len() <= NAME_BYTES_MAX)
        .any(|label| {
            let label = plain(label);
            label.contains(&plain(name)) || distance(label.as_bytes(), name.as_bytes()) <= near
        })
}

/// Digits and pairs of letters that pass for others.
fn plain(label: &str) -> String {
    label
        .replace("rn", "m")
        .replace("vv", "w")
        .replace('0', "o")
        .replace('1', "l")
}

/// Edits between two names (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: [usize; NAME_BYTES_MAX + 1] = std::array::from_fn(|at| at);
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        hosts(text).collect()
    }

    #[test]
    fn hosts_are_found_in_what_people_type() {
        assert_eq!(
            found("see https://a.example.com:8443/x?y#z."),
            ["a.example.com"]
        );
        assert_eq!(
            found("(bit.ly/x) and <www.toko.id>"),
            ["bit.ly", "www.toko.id"]
        );
        assert_eq!(found("http://tokolampu.com@evil.top/"), ["evil.top"]);
        assert_eq!(found("mail me at ana@example.com"), Vec::<&str>::new());
        assert_eq!(found("1.500.000 or 10.30, v1.2"), Vec::<&str>::new());
        assert_eq!(found("http://10.0.0.1/x"), ["10.0.0.1"]);
    }

    #[test]
    fn oddities_are_told_apart() {
        let own = ["tokolampu.com".to_owned()];
        let odd = |host: &str| oddity(host, &own);
        assert_eq!(odd("tokolampu.com"), None);
        assert_eq!(odd("shop.tokolampu.com"), None);
        assert_eq!(odd("example.com"), None);
        assert_eq!(odd("10.1.1.1"), Some(Oddity::Address));
        assert_eq!(odd("xn--e1awd7f.com"), Some(Oddity::Punycode));
        assert_eq!(odd("s.id"), Some(Oddity::Shortener));
        assert_eq!(odd("bank-login.top"), Some(Oddity::Bait));
        for like in [
            "tokolampv.com",
            "tok0lampu.net",
            "tokolampu.com.evil.io",
            "my-tokolampu.id",
        ] {
            assert_eq!(
                odd(like),
                Some(Oddity::LookAlike("tokolampu.com")),
                "{like}"
            );
        }
        assert_eq!(odd("tokobaju.com"), None, "another shop is no look-alike");
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"same", b"same"), 0);
    }
}
