//! Lists and indexes: whatever they name must be there, and as they say.

use super::Examiner;
use crate::{
    Listed,
    commit::Version,
    doctor::Problem,
    embedded::{
        absorb::AbsorbedKey,
        customer::{ConversationHead, mark_of},
        due,
        inbox::{list_letter, listed_key, people_key, touched_key},
        key::{Key, Parts, Who, area},
        record::unpack_plain,
        seal::IndexHash,
        work_row::{Plain, WorkRow, list_key},
    },
    error::StoreError,
};
use baton_domain::ids::CustomerId;

impl Examiner<'_> {
    /// Links, aliases, identities, due work, dead letters, the inbox, decisions
    /// and handoffs.
    pub(super) fn check_lists(&mut self) -> Result<(), StoreError> {
        self.each(&[area::LINK], Self::check_link)?;
        self.each(&[area::ALIAS], Self::check_alias)?;
        self.each(&[area::ABSORBED], Self::check_absorbed)?;
        self.each(&[area::IDENTITY], |this, _, _| {
            this.found.counts.identities += 1;
            Ok(())
        })?;
        self.each(&[area::DUE], |this, key, _| {
            let named = this.read(key, || {
                due::parse(key).map(|(_, entry)| (entry.who, entry.hash))
            })?;
            this.check_listed_work(key, named)
        })?;
        self.each(&[area::DEAD], |this, key, _| {
            let named = this.read(key, || {
                let mut parts = Parts::of(key);
                let (tenant, _at) = (parts.tenant()?, parts.latest()?);
                let customer = parts.customer()?;
                Ok((Who { tenant, customer }, parts.hash()?))
            })?;
            this.check_listed_work(key, named)
        })?;
        self.each(&[area::TOUCHED], |this, key, record| {
            this.check_conversation(key, record, |who, head| Some(touched_key(who, head)))
        })?;
        self.each(&[area::PEOPLE], |this, key, record| {
            this.check_conversation(key, record, people_key)
        })?;
        self.each(&[area::LISTED], |this, key, _| this.check_listed_event(key))
    }

    fn check_link(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.found.counts.links += 1;
        let named = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, hash) = (parts.tenant()?, parts.hash()?);
            let customer = unpack_plain::<CustomerId>(key, record)?;
            Ok((Who { tenant, customer }, hash))
        })?;
        let Some((who, hash)) = named else {
            return Ok(());
        };
        let head = self.head_of(&who)?;
        if !head.is_some_and(|head| head.links.contains(&hash)) {
            self.note_row(
                Problem::ListStray,
                key,
                "leads to a customer who is not found by it",
            );
        }
        Ok(())
    }

    /// The younger's id leads to the older, who knows of the younger.
    fn check_alias(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.found.counts.merged += 1;
        let named = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, customer) = (parts.tenant()?, parts.customer()?);
            Ok((
                Who { tenant, customer },
                unpack_plain::<CustomerId>(key, record)?,
            ))
        })?;
        let Some((younger, older)) = named else {
            return Ok(());
        };
        let older = younger.other(&older);
        let back = older.absorbed().text(younger.customer.as_str()).done();
        if self.head_of(&older)?.is_none() || self.get(&back)?.is_none() {
            let what = "leads to a customer who is not there or does not know of it";
            self.note_row(Problem::MergeBroken, key, what);
        }
        Ok(())
    }

    fn check_absorbed(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        let named = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, customer) = (parts.tenant()?, parts.customer()?);
            let younger = parts.customer()?;
            let AbsorbedKey { slot } = unpack_plain(key, record)?;
            Ok((Who { tenant, customer }, younger, slot))
        })?;
        let Some((older, younger, slot)) = named else {
            return Ok(());
        };
        if !self.slots.insert(slot) {
            let what = format!("keeps the key in slot {slot}, which another customer has, too");
            self.note_row(Problem::KeyWrong, key, what);
        }
        let alias = older.other(&younger).alias();
        let there = self.get(&alias)?;
        let there = there.and_then(|it| unpack_plain::<CustomerId>(&alias, &it).ok());
        if there.as_ref() != Some(&older.customer) {
            self.note_row(
                Problem::MergeBroken,
                key,
                "keeps a merged customer whose id leads elsewhere",
            );
        }
        Ok(())
    }

    /// Due work and dead letters: the row of work stands where it is listed.
    fn check_listed_work(
        &mut self,
        key: &[u8],
        named: Option<(Who, IndexHash)>,
    ) -> Result<(), StoreError> {
        let Some((who, hash)) = named else {
            return Ok(());
        };
        let at = who.work(hash);
        let row = self.get(&at)?.and_then(|it| WorkRow::parse(&at, &it).ok());
        let is_here = |row: &WorkRow| match &row.plain {
            Plain::Open(open) => list_key(&who, hash, open) == key,
            Plain::Done | Plain::Cancelled { .. } => false,
        };
        if !row.as_ref().is_some_and(is_here) {
            self.note_row(
                Problem::ListStray,
                key,
                "lists work that is not there, or not due then",
            );
        }
        Ok(())
    }

    fn check_conversation(
        &mut self,
        key: &[u8],
        record: &[u8],
        place: impl Fn(&Who, &ConversationHead) -> Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let named = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, _at) = (parts.tenant()?, parts.number()?);
            let customer = parts.customer()?;
            let listed = unpack_plain::<ConversationHead>(key, record)?;
            Ok((Who { tenant, customer }, listed))
        })?;
        let Some((who, listed)) = named else {
            return Ok(());
        };
        let head = self.head_of(&who)?;
        let is_his = head.is_some_and(|head| head.conversations.contains(&listed));
        if !is_his || place(&who, &listed).as_deref() != Some(key) {
            let what = "lists a conversation that does not stand here";
            self.note_row(Problem::ListStray, key, what);
        }
        Ok(())
    }

    /// Decisions and handoffs.
    fn check_listed_event(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let named = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, letter) = (parts.tenant()?, parts.byte()?);
            let (at, customer) = (parts.latest()?, parts.customer()?);
            let version = Version(parts.number()?);
            Ok((Who { tenant, customer }, letter, at, version))
        })?;
        let Some((who, letter, at, version)) = named else {
            return Ok(());
        };
        let lists = [Listed::Decisions, Listed::Handoffs];
        let list = lists.into_iter().find(|list| list_letter(*list) == letter);
        let event = who.event(version);
        let mark = self.get(&event)?.and_then(|it| mark_of(&event, &it).ok());
        let is_there = list.is_some_and(|list| {
            // The key's time is rounded, so the keys are compared.
            let marked =
                |(marked, at)| marked == list && listed_key(&who, list, at, version) == key;
            mark.flatten().is_some_and(marked)
        });
        if !is_there {
            let what = format!("lists an event of {at} that is not there");
            self.note_row(Problem::ListStray, key, what);
        }
        Ok(())
    }
}

/// Where a list of the whole store starts.
pub(super) fn area_of(letter: u8) -> Vec<u8> {
    Key::new(letter).done()
}
