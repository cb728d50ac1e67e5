//! `baton package`: what a publisher does with a module before it travels, and
//! whoever installs it after.

mod install;

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use baton_store::{Entropy, OsEntropy};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::package::{Manifest, Package, SigningKey};

/// Exit code when a package is refused.
const REFUSED: u8 = 3;

/// Arguments of `baton package`.
#[derive(Debug, Args)]
pub(super) struct Packages {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key to sign packages with: whoever has it is you.
    Key(Key),
    /// Make a package of a component and its manifest.
    Make(Make),
    /// Install a package on a host that runs; it reads nothing until that is
    /// granted, and an update becomes the shadow.
    Install(install::Install),
    /// Check a package and say what it holds: exit code 3 when no host would
    /// take it.
    Show(Show),
}

/// Arguments of `baton package key`.
#[derive(Debug, Args)]
struct Key {
    /// Where it goes; there must be no such file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Arguments of `baton package make`.
#[derive(Debug, Args)]
struct Make {
    /// The component.
    #[arg(value_name = "FILE")]
    component: PathBuf,
    /// The manifest: TOML with name, publisher, version, and under `[reads]` each
    /// field that the module reads and why.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The key, as `baton package key` wrote it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the package goes.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Arguments of `baton package show`.
#[derive(Debug, Args)]
struct Show {
    /// The package.
    #[arg(value_name = "FILE")]
    package: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

impl Packages {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Key(key) => key.run(),
            Command::Install(install) => install.run(),
            Command::Make(make) => make.run(),
            Command::Show(show) => show.run(),
        }
    }
}

impl Key {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    fn run(self) -> anyhow::Result<ExitCode> {
        let mut seed = [0; 32];
        OsEntropy.fill(&mut seed).context("no random numbers")?;
        let key = SigningKey::of_seed(&seed)?;
        let mut file = File::options();
        let file = file.write(true).create_new(true).mode(0o600).open(&self.to);
        let written = file.and_then(|mut file| writeln!(file, "{}", hex::encode(seed)));
        written.with_context(|| format!("cannot write {}", self.to.display()))?;
        println!("the public key, for those who install your packages:");
        println!("{}", key.public());
        Ok(ExitCode::SUCCESS)
    }
}

impl Make {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    fn run(self) -> anyhow::Result<ExitCode> {
        let manifest = String::from_utf8(read(&self.manifest)?)
            .with_context(|| format!("{} is no text", self.manifest.display()))?;
        let manifest: Manifest = toml::from_str(&manifest)
            .with_context(|| format!("{} is not as expected", self.manifest.display()))?;
        let key = String::from_utf8(read(&self.key)?).unwrap_or_default();
        let key = SigningKey::parse(&key)
            .with_context(|| format!("{} holds no key", self.key.display()))?;
        let component = read(&self.component)?;
        let made = match Package::make(manifest, &component, &key) {
            Ok(made) => made,
            Err(error) => return Ok(refuse(&error)),
        };
        fs::write(&self.to, &made)
            .with_context(|| format!("cannot write {}", self.to.display()))?;
        println!("{}: {} bytes", self.to.display(), made.len());
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    fn run(self) -> anyhow::Result<ExitCode> {
        let Package {
            manifest,
            key,
            module,
        } = match Package::open(&read(&self.package)?) {
            Ok(package) => package,
            Err(error) => return Ok(refuse(&error)),
        };
        if self.json {
            let whole = json!({ "manifest": manifest, "key": key });
            println!("{whole:#}");
            return Ok(ExitCode::SUCCESS);
        }
        let Manifest {
            name,
            publisher,
            version,
            reads,
            ..
        } = manifest;
        println!("{name} {version} by {publisher}");
        println!("  signed by {key}");
        println!("  digest {}", module.digest());
        println!("  {}", module.declaration().summary);
        for (field, why) in reads {
            println!("  can read {}: {}", field.name(), field.label());
            println!("    because {why}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
fn refuse(error: &crate::package::PackageError) -> ExitCode {
    eprintln!("refused ({}): {error}", error.code());
    ExitCode::from(REFUSED)
}
