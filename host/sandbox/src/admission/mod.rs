//! Admission: what uploaded bytes are, what they could ever read and what they
//! are made of, found without compiling or running them.

mod rejection;

pub(crate) mod measure;

mod census;
mod code;

mod componentise;
mod inspect;
mod report;
mod tier;
mod validate;
pub(crate) mod wit_type;

pub(crate) use inspect::FEATURES;
pub use inspect::Inspected;
pub use measure::Measured;
pub use rejection::Rejection;
pub use report::{AdmissionReport, ReadableField};
pub use tier::Tier;
