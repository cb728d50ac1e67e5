//! The directory in memory: who is who, ready for use. Rebuilt whole from the
//! store after each change, and swapped in one step.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use baton_domain::{
    assign,
    field::Field,
    ids::{NumberId, TenantId},
    tenant::TenantProfile,
};
use baton_store::{ApiKey, App, KeyHash, Role, Store, StoreError, Tenant};
use baton_whatsapp::{
    handshake::VerifyToken,
    signature::{AppSecret, AppSecrets},
};
use jiff::Timestamp;

use crate::{
    notify::Told,
    numbers::Numbers,
    releases::ActiveRollout,
    roster::Roster,
    tenant::{self, InvalidTenant},
};

/// A tenant, ready for use.
#[derive(Debug)]
pub struct ActiveTenant {
    /// What it wrote.
    pub document: Tenant,
    /// What decisions need of it.
    pub profile: Arc<TenantProfile>,
    /// The releases in force.
    pub rollout: Arc<ActiveRollout>,
    /// Its people, as far as assigning needs them.
    pub roster: assign::Roster,
    /// Its people and roles, whole.
    pub people: Arc<Roster>,
    /// Whom it wants told of what happens.
    pub told: ArcSwap<Told>,
    /// What is known of its numbers beside what it wrote; the same through all
    /// changes of the rest.
    pub numbers: Arc<ArcSwap<Numbers>>,
}

/// A Meta app, ready for use.
#[derive(Debug)]
pub struct ActiveApp {
    /// Its name in the callback's path.
    pub name: String,
    /// What its webhooks are signed with now.
    pub secret: AppSecret,
    /// What they may be signed with.
    pub secrets: AppSecrets,
    /// What its handshake is checked with.
    pub verify_token: VerifyToken,
}

/// Why a document cannot be put into use.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The tenant's own words.
    #[error(transparent)]
    Tenant(#[from] InvalidTenant),
    /// A secret or token of an app.
    #[error("the {what} of app {app} cannot be used: {why}")]
    App {
        /// Which app.
        app: String,
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A number belongs to two tenants.
    #[error("number {number} belongs to {owner} already")]
    NumberTaken {
        /// The number.
        number: NumberId,
        /// Whose it is.
        owner: TenantId,
    },
}

impl Unusable {
    /// The name of the limit that is passed, when one is.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Tenant(InvalidTenant::OverLimit { limit, .. }) => Some(limit),
            _ => None,
        }
    }
}

/// Everybody.
#[derive(Debug, Default, Clone)]
pub struct Directory {
    tenants: HashMap<TenantId, Arc<ActiveTenant>>,
    numbers: HashMap<NumberId, Arc<ActiveTenant>>,
    apps: HashMap<String, Arc<ActiveApp>>,
    keys: HashMap<KeyHash, ApiKey>,
    rosters: HashMap<TenantId, Arc<Roster>>,
    /// Whose people have the token of a hash.
    tokens: HashMap<KeyHash, TenantId>,
}

