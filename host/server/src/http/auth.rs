//! Who asks. A handler takes the scope it needs as an argument, and only a key
//! or a token can make one: a check cannot be forgotten.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use baton_domain::{
    ids::RoleName,
    people::{Access, Action, Principal, stock_role},
};
use baton_store::{ApiKey, KeyHash, Role};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{code::Code, error::ApiError};
use crate::{directory::ActiveTenant, host::Host};

/// Somebody of this tenant: a system with a key, or a person with a token.
pub struct Scope {
    /// The tenant.
    pub tenant: Arc<ActiveTenant>,
    /// What they may see and do.
    pub access: Access,
}

/// The host administrator.
pub struct Admin;

/// Someone who may read the metrics: with a key for just that, or the host
/// administrator.
pub struct Monitor;

fn unauthorized() -> ApiError {
    let message = "a valid key is wanted: Authorization: Bearer <key>";
    ApiError::new(Code::Unauthorized, message)
}

fn hash_of_bearer(parts: &Parts) -> Result<[u8; 32], ApiError> {
    let header = parts
        .headers
        .get(header::AUTHORIZATION)
        .ok_or_else(unauthorized)?;
    let text = header.to_str().map_err(|_| unauthorized())?;
    let (scheme, key) = text.split_once(' ').ok_or_else(unauthorized)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthorized());
    }
    Ok(Sha256::digest(key.trim().as_bytes()).into())
}

impl FromRequestParts<Arc<Host>> for Scope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, ApiError> {
        let hash = KeyHash(hash_of_bearer(parts)?);
        let (directory, now) = (host.directory(), host.clock.now());
        let (tenant, access) = match directory.key(&hash) {
            Some(key) => {
                let access = access_of(key, now);
                if access.is_some() && key.role == Role::Bot {
                    host.bots.heard(&key.tenant, now);
                }
                (&key.tenant, access)
            }
            None => {
                let tenant = directory.tenant_of_token(&hash).ok_or_else(unauthorized)?;
                (tenant, directory.roster(tenant).access_by(&hash, now))
            }
        };
        let access = access.ok_or_else(unauthorized)?;
        let tenant = directory.tenant(tenant).ok_or_else(unauthorized)?.clone();
        Ok(Self { tenant, access })
    }
}

/// What a key may see and do: what the stock role of its name may; `None` when
/// it holds no more.
fn access_of(key: &ApiKey, now: Timestamp) -> Option<Access> {
    let is_over = key.expires_at.is_some_and(|at| now >= at);
    if key.is_revoked || is_over {
        return None;
    }
    let role = match key.role {
        Role::Operator => "operator",
        Role::Bot => "bot",
        Role::Integration => "integration",
    };
    let role = stock_role(&RoleName::parse(role).ok()?)?;
    let who = Principal::Key(key.name.as_str().into());
    Some(Access::of_authenticated(who, &role))
}

impl Scope {
    /// The name of whoever it is, for what records one.
    pub fn name(&self) -> Arc<str> {
        match self.access.who() {
            Principal::Person(agent) => agent.as_str().into(),
            Principal::Key(name) => name.clone(),
            other => other.to_string().into(),
        }
    }

    /// Lets go on whose role allows it.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        if self.access.may(action) {
            return Ok(());
        }
        let message = format!("your role does not allow it: it takes the action {action}");
        Err(ApiError::new(Code::Forbidden, message).with("action", action.name()))
    }
}

/// A scope whose role allows one action.
macro_rules! allowed {
    ($($(#[$doc:meta])* $name:ident $action:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name(pub Scope);

        impl FromRequestParts<Arc<Host>> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(
                parts: &mut Parts,
                host: &Arc<Host>,
            ) -> Result<Self, ApiError> {
                let scope = Scope::from_request_parts(parts, host).await?;
                scope.may(Action::$action)?;
                Ok(Self(scope))
            }
        }
    )+};
}

allowed! {
    /// Somebody who may see conversations.
    Reader ReadConversations;
    /// Somebody who may look customers up.
    Finder ReadCustomers;
    /// Somebody who may take the next step.
    Claimer Claim;
    /// Somebody who may write to customers.
    Replier Reply;
    /// Somebody who may give back, and end episodes.
    Returner Return;
    /// Somebody who may grant fields for one conversation.
    Escalator Escalate;
    /// Somebody who may export what is kept of a customer.
    Exporter Export;
    /// Somebody who may tell facts.
    Teller TellFacts;
    /// Somebody who may send as the bot.
    Bot SendAsBot;
    /// Somebody who may change rules and releases.
    RuleManager ManageRules;
    /// Somebody who may change people, roles and tokens.
    PeopleManager ManagePeople;
    /// Somebody who may see who read what.
    Auditor ReadAudit;
}

/// Somebody who may note down what the next person should know: a system that
/// tells facts, or a person who takes care.
pub struct Noter(pub Scope);

impl FromRequestParts<Arc<Host>> for Noter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, ApiError> {
        let scope = Scope::from_request_parts(parts, host).await?;
        if !scope.access.may(Action::Reply) {
            scope.may(Action::TellFacts)?;
        }
        Ok(Self(scope))
    }
}

impl FromRequestParts<Arc<Host>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, ApiError> {
        let hash = hash_of_bearer(parts)?;
        let is_admin: bool = hash.ct_eq(&host.admin_key).into();
        if is_admin {
            Ok(Self)
        } else {
            Err(unauthorized())
        }
    }
}

impl FromRequestParts<Arc<Host>> for Monitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, ApiError> {
        let hash = hash_of_bearer(parts)?;
        let is_admin = hash.ct_eq(&host.admin_key);
        // Without a key of its own, only the administrator's opens.
        let own = host.metrics_key.as_ref();
        let is_monitor = own.map_or(Choice::from(0), |own| hash.ct_eq(own));
        if (is_admin | is_monitor).into() {
            Ok(Self)
        } else {
            Err(unauthorized())
        }
    }
}
