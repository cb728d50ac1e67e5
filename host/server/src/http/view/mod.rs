//! What is answered: typed, so that the document and the output cannot
//! differ; the records of events and decisions are the domain's own, which a
//! test holds to their schemas. Members without a value are `null`.

mod conversation;
mod customer;
mod decision;
mod event;
mod module;
mod money;
mod package;
mod package_of;
mod page;
mod release;
mod rollout;

pub use conversation::{ConversationView, HeadView, RowView};
pub use customer::{CustomerView, ListedCustomer};
pub use decision::{DecisionRow, DecisionView, HandoffRow, PlaceView};
pub use event::{DeadLetterView, EventView};
pub use module::{GrantsView, InstalledView, ModuleView};
pub use money::{LineView, MoneyView};
pub use package::SharedView;
pub use package_of::Parts;
pub use page::{List, PageQuery, PageView};
pub use release::{DifferenceView, ReleaseView};
pub use rollout::{GuardrailsBody, RolloutView, RunningView};
