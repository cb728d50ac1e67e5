//! Modules and what they may read.

use baton_domain::{
    field::{Field, Sensitivity},
    module::{DeclaredSetting, SettingSchema, SettingType, SettingValue, World},
};
use baton_store::{Granted, Grants, Origin, StoredModule};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

use crate::{
    releases::{Module, Permissions},
    rule_pack::RulePack,
};

/// A module.
#[derive(Serialize, ToSchema)]
pub struct ModuleView {
    /// SHA-256 of its bytes.
    digest: String,
    /// What it calls itself; releases hold one of each name.
    name: String,
    /// `rule` or `policy`.
    world: &'static str,
    /// What it does.
    summary: Arc<str>,
    /// How many bytes it has.
    bytes: u64,
    /// Where it comes from: `from` is `upload`, `package` or `pack`, the host's
    /// own.
    #[schema(value_type = Object)]
    origin: Origin,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// The name of the key that brought it.
    added_by: Arc<str>,
    /// Every field that it can ever read.
    reads: Vec<ReadView>,
    /// Whether all of them are granted, so that it can be released.
    is_granted: bool,
    /// Names of the signals it may emit.
    signals: Vec<Arc<str>>,
    /// Tags it may use.
    tags: Vec<Arc<str>>,
    /// Next steps it may propose.
    next_steps: Vec<Arc<str>>,
    /// A JSON Schema of its settings, with their defaults.
    #[schema(value_type = Object)]
    settings: Value,
}

/// A package that was installed.
#[derive(Serialize, ToSchema)]
pub struct InstalledView {
    /// Its module.
    pub module: ModuleView,
    /// The release in which it stands as the shadow, when it takes the place of
    /// another.
    pub shadow: Option<u32>,
}

/// A field that a module can read.
#[derive(Serialize, ToSchema)]
pub struct ReadView {
    /// Its name.
    field: String,
    /// In plain words, after "it can read".
    label: &'static str,
    /// `operational`, `commercial`, `content` or `identifying`.
    sensitivity: &'static str,
    /// `granted`, `ungranted`, or `denied` to everybody.
    grant: &'static str,
    /// Why, in the words of its publisher; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Arc<str>>,
}

impl ModuleView {
    /// Of what is kept.
    pub fn of(module: &StoredModule, permissions: &Permissions, pack: &RulePack) -> Self {
        let declaration = &module.declaration;
        let lacking = permissions.lacking(&Module::stored(module, pack));
        let whys = match &module.origin {
            Origin::Package { why, .. } => Some(why),
            Origin::Upload | Origin::Pack => None,
        };
        let read = |field: &Field| ReadView {
            why: whys.and_then(|it| it.get(field).cloned()),
            field: field.name().to_owned(),
            label: field.label(),
            sensitivity: sensitivity(*field),
            grant: if lacking.denied.contains(field) {
                "denied"
            } else if lacking.ungranted.contains(field) {
                "ungranted"
            } else {
                "granted"
            },
        };
        Self {
            digest: module.digest.to_string(),
            name: declaration.name.to_string(),
            world: world(declaration.world),
            summary: declaration.summary.clone(),
            bytes: module.bytes,
            origin: module.origin.clone(),
            added_at: module.added_at,
            added_by: module.added_by.clone(),
            reads: module.reads.iter().map(read).collect(),
            is_granted: lacking.is_empty(),
            signals: declaration.signals.clone(),
            tags: declaration.tags.clone(),
            next_steps: declaration.next_steps.clone(),
            settings: settings_schema(&declaration.settings),
        }
    }
}

fn sensitivity(field: Field) -> &'static str {
    match field.sensitivity() {
        Sensitivity::Operational => "operational",
        Sensitivity::Commercial => "commercial",
        Sensitivity::Content => "content",
        Sensitivity::Identifying => "identifying",
    }
}

/// As the contract names it.
pub fn world(world: World) -> &'static str {
    match world {
        World::Rule => "rule",
        World::Policy => "policy",
    }
}

/// A JSON Schema (2020-12) of the settings that a module declares.
fn settings_schema(settings: &[DeclaredSetting]) -> Value {
    let property = |setting: &DeclaredSetting| {
        let mut schema = match setting.kind {
            SettingType::Boolean => json!({ "type": "boolean" }),
            SettingType::Integer => json!({ "type": "integer" }),
            SettingType::Decimal => json!({ "type": "number" }),
            SettingType::Text => json!({ "type": "string" }),
            SettingType::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        };
        if let Some(Value::Object(keywords)) = setting.schema.as_ref().map(keywords)
            && let Some(schema) = schema.as_object_mut()
        {
            schema.extend(keywords);
        }
        schema["default"] = plain(&setting.default);
        schema["description"] = (&*setting.help).into();
        (setting.name.to_string(), schema)
    };
    let properties: Map<String, Value> = settings.iter().map(property).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn keywords(schema: &SettingSchema) -> Value {
    // Numbers, texts and lists of them: this cannot fail.
    serde_json::to_value(schema).unwrap_or_default()
}

fn plain(value: &SettingValue) -> Value {
    // Texts, numbers and lists of them: this cannot fail.
    serde_json::to_value(value).unwrap_or_default()
}

/// What modules of one name may read.
#[derive(Serialize, ToSchema)]
pub struct GrantsView {
    /// Which modules.
    module: String,
    /// The fields.
    fields: Vec<GrantView>,
    /// Writes so far; goes into `If-Match`.
    revision: u64,
}

/// A field that was granted.
#[derive(Serialize, ToSchema)]
pub struct GrantView {
    /// Its name.
    field: String,
    /// In plain words.
    label: &'static str,
    /// When it was granted.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The name of the key that granted it.
    by: Arc<str>,
    /// When a module read it last, to a day.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_read: Option<Timestamp>,
    /// Whether nothing has used it for a month.
    is_unused: bool,
}

impl GrantsView {
    /// Of a document.
    pub fn of(grants: Grants, revision: u64, now: Timestamp) -> Self {
        let view = |(field, granted): (Field, Granted)| GrantView {
            last_read: granted.last_read,
            is_unused: granted.is_unused(now),
            field: field.name().to_owned(),
            label: field.label(),
            at: granted.at,
            by: granted.by,
        };
        Self {
            module: grants.module.to_string(),
            fields: grants.fields.into_iter().map(view).collect(),
            revision,
        }
    }
}
