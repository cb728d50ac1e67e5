//! The quarantine: bounded in items and bytes, sealed under the host's key.

use std::sync::Arc;

use baton_domain::limits::LIST_ITEMS_MAX;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Options, Shared,
    draft::Draft,
    key::{Key, Parts, area},
    record::{damaged, unpack_plain},
    rows::after_prefix,
};
use crate::{
    error::{CommitError, StoreError},
    quarantine::{QuarantineId, QuarantineSize, Quarantined},
};

/// How full it is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Fill {
    /// The last id given.
    pub(crate) last: u64,
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

/// An item as it is stored. The body is text nearly always; what is not lies in
/// hexadecimal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    at: Timestamp,
    app: String,
    why: String,
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

impl From<Quarantined> for Stored {
    fn from(item: Quarantined) -> Self {
        let Quarantined {
            at,
            app,
            why,
            number,
            body,
        } = item;
        let (text, hex) = match String::from_utf8(body) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(hex::encode(error.into_bytes()))),
        };
        Self {
            at,
            app,
            why,
            number,
            text,
            hex,
        }
    }
}

impl Stored {
    fn open(self, key: &[u8]) -> Result<Quarantined, StoreError> {
        let Self {
            at,
            app,
            why,
            number,
            text,
            hex,
        } = self;
        let bytes = hex.map(hex::decode).transpose();
        let bytes = bytes.map_err(|_| damaged(key, "cannot be read"))?;
        let body = text.map(String::into_bytes).or(bytes).unwrap_or_default();
        Ok(Quarantined {
            at,
            app,
            why,
            number,
            body,
        })
    }
}

pub(crate) fn fill_key() -> Vec<u8> {
    Key::new(area::META).text("quarantine").done()
}

fn item_key(id: u64) -> Vec<u8> {
    Key::new(area::QUARANTINE).number(id).done()
}

impl Shared {
    /// What [`crate::Store::quarantine`] does.
    pub(crate) async fn quarantine(
        self: &Arc<Self>,
        item: Quarantined,
    ) -> Result<QuarantineId, CommitError> {
        let (shared, item) = (self.clone(), Stored::from(item));
        let keep = move |draft: &mut Draft<'_>| {
            let fill: Fill = draft.get_plain(&fill_key())?.unwrap_or_default();
            let id = fill.last + 1;
            let key = item_key(id);
            let entropy = &*shared.options.entropy;
            let record = shared.keyring.host.pack(entropy, &key, &[], &item)?;
            let (items, bytes) = (fill.items + 1, fill.bytes + record.len());
            let Options {
                quarantine_items_max,
                quarantine_bytes_max,
                ..
            } = shared.options;
            if items > quarantine_items_max || bytes > quarantine_bytes_max {
                return Err(StoreError::QuarantineFull.into());
            }
            draft.set(key, record);
            draft.set_plain(
                fill_key(),
                &Fill {
                    last: id,
                    items,
                    bytes,
                },
            )?;
            Ok(QuarantineId(id))
        };
        self.committer.run(Vec::new(), keep).await
    }

    /// What [`crate::Store::quarantined`] answers.
    pub(crate) fn quarantined(
        &self,
        after: Option<QuarantineId>,
        limit: usize,
    ) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
        let from = item_key(after.map_or(0, |QuarantineId(id)| id.saturating_add(1)));
        let end = after_prefix(&[area::QUARANTINE]);
        let rows = self.rows.scan(&from, &end, limit.min(LIST_ITEMS_MAX))?;
        let item = |(key, record): &(Vec<u8>, Vec<u8>)| {
            let stored: Stored = self.keyring.host.unpack(key, record)?;
            Ok((QuarantineId(Parts::of(key).number()?), stored.open(key)?))
        };
        rows.iter().map(item).collect()
    }

    /// What [`crate::Store::quarantine_size`] answers.
    pub(crate) fn quarantine_size(&self) -> Result<QuarantineSize, StoreError> {
        let key = fill_key();
        let record = self.rows.get(&key)?;
        let fill = record.map(|record| unpack_plain::<Fill>(&key, &record));
        let fill = fill.transpose()?.unwrap_or_default();
        let Fill { items, bytes, .. } = fill;
        Ok(QuarantineSize { items, bytes })
    }

    /// What [`crate::Store::release`] does.
    pub(crate) async fn release(&self, id: QuarantineId) -> Result<(), CommitError> {
        let release = move |draft: &mut Draft<'_>| {
            let key = item_key(id.0);
            if let Some(record) = draft.get(&key)? {
                let fill: Fill = draft.get_plain(&fill_key())?.unwrap_or_default();
                let items = fill.items.saturating_sub(1);
                let bytes = fill.bytes.saturating_sub(record.len());
                draft.set_plain(
                    fill_key(),
                    &Fill {
                        items,
                        bytes,
                        ..fill
                    },
                )?;
                draft.remove(key);
            }
            Ok(())
        };
        self.committer.run(Vec::new(), release).await
    }
}
