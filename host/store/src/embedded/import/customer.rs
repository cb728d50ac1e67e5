//! One customer on the way in: the log is folded as it comes, and the rows that
//! follow from it are written when it has all come.

use std::sync::Arc;

use baton_domain::{event::Event, state::CustomerState};

use super::Import;
use crate::{
    commit::Version,
    embedded::{
        absorb::AbsorbedKey,
        customer::{Head, StateAt, mark_of},
        export::line::{CustomerLine, Sealed},
        inbox::{self, listed_key},
        key::Who,
        record::{encode, pack},
        seal::{Cipher, IndexHash},
        work_row::{self, Plain, WorkRow},
    },
    error::StoreError,
    export::ImportError,
};

/// A customer on the way in.
pub(super) struct Incoming {
    who: Who,
    line: CustomerLine,
    cipher: Cipher,
    version: u64,
    state: CustomerState,
}

fn wrong(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

impl Import<'_> {
    /// Begins a customer, unless it was erased since.
    pub(super) fn begin_customer(&mut self, line: CustomerLine) -> Result<(), ImportError> {
        self.imported.read.customers += 1;
        let who = line.who();
        self.forget(&who)?;
        for merged in &line.merged {
            self.forget(&who.other(&merged.customer))?;
        }
        let Some(cipher) = self.cipher_of(&who, &line)? else {
            self.imported.erased += 1;
            self.erased_slots.push(line.slot);
            let merged = line.merged.iter().map(|merged| merged.slot);
            self.erased_slots.extend(merged);
            return Ok(());
        };
        self.current = Some(Incoming {
            who,
            line,
            cipher,
            version: 0,
            state: CustomerState::default(),
        });
        Ok(())
    }

    /// The customer's key; `None` when the customer was erased. Who has no key
    /// any more is on the list of erasures from then on.
    fn cipher_of(&self, who: &Who, line: &CustomerLine) -> Result<Option<Cipher>, ImportError> {
        let (keyring, erasures) = (&self.target.keyring, &self.target.erasures);
        if erasures.contains(who) {
            return Ok(None);
        }
        if line.slot >= keyring.count() {
            return Err(ImportError::OldKeys { slot: line.slot });
        }
        match keyring.get(line.slot) {
            Ok(cipher) => Ok(Some(cipher)),
            Err(StoreError::Erased) => {
                let merged = line.merged.iter().map(|it| who.other(&it.customer));
                let erased: Vec<Who> = std::iter::once(who.clone()).chain(merged).collect();
                erasures.add(&erased)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what follows from the customer whom the lines were about.
    pub(super) fn finish_customer(&mut self) -> Result<(), ImportError> {
        match self.current.take() {
            Some(current) => current.finish(self),
            None => Ok(()),
        }
    }
}

impl Incoming {
    pub(super) fn is(&self, who: &Who) -> bool {
        self.who == *who
    }

    pub(super) fn event(
        &mut self,
        import: &mut Import<'_>,
        version: u64,
        record: &Sealed,
    ) -> Result<(), ImportError> {
        if version != self.version + 1 {
            let after = self.version;
            return Err(wrong(format!("event {version} follows event {after}")).into());
        }
        self.version = version;
        let key = self.who.event(Version(version));
        let record = record.record(&key)?;
        let event: Event = self.cipher.unpack(&key, &record)?;
        self.state.apply(&event);
        if let Some((list, at)) = mark_of(&key, &record)? {
            let row = listed_key(&self.who, list, at, Version(version));
            let mark = pack(&row, &[]);
            import.batch.set(row, Some(mark));
        }
        import.batch.set(key, Some(record));
        Ok(())
    }

    pub(super) fn work(
        &mut self,
        import: &mut Import<'_>,
        hash: IndexHash,
        record: &Sealed,
    ) -> Result<(), ImportError> {
        let key = self.who.work(hash);
        let row = WorkRow::parse(&key, &record.record(&key)?)?;
        if let Plain::Open(open) = &row.plain {
            row.open(&self.cipher, &self.who, &key, open)?;
        }
        import.draft(|draft| work_row::write(draft, &self.who, hash, &row))?;
        Ok(())
    }

    pub(super) fn identity(
        &self,
        import: &mut Import<'_>,
        hash: IndexHash,
        generation: Option<u32>,
    ) {
        let key = match generation {
            None => self.who.identity(hash),
            Some(generation) => self.who.passing(generation).bytes(&hash.0).done(),
        };
        let mark = pack(&key, &[]);
        import.batch.set(key, Some(mark));
    }

    fn finish(self, import: &mut Import<'_>) -> Result<(), ImportError> {
        let Self {
            who,
            line,
            cipher,
            version,
            state,
        } = self;
        if version != line.version {
            let (there, told) = (version, line.version);
            let what = format!("a log ends with event {there}, and its customer has {told}");
            return Err(ImportError::NotWhole { what });
        }
        let options = import.target.options;
        let fold = options.fold_version;
        let key = who.state();
        let plain = encode(&StateAt { version, fold })?;
        let record = cipher.pack(&*options.entropy, &key, &plain, &state)?;
        let head = Head {
            version,
            slot: line.slot,
            state_at: version,
            fold,
            told: 0,
            links: line.links,
            conversations: line.conversations,
        };
        import.draft(|draft| {
            draft.set(key, record);
            for link in &head.links {
                draft.set_link(&who, *link)?;
            }
            for merged in &line.merged {
                let slot = merged.slot;
                draft.set_plain(who.other(&merged.customer).alias(), &who.customer)?;
                let key = who.absorbed().text(merged.customer.as_str()).done();
                draft.set_plain(key, &AbsorbedKey { slot })?;
            }
            inbox::put_on(draft, &who, &[], &head.conversations)?;
            draft.set_head(&who, Arc::new(head))
        })?;
        Ok(())
    }
}
