//! Whom a tenant wants told: its endpoints, its people and how, and what each
//! may see.

use baton_domain::{
    ids::{EndpointId, TenantId},
    limits::ENDPOINT_KEPT_DAYS,
    notify::NoticeKind,
    people::{Agent, FieldSet},
};
use baton_store::{Endpoint, NotificationSettings, Sees, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::roster::Roster;

/// Whom a tenant wants told. Beside the rest of a tenant in memory, so that an
/// endpoint that fails and recovers leaves the rest alone.
#[derive(Debug, Default)]
pub struct Told {
    /// Its endpoints, by id.
    pub endpoints: Vec<Endpoint>,
    /// How its people are told.
    pub settings: NotificationSettings,
}

impl Told {
    /// Reads it from the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(store: &dyn Store, tenant: &TenantId) -> Result<Self, StoreError> {
        let endpoints = store.endpoints(tenant).await?;
        Ok(Self {
            endpoints: endpoints.into_iter().map(|it| it.body).collect(),
            settings: store.notification_settings(tenant).await?.body,
        })
    }

    /// Whether nobody is, of a tenant of these people.
    pub fn is_nobody(&self, people: &Roster) -> bool {
        let has_people = people.agents().next().is_some();
        self.endpoints.is_empty() && !(self.tells_people() && has_people)
    }

    /// Whether the tenant's own people are told at all.
    pub fn tells_people(&self) -> bool {
        self.settings.email || self.settings.whatsapp.is_some()
    }

    /// The endpoint of this id.
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.endpoints.iter().find(|it| it.id == *id)
    }

    /// Endpoints for which a notice of `kind` that happens at `at` is kept:
    /// also those that the host disabled of late, so that it can be replayed.
    pub fn listening(&self, kind: NoticeKind, at: Timestamp) -> impl Iterator<Item = &Endpoint> {
        let kept = SignedDuration::from_hours(24 * ENDPOINT_KEPT_DAYS);
        self.endpoints.iter().filter(move |it| {
            let disabled = it.disabled.as_ref();
            let is_kept = disabled.is_none_or(|it| at.duration_since(it.at) < kept);
            it.is_enabled && is_kept && it.kinds.contains(&kind)
        })
    }
}

/// The fields that an endpoint sees; none in a role that is gone.
pub fn seen_by(sees: &Sees, people: &Roster) -> FieldSet {
    match sees {
        Sees::Role(role) => people.role(role).map_or(FieldSet::NONE, |it| it.fields),
        Sees::Fields(fields) => *fields,
    }
}

/// The fields that the role of one of the people holds.
pub(super) fn fields_of(agent: &Agent, people: &Roster) -> FieldSet {
    let role = people.role(&agent.role);
    role.map_or(FieldSet::NONE, |it| it.fields)
}
