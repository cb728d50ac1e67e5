//! `baton module upload`.

use std::{fs, path::PathBuf};

use anyhow::Context;
use baton_domain::ids::ModuleName;
use clap::Args;
use reqwest::{Method, header};

use super::{
    super::{
        online::{Client, read},
        progress::waiting,
    },
    grant::Standing,
    view::Kept,
};

/// Arguments of `baton module upload`.
#[derive(Debug, Args)]
pub(super) struct Upload {
    /// The component.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Grant all that it can read.
    #[arg(long)]
    grant_all: bool,
}

impl Upload {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let file = &self.file;
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let request = client
            .request(Method::POST, "/v1/modules")
            .header(header::CONTENT_TYPE, "application/wasm")
            .body(bytes);
        let mut answer = waiting("the module is sent and compiled", client.send(request)).await?;
        if self.grant_all {
            let module: Kept = read(&answer)?;
            grant_all(client, &module).await?;
            answer = client
                .get(&format!("/v1/modules/{}", module.digest))
                .await?;
        }
        client.show(&answer, |module: Kept| module.told())
    }
}

async fn grant_all(client: &Client, module: &Kept) -> anyhow::Result<()> {
    let ungranted = module.ungranted();
    if ungranted.is_empty() {
        return Ok(());
    }
    let standing = Standing::of(client, ModuleName::parse(&module.name)?).await?;
    let mut fields = standing.fields();
    fields.extend(ungranted.into_iter().map(str::to_owned));
    standing.put(client, &fields).await?;
    Ok(())
}
