//! `baton module list` and `baton module show`.

use anyhow::Context;
use baton_domain::ids::ModuleDigest;
use clap::Args;
use serde_json::Value;

use super::{
    super::online::{Client, read},
    view::{Kept, List},
};

/// Arguments of `baton module show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Its digest, or its name: the one that came last.
    #[arg(value_name = "DIGEST|NAME")]
    module: String,
}

/// Lists all modules, a line each: by name, and each name's latest last.
pub(super) async fn list(client: &Client) -> anyhow::Result<()> {
    let answer = client.get("/v1/modules").await?;
    client.show(&answer, |list: List<Kept>| {
        let mut modules = list.items;
        modules.sort_by(|a, b| (&a.name, a.added_at).cmp(&(&b.name, b.added_at)));
        modules.iter().map(line).collect()
    })
}

fn line(module: &Kept) -> String {
    let Kept {
        name,
        world,
        digest,
        added_by,
        ..
    } = module;
    let granted = if module.is_granted {
        "granted"
    } else {
        "not granted"
    };
    let origin = if module.is_of_host() {
        "of the host".to_owned()
    } else {
        format!("by {added_by} at {:.0}", module.added_at)
    };
    format!("{name:<20}  {world:<6}  {granted:<11}  {digest}  {origin}\n")
}

impl Show {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let answer = find(client, &self.module).await?;
        client.show(&answer, |module: Kept| module.told() + &module.declared())
    }
}

/// The module of this digest, or the latest one of this name.
async fn find(client: &Client, wanted: &str) -> anyhow::Result<Value> {
    if let Ok(digest) = ModuleDigest::try_from(wanted.to_owned()) {
        return client.get(&format!("/v1/modules/{digest}")).await;
    }
    let list: List<Value> = read(&client.get("/v1/modules").await?)?;
    let mut latest: Option<(jiff::Timestamp, Value)> = None;
    for answer in list.items {
        let module: Kept = read(&answer)?;
        let is_later = |(at, _): &(jiff::Timestamp, Value)| module.added_at > *at;
        if module.name == wanted && latest.as_ref().is_none_or(is_later) {
            latest = Some((module.added_at, answer));
        }
    }
    let found = latest.map(|(_, answer)| answer);
    found.with_context(|| {
        format!("there is no module {wanted}: `baton module list` lists those there are")
    })
}
