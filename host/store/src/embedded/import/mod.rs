//! The import of an export, into rows of its own that nobody uses yet: what the
//! lines say, and everything that follows from it, built anew. A failure
//! leaves nothing but a folder to be thrown away.
//!
//! Every record is opened under its key and every log folded, so what comes in
//! is whole. Whoever was erased since the export was made stays erased.

mod audit;
mod customer;
mod input;

use std::{io::BufRead, sync::atomic::AtomicBool};

use baton_domain::{ids::CustomerId, limits::IMPORT_BATCH_BYTES};

use self::{audit::Chain, customer::Incoming, input::Input};
use super::{
    Options,
    append::unused_slot_key,
    directory::keys_key,
    draft::Draft,
    erase::remove_rows,
    erasures::Erasures,
    export::line::{Line, Sealed},
    heads::Heads,
    identities::generation_key,
    inbox,
    key::{Key, Parts, Who, area},
    keyring::Keyring,
    quarantine::{Fill, fill_key},
    record::{pack_plain, unpack_plain},
    rows::{Batch, Rows},
};
use crate::{
    error::StoreError,
    export::{Exported, ImportError, Imported},
};

/// The rows to be, and the small files that belong to them.
pub(crate) struct Target<'r> {
    pub(crate) rows: &'r dyn Rows,
    pub(crate) keyring: Keyring,
    pub(crate) erasures: Erasures,
    pub(crate) options: &'r Options,
}

/// An import that runs.
struct Import<'r> {
    target: Target<'r>,
    heads: Heads,
    batch: Batch,
    /// The customer whom the lines are about; `None` when nothing is taken in
    /// of them.
    current: Option<Incoming>,
    /// Keys to be destroyed: of those who were erased.
    erased_slots: Vec<u64>,
    quarantine: Fill,
    /// The chain of the audit that the lines are about.
    chain: Option<Chain>,
    imported: Imported,
}

/// Fills the rows of `target` with what the export says. `progress` is told of
/// the lines read so far.
pub(crate) fn import(
    target: Target<'_>,
    export: &mut dyn BufRead,
    progress: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    let mut input = Input::new(export);
    let mut import = Import {
        target,
        heads: Heads::new(),
        batch: Batch::default(),
        current: None,
        erased_slots: Vec::new(),
        quarantine: Fill::default(),
        chain: None,
        imported: Imported::default(),
    };
    import.begin(&mut input)?;
    let counts = loop {
        let line = input.line()?;
        progress(input.lines());
        if let Line::End {
            lines,
            counts,
            sha256,
        } = line
        {
            input.check_end(lines, &sha256)?;
            break counts;
        }
        import.take(line).map_err(|error| input.at_line(error))?;
    };
    import.finish(counts)
}

