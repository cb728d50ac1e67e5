//! What a webhook says: the fields that the endpoint may see, and no others.

use baton_domain::{
    field::FieldValue,
    notify::{Notice, OrderNews},
    seen::SeenNotice,
};
use serde_json::{Map, Value, json};

/// The body of a webhook: `type`, `timestamp` and `data`. What is not known or
/// not to be seen is absent.
pub fn body(seen: &SeenNotice, link: Option<String>) -> Value {
    let notice = seen.notice();
    json!({
        "type": notice.kind,
        "timestamp": notice.at,
        "data": data(notice, link),
    })
}

fn data(notice: &Notice, link: Option<String>) -> Map<String, Value> {
    let Notice {
        kind: _,
        at: _,
        rests_on: _,
        customer,
        number,
        epoch,
        team,
        tier,
        agent,
        by,
        is_with_operator,
        cause,
        queue,
        due,
        priority,
        flag,
        tags,
        reasons,
        next_step,
        note,
        order,
        fields,
    } = notice;
    let list = |texts: &[std::sync::Arc<str>]| (!texts.is_empty()).then(|| json!(texts));
    let order = order
        .as_ref()
        .map(|OrderNews { id, status }| json!({ "id": id, "status": status }));
    let known = fields.iter();
    let known: Map<_, _> = known
        .map(|(it, value)| (it.name().to_owned(), plain(value)))
        .collect();
    let members = [
        ("customer", Some(json!(customer))),
        ("number", number.as_ref().map(|it| json!(it))),
        ("epoch", Some(json!(epoch))),
        ("team", team.as_ref().map(|it| json!(it))),
        ("tier", tier.as_ref().map(|it| json!(it))),
        ("agent", agent.as_ref().map(|it| json!(it))),
        ("by", by.as_ref().map(|it| json!(it))),
        ("operator", is_with_operator.then(|| json!(true))),
        ("cause", cause.as_ref().map(|it| json!(it))),
        ("queue", queue.as_ref().map(|it| json!(it))),
        ("due", due.map(|it| json!(it))),
        ("priority", priority.map(|it| json!(it))),
        ("flag", flag.map(|it| json!(it))),
        ("tags", list(tags)),
        ("reasons", list(reasons)),
        ("next_step", next_step.as_ref().map(|it| json!(it))),
        ("note", note.as_ref().map(|it| json!(it))),
        ("order", order),
        (
            "fields",
            (!known.is_empty()).then_some(Value::Object(known)),
        ),
        ("link", link.map(Value::from)),
    ];
    let held = members.into_iter();
    held.filter_map(|(name, it)| Some((name.to_owned(), it?)))
        .collect()
}

/// A value as other systems expect it.
fn plain(value: &FieldValue) -> Value {
    match value {
        FieldValue::Unknown => Value::Null,
        FieldValue::Flag(flag) => json!(flag),
        FieldValue::Count(count) => json!(count),
        FieldValue::Seconds(seconds) => json!(seconds),
        FieldValue::Text(text) => json!(text),
        FieldValue::Money(money) => json!(money),
        FieldValue::Texts(texts) => json!(texts),
        FieldValue::Lines(lines) => json!(lines),
        FieldValue::Order(order) => json!(order),
        FieldValue::Messages(messages) => json!(messages),
        FieldValue::Owners(owners) => json!(owners),
    }
}
