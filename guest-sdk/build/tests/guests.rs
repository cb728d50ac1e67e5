//! The stock modules as `make guests` built them: what they import, declare
//! and take.

use baton_domain::{
    field::Field,
    money::{Currency, Money},
};
use baton_guest_build::{Component, read_guest};

/// What each stock module reads: its grant, reviewed here when it changes.
const READS: &[(&str, &[&str])] = &[
    ("asks-for-person", &["message.text"]),
    (
        "bot-failed-twice",
        &[
            "conversation.failed-answers",
            "conversation.failed-question",
        ],
    ),
    ("complaint", &["message.text"]),
    (
        "delivery-promise",
        &[
            "delivery.promised-date",
            "delivery.requested-date",
            "delivery.certainty",
            "delivery.uncertainty-reason",
        ],
    ),
    (
        "high-basket-value",
        &[
            "basket.value",
            "basket.checkout-state",
            "customer.average-order",
        ],
    ),
    (
        "payment-failure",
        &[
            "message.text",
            "payment.failures",
            "payment.last-failure-reason",
            "payment.last-failure-amount",
            "payment.last-failure-age-hours",
        ],
    ),
    (
        "repeat-buyer",
        &[
            "message.text",
            "conversation.failed-answers",
            "basket.value",
            "basket.checkout-state",
            "payment.failures",
            "order.count",
            "customer.lifetime-value",
            "customer.average-order",
            "delivery.requested-date",
            "delivery.certainty",
        ],
    ),
    ("suspicious-message", &["message.text"]),
    ("weighted", &[]),
];

/// A stack of 32 KiB, an arena of 64 KiB and the data of a stock module.
const MEMORY_BYTES_MAX: u64 = 128 * 1024;
/// Four times this is what an upload may have, at the least.
const GUEST_BYTES_MAX: usize = 64 * 1024;

fn guest(name: &str) -> Component {
    let bytes = read_guest(name).unwrap_or_else(|error| panic!("{error}"));
    Component::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_component_imports_exactly_the_fields_that_its_code_calls() {
    for (name, reads) in READS {
        let fields: Vec<&str> = guest(name).fields.into_iter().map(Field::name).collect();
        assert_eq!(fields, *reads, "{name}");
    }
}

#[test]
fn every_stock_module_declares_itself_fully() {
    for (name, _) in READS {
        let declaration = guest(name).declaration;
        assert_eq!(declaration.name.as_str(), *name);
        assert!(
            declaration.summary.ends_with('.'),
            "{name}: a summary is a sentence"
        );
        for setting in &declaration.settings {
            assert!(
                !setting.help.is_empty(),
                "{name}: {} has no help",
                setting.name
            );
        }
    }
}

#[test]
fn memory_never_grows() {
    for (name, _) in READS {
        let component = guest(name);
        // Not measured in one run but true of all: there is no instruction
        // that could.
        assert!(!component.grows_memory, "{name}");
        assert!(component.memory_bytes <= MEMORY_BYTES_MAX, "{name}");
        assert!(component.bytes.len() <= GUEST_BYTES_MAX, "{name}");
    }
}

#[test]
fn guest_and_host_write_money_alike() {
    for code in [
        "USD", "IDR", "JPY", "KWD", "CLP", "VND", "TND", "EUR", "XPF",
    ] {
        for minor in [0, 5, -5, 123_456, i64::MAX, i64::MIN] {
            let host = Money::new(minor, Currency::parse(code).unwrap());
            let guest = baton_guest::Money::new(minor, code);
            assert_eq!(guest.to_string(), host.to_string());
        }
    }
}
