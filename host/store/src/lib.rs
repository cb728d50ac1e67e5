//! The durable store: customers and their logs, work that is due, and the
//! lists that people need, behind one trait in domain terms.
//!
//! **Invariants:** only this crate knows how things are kept. Nothing outside
//! reads or writes a key. Personal values are sealed before they reach a
//! backend, and index keys carry keyed hashes, never a phone number. No clock
//! is read and no random number drawn but from the [`Entropy`] given at start.

mod audit;
mod coexist;
mod commit;
mod directory;
mod doctor;
mod error;
mod export;
mod notify;
mod numbers;
mod people;
mod quarantine;
mod releases;
mod work;

mod embedded;
mod entropy;
mod memory;
mod sled;

pub use self::sled::{SledStore, SmallFiles};
pub use audit::{AuditEntry, AuditQuery, Audited, GrantUsed};
pub use coexist::{
    CoexistStore, Comparison, ComparisonSource, ComparisonState, Discrepancy, NumberSync, Phase,
};
pub use commit::{Appended, Commit, Identity, Keep, Link, Loaded, StoredEvent, Version};
pub use directory::{
    ApiKey, App, AuditSync, CareDocument, Document, FollowUp, KeyHash, Number, PromiseDocument,
    Role, TeamDocument, Template, Tenant,
};
pub use doctor::{Counts, Examination, Finding, Problem};
#[doc(hidden)]
pub use embedded::{Extent, Faults};
pub use embedded::{Observer, Options, Synced};
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use error::{CommitError, StoreError};
pub use export::{Exported, ImportError, Imported};
pub use memory::MemoryStore;
pub use notify::{
    Counted, Disabled, Endpoint, FlagCount, NotificationSettings, NotifyStore, PreviousSecret,
    Sees, WhatsAppNotices,
};
pub use numbers::NumberStore;
pub use people::{PeopleStore, PersonalToken};
pub use quarantine::{QuarantineId, QuarantineSize, Quarantined};
pub use releases::{Granted, Grants, Origin, ReleaseStore, StoredModule};
pub use work::{Lease, LeasedWork, NewWork, Stage, Work, WorkChange, WorkKey, WorkKind};

use async_trait::async_trait;
use baton_domain::ids::{AgentId, CustomerId, NumberId, TeamName, TenantId};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::Sender;

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The entries, at most as many as were asked for.
    pub items: Vec<T>,
    /// Where the next page starts; `None` when this is the last.
    pub next: Option<String>,
}

/// Which conversations to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inbox<'a> {
    /// All of them, the last touched first.
    All,
    /// Those that people own, the most urgent first: by the time something is
    /// owed or, where nothing was named, the time people took over. What owes
    /// nothing any more comes last.
    People,
    /// Those of them that are somebody's.
    PeopleOf(&'a Held),
}

/// Whose conversations are wanted; all that is named must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// How they are owned: `team` (nobody in it has taken it yet), `agent` or
    /// `app`.
    pub owner: Option<String>,
    /// Who has them.
    pub agent: Option<AgentId>,
    /// The team that has them or had them before.
    pub team: Option<TeamName>,
}

/// A row of a list of conversations; the state holds the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Whose.
    pub customer: CustomerId,
    /// On which business number.
    pub number: NumberId,
    /// `bot`, `team`, `agent` or `app`.
    pub owner: String,
    /// Who has it, when it is one of the tenant's people.
    pub agent: Option<AgentId>,
    /// The team that has it, or had it before.
    pub team: Option<TeamName>,
    /// Last message in either direction.
    pub touched_at: Timestamp,
}

/// A row of a list of decisions or handoffs: where to find the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// In whose log.
    pub customer: CustomerId,
    /// At which place of it.
    pub version: Version,
    /// When it happened.
    pub at: Timestamp,
}

/// Which events to list across customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Decisions.
    Decisions,
    /// Handoffs.
    Handoffs,
}

/// What Baton keeps. Every call is scoped to a tenant where one is concerned;
/// another tenant's thing is simply not there.
#[async_trait]
pub trait Store: ReleaseStore + PeopleStore + NotifyStore + NumberStore + CoexistStore {
    /// The customer whom any of `links` names, with the state and whether each
    /// of `dedupe` (in order) was committed before. A customer nobody knows
    /// comes back under a new random id, at version 0, with an empty state;
    /// it exists once it is committed. A state of another fold version is
    /// folded anew from the log.
    ///
    /// When the links name several customers, the oldest is loaded and
    /// [`Loaded::absorbs`] names a younger one, to be merged by the next
    /// commit.
    ///
    /// Waits while a commit of this customer is on its way to the disk, so
    /// that what it answers is durable.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record is.
    async fn resolve(
        &self,
        tenant: &TenantId,
        links: &[Link],
        dedupe: &[Identity],
    ) -> Result<Loaded, StoreError>;

    /// The customer whom any of `links` names, to be looked at and not changed;
    /// `None` when nobody is named. ([`Store::resolve`] is for a change: it may
    /// take the state out of memory.)
    ///
    /// # Errors
    /// As [`Store::resolve`].
    async fn find(&self, tenant: &TenantId, links: &[Link]) -> Result<Option<Loaded>, StoreError>;

