//! `baton import`: makes the store of a host from an export.

use std::{fs::File, io::BufReader, path::PathBuf, process::ExitCode};

use anyhow::Context;
use baton_store::{Imported, Options, OsEntropy, SledStore, SmallFiles};
use clap::Args;
use serde_json::json;

use super::{export::table, progress::counting};
use crate::config::Config;

/// Arguments of `baton import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The configuration file of the host, whose data folder must be empty or
    /// not there: move an old one aside first.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The export.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The file `keys` of the data folder, copied after the export was made.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The file `erasures` of the data folder, the latest there is: who was
    /// erased since the export stays erased.
    #[arg(long, value_name = "FILE")]
    erasures: PathBuf,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

impl Import {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::read(&self.config)?;
        let export = File::open(&self.from);
        let export = export.with_context(|| format!("opening {}", self.from.display()))?;
        let files = SmallFiles {
            keys: self.keys,
            erasures: self.erasures,
        };
        let bar = counting("lines read");
        let imported = SledStore::import(
            &config.data,
            &files,
            &Options::new(OsEntropy),
            &mut BufReader::new(export),
            &mut |lines| bar.set_position(lines),
        );
        bar.finish_and_clear();
        let Imported { read, erased } =
            imported.with_context(|| format!("{} was not imported", self.from.display()))?;
        if self.json {
            println!("{:#}", json!({ "read": read, "erased_since": erased }));
        } else {
            print!("{}", table(&serde_json::to_value(read)?));
            println!("{erased:>12}  erased since, and left out");
            println!("\nimported into {}", config.data.display());
            println!("next: start the host; `baton doctor` examines what came in");
        }
        Ok(ExitCode::SUCCESS)
    }
}
