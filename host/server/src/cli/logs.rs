//! `baton logs`: decisions as they are made, newest last.

mod record;

use std::{collections::HashSet, io, process::ExitCode, time::Duration};

use baton_domain::{
    ids::ModuleName,
    limits::{LOG_PAGE_ITEMS, LOG_PAGES_MAX, LOG_RECORDS_AT_ONCE, PAGE_ITEMS_MAX},
};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use self::record::{Filter, told};
use super::online::{Client, Online, is_refused, print, read};

/// How often `--follow` asks for new decisions.
const POLL: Duration = Duration::from_secs(1);

/// Arguments of `baton logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    #[command(flatten)]
    online: Online,
    /// Go on with new ones, until Ctrl-C.
    #[arg(long)]
    follow: bool,
    /// Only those for which this module ran, with what it said.
    #[arg(long, value_name = "NAME", value_parser = ModuleName::parse)]
    module: Option<ModuleName>,
    /// Only those for which a module failed.
    #[arg(long)]
    failed: bool,
    /// How many of the latest decisions to begin with.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = last)]
    last: usize,
}

fn last(text: &str) -> Result<usize, String> {
    let last = text.parse().ok().filter(|it| *it <= PAGE_ITEMS_MAX);
    last.ok_or_else(|| format!("0 to {PAGE_ITEMS_MAX} are given"))
}

impl Logs {
    /// Runs the command.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let done = self.online.run(async |client: &Client| {
            tokio::select! {
                shown = self.show(client) => shown,
                stopped = tokio::signal::ctrl_c() => Ok(stopped?),
            }
        });
        match done {
            // Whoever read has read enough.
            Err(error) if is_unread(&error) => Ok(ExitCode::SUCCESS),
            done => done,
        }
    }

    async fn show(&self, client: &Client) -> anyhow::Result<()> {
        let filter = Filter {
            module: self.module.as_ref().map(ModuleName::as_str),
            failed: self.failed,
        };
        // As many as a poll reads, so that it finds nothing old to be new.
        let page = read_page(client, None, self.last.max(LOG_PAGE_ITEMS)).await?;
        let mut seen: HashSet<Place> = page.places()?.into_iter().collect();
        let first = page.items.into_iter().take(self.last).collect();
        show_all(client, filter, first).await?;
        if !self.follow {
            return Ok(());
        }
        let mut polls = interval(POLL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            polls.tick().await;
            let new = news(client, &mut seen).await?;
            show_all(client, filter, new).await?;
        }
    }
}

fn is_unread(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|it| it.downcast_ref::<io::Error>());
    causes.any(|it| it.kind() == io::ErrorKind::BrokenPipe)
}

/// A page of decisions, newest first.
#[derive(Deserialize)]
struct Page {
    items: Vec<Value>,
    next: Option<String>,
}

/// Where a decision stands.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
struct Place {
    customer: String,
    version: u64,
}

impl Page {
    fn places(&self) -> anyhow::Result<Vec<Place>> {
        self.items.iter().map(read).collect()
    }
}

async fn read_page(client: &Client, after: Option<&str>, limit: usize) -> anyhow::Result<Page> {
    let after = after.map(|after| format!("&after={after}"));
    let path = format!("/v1/decisions?limit={limit}{}", after.unwrap_or_default());
    read(&client.get(&path).await?)
}

/// Decisions that the last poll did not see, newest first. They are listed by
/// their time, and one may come behind those of the same second: so it is not
/// the place of the last that tells what is new, but what was seen.
async fn news(client: &Client, seen: &mut HashSet<Place>) -> anyhow::Result<Vec<Value>> {
    let (mut new, mut now_seen, mut after) = (Vec::new(), HashSet::new(), None);
    for _ in 0..LOG_PAGES_MAX {
        let page = read_page(client, after.as_deref(), LOG_PAGE_ITEMS).await?;
        let places = page.places()?;
        let is_joined = places.iter().any(|it| seen.contains(it));
        let items = page.items.into_iter().zip(&places);
        new.extend(
            items
                .filter(|(_, place)| !seen.contains(place))
                .map(|(item, _)| item),
        );
        now_seen.extend(places);
        after = page.next;
        if is_joined || after.is_none() {
            break;
        }
    }
    *seen = now_seen;
    Ok(new)
}

/// Shows decisions, the last of them first, each with what it rests on.
async fn show_all(client: &Client, filter: Filter<'_>, items: Vec<Value>) -> anyhow::Result<()> {
    let records = stream::iter(items.into_iter().rev().map(|item| whole(client, item)));
    let mut records = records.buffered(LOG_RECORDS_AT_ONCE);
    while let Some(decision) = records.try_next().await? {
        let Some(decision) = decision else { continue };
        let Some(line) = told(&decision, filter)? else {
            continue;
        };
        if client.is_json() {
            print(&format!("{decision}\n"))?;
        } else {
            print(&line)?;
        }
    }
    Ok(())
}

/// The decision with its record; its row alone when the customer is erased, and
/// nothing when it was erased or went elsewhere since it was listed.
async fn whole(client: &Client, row: Value) -> anyhow::Result<Option<Value>> {
    if row["erased"] == true {
        return Ok(Some(row));
    }
    let Place { customer, version } = read(&row)?;
    let path = format!("/v1/decisions/{customer}/{version}");
    match client.get(&path).await {
        Err(error) if is_refused(&error, &["erased", "not_found"]) => Ok(None),
        decision => Ok(Some(decision?)),
    }
}
