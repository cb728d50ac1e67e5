//! Merges while an export runs. A customer who was merged before the export
//! came to it is told of by the one it became, who may have been passed
//! already: those are told of once more at the end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{embedded::key::Who, error::StoreError};

/// Who absorbed another since the export began; nothing while none runs.
#[derive(Default)]
pub(crate) struct Merges(Mutex<Option<Vec<Who>>>);

/// An export that runs.
pub(crate) struct Running<'m>(&'m Merges);

impl Merges {
    fn noted(&self) -> MutexGuard<'_, Option<Vec<Who>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an export.
    ///
    /// # Errors
    /// [`StoreError::ExportRunning`].
    pub(crate) fn begin(&self) -> Result<Running<'_>, StoreError> {
        let mut noted = self.noted();
        if noted.is_some() {
            return Err(StoreError::ExportRunning);
        }
        *noted = Some(Vec::new());
        Ok(Running(self))
    }

    /// Notes a merge that is about to be made.
    pub(crate) fn note(&self, older: &Who) {
        if let Some(noted) = &mut *self.noted() {
            noted.push(older.clone());
        }
    }
}

impl Running<'_> {
    /// Takes what was noted.
    pub(crate) fn take(&self) -> Vec<Who> {
        self.0
            .noted()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.noted() = None;
    }
}
