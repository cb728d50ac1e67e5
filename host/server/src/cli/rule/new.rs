//! `baton rule new`: a complete rule to start from.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail, ensure};
use baton_domain::ids::ModuleName;
use clap::{Args, ValueEnum};

use super::print;

/// The name that the templates have, wherever it stands in them.
const TEMPLATE_NAME: &str = "my-rule";
/// The same of the one that is a policy.
const TEMPLATE_POLICY_NAME: &str = "my-policy";
/// Where the template in JavaScript has its build.
const TEMPLATE_JS_BUILD: &str = "../../js/build.mjs";
/// Where the SDK lies, seen from the template of a crate.
const TEMPLATE_SDK: &str = "{ path = \"../..\" }";
/// How the template of a crate installs what builds it.
const TEMPLATE_INSTALL: &str = "--path ../../build";
/// How the template of a crate names the place of the SDK.
const TEMPLATE_SDK_NAME: &str = "`../..`";

/// Arguments of `baton rule new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Name of the rule: lower-case letters, digits and dashes.
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in.
    #[arg(long, value_enum, default_value_t = Template::Cel)]
    template: Template,
    /// Where it goes, when not here; a crate gets a folder of its own there.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// For anything but a document: the folder guest-sdk of a checkout of Baton,
    /// or the git address of Baton. Not needed in the folder rules of a checkout.
    #[arg(long, value_name = "PATH|ADDRESS")]
    sdk: Option<String>,
}

/// What a rule is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Template {
    /// A crate.
    Rust,
    /// A document of expressions, without code.
    Cel,
    /// A script, with the engine of its language.
    Js,
    /// A policy, as a crate.
    Policy,
}

/// A file of a template: its path and what it says.
type TemplateFile = (&'static str, &'static str);

macro_rules! template {
    ($folder:literal: $($file:literal),*) => {
        &[$((
            $file,
            include_str!(concat!("../../../../../guest-sdk/templates/", $folder, "/", $file)),
        )),*]
    };
}

const CEL: &[TemplateFile] = template!("cel": "my-rule.toml", "my-rule.cases.toml");
const RUST: &[TemplateFile] =
    template!("rust": "Cargo.toml", "src/lib.rs", "my-rule.cases.toml", "README.md");
const POLICY: &[TemplateFile] =
    template!("policy": "Cargo.toml", "src/lib.rs", "my-policy.cases.toml", "README.md");
const JS: &[TemplateFile] = template!("js": "package.json", "package-lock.json", "rule.json",
    "rule.js", "my-rule.cases.toml", "README.md");

/// Where a crate takes the SDK from.
#[derive(Debug, PartialEq, Eq)]
enum Sdk {
    /// A folder.
    Path(String),
    /// A repository.
    Git(String),
}

