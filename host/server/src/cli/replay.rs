//! `baton replay`: makes the decisions in the store of a host that is not
//! running again, and tells whether they come out the same.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::Context;
use baton_domain::{
    event::EventBody,
    ids::{CustomerId, TenantId},
};
use baton_sandbox::Sandbox;
use baton_store::{EventRow, Listed, Options, OsEntropy, SledStore, Store, StoreError, Version};
use clap::Args;
use serde_json::{Value, json};

use super::progress::counting;
use crate::{
    config::Config,
    releases::ModuleLibrary,
    replay::{Replayed, ReplayedRun, replay},
    rule_pack::RulePack,
};

/// Exit code when a decision comes out otherwise.
const DIFFERS: u8 = 3;
/// Decisions that are looked up at once.
const PAGE: usize = 200;
/// Differences that are told one by one; the others are counted.
const TOLD_MAX: usize = 100;

/// Arguments of `baton replay`.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The configuration file of the host, which must not be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only this tenant's decisions.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// At most so many of each tenant, the latest first.
    #[arg(long, value_name = "COUNT", default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// What all of it came to.
#[derive(Default)]
struct Tally {
    decisions: u64,
    /// Those of shadow releases, beside them.
    shadows: u64,
    erased: u64,
    same: u64,
    not_repeatable: u64,
    gone: u64,
    differs: u64,
    told: Vec<Value>,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
        let tally = runtime.block_on(self.replay())?;
        self.print(&tally);
        Ok(if tally.differs == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(DIFFERS)
        })
    }

    async fn replay(&self) -> anyhow::Result<Tally> {
        let config = Config::read(&self.config)?;
        let store = SledStore::open(&config.data, Options::new(OsEntropy));
        let store = store.with_context(|| format!("the store in {}", config.data.display()))?;
        let sandbox = Sandbox::new().context("the sandbox does not start")?;
        let pack = match &config.evaluation.modules {
            None => RulePack::stock(&sandbox)?,
            Some(folder) => RulePack::folder(&sandbox, folder)?,
        };
        let library = ModuleLibrary::new(sandbox, pack);
        let bar = counting("decisions made again");
        let mut tally = Tally::default();
        let mut tenants = store.tenants().await?;
        if let Some(wanted) = &self.tenant {
            tenants.retain(|it| it.body.id.as_str() == wanted);
            anyhow::ensure!(!tenants.is_empty(), "there is no tenant {wanted}");
        }
        for tenant in tenants {
            let id = &tenant.body.id;
            self.of_tenant(&library, &store, id, &mut tally, &|count| {
                bar.set_position(count);
            })
            .await?;
        }
        bar.finish_and_clear();
        store.close().await;
        Ok(tally)
    }

    async fn of_tenant(
        &self,
        library: &ModuleLibrary,
        store: &SledStore,
        tenant: &TenantId,
        tally: &mut Tally,
        progress: &dyn Fn(u64),
    ) -> anyhow::Result<()> {
        let (mut after, mut left) = (None::<String>, self.limit);
        let mut seen = BTreeMap::new();
        while left > 0 {
            let page = store
                .listed(tenant, Listed::Decisions, after.as_deref(), PAGE.min(left))
                .await?;
            left -= page.items.len().min(left);
            for row in &page.items {
                decision(library, store, tenant, row, tally).await?;
                progress(tally.decisions + tally.shadows);
                let earliest = seen.entry(row.customer.clone()).or_insert(row.version);
                *earliest = row.version.min(*earliest);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // A shadow decides after the fact, so that its decisions come after.
        for (customer, from) in seen {
            let customer = (tenant, &customer);
            shadows(library, store, customer, from, tally).await?;
            progress(tally.decisions + tally.shadows);
        }
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the command's result")]
    fn print(&self, tally: &Tally) {
        if self.json {
            println!("{:#}", tally.as_json());
            return;
        }
        for told in &tally.told {
            println!("differs: {told}");
        }
        println!(
            "{} decisions made again, and {} of shadow releases",
            tally.decisions, tally.shadows
        );
        for (count, what) in [
            (tally.same, "runs are the same"),
            (
                tally.not_repeatable,
                "runs depend on the clock or were not made",
            ),
            (tally.gone, "runs of modules that cannot be had any more"),
            (tally.erased, "decisions were erased with their customer"),
            (tally.differs, "runs differ"),
        ] {
            println!("  {count:>8} {what}");
        }
    }
}

/// One decision, made again.
async fn decision(
    library: &ModuleLibrary,
    store: &SledStore,
    tenant: &TenantId,
    row: &EventRow,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let events = match store.events(tenant, &row.customer, row.version, 1).await {
        Err(StoreError::Erased) => {
            tally.erased += 1;
            return Ok(());
        }
        events => events?,
    };
    let stored = events.into_iter().find(|it| it.version == row.version);
    let Some(EventBody::Decided(record)) = stored.map(|it| it.event.body) else {
        return Ok(());
    };
    tally.decisions += 1;
    for run in replay(library, store, tenant, &record).await? {
        tally.count((tenant, &row.customer), row.version, &run);
    }
    Ok(())
}

/// What shadow releases decided on a customer from the event `from` on, made
/// again.
async fn shadows(
    library: &ModuleLibrary,
    store: &SledStore,
    (tenant, customer): (&TenantId, &CustomerId),
    from: Version,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut from = from;
    loop {
        let events = match store.events(tenant, customer, from, PAGE).await {
            // Its decisions were counted as erased.
            Err(StoreError::Erased) => return Ok(()),
            events => events?,
        };
        let Some(last) = events.last() else {
            return Ok(());
        };
        from = Version(last.version.0 + 1);
        for stored in events {
            let EventBody::Shadowed(record) = stored.event.body else {
                continue;
            };
            tally.shadows += 1;
            for run in replay(library, store, tenant, &record).await? {
                tally.count((tenant, customer), stored.version, &run);
            }
        }
    }
}

impl Tally {
    fn count(
        &mut self,
        (tenant, customer): (&TenantId, &CustomerId),
        version: Version,
        run: &ReplayedRun,
    ) {
        let count = match &run.replayed {
            Replayed::Same => &mut self.same,
            Replayed::NotRepeatable(_) => &mut self.not_repeatable,
            Replayed::Gone(_) => &mut self.gone,
            Replayed::Differs(what) => {
                if self.told.len() < TOLD_MAX {
                    self.told.push(json!({
                        "tenant": tenant, "customer": customer, "version": version.0,
                        "module": run.module, "digest": run.digest, "what": what,
                    }));
                }
                &mut self.differs
            }
        };
        *count += 1;
    }

    fn as_json(&self) -> Value {
        json!({
            "decisions": self.decisions, "shadows": self.shadows, "erased": self.erased, "same": self.same,
            "not_repeatable": self.not_repeatable, "gone": self.gone,
            "differs": self.differs, "differences": self.told,
        })
    }
}
