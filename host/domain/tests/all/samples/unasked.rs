//! Events about what is not said unasked, and what is in doubt.

use baton_domain::{event::*, follow_up::About, ids::OrderId};

use crate::given::*;

/// What is not said unasked, and who is in doubt.
pub(super) fn unasked() -> Vec<EventBody> {
    let skipped = |follow_up: &str, about, why: &str| {
        EventBody::FollowUpSkipped(FollowUpSkipped {
            follow_up: follow_up.into(),
            about,
            why: why.into(),
        })
    };
    let booking = About::Booking {
        id: "B-1".into(),
        date: Some(jiff::civil::date(2026, 11, 27)),
    };
    let EventBody::EchoReceived(doubtful) = echo("thief") else {
        unreachable!()
    };
    vec![
        skipped(
            "tracking",
            About::Order(OrderId::parse("A-1").unwrap()),
            "refunded",
        ),
        skipped("basket", About::Basket(start()), "customer_replied"),
        skipped(
            "win-back",
            About::LastOrder(OrderId::parse("A-1").unwrap()),
            "capped",
        ),
        skipped("reminder", booking, "template_paused"),
        EventBody::MarketingCapped(MarketingCapped {
            send: SendKey("send-9".into()),
        }),
        EventBody::EchoReceived(EchoReceived {
            while_frozen: true,
            ..doubtful
        }),
    ]
}
