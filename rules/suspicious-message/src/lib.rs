//! Fires on messages that try to take something from the merchant or the
//! customer: requests for one-time codes, talk of a hijacked account, and
//! links that hide where they lead.
//!
//! Every match is a fact that the agent can see in the message, so the reason
//! names it. Words alone never fire: a "code" is dangerous where somebody
//! asks for it, not where a customer asks for a voucher.

use baton_guest::{Signal, message};

mod links;
mod phrases;

baton_guest::rule! {
    name: "suspicious-message",
    summary: "The message looks like fraud, phishing or an account takeover.",
    signals: {
        CODE_REQUEST = "code-request",
        TAKEOVER = "account-takeover",
        ODD_LINK = "odd-link",
    },
    tags: { SUSPICIOUS = "suspicious message" },
    next_steps: {
        VERIFY = "Verify who is writing before sharing or changing anything",
        DO_NOT_OPEN = "Do not open the link; ask the customer what it is",
    },
    settings: {
        /// Your own domains, such as example.com; links to them are fine, and names that look like them are not.
        domains: texts = [],
        /// Whether to look at links.
        links: boolean = true,
    },
    score: score,
}

const SCORE_CODE: f64 = 0.8;
const SCORE_TAKEOVER: f64 = 0.75;

fn score() -> Vec<Signal> {
    let Some(text) = message::text() else {
        return Vec::new();
    };
    let mut signals = Vec::new();
    let lower = text.to_ascii_lowercase();
    if let Some(found) = phrases::code_request(&lower) {
        let reason = format!("The message asks for a one-time code: \"{found}\".");
        signals.push(
            CODE_REQUEST
                .signal(SCORE_CODE, reason)
                .tag(SUSPICIOUS)
                .next_step(VERIFY),
        );
    }
    if let Some(found) = phrases::takeover(&lower) {
        let reason = format!("The message speaks of a stolen or locked account: \"{found}\".");
        signals.push(
            TAKEOVER
                .signal(SCORE_TAKEOVER, reason)
                .tag(SUSPICIOUS)
                .next_step(VERIFY),
        );
    }
    if links::hosts(&lower).next().is_some() && setting::links() {
        signals.extend(odd_link(&lower));
    }
    signals
}

/// The worst link of the message.
fn odd_link(text: &str) -> Option<Signal> {
    let own = setting::domains();
    let odd = links::hosts(text).filter_map(|host| Some((links::oddity(host, &own)?, host)));
    let (oddity, host) = odd.max_by(|(a, _), (b, _)| a.score().total_cmp(&b.score()))?;
    let reason = format!("The link to {host} {}.", oddity.explanation());
    let signal = ODD_LINK.signal(oddity.score(), reason);
    Some(signal.tag(SUSPICIOUS).next_step(DO_NOT_OPEN))
}

#[cfg(test)]
mod tests {
    use baton_guest::testing::Facts;

    use super::*;

    #[test]
    fn requests_for_codes_fire() {
        for text in [
            "Please send me the OTP you just received",
            "hi, tell me the 6 digit code from the SMS",
            "can you share your verification code?",
            "kak tolong kirim kode OTP yang masuk ya",
            "minta kode verifikasinya dong",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert_eq!(
                run.signal(CODE_REQUEST).proposes(),
                Some(VERIFY.as_str()),
                "{text}"
            );
        }
    }

    #[test]
    fn talk_of_a_hijacked_account_fires() {
        for text in [
            "My account was hacked and someone ordered a phone",
            "your account has been suspended, verify it now",
            "akun saya dibajak kak",
            "There are orders I did not make",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert!(run.signal(TAKEOVER).score() > 0.7, "{text}");
        }
    }

    #[test]
    fn odd_links_fire_and_are_named() {
        let reason = |text: &str| {
            let facts = Facts::message(text).setting("domains", vec!["tokolampu.com".to_owned()]);
            facts.run::<Module>().signal(ODD_LINK).reason().to_owned()
        };
        assert!(reason("look: http://xn--tokolmpu-o1a.com/win").contains("xn--tokolmpu-o1a.com"));
        assert!(reason("pay at http://185.23.4.9:8080/pay").contains("185.23.4.9"));
        assert!(reason("cek bit.ly/3xYz").contains("hides where it leads"));
        assert!(reason("https://tokolarnpu.com/login").contains("looks like tokolampu.com"));
        assert!(reason("https://tokolampu.com.verify-id.top/").contains("looks like"));
    }

    #[test]
    fn ordinary_messages_and_links_are_quiet() {
        for text in [
            "thanks!",
            "what colours do you have?",
            "do you have a voucher code?",
            "I did not get the verification code, can you resend it?",
            "kode posnya 40115 kak",
            "kode voucher belum masuk",
            "see https://www.tokopedia.com/toko/lampu",
            "my site is example.org. thanks",
            "it costs 1.500.000 right?",
            "is 10.30 ok? or 11.15.",
            "I forgot my password",
            "please open an account for me",
            "kirim kode resinya ya kak",
        ] {
            let run = Facts::message(text).run::<Module>();
            assert!(run.is_quiet(), "{text}: {:?}", run.signals());
        }
        let own = Facts::message("https://shop.tokolampu.com/cart")
            .setting("domains", vec!["tokolampu.com".to_owned()]);
        assert!(own.run::<Module>().is_quiet());
        assert!(Facts::new().run::<Module>().is_quiet());
    }

    #[test]
    fn several_kinds_give_several_signals_and_links_can_be_off() {
        let text = "your account is locked, send the OTP and log in at http://1.2.3.4/";
        assert_eq!(Facts::message(text).run::<Module>().signals().len(), 3);
        let off = Facts::message(text).setting("links", false);
        assert_eq!(off.run::<Module>().signals().len(), 2);
    }
}
