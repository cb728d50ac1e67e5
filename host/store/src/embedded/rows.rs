//! What a sibling has to offer: ordered rows, and a batch made durable whole.
//! Everything else is the same for all of them.

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::heads::Note;
use crate::error::StoreError;

/// A row: its key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Rows to write, `None` for those to remove. In the order in which they were
/// changed first, so that the same changes reach the backend in the same order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    changes: IndexMap<Vec<u8>, Change, RandomState>,
    bytes: usize,
}

/// What a row becomes, and what else is known of it.
#[derive(Debug)]
struct Change {
    value: Option<Vec<u8>>,
    note: Option<Note>,
}

impl Batch {
    pub(crate) fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.put(key, value, None);
    }

    /// Sets a row, and notes what it says.
    pub(crate) fn set_noted(&mut self, key: Vec<u8>, value: Vec<u8>, note: Note) {
        self.put(key, Some(value), Some(note));
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, note: Option<Note>) {
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        self.changes.insert(key, Change { value, note });
    }

    /// The change to `key`: nothing, removal, or a new value.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.changes.get(key).map(|change| &change.value)
    }

    /// What was noted of the row that `key` becomes.
    pub(crate) fn note(&self, key: &[u8]) -> Option<&Note> {
        self.changes.get(key)?.note.as_ref()
    }

    /// Every row's key, with what was noted of it.
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&Vec<u8>, Option<&Note>)> {
        let changes = self.changes.iter();
        changes.map(|(key, change)| (key, change.note.as_ref()))
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.changes.extend(other.changes);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What was written into it, also when it was overwritten since.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Option<Vec<u8>>)> {
        self.changes
            .iter()
            .map(|(key, change)| (key, &change.value))
    }
}

/// Ordered rows.
pub(crate) trait Rows: Send + Sync + 'static {
    /// The value at `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows from `from` to before `to`, in ascending order, at most `limit`.
    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Makes all changes visible at once. They are durable, whole, after the
    /// next [`Rows::sync`]; without it all of them or none are.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Returns when everything applied before is on the disk.
    fn sync(&self) -> Result<(), StoreError>;
}

/// The first key after all that start with `prefix`.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    unreachable!("no prefix of ours is nothing but 0xff: they start with a letter")
}

impl dyn Rows {
    /// Rows whose key starts with `prefix`, at most `limit`.
    pub(crate) fn with_prefix(&self, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.scan(prefix, &after_prefix(prefix), limit)
    }
}
