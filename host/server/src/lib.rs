//! The host: it knows all rooms and holds no business rule. The binary `baton`
//! is a thin shell around [`cli::run`].

pub mod cli;
pub mod config;

pub mod host;
pub mod server;

pub mod accept;
pub mod http;

pub mod pipeline;

pub mod evaluation;
pub mod explain;

pub mod coexist;
pub mod notify;
pub mod numbers;
pub mod outbox;
pub mod timers;
pub mod work;

pub mod case;
pub mod clock;
pub mod directory;
pub mod logging;
pub mod metrics;
pub mod package;
pub mod people;
pub mod releases;
pub mod replay;
pub mod roster;
pub mod rule_pack;
pub mod secret;
pub mod tenant;
pub mod wire;

mod demo;
