//! A notice to one of the people on their own WhatsApp number. They are no
//! customer: outside of any window, by a template, at least once.

use baton_domain::{people::Agent, seen::SeenNotice};
use baton_whatsapp::{
    address::{CustomerAddress, Phone},
    graph::{AccessToken, Content, Outcome, Outgoing, Rejection, Template},
};

use super::perform::{Tried, headline};
use crate::{directory::ActiveTenant, host::Host};

/// Sends it once, under a key that tells its statuses from those of messages to
/// customers.
pub async fn send(
    host: &Host,
    tenant: &ActiveTenant,
    agent: &Agent,
    (seen, link): (&SeenNotice, Option<String>),
    key: &str,
) -> Tried {
    let settings = tenant.told.load().settings.whatsapp.clone();
    let Some(settings) = settings else {
        return Tried::Needless("not_wanted");
    };
    let phone = agent.contact.whatsapp.as_deref();
    let phone = phone.and_then(|it| Phone::parse(it).ok());
    let Some(address) = CustomerAddress::new(phone, None) else {
        return Tried::Needless("no_address");
    };
    let token = tenant.token(&settings.number);
    let Some(token) = token.and_then(|it| AccessToken::new(it).ok()) else {
        return Tried::Failed("no_token");
    };
    let template = Template {
        name: settings.template,
        language: settings.language,
        parameters: vec![headline(seen), link.unwrap_or_default()],
        ..Template::default()
    };
    let outgoing = Outgoing::new(address, Content::Template(template));
    let Ok(outgoing) = outgoing.and_then(|it| it.with_key(key)) else {
        return Tried::Hopeless("not_sendable");
    };
    let outcome = host.graph.send(&settings.number, &token, &outgoing).await;
    judged(&outcome)
}

fn judged(outcome: &Outcome) -> Tried {
    match outcome {
        Outcome::Accepted(_) => Tried::Delivered,
        Outcome::NotSent { .. } => Tried::Failed("not_sent"),
        Outcome::Ambiguous(_) => Tried::Failed("ambiguous"),
        Outcome::Rejected { rejection, .. } => match rejection {
            Rejection::RateLimited
            | Rejection::PairRateLimited
            | Rejection::TokenDead
            | Rejection::NotPermitted => Tried::Failed(rejection.code()),
            _ => Tried::Hopeless(rejection.code()),
        },
    }
}
