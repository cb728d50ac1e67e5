//! What belongs to no customer: the directory, the quarantine, the counters.

use baton_domain::{
    number::NumberRecord,
    people::{Agent, Role},
    release::{Release, Rollout},
};
use serde::de::DeserializeOwned;

use super::{Examiner, lists::area_of};
use crate::{
    App, Comparison, Counted, Endpoint, Grants, NotificationSettings, NumberSync, StoredModule,
    Tenant,
    doctor::Problem,
    embedded::{
        append::unused_slot_key,
        directory::{StoredApiKey, keys_key},
        identities::{Generation, generation_key},
        key::area,
        people::StoredToken,
        quarantine::{Fill, Stored, fill_key},
        record::{decode, unpack_plain},
        releases::bytes_of,
        seal::split,
    },
    error::StoreError,
};

impl Examiner<'_> {
    pub(super) fn check_others(&mut self) -> Result<(), StoreError> {
        self.each(&area_of(area::TENANT), |this, key, record| {
            this.found.counts.tenants += 1;
            this.check_document::<Tenant>(key, record)
        })?;
        self.each(&area_of(area::APP), |this, key, record| {
            this.found.counts.apps += 1;
            this.check_document::<App>(key, record)
        })?;
        self.each(&area_of(area::API_KEY), |this, key, record| {
            this.found.counts.api_keys += 1;
            this.check_document::<StoredApiKey>(key, record)
        })?;
        self.each(&area_of(area::NUMBER), |this, key, record| {
            this.check_document::<NumberRecord>(key, record)
        })?;
        self.check_people()?;
        self.check_notifications()?;
        self.check_coexistence()?;
        self.check_releases()?;
        self.check_quarantine()?;
        self.check_counters()
    }

    fn check_notifications(&mut self) -> Result<(), StoreError> {
        self.each(&area_of(area::ENDPOINT), |this, key, record| {
            this.check_document::<Endpoint>(key, record)
        })?;
        self.each(&area_of(area::NOTIFICATIONS), |this, key, record| {
            this.check_document::<NotificationSettings>(key, record)
        })?;
        self.each(&area_of(area::FLAGS), |this, key, record| {
            this.check_document::<Counted>(key, record)
        })
    }

    fn check_coexistence(&mut self) -> Result<(), StoreError> {
        self.each(&area_of(area::SYNC), |this, key, record| {
            this.check_document::<NumberSync>(key, record)
        })?;
        self.each(&area_of(area::COMPARISON), |this, key, record| {
            this.check_document::<Comparison>(key, record)
        })
    }

    fn check_people(&mut self) -> Result<(), StoreError> {
        self.each(&area_of(area::AGENT), |this, key, record| {
            this.found.counts.people += 1;
            this.check_document::<Agent>(key, record)
        })?;
        self.each(&area_of(area::ROLE), |this, key, record| {
            this.check_document::<Role>(key, record)
        })?;
        self.each(&area_of(area::TOKEN), |this, key, record| {
            this.check_document::<StoredToken>(key, record)
        })
    }

    fn check_releases(&mut self) -> Result<(), StoreError> {
        self.each(&area_of(area::MODULE), |this, key, record| {
            this.found.counts.modules += 1;
            this.check_document::<StoredModule>(key, record)?;
            let bytes = bytes_of(key);
            if this.rows.get(&bytes)?.is_none() {
                let what = "names a module whose bytes are missing: upload it again";
                this.note_row(Problem::ListStray, key, what);
            }
            Ok(())
        })?;
        self.each(&area_of(area::MODULE_BYTES), |this, key, record| {
            this.check_document::<String>(key, record)
        })?;
        self.each(&area_of(area::GRANTS), |this, key, record| {
            this.check_document::<Grants>(key, record)
        })?;
        self.each(&area_of(area::RELEASE), |this, key, record| {
            this.found.counts.releases += 1;
            this.check_document::<Release>(key, record)
        })?;
        self.each(&area_of(area::ROLLOUT), |this, key, record| {
            this.check_document::<Rollout>(key, record)
        })
    }

    fn check_document<T: DeserializeOwned>(
        &mut self,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        self.read(key, || decode::<u64>(key, split(key, record)?.0))?;
        self.check_sealed::<T>(key, record)
    }

    /// What is sealed under the host's key opens.
    fn check_sealed<T: DeserializeOwned>(
        &mut self,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        let Some(keyring) = &self.keyring else {
            return Ok(());
        };
        let host = keyring.host.clone();
        self.read(key, || host.unpack::<T>(key, record)).map(drop)
    }

    fn check_quarantine(&mut self) -> Result<(), StoreError> {
        let (mut items, mut bytes) = (0, 0);
        self.each(&area_of(area::QUARANTINE), |this, key, record| {
            this.found.counts.quarantined += 1;
            (items, bytes) = (items + 1, bytes + record.len());
            this.check_sealed::<Stored>(key, record)
        })?;
        let key = fill_key();
        let fill = self.get(&key)?;
        let fill: Fill = fill
            .and_then(|it| unpack_plain(&key, &it).ok())
            .unwrap_or_default();
        if (fill.items, fill.bytes) != (items, bytes) {
            let told = fill.items;
            let what = format!("tells of {told} items in quarantine, and there are {items}");
            self.note_row(Problem::CountWrong, &key, what);
        }
        Ok(())
    }

    fn check_counters(&mut self) -> Result<(), StoreError> {
        let known = [generation_key(), fill_key(), unused_slot_key(), keys_key()];
        let used_up_to = self.slots.iter().max().map_or(0, |slot| slot + 1);
        self.each(&area_of(area::META), |this, key, record| {
            if *key == generation_key() {
                this.read(key, || unpack_plain::<Generation>(key, record))?;
            } else if *key == unused_slot_key() {
                let unused = this.read(key, || unpack_plain::<u64>(key, record))?;
                if unused.is_some_and(|unused| unused < used_up_to) {
                    let what = "counts keys as unused that customers have";
                    this.note_row(Problem::KeyWrong, key, what);
                }
            } else if !known.iter().any(|it| it == key) {
                this.note_row(Problem::RowUnknown, key, "is no counter of this version");
            }
            Ok(())
        })?;
        if used_up_to > 0 && self.rows.get(&unused_slot_key())?.is_none() {
            let what = "is missing: keys of customers count as unused";
            self.note_row(Problem::KeyWrong, &unused_slot_key(), what);
        }
        Ok(())
    }
}
