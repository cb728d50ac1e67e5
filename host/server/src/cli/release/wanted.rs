//! What is said of a release on the command line.

use std::{collections::BTreeMap, str::FromStr};

use baton_domain::ids::ModuleName;
use serde::Serialize;
use serde_json::Value;

/// A module that the release has: `NAME|DIGEST[,weight=0.5][,mode=shadow]...`.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct WantedModule {
    /// Its name or its digest.
    pub(super) module: String,
    /// All of its settings; those of the base when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<BTreeMap<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure: Option<String>,
}

impl WantedModule {
    /// The module of a name or digest, as it is in the base.
    pub(super) fn named(module: &str) -> Self {
        Self {
            module: module.to_owned(),
            ..Self::default()
        }
    }
}

impl FromStr for WantedModule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let mut wanted = Self::named(parts.next().unwrap_or_default());
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key {
                "weight" => {
                    let weight = value.parse().ok().filter(|it: &f64| it.is_finite());
                    let weight = weight.ok_or_else(|| format!("weight {value:?} is no number"))?;
                    wanted.weight = Some(weight);
                }
                "mode" => wanted.mode = Some(value.to_owned()),
                "on_failure" => wanted.on_failure = Some(value.to_owned()),
                _ => {
                    let known = "weight=0 to 1, mode=live|shadow, on_failure=open|default";
                    return Err(format!("{part:?} says nothing of a module: {known}"));
                }
            }
        }
        Ok(wanted)
    }
}

/// A setting of a module: `MODULE.SETTING=VALUE`.
#[derive(Debug, Clone)]
pub(super) struct WantedSetting {
    /// Which module.
    pub(super) module: ModuleName,
    /// Which setting of it.
    pub(super) name: String,
    /// Its value; null for the module's default.
    pub(super) value: Value,
}

impl FromStr for WantedSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "it is written MODULE.SETTING=VALUE".to_owned();
        let (place, value) = text.split_once('=').ok_or_else(form)?;
        let (module, name) = place.split_once('.').ok_or_else(form)?;
        let module = ModuleName::parse(module).map_err(|error| error.to_string())?;
        let text = || Value::from(value);
        Ok(Self {
            module,
            name: name.to_owned(),
            value: serde_json::from_str(value).unwrap_or_else(|_| text()),
        })
    }
}
