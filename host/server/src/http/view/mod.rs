//! What is answered: typed, so that the document and the output cannot
//! differ; the records of events and decisions are the domain's own, which a
//! test holds to their schemas. Members without a value are `null`; what the
//! role may not see is absent, see [`baton_domain::seen`].

mod audit;
mod coexistence;
mod conversation;
mod customer;
mod decision;
mod endpoint;
mod event;
mod flag;
mod module;
mod money;
mod number;
mod package;
mod package_of;
mod page;
mod people;
mod release;
mod rollout;

pub use audit::{AuditView, AuditedView, ModuleReadView};
pub use coexistence::{AppMessage, ComparisonView, NewComparison, SyncView};
pub use conversation::{ConversationView, HeadView, OwnerView, RowView};
pub use customer::{CustomerView, ListedCustomer};
pub use decision::{DecisionRow, DecisionView, HandoffRow, PlaceView};
pub use endpoint::{
    EndpointBody, EndpointView, EndpointWithSecret, NewEndpoint, NotificationsBody, ReplayedView,
};
pub use event::{DeadLetterView, EventView};
pub use flag::{FlagView, FlagsReport};
pub use module::{GrantsView, InstalledView, ModuleView};
pub use money::{LineView, MoneyView};
pub use number::{NumberFrozenView, NumberView};
pub use package::SharedView;
pub use package_of::Parts;
pub use page::{List, PageQuery, PageView};
pub use people::{AgentBody, AgentView, FrozenView, PassedView, RoleView, TokenView};
pub use release::{DifferenceView, ReleaseView};
pub use rollout::{GuardrailsBody, RolloutView, RunningView};

/// A value that may not be known, of a field that may not be seen: absent then.
pub type Shown<T> = Option<Option<T>>;
