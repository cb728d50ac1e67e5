//! What expressions mean, in this process and, the same, in the sandbox.

use std::sync::Arc;

use baton_domain::field::{Field, FieldValue, OwnerSpan, PastOrder, ThreadMessage};
use baton_sandbox::Sandbox;

use crate::shop::{Moment, amount, compiled, line, money, natively, on, on_with, rule, run, texts};

fn moment() -> Moment {
    let message = |author: &str, text: &str| ThreadMessage {
        author: author.into(),
        kind: "text".into(),
        text: text.into(),
        age_hours: 1,
    };
    let order = PastOrder {
        id: "A-1".into(),
        status: "paid".into(),
        total: money(9_900, "USD"),
        lines: Arc::new([line("Lamp", 1, 9_900)]),
        age_days: 12,
    };
    let lines = [line("Chair", 4, 12_500), line("Table", 1, 40_000)];
    let messages = [message("customer", "Where is it?"), message("bot", "Soon.")];
    let owners = [OwnerSpan {
        owner: "bot".into(),
        age_hours: 30,
    }];
    Moment::default()
        .with(Field::OccasionKind, FieldValue::text("message"))
        .with(Field::OccasionDate, FieldValue::text("2026-11-24"))
        .with(
            Field::MessageText,
            FieldValue::text("Is the Blue chair übrig? REFUND!"),
        )
        .with(
            Field::MessageRecent,
            FieldValue::Messages(Arc::new(messages)),
        )
        .with(Field::ConversationTurns, FieldValue::Count(4))
        .with(
            Field::ConversationOwnerHistory,
            FieldValue::Owners(Arc::new(owners)),
        )
        .with(Field::BasketValue, amount(90_000, "USD"))
        .with(Field::BasketItems, FieldValue::Lines(Arc::new(lines)))
        .with(Field::OrderCount, FieldValue::Count(3))
        .with(Field::OrderLast, FieldValue::Order(Arc::new(order)))
        .with(Field::CustomerAverageOrder, amount(30_000, "USD"))
        .with(Field::CustomerTags, texts(&["vip", "wholesale"]))
        .with(Field::CustomerMarketingConsent, FieldValue::Flag(false))
        .with(Field::DeliveryRequestedDate, FieldValue::text("2026-11-26"))
        .with(Field::DeliveryPromisedDate, FieldValue::text("2026-11-27"))
}

/// What holds at that moment.
const HOLDS: &[&str] = &[
    "true",
    "conversation.turns + 1 == 5 && conversation.turns * 2 > 7 && -conversation.turns < 0",
    "conversation.turns / 3 == 1 && conversation.turns % 3 == 1",
    "conversation.turns > 3.5 && 4.0 == conversation.turns",
    "message.text.contains('chair') && !message.text.contains('refund')",
    "message.text.lowerAscii().contains('refund')",
    "message.text.startsWith('Is') && message.text.endsWith('!')",
    "size('übrig') == 5 && message.text.size() == 32",
    "'vip' in customer.tags && !('new' in customer.tags) && customer.tags[1] == 'wholesale'",
    "occasion.kind in ['message', 'timer']",
    "basket.value >= money(90000, 'USD') && basket.value < money(90001, 'USD')",
    "basket.value == money(90000, 'USD') && basket.value != money(90000, 'EUR')",
    "basket.value / customer.average_order == 3.0",
    "basket.value - customer.average_order == money(60000, 'USD')",
    "basket.value.currency == 'USD' && basket.`value`.minor == 90000",
    "delivery.requested_date < delivery.promised_date && delivery.`promised-date` > '2026'",
    "basket.items.exists(l, l.name == 'Chair' && l.quantity >= 4)",
    "basket.items.all(l, l.unit_price >= money(12500, 'USD'))",
    "basket.items.exists_one(l, l.quantity == 1)",
    "basket.items.map(l, l.quantity)[0] == 4",
    "size(basket.items.filter(l, l.unit_price.minor > 20000)) == 1",
    "basket.items.exists(l, l.attributes.exists(a, a.name == 'colour' && a.value == 'blue'))",
    "order.last.total.minor == 9900 && order.last.lines[0].name == 'Lamp'",
    "order.last.age_days == 12 && order.last.status == 'paid' && order.last.id == 'A-1'",
    "message.recent[1].author == 'bot' && message.recent[0].text.endsWith('?')",
    "conversation.owner_history[0].owner == 'bot'",
    "has(basket.value) && !has(customer.name) && customer.name == null && null != basket.value",
    "customer.name != 'Ana' && !(customer.name in ['Ana', 'Bo'])",
    "customer.marketing_consent == false && !customer.marketing_consent",
    "customer.phone.startsWith('62') || conversation.turns == 4",
    "conversation.turns == 4 || customer.phone.startsWith('62')",
    "!(customer.phone.startsWith('62') && conversation.turns == 5)",
    "(conversation.turns > 3 ? 'many' : 'few') == 'many'",
    "int(2.9) == 2 && double(3) == 3.0 && string(12) + '!' == '12!' && string(true) == 'true'",
    "math.least(2, 3) == 2 && math.greatest(2.5, 1.0) == 2.5",
    "basket.items.exists(x, basket.items.exists(y, y.quantity > x.quantity))",
    "[1, 2] + [3] == [1, 2, 3] && 'a' + 'b' == 'ab'",
    "customer.tags.exists(t, t == 'vip' || size(t) / 0 == 1)",
];