impl Import<'_> {
    /// The first line: what made it, and whether the keys belong to it.
    fn begin(&mut self, input: &mut Input<'_>) -> Result<(), ImportError> {
        let first = input.first_line()?;
        let Line::BatonExport {
            keys, generation, ..
        } = first
        else {
            return Err(ImportError::NoExport);
        };
        let key = keys_key();
        let record = keys.record(&key)?;
        let opened = self.target.keyring.host.unpack::<String>(&key, &record);
        opened.map_err(|_| ImportError::ForeignKeys)?;
        self.batch.set(key, Some(record));
        let key = generation_key();
        let record = pack_plain(&key, &generation)?;
        self.batch.set(key, Some(record));
        Ok(())
    }

    fn take(&mut self, line: Line) -> Result<(), ImportError> {
        match line {
            Line::Document { row, record } => self.document(&row, &record)?,
            Line::Customer(line) => {
                self.finish_customer()?;
                self.begin_customer(line)?;
            }
            Line::Event { version, record } => {
                self.imported.read.events += 1;
                self.within(|it, import| it.event(import, version, &record))?;
            }
            Line::Work { hash, record } => {
                self.imported.read.work += 1;
                self.within(|it, import| it.work(import, hash, &record))?;
            }
            Line::Identity { hash, generation } => {
                self.imported.read.identities += 1;
                self.within(|it, import| {
                    it.identity(import, hash, generation);
                    Ok(())
                })?;
            }
            Line::Withdrawn { tenant, customer } => {
                self.imported.read.withdrawn += 1;
                self.withdraw(&Who { tenant, customer })?;
            }
            Line::Damaged {
                tenant, customer, ..
            } => {
                self.imported.read.damaged += 1;
                self.withdraw(&Who { tenant, customer })?;
            }
            Line::Quarantined { id, record } => self.quarantined(id, &record)?,
            Line::AuditHead { tenant, record } => {
                self.finish_customer()?;
                self.audit_head(tenant, &record)?;
            }
            Line::Audit {
                tenant,
                place,
                record,
            } => self.audit_entry(&tenant, place, &record)?,
            Line::BatonExport { .. } | Line::End { .. } => return Err(ImportError::NoExport),
        }
        if self.batch.bytes() > IMPORT_BATCH_BYTES {
            self.apply()?;
        }
        Ok(())
    }

    /// Lets the customer whom the lines are about take one in.
    fn within(
        &mut self,
        take: impl FnOnce(&mut Incoming, &mut Self) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let Some(mut current) = self.current.take() else {
            // Of somebody who was erased.
            return Ok(());
        };
        let taken = take(&mut current, self);
        self.current = Some(current);
        taken
    }

    fn document(&mut self, row: &str, record: &Sealed) -> Result<(), ImportError> {
        self.finish_customer()?;
        let unknown = || StoreError::Damaged {
            what: "it is no row of the directory".to_owned(),
        };
        let key = hex::decode(row).map_err(|_| unknown())?;
        let is_document = key.first().is_some_and(|it| area::DOCUMENTS.contains(it));
        if !is_document {
            return Err(unknown().into());
        }
        let record = record.record(&key)?;
        self.open_hosts(&key, &record)?;
        self.imported.read.documents += 1;
        self.batch.set(key, Some(record));
        Ok(())
    }

    fn quarantined(&mut self, id: u64, record: &Sealed) -> Result<(), ImportError> {
        self.finish_customer()?;
        let key = Key::new(area::QUARANTINE).number(id).done();
        let record = record.record(&key)?;
        self.open_hosts(&key, &record)?;
        self.imported.read.quarantined += 1;
        let Fill { last, items, bytes } = &mut self.quarantine;
        (*last, *items) = ((*last).max(id), *items + 1);
        *bytes += record.len();
        self.batch.set(key, Some(record));
        Ok(())
    }

    /// What is sealed under the host's key opens.
    fn open_hosts(&self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        let host = &self.target.keyring.host;
        host.unpack::<serde_json::Value>(key, record).map(drop)
    }

    /// What was said of a customer holds no more.
    fn withdraw(&mut self, who: &Who) -> Result<(), ImportError> {
        if self.current.as_ref().is_some_and(|it| it.is(who)) {
            // Not finished: it was taken back in the middle.
            self.current = None;
        }
        self.finish_customer()?;
        self.forget(who)?;
        Ok(())
    }

    /// Removes every row of a customer.
    fn forget(&mut self, who: &Who) -> Result<(), StoreError> {
        self.apply()?;
        let is_there = !self
            .target
            .rows
            .with_prefix(&who.rows().done(), 1)?
            .is_empty();
        if !is_there {
            return Ok(());
        }
        self.draft(|draft| forget_head(draft, who))?;
        while self.draft(|draft| remove_rows(draft, who))? > 0 {
            self.apply()?;
        }
        Ok(())
    }

    fn draft<T>(
        &mut self,
        change: impl FnOnce(&mut Draft<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let has_failed = AtomicBool::new(false);
        let rows = self.target.rows;
        let mut draft = Draft::new(rows, &self.heads, &mut self.batch, &has_failed);
        let changed = change(&mut draft)?;
        draft.keep();
        Ok(changed)
    }

    /// Writes what waits.
    fn apply(&mut self) -> Result<(), StoreError> {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.target.rows.apply(&batch)?;
            self.heads.applied(&batch);
            self.target.rows.sync()?;
        }
        Ok(())
    }

    fn finish(mut self, counts: Exported) -> Result<Imported, ImportError> {
        self.finish_customer()?;
        self.finish_chain()?;
        if self.imported.read != counts {
            let what = "its last line counts other lines than there are".to_owned();
            return Err(ImportError::NotWhole { what });
        }
        let (fill, unused) = (fill_key(), unused_slot_key());
        let record = pack_plain(&fill, &self.quarantine)?;
        self.batch.set(fill, Some(record));
        let record = pack_plain(&unused, &self.target.keyring.count())?;
        self.batch.set(unused, Some(record));
        self.apply()?;
        self.target.keyring.destroy(&self.erased_slots)?;
        Ok(self.imported)
    }
}

/// Takes a customer off every list, and removes the head.
fn forget_head(draft: &mut Draft<'_>, who: &Who) -> Result<(), StoreError> {
    let merged = draft.with_prefix(&who.absorbed().done(), usize::MAX)?;
    for (key, _) in merged {
        let mut parts = Parts::of(&key);
        let (_tenant, _older) = (parts.tenant()?, parts.customer()?);
        draft.remove(who.other(&parts.customer()?).alias());
        draft.remove(key);
    }
    let Some(head) = draft.head(who)? else {
        return Ok(());
    };
    for link in &head.links {
        let key = who.link(*link);
        let named = draft.get(&key)?;
        let named = named.map(|it| unpack_plain::<CustomerId>(&key, &it));
        if named.transpose()?.as_ref() == Some(&who.customer) {
            draft.remove(key);
        }
    }
    inbox::take_off(draft, who, &head.conversations);
    draft.remove(who.head());
    Ok(())
}
