//! What is answered: typed, so that the document and the output cannot
//! differ; the records of events and decisions are the domain's own, which a
//! test holds to their schemas. Members without a value are `null`.

mod conversation;
mod customer;
mod decision;
mod endpoint;
mod event;
mod flag;
mod module;
mod money;
mod page;
mod release;
mod rollout;

pub use conversation::{ConversationView, HeadView, RowView};
pub use customer::{CustomerView, ListedCustomer};
pub use decision::{DecisionRow, DecisionView, HandoffRow, PlaceView};
pub use endpoint::{
    EndpointBody, EndpointView, EndpointWithSecret, NewEndpoint, NotificationsBody, ReplayedView,
};
pub use event::{DeadLetterView, EventView};
pub use flag::{FlagView, FlagsReport};
pub use module::{GrantsView, InstalledView, ModuleView};
pub use money::{LineView, MoneyView};
pub use page::{List, PageQuery, PageView};
pub use release::{DifferenceView, ReleaseView};
pub use rollout::{GuardrailsBody, RolloutView, RunningView};
