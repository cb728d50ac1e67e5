//! What is kept of a number, in whatever order it is told.

use baton_domain::{
    limits::NUMBER_TEMPLATES_MAX,
    number::{News, NumberRecord, TemplateName},
};
use jiff::Timestamp;

use crate::given::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn name(name: &str) -> TemplateName {
    TemplateName {
        name: name.into(),
        language: "en".into(),
    }
}

fn status(template: &str, status: &str) -> News {
    News::TemplateStatus(name(template), status.into(), None)
}

fn refusal(record: &NumberRecord, is_marketing: bool) -> Option<&'static str> {
    record.template_refusal("sale", "en", is_marketing)
}

#[test]
fn what_was_told_last_holds_in_any_order_and_repetition() {
    let told = [
        (at(1), News::Account("1".into())),
        (at(2), status("sale", "PAUSED")),
        (at(3), status("sale", "APPROVED")),
        (at(3), News::TemplateQuality(name("sale"), "RED".into())),
        (
            at(4),
            News::Quality("FLAGGED".into(), Some("TIER_1K".into())),
        ),
        (at(5), News::Disconnected("PARTNER_REMOVED".into(), None)),
        (at(6), News::Heard),
    ];
    let mut record = NumberRecord::new(number(0));
    for (at, news) in &told {
        assert!(record.learn(*at, news), "{news:?}");
    }
    for (at, news) in told.iter().rev().filter(|it| it.1 != told[5].1) {
        assert!(!record.clone().learn(*at, news), "{news:?} is known");
    }
    assert_eq!(refusal(&record, false), None);
    assert_eq!(refusal(&record, true), Some("template_flagged"));
    assert_eq!(record.disconnected, None);
}

#[test]
fn each_word_holds_back_what_it_must() {
    for (word, service, marketing) in [
        ("APPROVED", None, None),
        ("A_WORD_FROM_THE_FUTURE", None, None),
        ("FLAGGED", None, Some("template_flagged")),
        ("PAUSED", Some("template_paused"), Some("template_paused")),
        (
            "REJECTED",
            Some("template_rejected"),
            Some("template_rejected"),
        ),
        (
            "PENDING",
            Some("template_not_approved"),
            Some("template_not_approved"),
        ),
        (
            "IN_APPEAL",
            Some("template_not_approved"),
            Some("template_not_approved"),
        ),
        (
            "DISABLED",
            Some("template_disabled"),
            Some("template_disabled"),
        ),
        (
            "PENDING_DELETION",
            Some("template_disabled"),
            Some("template_disabled"),
        ),
    ] {
        let mut record = NumberRecord::new(number(0));
        record.learn(at(1), &status("sale", word));
        assert_eq!(refusal(&record, false), service, "{word}");
        assert_eq!(refusal(&record, true), marketing, "{word}");
        assert_eq!(record.template_refusal("sale", "id", true), None);
    }
}

#[test]
fn of_many_templates_those_are_forgotten_that_may_be_sent() {
    let mut record = NumberRecord::new(number(0));
    record.learn(at(1), &status("sale", "PAUSED"));
    for place in 0..=NUMBER_TEMPLATES_MAX {
        let news = status(&format!("t-{place}"), "APPROVED");
        assert!(record.learn(at(2 + place as i64), &news));
    }
    assert_eq!(record.templates.len(), NUMBER_TEMPLATES_MAX);
    assert_eq!(refusal(&record, false), Some("template_paused"));
    let long = "x".repeat(600);
    assert!(
        !record.learn(at(9), &status(&long, "PAUSED")),
        "no such name"
    );
}
