//! `baton module grant` and `baton module revoke`: from what stands, so that
//! two people do not overwrite each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use baton_domain::ids::{ModuleDigest, ModuleName};
use clap::Args;
use reqwest::{Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::online::{Client, read},
    view::{Kept, List},
};

/// Arguments of `baton module grant`.
#[derive(Debug, Args)]
pub(super) struct Grant {
    /// What the modules call themselves.
    #[arg(value_name = "NAME", value_parser = ModuleName::parse, required_unless_present = "all_of")]
    name: Option<ModuleName>,
    /// What they may read from now on, too.
    #[arg(value_name = "FIELD", required_unless_present = "all_of")]
    fields: Vec<String>,
    /// All that the module of this digest can read, instead.
    #[arg(long, value_name = "DIGEST", value_parser = digest, conflicts_with_all = ["name", "fields"])]
    all_of: Option<ModuleDigest>,
}

/// Arguments of `baton module revoke`.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// What the modules call themselves.
    #[arg(value_name = "NAME", value_parser = ModuleName::parse)]
    name: ModuleName,
    /// What they may not read any more.
    #[arg(value_name = "FIELD", required = true)]
    fields: Vec<String>,
}

fn digest(text: &str) -> Result<ModuleDigest, String> {
    ModuleDigest::try_from(text.to_owned()).map_err(|error| error.to_string())
}

impl Grant {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let (name, fields) = match (self.all_of, self.name) {
            (Some(digest), _) => {
                let answer = client.get(&format!("/v1/modules/{digest}")).await?;
                let module: Kept = read(&answer)?;
                let fields = module.reads.into_iter().map(|it| it.field).collect();
                (ModuleName::parse(&module.name)?, fields)
            }
            (None, Some(name)) => (name, self.fields),
            (None, None) => unreachable!("the parser asks for one of them"),
        };
        let standing = Standing::of(client, name).await?;
        let mut wanted = standing.fields();
        wanted.extend(fields);
        change(client, &standing, &wanted).await
    }
}

impl Revoke {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let standing = Standing::of(client, self.name).await?;
        let mut wanted = standing.fields();
        wanted.retain(|it| !self.fields.contains(it));
        change(client, &standing, &wanted).await
    }
}

/// Puts what is wanted, when it differs, and tells the difference.
async fn change(
    client: &Client,
    standing: &Standing,
    wanted: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let answer = if *wanted == standing.fields() {
        standing.answer.clone()
    } else {
        standing.put(client, wanted).await?
    };
    client.show(&answer, |document: Document| standing.difference(&document))
}

/// What was granted to modules of a name, as the API shows it.
#[derive(Deserialize)]
struct Document {
    module: String,
    fields: Vec<Granted>,
    revision: u64,
}

#[derive(Deserialize)]
struct Granted {
    field: String,
    label: String,
}

impl Document {
    fn labels(&self) -> BTreeMap<&str, &str> {
        let fields = self.fields.iter();
        fields.map(|it| (&*it.field, &*it.label)).collect()
    }
}

/// What modules of a name may read now.
pub(super) struct Standing {
    document: Document,
    answer: Value,
}

impl Standing {
    /// What the tenant granted; with nothing said of them, modules of the host
    /// may read what they read.
    pub(super) async fn of(client: &Client, name: ModuleName) -> anyhow::Result<Self> {
        let list: List<Value> = read(&client.get("/v1/grants").await?)?;
        for answer in list.items {
            let document: Document = read(&answer)?;
            if document.module == name.as_str() {
                return Ok(Self { document, answer });
            }
        }
        let list: List<Kept> = read(&client.get("/v1/modules").await?)?;
        let of_host = list
            .items
            .into_iter()
            .filter(|it| it.name == name.as_str() && it.is_of_host() && it.ungranted().is_empty());
        let fields: BTreeMap<_, _> = of_host
            .flat_map(|it| it.reads)
            .map(|it| (it.field, it.label))
            .collect();
        let field = |(field, label)| json!({ "field": field, "label": label });
        let fields: Vec<_> = fields.into_iter().map(field).collect();
        let answer = json!({ "module": name.as_str(), "fields": fields, "revision": 0 });
        let document = read(&answer)?;
        Ok(Self { document, answer })
    }

    /// The fields.
    pub(super) fn fields(&self) -> BTreeSet<String> {
        let fields = self.document.fields.iter();
        fields.map(|it| it.field.clone()).collect()
    }

    /// Grants exactly these, if nobody else changed them meanwhile.
    pub(super) async fn put(
        &self,
        client: &Client,
        fields: &BTreeSet<String>,
    ) -> anyhow::Result<Value> {
        let Document {
            module, revision, ..
        } = &self.document;
        let request = client
            .request(Method::PUT, &format!("/v1/grants/{module}"))
            .header(header::IF_MATCH, format!("\"{revision}\""))
            .json(&json!({ "fields": fields }));
        client.send(request).await
    }

    fn difference(&self, after: &Document) -> String {
        let (before, now) = (self.document.labels(), after.labels());
        let only = |these: &BTreeMap<&str, &str>, others: &BTreeMap<&str, &str>| {
            let only = these
                .iter()
                .filter(|(field, _)| !others.contains_key(*field));
            only.fold(String::new(), |mut text, (field, label)| {
                let _ = writeln!(text, "  {field}: {label}");
                text
            })
        };
        let (more, less) = (only(&now, &before), only(&before, &now));
        let module = &after.module;
        let mut text = String::new();
        if !more.is_empty() {
            let _ = write!(text, "{module} may read now, and could not before:\n{more}");
        }
        if !less.is_empty() {
            let _ = write!(text, "{module} may not read any more:\n{less}");
            text += "from the next event on, a module that reads it does not run\n";
        }
        if text.is_empty() {
            let _ = writeln!(text, "{module}: nothing to change");
        }
        text
    }
}
