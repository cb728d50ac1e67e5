//! What one change sees and writes before it is applied: the rows, the changes
//! of those before it in the same batch, and its own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    customer::Head,
    heads::{Heads, Note},
    key::Who,
    record::{pack, pack_plain, unpack, unpack_plain},
    rows::{Batch, Row, Rows, after_prefix},
    seal::IndexHash,
};
use crate::error::StoreError;

/// A change in the making. It counts only when its maker succeeds.
pub(crate) struct Draft<'b> {
    rows: &'b dyn Rows,
    heads: &'b Heads,
    /// What earlier changes of the batch wrote.
    pending: &'b mut Batch,
    mine: Batch,
    has_failed: &'b AtomicBool,
}

impl<'b> Draft<'b> {
    /// Sets `has_failed` when rows could not be applied.
    pub(crate) fn new(
        rows: &'b dyn Rows,
        heads: &'b Heads,
        pending: &'b mut Batch,
        has_failed: &'b AtomicBool,
    ) -> Self {
        Self {
            rows,
            heads,
            pending,
            mine: Batch::default(),
            has_failed,
        }
    }

    /// Adds what was written to the batch.
    pub(crate) fn keep(self) {
        self.pending.extend(self.mine);
    }

    /// The record at `key`.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.mine.get(key).or_else(|| self.pending.get(key)) {
            Some(changed) => Ok(changed.clone()),
            None => self.rows.get(key),
        }
    }

    /// Whether there is a record, which must be whole.
    pub(crate) fn has(&self, key: &[u8]) -> Result<bool, StoreError> {
        self.get(key)?
            .map_or(Ok(false), |record| unpack(key, &record).map(|_| true))
    }

    /// A value in which nothing is personal.
    pub(crate) fn get_plain<T: DeserializeOwned>(
        &self,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.get(key)?
            .map(|record| unpack_plain(key, &record))
            .transpose()
    }

    /// The head of a customer.
    pub(crate) fn head(&self, who: &Who) -> Result<Option<Arc<Head>>, StoreError> {
        let key = who.head();
        let is_mine = self.mine.get(&key).is_some();
        let batch = if is_mine { &self.mine } else { &*self.pending };
        if let Some(Note::Head(head)) = batch.note(&key) {
            return Ok(Some(head.clone()));
        }
        if batch.get(&key).is_none()
            && let Some(head) = self.heads.head(&key)
        {
            return Ok(Some(head));
        }
        Ok(self.get_plain(&key)?.map(Arc::new))
    }

    /// Writes the head of a customer.
    pub(crate) fn set_head(&mut self, who: &Who, head: Arc<Head>) -> Result<(), StoreError> {
        let key = who.head();
        let record = pack_plain(&key, &*head)?;
        let note = Note::Head(head);
        self.mine.set_noted(key, record, note);
        Ok(())
    }

    /// Writes whom a link names.
    pub(crate) fn set_link(&mut self, who: &Who, link: IndexHash) -> Result<(), StoreError> {
        let key = who.link(link);
        let record = pack_plain(&key, &who.customer)?;
        let note = Note::Link(who.customer.clone());
        self.mine.set_noted(key, record, note);
        Ok(())
    }

    /// Writes a record.
    pub(crate) fn set(&mut self, key: Vec<u8>, record: Vec<u8>) {
        self.mine.set(key, Some(record));
    }

    /// Writes a value in which nothing is personal.
    pub(crate) fn set_plain<T: Serialize>(
        &mut self,
        key: Vec<u8>,
        value: &T,
    ) -> Result<(), StoreError> {
        let record = pack_plain(&key, value)?;
        self.set(key, record);
        Ok(())
    }

    /// Writes a row that says all by its key.
    pub(crate) fn mark(&mut self, key: Vec<u8>) {
        let record = pack(&key, &[]);
        self.set(key, record);
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.mine.set(key, None);
    }

    /// Rows from `from` to before `to`, at most `limit`.
    ///
    /// What earlier changes of the batch wrote is applied first, to be durable
    /// with the same sync; what this one wrote must still be nothing.
    pub(crate) fn scan(
        &mut self,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        assert!(self.mine.is_empty(), "a change scans before it writes");
        if !self.pending.is_empty() {
            self.rows
                .apply(self.pending)
                .inspect_err(|_| self.has_failed.store(true, Ordering::Release))?;
            self.heads.applied(self.pending);
            *self.pending = Batch::default();
        }
        self.rows.scan(from, to, limit)
    }

    /// Rows whose key starts with `prefix`, as [`Draft::scan`].
    pub(crate) fn with_prefix(
        &mut self,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.scan(prefix, &after_prefix(prefix), limit)
    }

    /// Bytes that this change wrote.
    pub(crate) fn written(&self) -> usize {
        self.mine.bytes()
    }
}