/// What is not known at that moment; neither does the opposite hold.
const NOT_KNOWN: &[&str] = &[
    "customer.phone.startsWith('62')",
    "basket.age_hours > 2",
    "basket.value > money(1, 'EUR')",
    "basket.value + money(1, 'EUR') == basket.value",
    "basket.value / money(0, 'USD') > 1.0",
    "conversation.turns / 0 == 1",
    "9223372036854775807 + conversation.turns > 0",
    "customer.tags[2] == 'x'",
    "customer.tags[-1] == 'x'",
    "int(1.0e300) == 1",
    "customer.lifetime_value.minor > 1",
    "customer.tags.exists_one(t, customer.phone == t + customer.phone)",
    "customer.tags.all(t, size(t) > 0 && basket.age_hours > 2)",
];

fn fires(condition: &str) -> bool {
    natively(&rule(&on(condition)), &moment()).is_some()
}

#[test]
fn expressions_mean_what_they_say() {
    for condition in HOLDS {
        assert!(fires(condition), "{condition}");
        assert!(!fires(&format!("!({condition})")), "{condition}");
    }
}

#[test]
fn what_is_not_known_neither_holds_nor_does_not() {
    for condition in NOT_KNOWN {
        assert!(!fires(condition), "{condition}");
        assert!(!fires(&format!("!({condition})")), "{condition}");
        assert!(fires(&format!("({condition}) || true")), "{condition}");
    }
}

#[test]
fn the_component_says_the_same() {
    let sandbox = Sandbox::new().unwrap();
    let answer = |condition: &str| run(&compiled(&sandbox, &on(condition)), &moment()).answer;
    // All of them at once: what holds, and beside it what is not known.
    let holds: Vec<String> = HOLDS.iter().map(|it| format!("({it})")).collect();
    for some in holds.chunks(13) {
        assert_eq!(answer(&some.join(" && ")).unwrap().len(), 1, "{some:?}");
    }
    let unknown: Vec<String> = NOT_KNOWN.iter().map(|it| format!("({it})")).collect();
    assert_eq!(answer(&unknown.join(" || ")), Ok(Vec::new()));
    assert_eq!(
        answer(&format!("!({})", unknown.join(" && "))),
        Ok(Vec::new())
    );
}

#[test]
fn reasons_are_written_as_people_read_them() {
    for (reason, written) in [
        (
            "{basket.value} in {size(basket.items)} lines",
            "USD 900.00 in 2 lines",
        ),
        ("{basket.value / customer.average_order} times", "3 times"),
        (
            "{2.676} {-0.5} {1.0 / 3.0} {1.0e300}",
            "2.68 -0.5 0.33 not known",
        ),
        (
            "{customer.tags}, {has(customer.name)}",
            "vip, wholesale, no",
        ),
        (
            "{customer.name} and {customer.phone.size()}",
            "not known and not known",
        ),
        ("{{braces}} {'}'}", "{braces} }"),
        ("{conversation.turns > 3 ? \"many\" : \"few\"}", "many"),
    ] {
        let signal = natively(&rule(&on_with("true", reason)), &moment()).unwrap();
        assert_eq!(signal.reason(), written, "{reason}");
    }
    let long = natively(&rule(&on_with("true", &"x".repeat(900))), &moment()).unwrap();
    assert_eq!(long.reason().chars().count(), 280);
}

#[test]
fn scores_are_numbers_from_0_to_1() {
    let score = |score: &str| {
        let document = on("true").replace("score = 0.5", &format!("score = {score}"));
        natively(&rule(&document), &moment()).map(|signal| signal.score())
    };
    assert_eq!(score("0.25"), Some(0.25));
    assert_eq!(score("1"), Some(1.0));
    assert_eq!(score("'conversation.turns'"), Some(1.0));
    assert_eq!(score("'-2.5'"), Some(0.0));
    assert_eq!(score("'0.1 * double(conversation.turns)'"), Some(0.4));
    assert_eq!(score("'double(basket.age_hours)'"), None);
    assert_eq!(score("'0.0 / 0.0'"), None);
}

#[test]
fn a_moment_as_full_as_can_be_fits() {
    let text = "ü".repeat(4_096);
    let message = ThreadMessage {
        author: "customer".into(),
        kind: "text".into(),
        text: "ü".repeat(1_000).into(),
        age_hours: 1,
    };
    let lines: Vec<_> = (0..50).map(|_| line(&"x".repeat(280), 1, 1)).collect();
    let moment = Moment::default()
        .with(Field::MessageText, FieldValue::text(&text))
        .with(
            Field::MessageRecent,
            FieldValue::Messages(vec![message; 20].into()),
        )
        .with(Field::BasketItems, FieldValue::Lines(lines.into()));
    let condition = "message.text.contains('ü') && message.recent.all(m, size(m.text) == 1000) \
                     && basket.items.all(l, l.quantity == 1)";
    let sandbox = Sandbox::new().unwrap();
    let run = run(&compiled(&sandbox, &on(condition)), &moment);
    assert_eq!(run.answer.unwrap().len(), 1);
}
