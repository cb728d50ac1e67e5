//! What one evaluation may touch: the values it reads, each recorded once,
//! and the memory it may take. Lives in the store of a fresh instance and
//! dies with it.

use std::{mem, sync::Arc};

use baton_domain::{
    field::{Field, FieldValue},
    limits::{
        COMPONENT_CORE_INSTANCES_MAX, COMPONENT_MEMORIES_MAX, COMPONENT_TABLES_MAX,
        EVALUATION_MEMORY_BYTES_MAX, EVALUATION_READS_MAX, EVALUATION_SETTINGS_READ_MAX,
        EVALUATION_TABLE_ELEMENTS_MAX, SHORT_TEXT_CHARS_MAX,
    },
    module::{FieldSource, Read, Reads, SettingType, SettingValue, Settings},
};
use wasmtime::ResourceLimiter;

/// Why the host stopped a module. Travels through the guest as a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// It read too often, or asked for too many or too long setting names.
    #[error("too many reads")]
    Reads,
    /// It asked for more memory or table elements than it may have.
    #[error("too much memory")]
    Memory,
    /// The source gave a value that is not of the field's shape.
    #[error("the host has no fitting value for {0}")]
    Value(Field),
}

/// The state of one evaluation.
pub(crate) struct Session {
    source: Arc<dyn FieldSource>,
    settings: Arc<Settings>,
    reads: Reads,
    /// Where in `reads` each field is, plus one; zero when not read yet.
    field_at: [u16; Field::ALL.len()],
    settings_read: usize,
    calls: u32,
    memory_bytes: usize,
    table_elements: usize,
}

impl Session {
    pub(crate) fn new(source: Arc<dyn FieldSource>, settings: Arc<Settings>) -> Self {
        Self {
            source,
            settings,
            reads: Reads::new(),
            field_at: [0; Field::ALL.len()],
            settings_read: 0,
            calls: 0,
            memory_bytes: 0,
            table_elements: 0,
        }
    }

    /// Everything read so far, in the order of first reading.
    pub(crate) fn take_reads(&mut self) -> Reads {
        mem::take(&mut self.reads)
    }

    /// The value of a field. A second read gives what the first one gave,
    /// whatever the source says by then.
    pub(crate) fn field(&mut self, field: Field) -> Result<FieldValue, Stop> {
        self.count_call()?;
        let at = &mut self.field_at[field as usize];
        if let Some(Read::Field(_, value)) = usize::from(*at)
            .checked_sub(1)
            .and_then(|at| self.reads.get(at))
        {
            return Ok(value.clone());
        }
        let value = self.source.read(field);
        if !value.fits(field.shape()) {
            return Err(Stop::Value(field));
        }
        self.reads.push(Read::Field(field, value.clone()));
        *at = u16::try_from(self.reads.len()).map_err(|_| Stop::Reads)?;
        Ok(value)
    }

    /// The value of a setting, if it is declared with this type.
    pub(crate) fn setting(
        &mut self,
        name: &str,
        kind: SettingType,
    ) -> Result<Option<SettingValue>, Stop> {
        self.count_call()?;
        // No declared name is longer, and names are recorded.
        if name.chars().count() > SHORT_TEXT_CHARS_MAX {
            return Err(Stop::Reads);
        }
        let value = self
            .settings
            .get(name)
            .and_then(|value| value.as_kind(kind));
        let known = self.reads.iter().any(
            |read| matches!(read, Read::Setting(read, found) if **read == *name && *found == value),
        );
        if !known {
            if self.settings_read == EVALUATION_SETTINGS_READ_MAX {
                return Err(Stop::Reads);
            }
            self.settings_read += 1;
            self.reads.push(Read::Setting(name.into(), value.clone()));
        }
        Ok(value)
    }

    /// Calls of the host cost no fuel, so they have a limit of their own.
    fn count_call(&mut self) -> Result<(), Stop> {
        self.calls += 1;
        if self.calls > EVALUATION_READS_MAX {
            Err(Stop::Reads)
        } else {
            Ok(())
        }
    }
}

/// Sums over all memories and tables of the instance. A module that asks for
/// too much is stopped rather than told "no": it gets a failure that says
/// why, not the `unreachable` that its allocator would run into.
impl ResourceLimiter for Session {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = EVALUATION_MEMORY_BYTES_MAX;
        grow(&mut self.memory_bytes, current, desired, maximum, limit)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = EVALUATION_TABLE_ELEMENTS_MAX;
        grow(&mut self.table_elements, current, desired, maximum, limit)
    }

    fn instances(&self) -> usize {
        COMPONENT_CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        COMPONENT_TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        COMPONENT_MEMORIES_MAX as usize
    }
}

fn grow(
    total: &mut usize,
    current: usize,
    desired: usize,
    maximum: Option<usize>,
    limit: usize,
) -> wasmtime::Result<bool> {
    // Beyond its own declared maximum, growing fails by the specification. (The
    // pool's limit arrives as a maximum as well; that one is ours.)
    if maximum.is_some_and(|maximum| maximum < limit && desired > maximum) {
        return Ok(false);
    }
    let grown = total.saturating_add(desired.saturating_sub(current));
    if grown > limit {
        return Err(Stop::Memory.into());
    }
    *total = grown;
    Ok(true)
}
