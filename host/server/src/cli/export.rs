//! `baton export`: everything in the store of a host that is not running, as
//! JSON lines. A host that runs answers `GET /admin/export` with the same.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use baton_store::{Exported, Options, OsEntropy, SledStore, Store, StoreError};
use clap::Args;
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver};

use super::progress::counting;
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
};

/// Exit code when something is left out, because it is damaged.
const LEFT_OUT: u8 = 3;

/// Arguments of `baton export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The configuration file of the host, which must not be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to write it; there must be no such file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

impl Export {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::read(&self.config)?;
        if self.to.exists() {
            bail!("{} is there already", self.to.display());
        }
        // An export of nothing would look like one of everything.
        let rows = config.data.join("rows");
        if !rows.exists() {
            bail!("there is no store in {}", config.data.display());
        }
        let store = SledStore::open(&config.data, Options::new(OsEntropy));
        let store = store.map_err(|error| match error {
            error @ StoreError::Locked { .. } => anyhow::Error::new(error)
                .context("the host runs: take `GET /admin/export` from it instead"),
            error => error.into(),
        })?;
        let part = self.to.with_added_extension("part");
        let exported = write(store, &part);
        if exported.is_err() {
            let _ = fs::remove_file(&part);
        }
        let counts = exported?;
        fs::rename(&part, &self.to).context("putting the export in its place")?;
        let shown = serde_json::to_value(counts)?;
        if self.json {
            println!("{shown:#}");
        } else {
            print!("{}", table(&shown));
            println!("\nwritten to {}", self.to.display());
            println!(
                "next: keep copies of {} and {} apart from it; without them it cannot be read",
                config.data.join("keys").display(),
                config.data.join("erasures").display(),
            );
        }
        if counts.damaged > 0 {
            let left_out = counts.damaged;
            warn_of(left_out);
            return Ok(ExitCode::from(LEFT_OUT));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[expect(clippy::print_stderr, reason = "a warning beside the result")]
fn warn_of(left_out: u64) {
    eprintln!(
        "warning: {left_out} customers are damaged and left out: their lines say so, and \
         `baton doctor` tells more"
    );
}

/// A count a line.
pub(super) fn table(counts: &Value) -> String {
    let counts = counts.as_object().into_iter().flatten();
    counts
        .map(|(name, count)| format!("{count:>12}  {}\n", name.replace('_', " ")))
        .collect()
}

fn write(store: SledStore, part: &Path) -> anyhow::Result<Exported> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let (to, lines) = mpsc::channel(1);
        let at = SystemClock.now();
        let exporting = store.export(at, to);
        let (counts, written) = tokio::join!(exporting, save(lines, part));
        // Without a reader the export fails, too; the reader knows better why.
        written.with_context(|| format!("writing {}", part.display()))?;
        store.close().await;
        Ok(counts?)
    })
}

async fn save(mut lines: Receiver<Vec<u8>>, part: &Path) -> anyhow::Result<()> {
    let bar = counting("bytes written");
    let mut file = BufWriter::new(File::create(part)?);
    while let Some(chunk) = lines.recv().await {
        file.write_all(&chunk)?;
        bar.inc(chunk.len() as u64);
    }
    file.into_inner()?.sync_all()?;
    bar.finish_and_clear();
    Ok(())
}
