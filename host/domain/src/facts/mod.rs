//! Facts: what a moment knows, field by field. Computed when a module reads
//! the field, so that an occasion costs only what its rules look at.

mod deadline;
mod language;
mod mask;
mod moment;

pub use deadline::requested_date;
pub(crate) use language::language_of;
pub use mask::masked;
pub(crate) use mask::{Keep, masked_but};
pub use moment::Facts;
