//! Who asks. A handler takes the scope it needs as an argument, and only a
//! key can make one: a check cannot be forgotten.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use baton_store::{KeyHash, Role};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{code::Code, error::ApiError};
use crate::{directory::ActiveTenant, host::Host};

/// Someone with a key of this tenant.
pub struct Scope {
    /// The tenant.
    pub tenant: Arc<ActiveTenant>,
    /// What people call the key.
    pub key: Arc<str>,
    role: Role,
}

/// Someone who may read and steer the tenant's conversations.
pub struct Operator(pub Scope);

/// Someone who may tell facts: an operator, an integration, or the bot.
pub struct Teller(pub Scope);

/// Someone who may look a customer up: an operator, or the bot that talks to
/// the customer.
pub struct Reader(pub Scope);

/// Someone who may send as the bot: an operator or the bot.
pub struct Bot(pub Scope);

/// The bot itself.
pub struct BotAlone(pub Scope);

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
        let directory = host.directory();
        let key = directory.key(&hash).ok_or_else(unauthorized)?;
        let is_over = key.expires_at.is_some_and(|at| host.clock.now() >= at);
        if key.is_revoked || is_over {
            return Err(unauthorized());
        }
        let tenant = directory
            .tenant(&key.tenant)
            .ok_or_else(unauthorized)?
            .clone();
        if key.role == Role::Bot {
            host.bots.heard(&tenant.document.id, host.clock.now());
        }
        Ok(Self {
            tenant,
            key: key.name.as_str().into(),
            role: key.role,
        })
    }
}

impl Scope {
    /// What the key may do.
    pub fn role(&self) -> Role {
        self.role
    }

    fn with_role(self, allowed: &[Role]) -> Result<Self, ApiError> {
        if allowed.contains(&self.role) {
            return Ok(self);
        }
        let message = "the role of this key does not allow it";
        Err(ApiError::new(Code::Forbidden, message))
    }
}

macro_rules! scoped {
    ($name:ident, $($role:ident),+) => {
        impl FromRequestParts<Arc<Host>> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(
                parts: &mut Parts,
                host: &Arc<Host>,
            ) -> Result<Self, ApiError> {
                let scope = Scope::from_request_parts(parts, host).await?;
                scope.with_role(&[$(Role::$role),+]).map(Self)
            }
        }
    };
}

scoped!(Operator, Operator);
scoped!(Teller, Operator, Integration, Bot);
scoped!(Reader, Operator, Bot);
scoped!(Bot, Operator, Bot);
scoped!(BotAlone, Bot);

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
