//! Modules in plain words.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::online::line;

/// A list of the API.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
}

/// A module, as the API shows it.
#[derive(Deserialize)]
pub(super) struct Kept {
    pub(super) digest: String,
    pub(super) name: String,
    pub(super) world: String,
    summary: String,
    pub(super) bytes: u64,
    pub(super) origin: Origin,
    pub(super) added_at: jiff::Timestamp,
    pub(super) added_by: String,
    pub(super) reads: Vec<CanRead>,
    pub(super) is_granted: bool,
    signals: Vec<String>,
    tags: Vec<String>,
    next_steps: Vec<String>,
    settings: Settings,
}

/// Where it comes from.
#[derive(Deserialize)]
pub(super) struct Origin {
    pub(super) from: String,
}

/// A field that it can read.
#[derive(Deserialize)]
pub(super) struct CanRead {
    pub(super) field: String,
    pub(super) label: String,
    grant: String,
}

/// The JSON Schema of its settings.
#[derive(Deserialize)]
struct Settings {
    properties: Map<String, Value>,
}

impl CanRead {
    /// Whether it could be granted and is not.
    pub(super) fn is_ungranted(&self) -> bool {
        self.grant == "ungranted"
    }
}

impl Kept {
    /// Whether it is of the host's own pack.
    pub(super) fn is_of_host(&self) -> bool {
        self.origin.from == "pack"
    }

    /// The fields that could be granted and are not.
    pub(super) fn ungranted(&self) -> Vec<&str> {
        let lacks = self.reads.iter().filter(|it| it.is_ungranted());
        lacks.map(|it| &*it.field).collect()
    }

    /// What it is, what it can read, and how that is granted.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        let Self {
            name, world, bytes, ..
        } = self;
        let _ = writeln!(text, "{name}: a {world} of {bytes} bytes");
        if !self.summary.is_empty() {
            text += &line(&format!("  {}", self.summary));
        }
        let _ = writeln!(text, "  digest {}", self.digest);
        if self.reads.is_empty() {
            text += "  it can read nothing\n";
        } else {
            text += "  it can read\n";
        }
        for read in &self.reads {
            let CanRead { field, label, .. } = read;
            let grant = match &*read.grant {
                "granted" => "",
                "denied" => " [denied to everybody]",
                _ => " [not granted]",
            };
            let _ = writeln!(text, "    {field}: {label}{grant}");
        }
        let ungranted = self.ungranted();
        if !ungranted.is_empty() {
            let fields = ungranted.join(" ");
            text += "  no release takes it until that is granted:\n";
            let _ = writeln!(text, "    baton module grant {name} {fields}");
        } else if !self.is_granted {
            text += "  no release takes it while what it reads is denied to everybody\n";
        }
        text
    }

    /// What it may say and how it can be set.
    pub(super) fn declared(&self) -> String {
        let mut text = String::new();
        for (what, names) in [
            ("signals", &self.signals),
            ("tags", &self.tags),
            ("next steps", &self.next_steps),
        ] {
            if !names.is_empty() {
                text += &line(&format!("  {what}: {}", names.join(", ")));
            }
        }
        for (name, schema) in &self.settings.properties {
            let help = schema["description"].as_str().unwrap_or_default();
            let kind = schema["type"].as_str().unwrap_or_default();
            let default = &schema["default"];
            text += &line(&format!("  setting {name} = {default} ({kind}) {help}"));
        }
        text
    }
}
