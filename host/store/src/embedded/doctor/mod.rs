//! The examination of a store that nobody has open: every record's checksum,
//! every sealed row opened, every log folded and compared with the stored
//! state, every index followed in both directions.
//!
//! It changes nothing of Baton's: the small files are opened for reading, no
//! erasure is finished, no key is made. The backend recovers its own files as
//! at every start, since there is no other way to read them.
//!
//! Memory is bounded by the largest customer's state, one page of rows, and
//! eight bytes for each customer.

mod audit;
mod customer;
mod lists;
mod others;

use std::{collections::HashSet, path::Path};

use baton_domain::limits::{DOCTOR_FINDINGS_MAX, DOCTOR_ROWS_AT_ONCE};

use super::{
    Options,
    erasures::Erasures,
    key::{Who, describe},
    keyring::Keyring,
    record::unpack,
    rows::{Row, Rows, after_prefix},
    side_file::ReadOnlyFile,
};
use crate::{
    doctor::{Examination, Finding, Problem},
    error::StoreError,
};

/// Looks at everything.
pub(crate) struct Examiner<'r> {
    rows: &'r dyn Rows,
    /// Without keys only checksums can be checked.
    keyring: Option<Keyring>,
    erasures: Option<Erasures>,
    fold_version: u32,
    /// Slots of keys that customers have.
    slots: HashSet<u64>,
    found: Examination,
    progress: &'r mut dyn FnMut(u64),
}

/// Examines the rows and the small files in `folder`. `progress` is told of
/// the rows looked at so far.
///
/// # Errors
/// When the backend fails; what is merely wrong is a finding.
pub(crate) fn examine(
    rows: &dyn Rows,
    folder: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64),
) -> Result<Examination, StoreError> {
    let mut examiner = Examiner {
        rows,
        keyring: None,
        erasures: None,
        fold_version: options.fold_version,
        slots: HashSet::new(),
        found: Examination::default(),
        progress,
    };
    examiner.open_small_files(folder, options)?;
    examiner.check_unknown()?;
    examiner.check_customers()?;
    examiner.check_lists()?;
    examiner.check_others()?;
    examiner.check_audit()?;
    examiner.check_keys();
    Ok(examiner.found)
}

/// Whether an error means that what was read is wrong, and not that it could
/// not be read.
fn is_wrong(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { .. } | StoreError::Erased)
}