impl New {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let name = ModuleName::parse(&self.name)
            .with_context(|| format!("a rule cannot be called {:?}", self.name))?;
        let files = match self.template {
            Template::Cel => self.document(name.as_str())?,
            Template::Rust => self.package(name.as_str(), RUST)?,
            Template::Policy => self.package(name.as_str(), POLICY)?,
            Template::Js => self.package(name.as_str(), JS)?,
        };
        for (path, _) in &files {
            ensure!(
                !path.exists(),
                "{} is there already: choose another name, or another folder with --to",
                path.display()
            );
        }
        let mut text = format!("{name}: {}\n", self.template.words());
        for (path, content) in &files {
            write_new(path, content)?;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  wrote {}", path.display());
        }
        for line in self.next(name.as_str()) {
            let _ = writeln!(text, "  next  {line}");
        }
        print::text(&text);
        Ok(ExitCode::SUCCESS)
    }

    fn folder(&self) -> &Path {
        self.to.as_deref().unwrap_or(Path::new(""))
    }

    fn document(&self, name: &str) -> anyhow::Result<Vec<(PathBuf, String)>> {
        ensure!(
            self.sdk.is_none(),
            "a rule without code needs no SDK: leave out --sdk, or add --template rust"
        );
        let file = |(path, text): &TemplateFile| {
            (self.folder().join(named(path, name)), named(text, name))
        };
        Ok(CEL.iter().map(file).collect())
    }

    fn package(
        &self,
        name: &str,
        files: &[TemplateFile],
    ) -> anyhow::Result<Vec<(PathBuf, String)>> {
        ensure!(
            self.template == Template::Js || name.starts_with(|c: char| c.is_ascii_lowercase()),
            "a crate cannot be called {name:?}: begin with a letter"
        );
        let sdk = self.sdk()?;
        let folder = self.folder().join(name);
        let file = |(path, text): &TemplateFile| {
            let text = sdk.put_into(&named(text, name));
            (folder.join(named(path, name)), text)
        };
        Ok(files.iter().map(file).collect())
    }

    fn sdk(&self) -> anyhow::Result<Sdk> {
        if let Some(given) = &self.sdk {
            return Sdk::parse(given);
        }
        // A stock rule, or one that is kept beside them.
        let is_rules = self.folder().file_name().is_some_and(|it| it == "rules");
        let beside = self.folder().join("../guest-sdk");
        if is_rules && holds_sdk(&beside) {
            return Ok(Sdk::Path("../../guest-sdk".to_owned()));
        }
        bail!(
            "where is the SDK? Add --sdk with the folder guest-sdk of a checkout of Baton, or the \
             git address of Baton"
        )
    }

    /// What comes next, a line each.
    fn next(&self, name: &str) -> Vec<String> {
        let see = || {
            let readme = self.folder().join(name).join("README.md");
            format!("see {}", readme.display())
        };
        match self.template {
            Template::Cel => {
                let document = self.folder().join(format!("{name}.toml"));
                vec![format!("baton rule test {}", document.display())]
            }
            Template::Rust | Template::Policy => vec![see()],
            Template::Js => vec![
                "install what package.json pins, with any installer that reads it (npm, pnpm, \
                 yarn or bun); it is built with Node 20 or newer"
                    .to_owned(),
                see(),
            ],
        }
    }
}

impl Template {
    fn words(self) -> &'static str {
        match self {
            Self::Rust => "a rule in Rust",
            Self::Cel => "a rule without code",
            Self::Js => "a rule in JavaScript",
            Self::Policy => "a policy in Rust",
        }
    }
}

impl Sdk {
    fn parse(given: &str) -> anyhow::Result<Self> {
        if given.contains("://") || given.starts_with("git@") {
            return Ok(Self::Git(given.to_owned()));
        }
        let folder = Path::new(given);
        ensure!(
            holds_sdk(folder),
            "{given} does not hold the crate baton-guest: name the folder guest-sdk of a checkout \
             of Baton"
        );
        let folder = folder
            .canonicalize()
            .with_context(|| format!("cannot find {given}"))?;
        Ok(Self::Path(folder.display().to_string()))
    }

    /// A file of the template, with this place of the SDK.
    fn put_into(&self, text: &str) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let (dependency, install, build, name) = match self {
            Self::Path(path) => (
                format!("{{ path = {} }}", quoted(path)),
                format!("--path {path}/build"),
                format!("{path}/js/build.mjs"),
                path,
            ),
            // Where `git clone` of it in this folder would put it.
            Self::Git(address) => (
                format!("{{ git = {} }}", quoted(address)),
                format!("--git {address} baton-guest-build"),
                "baton/guest-sdk/js/build.mjs".to_owned(),
                address,
            ),
        };
        text.replace(TEMPLATE_SDK, &dependency)
            .replace(TEMPLATE_INSTALL, &install)
            .replace(TEMPLATE_JS_BUILD, &build)
            .replace(TEMPLATE_SDK_NAME, &format!("`{name}`"))
    }
}

fn holds_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let table: toml::Table = toml::from_str(&manifest).unwrap_or_default();
    let name = table.get("package").and_then(|it| it.get("name"));
    name.and_then(toml::Value::as_str) == Some("baton-guest")
}

fn named(text: &str, name: &str) -> String {
    text.replace(TEMPLATE_NAME, name)
        .replace(TEMPLATE_POLICY_NAME, name)
}

/// Writes a file that must not be there yet.
fn write_new(path: &Path, content: &str) -> anyhow::Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(content.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
