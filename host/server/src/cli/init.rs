//! `baton init`: a working configuration with fresh secrets.

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::{config::TEMPLATE, secret::random_secret};

/// Arguments of `baton init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to make it in.
    folder: PathBuf,
}

impl Init {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = self.folder.join("baton.toml");
        if path.exists() {
            bail!("{} is there already; nothing was changed", path.display());
        }
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot make {}", self.folder.display()))?;
        let key = random_secret("admin").context("no randomness")?;
        let hash = hex::encode(Sha256::digest(key.as_bytes()));
        let text = TEMPLATE.replace("{admin_key_sha256}", &hash);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(text.as_bytes())?;
        println!("wrote {}", path.display());
        println!("administrator's key, shown only now: {key}");
        println!("start with: baton serve --config {}", path.display());
        Ok(())
    }
}