impl Examiner<'_> {
    /// Notes something that is wrong.
    fn note(&mut self, problem: Problem, place: impl ToString, what: impl ToString) {
        if self.found.findings.len() == DOCTOR_FINDINGS_MAX {
            self.found.findings_left_out += 1;
            return;
        }
        self.found.findings.push(Finding {
            problem,
            place: place.to_string(),
            what: what.to_string(),
        });
    }

    /// Notes something that is wrong with a row.
    fn note_row(&mut self, problem: Problem, key: &[u8], what: impl ToString) {
        self.note(problem, describe(key), what);
    }

    /// What `read` gives; what is wrong with the row is noted.
    fn read<T>(
        &mut self,
        key: &[u8],
        read: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match read() {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_wrong(&error) => {
                let place = describe(key);
                let what = match &error {
                    StoreError::Damaged { what } => what.trim_start_matches(&place).trim_start(),
                    _ => "is sealed under a key that was erased",
                };
                self.note(Problem::RecordUnreadable, &place, what);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a row is as its checksum says; noted when it is not.
    fn is_whole(&mut self, key: &[u8], record: &[u8]) -> bool {
        match unpack(key, record) {
            Ok(_) => true,
            Err(_) => {
                self.note_row(
                    Problem::RecordDamaged,
                    key,
                    "does not match its checksum or its format",
                );
                false
            }
        }
    }

    /// Does `look` to every whole row whose key starts with `prefix`.
    fn each(
        &mut self,
        prefix: &[u8],
        mut look: impl FnMut(&mut Self, &[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (mut from, end) = (prefix.to_vec(), after_prefix(prefix));
        loop {
            let page = self.rows.scan(&from, &end, DOCTOR_ROWS_AT_ONCE)?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            from.clone_from(last);
            from.push(0);
            for (key, record) in page {
                self.found.counts.rows += 1;
                if self.is_whole(&key, &record) {
                    look(self, &key, &record)?;
                }
            }
            (self.progress)(self.found.counts.rows);
        }
    }

    /// The row at `key` when it is there and whole. One that is not whole is
    /// noted where it is looked at.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let record = self.rows.get(key)?;
        Ok(record.filter(|record| unpack(key, record).is_ok()))
    }

    fn is_erased(&self, who: &Who) -> bool {
        self.erasures.as_ref().is_some_and(|it| it.contains(who))
    }

    /// Rows that no table names.
    fn check_unknown(&mut self) -> Result<(), StoreError> {
        let known = super::key::area::ALL;
        let mut from = vec![0];
        while let Some((key, _)) = self.rows.scan(&from, &[u8::MAX], 1)?.pop() {
            let area: &[u8] = &key[..key.len().min(1)];
            if !known.contains(&area.first().copied().unwrap_or_default()) {
                self.note_row(
                    Problem::RowUnknown,
                    &key,
                    "stands in no table of this version",
                );
            }
            from = after_prefix(if area.is_empty() { &[0] } else { area });
        }
        Ok(())
    }

    fn open_small_files(&mut self, folder: &Path, options: &Options) -> Result<(), StoreError> {
        let unusable = |error: &dyn std::error::Error| match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        let unused = super::append::unused_slot_key();
        let unused_from = self.get(&unused)?;
        let unused_from = unused_from.and_then(|it| super::record::unpack_plain(&unused, &it).ok());
        let opened = ReadOnlyFile::open(&folder.join("keys"))
            .map_err(|error| unusable(&error))
            .and_then(|file| {
                Keyring::open(Box::new(file), options.entropy.clone(), unused_from)
                    .map_err(|error| unusable(&error))
            });
        match opened {
            Ok(keyring) => self.adopt(keyring)?,
            Err(what) => self.note(Problem::KeysUnusable, "keys", what),
        }
        let opened = ReadOnlyFile::open(&folder.join("erasures"))
            .map_err(|error| unusable(&error))
            .and_then(|file| Erasures::open(Box::new(file)).map_err(|error| unusable(&error)));
        match opened {
            Ok(erasures) => self.erasures = Some(erasures),
            Err(what) => self.note(Problem::ErasuresUnreadable, "erasures", what),
        }
        self.found.counts.erased = self.erasures.as_ref().map_or(0, |it| it.all().len() as u64);
        Ok(())
    }

    /// Uses the keys, when they belong to these rows.
    fn adopt(&mut self, keyring: Keyring) -> Result<(), StoreError> {
        let key = super::directory::keys_key();
        match self.get(&key)? {
            Some(record) if keyring.host.unpack::<String>(&key, &record).is_err() => {
                self.note(Problem::KeysUnusable, "keys", "belongs to other rows");
            }
            _ => self.keyring = Some(keyring),
        }
        Ok(())
    }

    /// Every slot of the keys, and that every customer has one of them.
    fn check_keys(&mut self) {
        let Some(keyring) = self.keyring.take() else {
            return;
        };
        let state = keyring.examine();
        self.found.counts.keys = state.whole;
        self.found.counts.keys_erased = state.erased;
        for slot in state.damaged {
            let place = format!("slot {slot} of the keys file");
            self.note(Problem::KeyDamaged, place, "does not match its checksum");
        }
    }
}

/// The row of a page, without its value.
fn keys_of(rows: Vec<Row>) -> impl Iterator<Item = Vec<u8>> {
    rows.into_iter().map(|(key, _)| key)
}
