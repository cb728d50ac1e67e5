//! The host: it knows all rooms and holds no business rule. The binary `baton`
//! is a thin shell around [`cli::run`].

pub mod cli;
pub mod evaluate;
pub mod explain;
pub mod rule_pack;
pub mod tenant;
pub mod wire;
