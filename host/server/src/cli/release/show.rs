//! `baton release list`, `show` and `diff`.

use std::{collections::BTreeSet, fmt::Write};

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::online::{Client, line, short},
    view::{Made, Released},
};

/// Arguments of `baton release list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those before this one.
    #[arg(long, value_name = "N")]
    before: Option<u32>,
}

/// Arguments of `baton release show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Its number.
    #[arg(value_name = "N")]
    number: u32,
}

/// Arguments of `baton release diff`.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The one before.
    #[arg(value_name = "A")]
    before: u32,
    /// The one after.
    #[arg(value_name = "B")]
    after: u32,
}

/// A page of the API.
#[derive(Deserialize)]
struct Page {
    items: Vec<Made>,
    next: Option<String>,
}

impl List {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let after = self.before.map(|before| format!("?after={before}"));
        let path = format!("/v1/releases{}", after.unwrap_or_default());
        let answer = client.get(&path).await?;
        client.show(&answer, |page: Page| {
            let mut text: String = page.items.iter().map(Made::headline).collect();
            if page.items.is_empty() {
                text += "no release was made; release 0, the host's own pack, decides\n";
            }
            if let Some(next) = page.next {
                let _ = writeln!(text, "more: baton release list --before {next}");
            }
            text
        })
    }
}

impl Show {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let answer = client.get(&format!("/v1/releases/{}", self.number)).await?;
        client.show(&answer, |release: Made| {
            let modules = release.modules.iter();
            let lines = modules.map(|it| line(&format!("  {}", it.told_whole())));
            release.headline() + &lines.collect::<String>()
        })
    }
}

impl Diff {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let Self { before, after } = self;
        let answer = difference(client, before, after).await?;
        client.show(&answer, |it: Difference| it.told(before, after))
    }
}

/// How two releases differ, from the API.
pub(super) async fn difference(client: &Client, before: u32, after: u32) -> anyhow::Result<Value> {
    let path = format!("/v1/releases/{before}/difference/{after}");
    client.get(&path).await
}

/// How two releases differ.
#[derive(Deserialize)]
pub(super) struct Difference {
    added: Vec<Released>,
    removed: Vec<Released>,
    changed: Vec<Change>,
    reads_more: Vec<ReadsMore>,
}

#[derive(Deserialize)]
struct Change {
    before: Released,
    after: Released,
}

#[derive(Deserialize)]
struct ReadsMore {
    module: String,
    field: String,
    label: String,
}

impl Difference {
    /// What came, what went, what is not as it was, and what can be read now.
    pub(super) fn told(&self, before: u32, after: u32) -> String {
        let mut text = format!("from release {before} to release {after}\n");
        for module in &self.added {
            text += &line(&format!("  + {}", module.told_whole()));
        }
        for module in &self.removed {
            let _ = writeln!(text, "  - {}", module.told());
        }
        for change in &self.changed {
            let _ = writeln!(text, "  ~ {}", change.after.told());
            for change in change.lines() {
                text += &line(&format!("      {change}"));
            }
        }
        if self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty() {
            text += "  nothing differs\n";
        }
        if !self.reads_more.is_empty() {
            text += "  can be read, and could not before\n";
        }
        for ReadsMore {
            module,
            field,
            label,
        } in &self.reads_more
        {
            let _ = writeln!(text, "    by {module}: {field}: {label}");
        }
        text
    }
}

impl Change {
    /// What was and what is, a line each.
    fn lines(&self) -> Vec<String> {
        let Self { before, after } = self;
        let all = [
            ("bytes", short(&before.digest), short(&after.digest)),
            ("mode", &before.mode, &after.mode),
            ("on failure", &before.on_failure, &after.on_failure),
            (
                "weight",
                &before.weight.to_string(),
                &after.weight.to_string(),
            ),
        ];
        let differing = all.into_iter().filter(|(_, before, after)| before != after);
        let mut lines: Vec<String> = differing
            .map(|(what, before, after)| format!("{what}: {before} → {after}"))
            .collect();
        let names: BTreeSet<_> = before
            .settings
            .keys()
            .chain(after.settings.keys())
            .collect();
        for name in names {
            let (was, is) = (before.settings.get(name), after.settings.get(name));
            if was != is {
                let (was, is) = (value(was), value(is));
                lines.push(format!("setting {name}: {was} → {is}"));
            }
        }
        lines
    }
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "its default".to_owned(), Value::to_string)
}