    /// The customer of this id (or of one merged into it), like
    /// [`Store::resolve`]; `None` when the tenant has no such customer.
    ///
    /// # Errors
    /// [`StoreError::Erased`] when the customer was erased.
    async fn load(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        dedupe: &[Identity],
    ) -> Result<Option<Loaded>, StoreError>;

    /// Makes one change to one customer durable, whole or not at all,
    /// conditional on the version that was loaded. Returns after the sync.
    ///
    /// # Errors
    /// [`CommitError`]: nothing changed, except that after
    /// [`StoreError::Backend`] it is not known.
    async fn commit(&self, commit: Commit) -> Result<Appended, CommitError>;

    /// Events of one customer from `from` on, oldest first, at most `limit`
    /// and never more than `EVENTS_AT_ONCE_MAX`.
    async fn events(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Leases work of `kind` that is due at `now`. Tenants take turns, so that
    /// one with much work does not hold up the others; within a tenant the
    /// longest due comes first. Each row is hidden until the lease ends, then
    /// due again unless settled by a commit that carries the lease.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when nothing but damaged rows is due; they stay
    /// where they are, and come up again when a lease would have ended.
    async fn due(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease_for: SignedDuration,
        limit: usize,
    ) -> Result<Vec<LeasedWork>, StoreError>;

    /// When the next row of `kind` is due, or the next lease of one ends, if
    /// there is any.
    async fn next_due(&self, kind: WorkKind) -> Result<Option<Timestamp>, StoreError>;

    /// One row of work of a customer.
    async fn work(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        key: &WorkKey,
    ) -> Result<Option<Work>, StoreError>;

    /// Rows that will not be tried again, the latest first.
    async fn dead_letters(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Work>, StoreError>;

    /// Customers of a tenant, by id.
    async fn customers(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<CustomerId>, StoreError>;

    /// Conversations of a tenant.
    async fn conversations(
        &self,
        tenant: &TenantId,
        inbox: Inbox<'_>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError>;

    /// Decisions or handoffs of a tenant, the latest first.
    async fn listed(
        &self,
        tenant: &TenantId,
        listed: Listed,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError>;

    /// Reads a document of the directory.
    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError>;
    /// Writes it, conditional on the revision read (0 for a new one), and with it
    /// who does.
    async fn put_tenant(
        &self,
        tenant: Document<Tenant>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError>;
    /// All tenants.
    async fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError>;
    /// All apps.
    async fn apps(&self) -> Result<Vec<Document<App>>, StoreError>;
    /// Writes an app, conditional on the revision read.
    async fn put_app(&self, app: Document<App>) -> Result<(), CommitError>;
    /// All API keys.
    async fn api_keys(&self) -> Result<Vec<Document<ApiKey>>, StoreError>;
    /// Writes an API key, conditional on the revision read, and with it who does.
    async fn put_api_key(
        &self,
        key: Document<ApiKey>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError>;

    /// Keeps a signed body, or part of one, that could not be processed.
    ///
    /// # Errors
    /// [`StoreError::QuarantineFull`].
    async fn quarantine(&self, item: Quarantined) -> Result<QuarantineId, StoreError>;
    /// What is in quarantine, oldest first.
    async fn quarantined(
        &self,
        after: Option<QuarantineId>,
        limit: usize,
    ) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError>;
    /// How full the quarantine is.
    async fn quarantine_size(&self) -> Result<QuarantineSize, StoreError>;
    /// Takes an item out, once it was processed or dismissed; no error when it
    /// is gone.
    async fn release(&self, id: QuarantineId) -> Result<(), StoreError>;

    /// Destroys the customer's key and everything that is kept of the
    /// customer and those merged into it. From then on the id answers
    /// [`StoreError::Erased`]; the same phone number is a new customer.
    /// Answers `false` when the tenant never had such a customer.
    async fn erase(&self, tenant: &TenantId, customer: &CustomerId) -> Result<bool, StoreError>;

    /// Removes what has outlived its use (identities kept for a month), at
    /// most `limit` rows, and answers how many they were. To be called now and
    /// then, and again soon while it removes as many as it may.
    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// After the clock was ahead and is set back: work that was put off, leased
    /// or added meanwhile waits from now on as long as it was to wait, instead
    /// of until the time that the clock showed. Answers how many rows moved. It
    /// looks at all that is due later, so it is for a start and for when the
    /// clock is seen to be set back.
    async fn clock_set_back(&self, now: Timestamp) -> Result<usize, StoreError>;

    /// Writes an export of everything to `to`, a few lines of JSON at a time,
    /// while the store goes on: each customer whole and as it stood at one
    /// moment. `at` is the time that it bears. Ends early when nobody reads.
    ///
    /// # Errors
    /// [`StoreError::ExportRunning`]; otherwise what was written is to be
    /// thrown away. A customer whose records are damaged is no error: it is
    /// counted, and left out.
    async fn export(&self, at: Timestamp, to: Sender<Vec<u8>>) -> Result<Exported, StoreError>;

    /// Returns once a write has failed: what is on the disk is not known from
    /// then on, every commit is refused, and only opening the store again
    /// helps. Never returns while all is well.
    async fn failed(&self);

    /// Lets the commits that wait become durable and takes no more: they
    /// answer [`StoreError::Closing`]. Reads go on.
    async fn close(&self);
}