impl Directory {
    /// Reads everything from the store; what has not changed since `before` is
    /// the same. What cannot be used any more is left out and told to the log:
    /// one tenant's trouble is not the others'.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn load(
        store: &dyn Store,
        denied: &BTreeSet<Field>,
        before: &Self,
    ) -> Result<Self, StoreError> {
        let mut directory = Self::default();
        for app in store.apps().await? {
            match ActiveApp::new(&app.body) {
                Ok(active) => drop(directory.apps.insert(active.name.clone(), Arc::new(active))),
                Err(error) => tracing::error!(app = app.body.name, %error, "app left out"),
            }
        }
        for tenant in store.tenants().await? {
            let before = before.tenant(&tenant.body.id);
            let known = before.map(|it| &it.rollout);
            let rollout = ActiveRollout::read(store, &tenant.body, denied, known).await?;
            let roster = Roster::load(store, &tenant.body.id).await?;
            let beside = Beside::load(store, &tenant.body.id, before).await?;
            directory.put(&tenant.body, rollout, (&roster, beside));
            directory.enlist(&tenant.body.id, roster);
        }
        let keys = store.api_keys().await?.into_iter();
        directory.keys = keys.map(|key| (key.body.hash, key.body)).collect();
        Ok(directory)
    }

    /// Reads one tenant anew.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn reload(
        &mut self,
        store: &dyn Store,
        denied: &BTreeSet<Field>,
        id: &TenantId,
    ) -> Result<(), StoreError> {
        self.numbers.retain(|_, it| it.document.id != *id);
        let before = self.tenants.remove(id);
        let roster = Roster::load(store, id).await?;
        if let Some(tenant) = store.tenant(id).await? {
            let known = before.as_ref().map(|it| &it.rollout);
            let rollout = ActiveRollout::read(store, &tenant.body, denied, known).await?;
            let beside = Beside::load(store, &tenant.body.id, before.as_ref()).await?;
            self.put(&tenant.body, rollout, (&roster, beside));
        }
        self.enlist(id, roster);
        Ok(())
    }

    /// Puts a tenant's people in the place of those who were known.
    fn enlist(&mut self, tenant: &TenantId, roster: Arc<Roster>) {
        self.tokens.retain(|_, it| it != tenant);
        let hashes = roster.tokens().iter().map(|it| it.body.hash);
        self.tokens
            .extend(hashes.map(|hash| (hash, tenant.clone())));
        self.rosters.insert(tenant.clone(), roster);
    }

    /// The people of a tenant; nobody when there is no such tenant.
    pub fn roster(&self, tenant: &TenantId) -> Arc<Roster> {
        self.rosters.get(tenant).cloned().unwrap_or_default()
    }

    /// The tenant whose people have the token of this hash.
    pub fn tenant_of_token(&self, hash: &KeyHash) -> Option<&TenantId> {
        self.tokens.get(hash)
    }

    /// Puts a tenant into use, or leaves it out and tells the log.
    fn put(
        &mut self,
        tenant: &Tenant,
        rollout: Arc<ActiveRollout>,
        (roster, beside): (&Arc<Roster>, Beside),
    ) {
        match ActiveTenant::new(tenant, rollout, roster, beside) {
            Ok(active) => self.add(Arc::new(active)),
            Err(error) => tracing::error!(tenant = %tenant.id, %error, "tenant left out"),
        }
    }

    fn add(&mut self, tenant: Arc<ActiveTenant>) {
        for number in &tenant.document.numbers {
            self.numbers.insert(number.id.clone(), tenant.clone());
        }
        self.tenants.insert(tenant.document.id.clone(), tenant);
    }

    /// Checks that a tenant's document could be put into use beside the
    /// others.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn check(&self, tenant: &Tenant) -> Result<(), Unusable> {
        for number in &tenant.numbers {
            if let Some(owner) = self.numbers.get(&number.id)
                && owner.document.id != tenant.id
            {
                let (number, owner) = (number.id.clone(), owner.document.id.clone());
                return Err(Unusable::NumberTaken { number, owner });
            }
        }
        tenant::within_limits(tenant)?;
        tenant::profile(tenant)?;
        Ok(())
    }

    /// The tenant of this id.
    pub fn tenant(&self, id: &TenantId) -> Option<&Arc<ActiveTenant>> {
        self.tenants.get(id)
    }

    /// All tenants, by their ids.
    pub fn tenants(&self) -> Vec<&Arc<ActiveTenant>> {
        let mut tenants: Vec<_> = self.tenants.values().collect();
        tenants.sort_by(|one, other| one.document.id.cmp(&other.document.id));
        tenants
    }

    /// The tenant that has this number.
    pub fn tenant_of(&self, number: &NumberId) -> Option<&Arc<ActiveTenant>> {
        self.numbers.get(number)
    }

    /// The app of this name.
    pub fn app(&self, name: &str) -> Option<&Arc<ActiveApp>> {
        self.apps.get(name)
    }

    /// Whether some key of the tenant opens to its bot at `now`.
    pub fn has_bot(&self, tenant: &TenantId, now: Timestamp) -> bool {
        self.keys.values().any(|key| {
            let is_over = key.expires_at.is_some_and(|at| now >= at);
            key.tenant == *tenant && key.role == Role::Bot && !key.is_revoked && !is_over
        })
    }

    /// The key of this hash.
    pub fn key(&self, hash: &KeyHash) -> Option<&ApiKey> {
        self.keys.get(hash)
    }
}

/// What of a tenant changes by itself, and is swapped in by itself.
struct Beside {
    told: Told,
    numbers: Arc<ArcSwap<Numbers>>,
}

impl Beside {
    async fn load(
        store: &dyn Store,
        tenant: &TenantId,
        before: Option<&Arc<ActiveTenant>>,
    ) -> Result<Self, StoreError> {
        let numbers = match before {
            Some(before) => before.numbers.clone(),
            None => Arc::new(ArcSwap::from_pointee(Numbers::load(store, tenant).await?)),
        };
        let told = Told::load(store, tenant).await?;
        Ok(Self { told, numbers })
    }
}

impl ActiveTenant {
    fn new(
        tenant: &Tenant,
        rollout: Arc<ActiveRollout>,
        roster: &Arc<Roster>,
        beside: Beside,
    ) -> Result<Self, InvalidTenant> {
        Ok(Self {
            profile: Arc::new(tenant::profile(tenant)?),
            rollout,
            roster: roster.for_assigning(tenant.care.training.clone()),
            people: roster.clone(),
            told: ArcSwap::from_pointee(beside.told),
            numbers: beside.numbers,
            document: tenant.clone(),
        })
    }

    /// Whether `number` is one of the tenant's.
    pub fn has_number(&self, number: &NumberId) -> bool {
        self.document.numbers.iter().any(|it| it.id == *number)
    }

    /// Whether `number` is frozen: nothing leaves from it.
    pub fn is_frozen(&self, number: &NumberId) -> bool {
        let numbers = self.numbers.load();
        numbers.get(number).is_some_and(|it| it.frozen.is_some())
    }

    /// The token that opens the Graph API for `number`; of a frozen one nobody
    /// gets it.
    pub fn token(&self, number: &NumberId) -> Option<&str> {
        if self.is_frozen(number) {
            return None;
        }
        let number = self.document.numbers.iter().find(|it| it.id == *number)?;
        number.token.as_deref()
    }
}

impl ActiveApp {
    /// The app that a document describes.
    ///
    /// # Errors
    /// [`Unusable::App`].
    pub fn new(app: &App) -> Result<Self, Unusable> {
        let unusable = |what| {
            let app = app.name.clone();
            move |why: String| Unusable::App { app, what, why }
        };
        let secret = |what, text: &str| {
            AppSecret::new(text).map_err(|error| unusable(what)(error.to_string()))
        };
        let previous = app.previous_secret.as_deref();
        let previous = previous
            .map(|text| secret("previous secret", text))
            .transpose()?;
        let verify_token = VerifyToken::new(&app.verify_token)
            .map_err(|error| unusable("verify token")(error.to_string()))?;
        let secret = secret("secret", &app.secret)?;
        let secrets = AppSecrets::new(secret.clone(), previous);
        Ok(Self {
            name: app.name.clone(),
            secret,
            secrets,
            verify_token,
        })
    }
}
