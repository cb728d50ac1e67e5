//! Many deadlines at one moment: each fires once, also after a jump of 400
//! days. `BATON_TIMERS` says how many; `make soak` asks for 10,000.

use std::sync::Arc;

use baton::pipeline::Change;
use baton_domain::{
    event::{Event, EventBody, HandedOff, InboundMessage, Promised},
    ids::{MessageId, NumberId, OwnerEpoch, TeamName, TenantId},
};
use baton_store::{Link, Version};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;

use crate::fixture::{Fixture, NUMBER, start_time, until};

/// Deadlines in `make test`.
const TIMERS: usize = 500;

fn count() -> usize {
    let told = std::env::var("BATON_TIMERS").ok();
    told.map_or(TIMERS, |text| text.parse().expect("a number"))
}

/// A customer who was handed off and promised an answer by `start_time` and an
/// hour.
async fn wait_for_answer(host: &Fixture, place: usize) -> baton_domain::ids::CustomerId {
    let tenant = TenantId::parse("shop").expect("an id");
    let active = host
        .host
        .directory()
        .tenant(&tenant)
        .expect("it is there")
        .clone();
    let links = [Link::Phone(format!("62812{place:08}").into())];
    let loaded = host
        .host
        .store
        .resolve(&tenant, &links, &[])
        .await
        .expect("nobody yet");
    let mut change = Change::onto(&host.host, active, loaded)
        .await
        .expect("a change");
    let id = MessageId::parse(&format!("wamid.{place}")).expect("an id");
    let team = TeamName::parse("sales").expect("a name");
    let due = start_time() + SignedDuration::from_hours(1);
    let handoff = HandedOff {
        promised: Promised {
            first_reply: Some(due),
            next_step: None,
        },
        ..HandedOff::to_team(OwnerEpoch(0), team)
    };
    for body in [
        EventBody::MessageReceived(InboundMessage::text(id, "hello".into())),
        EventBody::HandedOff(handoff),
    ] {
        change.append(Event {
            at: start_time(),
            number: Some(NumberId::parse(NUMBER).expect("a number")),
            body,
        });
    }
    let customer = change.customer().clone();
    change.commit(&host.host).await.expect("it is durable");
    customer
}

#[tokio::test]
async fn deadlines_that_are_due_at_once_fire_once_each() {
    let host = Arc::new(Fixture::start().await);
    let count = count();
    println!("BATON_TIMERS={count}");
    let customers: Vec<_> = stream::iter(0..count)
        .map(|place| wait_for_answer(&host, place))
        .buffer_unordered(64)
        .collect()
        .await;
    host.clock.set(start_time() + SignedDuration::from_mins(59));
    let fired = || {
        host.host
            .metrics
            .text()
            .contains("baton_work_total{kind=\"timer\"} 0")
    };
    assert!(fired(), "none before its time");
    // They are all due at one moment, which is long over.
    host.advance(400 * 24, 0);
    let tenant = TenantId::parse("shop").expect("an id");
    let went_up = |customer| {
        let (host, tenant) = (host.clone(), tenant.clone());
        async move {
            let events = host
                .host
                .store
                .events(&tenant, &customer, Version(1), 256)
                .await;
            let events = events.expect("a log");
            let of = |kind: fn(&EventBody) -> bool| {
                events.iter().filter(|it| kind(&it.event.body)).count()
            };
            let fired = of(|it| matches!(it, EventBody::TimerFired(_)));
            (fired, of(|it| matches!(it, EventBody::Escalated(_))))
        }
    };
    for customer in &customers {
        until("it fired", || async {
            went_up(customer.clone()).await == (1, 1)
        })
        .await;
    }
    // Whatever fires late or twice would by now; back again nothing is owed.
    host.clock.set(start_time());
    host.advance(800 * 24, 0);
    host.says("hello").await;
    for customer in customers {
        assert_eq!(went_up(customer.clone()).await, (1, 1), "{customer}");
    }
}
