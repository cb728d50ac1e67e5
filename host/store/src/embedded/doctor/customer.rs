//! One customer after the other: the log is folded as it is read.

use baton_domain::{event::Event, state::CustomerState};
use serde_json::Value;

use super::Examiner;
use crate::{
    commit::Version,
    doctor::Problem,
    embedded::{
        customer::{Head, StateAt, listed, mark_of, version_of},
        inbox::{listed_key, people_key, touched_key},
        key::{Key, Parts, Who, area, part},
        record::{decode, unpack_plain},
        rows::after_prefix,
        seal::{Cipher, split},
        work_row::{Plain, WorkRow, list_key},
    },
    error::StoreError,
    work::Stage,
};

/// A customer whose rows are being read.
struct Reading {
    who: Who,
    head: Option<Head>,
    cipher: Option<Cipher>,
    /// Events read so far, by the version of the last.
    version: u64,
    /// Their fold; `None` once it cannot be told any more.
    state: Option<CustomerState>,
    /// The plain form of the fold at the version of the stored state.
    expected: Option<Value>,
    has_state: bool,
}

impl Examiner<'_> {
    /// All customers, one by one.
    pub(super) fn check_customers(&mut self) -> Result<(), StoreError> {
        let all = Key::new(area::CUSTOMER).done();
        let (mut from, end) = (all.clone(), after_prefix(&all));
        while let Some(key) = super::keys_of(self.rows.scan(&from, &end, 1)?).next() {
            let mut parts = Parts::of(&key);
            let who = match (parts.tenant(), parts.customer()) {
                (Ok(tenant), Ok(customer)) => Who { tenant, customer },
                _ => {
                    self.note_row(Problem::RowUnknown, &key, "names no customer");
                    from = key;
                    from.push(0);
                    continue;
                }
            };
            self.check_customer(&who)?;
            from = after_prefix(&who.rows().done());
        }
        Ok(())
    }

    fn check_customer(&mut self, who: &Who) -> Result<(), StoreError> {
        if self.is_erased(who) {
            let what = "is on the list of erasures and still has rows";
            self.note_row(Problem::ErasureUnfinished, &who.head(), what);
        }
        self.found.counts.customers += 1;
        let head = self.head_of(who)?;
        if head.is_none() {
            self.note_row(Problem::HeadMissing, &who.head(), "is missing or damaged");
        }
        let cipher = head
            .as_ref()
            .and_then(|head| self.cipher_of(who, head.slot));
        let mut reading = Reading {
            who: who.clone(),
            head,
            cipher,
            version: 0,
            state: Some(CustomerState::default()),
            expected: None,
            has_state: false,
        };
        let prefix = who.rows().done();
        self.each(&prefix, |this, key, record| {
            match key.get(prefix.len()) {
                Some(&part::IDENTITY) => this.found.counts.identities += 1,
                Some(&part::EVENT) => this.check_event(&mut reading, key, record)?,
                Some(&part::HEAD) => this.check_head(&reading)?,
                Some(&part::STATE) => this.check_state(&mut reading, key, record)?,
                Some(&part::WORK) => this.check_work(&reading, key, record)?,
                _ => this.note_row(Problem::RowUnknown, key, "is no part of a customer"),
            }
            Ok(())
        })?;
        if reading.head.is_some() && !reading.has_state {
            self.note_row(Problem::StateDiffers, &who.state(), "is missing or damaged");
        }
        Ok(())
    }

    /// The head, when it can be read.
    pub(super) fn head_of(&self, who: &Who) -> Result<Option<Head>, StoreError> {
        let key = who.head();
        let record = self.rows.get(&key)?;
        Ok(record.and_then(|record| unpack_plain(&key, &record).ok()))
    }

    fn cipher_of(&mut self, who: &Who, slot: u64) -> Option<Cipher> {
        if !self.slots.insert(slot) {
            let what = format!("has the key in slot {slot}, which another customer has, too");
            self.note_row(Problem::KeyWrong, &who.head(), what);
        }
        match self.keyring.as_ref()?.get(slot) {
            Ok(cipher) => Some(cipher),
            Err(error) => {
                let what = format!("has its key in slot {slot}: {error}");
                self.note_row(Problem::KeyWrong, &who.head(), what);
                None
            }
        }
    }

    fn check_event(
        &mut self,
        reading: &mut Reading,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        self.found.counts.events += 1;
        let Some(version) = self.read(key, || version_of(key))? else {
            return Ok(());
        };
        if version != reading.version + 1 {
            let what = format!("follows event {} of its log", reading.version);
            self.note_row(Problem::LogGap, key, what);
            reading.state = None;
        }
        reading.version = version;
        let mark = self.read(key, || mark_of(key, record))?.flatten();
        if let Some((list, at)) = mark {
            let row = listed_key(&reading.who, list, at, Version(version));
            if self.get(&row)?.is_none() {
                let what = format!("is not in the list of {list:?}").to_lowercase();
                self.note_row(Problem::ListMissing, key, what);
            }
        }
        let Some(cipher) = reading.cipher.clone() else {
            return Ok(());
        };
        let Some(event) = self.read(key, || cipher.unpack::<Event>(key, record))? else {
            reading.state = None;
            return Ok(());
        };
        if listed(&event) != mark.map(|(list, _)| list) {
            self.note_row(
                Problem::ListMissing,
                key,
                "is marked for another list than its own",
            );
        }
        if let Some(state) = &mut reading.state {
            state.apply(&event);
            let is_stored =
                |head: &Head| head.state_at == version && head.fold == self.fold_version;
            if reading.head.as_ref().is_some_and(is_stored) {
                reading.expected = plain(state);
            }
        }
        Ok(())
    }

    /// Called when all events were read.
    fn check_head(&mut self, reading: &Reading) -> Result<(), StoreError> {
        let (who, Some(head)) = (&reading.who, &reading.head) else {
            return Ok(());
        };
        let key = who.head();
        if head.version != reading.version {
            let (told, there) = (head.version, reading.version);
            let what = format!("tells of {told} events, and the log ends with {there}");
            self.note_row(Problem::HeadDisagrees, &key, what);
        }
        for link in &head.links {
            let row = who.link(*link);
            let named = self.get(&row)?;
            let named = named.and_then(|it| unpack_plain(&row, &it).ok());
            if named.as_ref() != Some(&who.customer) {
                self.note_row(Problem::ListMissing, &row, "does not lead to its customer");
            }
        }
        for conversation in &head.conversations {
            let rows = [
                Some(touched_key(who, conversation)),
                people_key(who, conversation),
            ];
            for row in rows.into_iter().flatten() {
                let there = self.get(&row)?;
                let there = there.and_then(|it| unpack_plain(&row, &it).ok());
                if there.as_ref() != Some(conversation) {
                    let what = "is missing in the inbox, or says something else there";
                    self.note_row(Problem::ListMissing, &row, what);
                }
            }
        }
        Ok(())
    }

    fn check_state(
        &mut self,
        reading: &mut Reading,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        reading.has_state = true;
        let Some(head) = &reading.head else {
            return Ok(());
        };
        let at: Option<StateAt> = self.read(key, || decode(key, split(key, record)?.0))?;
        let Some(StateAt { version, fold }) = at else {
            return Ok(());
        };
        if (version, fold) != (head.state_at, head.fold) {
            let (told, by) = (head.state_at, head.fold);
            let what = format!(
                "stands at version {version} of fold {fold}, and the head tells of {told} of {by}"
            );
            self.note_row(Problem::HeadDisagrees, key, what);
            return Ok(());
        }
        let Some(cipher) = &reading.cipher else {
            return Ok(());
        };
        let Some(state) = self.read(key, || cipher.unpack::<CustomerState>(key, record))? else {
            return Ok(());
        };
        // Of another fold: folded anew when it is loaded next.
        let Some(expected) = reading.expected.take() else {
            return Ok(());
        };
        self.found.counts.folded += 1;
        if plain(&state) != Some(expected) {
            let what = format!("is not the fold of the first {version} events");
            self.note_row(Problem::StateDiffers, key, what);
        }
        Ok(())
    }

    fn check_work(
        &mut self,
        reading: &Reading,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        let who = &reading.who;
        let row = self.read(key, || {
            Ok((WorkRow::parse(key, record)?, Parts::at_end(key).hash()?))
        })?;
        let Some((row, hash)) = row else {
            return Ok(());
        };
        let Plain::Open(open) = &row.plain else {
            self.found.counts.work_settled += 1;
            return Ok(());
        };
        match open.stage {
            Stage::Dead { .. } => self.found.counts.work_dead += 1,
            Stage::Waiting | Stage::Begun { .. } => self.found.counts.work_open += 1,
        }
        if self.get(&list_key(who, hash, open))?.is_none() {
            let what = "is neither among due work nor among dead letters";
            self.note_row(Problem::ListMissing, key, what);
        }
        if let Some(cipher) = &reading.cipher {
            self.read(key, || row.open(cipher, who, key, open))?;
        }
        Ok(())
    }
}

/// A form in which equal states are equal, whatever order they were built in.
fn plain(state: &CustomerState) -> Option<Value> {
    serde_json::to_value(state).ok()
}
