//! `POST /v1/events`: what the merchant's systems and bot tell.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{event::EventBody, limit, limits::FACTS_MAX, people::Action};
use baton_store::{Identity, Link};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    auth::Teller,
    code::Code,
    error::{Answer, ApiError},
    extract::Json,
};
use crate::{
    host::Host,
    pipeline::{CustomerKey, Item, Parcel, evaluation_deadline, take_parcel},
    wire::{CustomerRef, Fact, all_named},
};

/// Facts about one customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Whom they are about.
    customer: CustomerRef,
    /// What happened, in order; at most 100.
    #[serde(deserialize_with = "all_named")]
    #[schema(min_items = 1, max_items = 100)]
    facts: Vec<KeyedFact>,
}

/// A fact, and what makes telling it twice harmless.
#[derive(Debug, Deserialize, ToSchema)]
pub struct KeyedFact {
    /// Your key of this fact: under the same key it is taken once. Without
    /// one, and with `at`, the same fact is taken once.
    #[serde(default)]
    idempotency_key: Option<String>,
    #[serde(flatten)]
    fact: Fact,
}

/// What was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    /// Baton's id of the customer.
    customer: String,
    /// Whether anything was news.
    news: bool,
}

/// Takes facts about a customer; answered once they are durable.
#[utoipa::path(post, path = "/v1/events", tag = "facts", operation_id = "tell_facts",
    request_body = Facts, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::InvalidValue, Code::Erased]))),
    responses((status = 200, description = "All of it is durable.", body = Told)))]
pub async fn tell(
    State(host): State<Arc<Host>>,
    Teller(scope): Teller,
    Json(told): Json<Facts>,
) -> Answer<Json<Told>> {
    told.customer.check()?;
    if told.facts.is_empty() {
        return Err(ApiError::invalid("send at least one fact"));
    }
    if told.facts.len() > FACTS_MAX {
        return Err(ApiError::over("facts in one request", limit!(FACTS_MAX)));
    }
    let now = host.clock.now();
    let mut items = Vec::with_capacity(told.facts.len());
    for (place, keyed) in told.facts.iter().enumerate() {
        let event = keyed
            .fact
            .event(now)
            .map_err(|error| ApiError::from(error).with("fact", place))?;
        if let Some(number) = &event.number
            && !scope.tenant.has_number(number)
        {
            return Err(ApiError::invalid("the number is none of yours").with("fact", place));
        }
        let is_bots = matches!(
            event.body,
            EventBody::BotAnswered(_) | EventBody::BotMissed(_)
        );
        if is_bots && !scope.access.may(Action::SendAsBot) {
            let message = "only a bot's key tells what the bot did";
            return Err(ApiError::new(Code::Forbidden, message).with("fact", place));
        }
        items.push(Item {
            identity: identity(keyed),
            events: vec![event],
            ..Item::default()
        });
    }
    let customer = customer_key(&told.customer)?;
    let parcel = Parcel {
        tenant: scope.tenant.clone(),
        customer,
        display_name: None,
        items,
        by: Some(scope.entry(&host, "tell-facts")),
    };
    let taken = take_parcel(&host, parcel, evaluation_deadline(&host)).await?;
    let taken = taken.ok_or_else(ApiError::not_found)?;
    Ok(Json(Told {
        customer: taken.customer.to_string(),
        news: taken.appended.is_some(),
    }))
}

fn identity(keyed: &KeyedFact) -> Option<Identity> {
    if let Some(key) = &keyed.idempotency_key {
        return Some(Identity::month(format!("key/{key}")));
    }
    // The same fact at the same time is the same fact.
    keyed.fact.at?;
    let canonical = serde_json::to_vec(&keyed.fact).ok()?;
    Some(Identity::month([b"fact/".as_slice(), &canonical].concat()))
}

/// How the customer is found.
pub(super) fn customer_key(customer: &CustomerRef) -> Answer<CustomerKey> {
    if let Some(id) = &customer.id {
        let id = baton_domain::ids::CustomerId::parse(id).map_err(|_| ApiError::not_found())?;
        return Ok(CustomerKey::Id(id));
    }
    let phone = customer.phone_digits()?.map(|it| Link::Phone(it.into()));
    let user_id = customer
        .user_id
        .as_deref()
        .map(|it| Link::UserId(it.into()));
    let external = customer
        .external_id
        .as_deref()
        .map(|it| Link::External(it.into()));
    Ok(CustomerKey::Links(
        [phone, user_id, external].into_iter().flatten().collect(),
    ))
}
