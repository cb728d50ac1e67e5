//! `baton package install`.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use reqwest::{Method, header};
use serde::Deserialize;

use super::super::{
    online::{Client, Online},
    progress::waiting,
};

/// Arguments of `baton package install`.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// The package.
    #[arg(value_name = "FILE")]
    package: PathBuf,
    #[command(flatten)]
    online: Online,
}

/// What the host answers, as far as it is told.
#[derive(Deserialize)]
struct Installed {
    module: Module,
    shadow: Option<u32>,
}

#[derive(Deserialize)]
struct Module {
    digest: String,
    name: String,
    is_granted: bool,
    reads: Vec<Read>,
}

#[derive(Deserialize)]
struct Read {
    field: String,
    label: String,
    grant: String,
    why: Option<String>,
}

impl Install {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let package = self.package;
        self.online
            .run(async |client| install(client, &package).await)
    }
}

async fn install(client: &Client, package: &PathBuf) -> anyhow::Result<()> {
    let bytes = fs::read(package).with_context(|| format!("cannot read {}", package.display()))?;
    let request = client
        .request(Method::POST, "/v1/packages")
        .header(header::CONTENT_TYPE, "application/vnd.baton.package+json")
        .body(bytes);
    let answer = waiting("the package is sent and compiled", client.send(request)).await?;
    client.show(&answer, |installed: Installed| installed.told())
}

impl Installed {
    fn told(self) -> String {
        let Self { module, shadow } = self;
        let mut text = format!("{} is installed, digest {}\n", module.name, module.digest);
        for read in &module.reads {
            text += &format!(
                "  can read {}: {} ({})\n",
                read.field, read.label, read.grant
            );
            if let Some(why) = &read.why {
                text += &format!("    because {why}\n");
            }
        }
        text += &match shadow {
            Some(release) => format!("it is the shadow, in release {release}\n"),
            None if module.is_granted => {
                "it decides nothing: make a release with it (`baton release create`)\n".to_owned()
            }
            None => format!(
                "it decides nothing: grant what it reads first, with\n  baton module grant {} --all-of {}\n",
                module.name, module.digest
            ),
        };
        text
    }
}
