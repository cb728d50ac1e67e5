//! Running a module again on what it read before.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    field::{Field, FieldValue},
    module::{FieldSource, Read, Reads, Settings},
};

/// The values that a run read, as a source for running the module again. The
/// same module and settings give an equal run.
#[derive(Debug, Clone)]
pub struct RecordedReads {
    fields: BTreeMap<Field, FieldValue>,
    settings: Settings,
}

impl RecordedReads {
    /// The reads of one run.
    pub fn new(reads: &Reads) -> Self {
        let mut recorded = Self {
            fields: BTreeMap::new(),
            settings: Settings::new(),
        };
        for read in reads {
            match read {
                Read::Field(field, value) => {
                    recorded.fields.insert(*field, value.clone());
                }
                Read::Setting(name, Some(value)) => {
                    recorded.settings.insert(Arc::clone(name), value.clone());
                }
                Read::Setting(_, None) => {}
            }
        }
        recorded
    }

    /// The settings that the run asked for and got.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A field that the run did not read is as good as unknown: a module that
/// asks for it is not the one that was recorded, and its run, which lists the
/// read, does not equal the recorded one.
impl FieldSource for RecordedReads {
    fn read(&self, field: Field) -> FieldValue {
        let value = self.fields.get(&field).cloned();
        value.unwrap_or_else(|| FieldValue::nothing(field.shape()))
    }
}
