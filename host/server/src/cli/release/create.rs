//! `baton release create`.

use anyhow::{Context, bail};
use baton_domain::ids::{ModuleDigest, ModuleName};
use clap::Args;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    show::{Difference, difference},
    view::{Made, Rollout},
    wanted::{WantedModule, WantedSetting},
};
use crate::{
    cli::{
        online::{Client, print, read},
        progress::waiting,
    },
    secret::random_secret,
};

/// Arguments of `baton release create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The release whose modules it begins with; 0 is the host's own pack. The
    /// active one when absent.
    #[arg(long, value_name = "N")]
    base: Option<u32>,
    /// What it is for.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// A module that it has instead of, or beside, those of the base; with
    /// weight=0 to 1, mode=live|shadow, on_failure=open|default behind commas.
    #[arg(long = "module", value_name = "NAME|DIGEST[,KEY=VALUE]")]
    modules: Vec<WantedModule>,
    /// A setting. The value is JSON, such as 5, true, ["a", "b"] or "5"; what
    /// is no JSON is a text, and null is the module's default.
    #[arg(long = "set", value_name = "MODULE.SETTING=VALUE")]
    settings: Vec<WantedSetting>,
    /// A module of the base that it has not.
    #[arg(long, value_name = "NAME", value_parser = ModuleName::parse)]
    without: Vec<ModuleName>,
    /// Under the same key it is made once; a random one when absent.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Create {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let base = match self.base {
            Some(base) => base,
            None => {
                let rollout: Rollout = read(&client.get("/v1/rollout").await?)?;
                rollout.active
            }
        };
        let key = match &self.idempotency_key {
            Some(key) => key.clone(),
            None => random_secret("release").context("no randomness")?,
        };
        let modules = self.modules(client, base).await?;
        let without: Vec<_> = self.without.iter().map(ModuleName::as_str).collect();
        let wanted = json!({
            "base": base, "note": self.note, "modules": modules, "without": without,
        });
        let request = client
            .request(Method::POST, "/v1/releases")
            .header("idempotency-key", key)
            .json(&wanted);
        let answer = waiting("the modules are made ready", client.send(request)).await?;
        if client.is_json() {
            return print(&format!("{answer:#}\n"));
        }
        let made: Made = read(&answer)?;
        let number = made.number;
        let differs: Difference = read(&difference(client, base, number).await?)?;
        print(&format!(
            "{}{}it decides nothing until it is activated: baton release activate {number}\n",
            made.headline(),
            differs.told(base, number)
        ))
    }

    /// The modules with their settings, which the API takes as a whole: those
    /// of the base, changed.
    async fn modules(&self, client: &Client, base: u32) -> anyhow::Result<Vec<WantedModule>> {
        let mut modules = Vec::new();
        for wanted in &self.modules {
            modules.push((name_of(client, wanted).await?, wanted.clone()));
        }
        if !self.settings.is_empty() {
            let base: Made = read(&client.get(&format!("/v1/releases/{base}")).await?)?;
            for setting in &self.settings {
                self.set(&base, &mut modules, setting)?;
            }
        }
        Ok(modules.into_iter().map(|(_, wanted)| wanted).collect())
    }

    fn set(
        &self,
        base: &Made,
        modules: &mut Vec<(String, WantedModule)>,
        setting: &WantedSetting,
    ) -> anyhow::Result<()> {
        let name = setting.module.as_str();
        let kept = base.modules.iter().find(|it| it.name == name);
        let kept = kept.filter(|_| !self.without.contains(&setting.module));
        let at = modules.iter().position(|(it, _)| it == name);
        let (_, wanted) = match (at, kept) {
            (Some(at), _) => &mut modules[at],
            (None, Some(_)) => {
                modules.push((name.to_owned(), WantedModule::named(name)));
                let last = modules.len() - 1;
                &mut modules[last]
            }
            (None, None) => bail!(
                "the release has no module {name} to set {}: add it with --module {name}",
                setting.name
            ),
        };
        let settings = wanted
            .settings
            .get_or_insert_with(|| kept.map(|it| it.settings.clone()).unwrap_or_default());
        if setting.value.is_null() {
            settings.remove(&setting.name);
        } else {
            settings.insert(setting.name.clone(), setting.value.clone());
        }
        Ok(())
    }
}

/// What the module calls itself.
async fn name_of(client: &Client, wanted: &WantedModule) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let Ok(digest) = ModuleDigest::try_from(wanted.module.clone()) else {
        return Ok(wanted.module.clone());
    };
    let module: Named = read(&client.get(&format!("/v1/modules/{digest}")).await?)?;
    Ok(module.name)
}
