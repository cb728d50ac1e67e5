//! The list of erasures: who was erased, by random ids alone. It outlives a
//! restore of older rows, which then loses those customers again.
//!
//! One line each: `tenant customer crc32`, appended and synced before anything
//! is destroyed.

use std::{
    collections::HashSet,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use baton_domain::ids::{CustomerId, TenantId};

use super::{key::Who, side_file::SideFile};
use crate::error::StoreError;

/// Who was erased.
pub(crate) struct Erasures(Mutex<List>);

struct List {
    file: Box<dyn SideFile>,
    /// Bytes of whole lines.
    whole: u64,
    erased: HashSet<Who>,
}

fn line(who: &Who) -> String {
    let ids = format!("{} {}", who.tenant, who.customer);
    format!("{ids} {:08x}\n", crc32fast::hash(ids.as_bytes()))
}

fn parse(text: &str) -> Option<Who> {
    let mut words = text.split(' ');
    let tenant = TenantId::parse(words.next()?).ok()?;
    let customer = CustomerId::parse(words.next()?).ok()?;
    let who = Who { tenant, customer };
    (line(&who).trim_end() == text).then_some(who)
}

fn backend(source: io::Error) -> StoreError {
    StoreError::Backend {
        doing: "using the list of erasures",
        source: source.into(),
    }
}

impl Erasures {
    /// Reads the list. A torn last line is cut off: its erasure was never
    /// confirmed.
    pub(crate) fn open(mut file: Box<dyn SideFile>) -> Result<Self, StoreError> {
        let contents = file.contents().map_err(backend)?;
        let whole = contents
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut erased = HashSet::new();
        for (at, text) in contents[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let text = std::str::from_utf8(&text[..text.len() - 1]).ok();
            let who = text.and_then(parse).ok_or_else(|| StoreError::Damaged {
                what: format!("line {} of the list of erasures", at + 1),
            })?;
            erased.insert(who);
        }
        if whole < contents.len() {
            file.truncate(whole as u64).map_err(backend)?;
        }
        let whole = whole as u64;
        Ok(Self(Mutex::new(List {
            file,
            whole,
            erased,
        })))
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the list, durably.
    pub(crate) fn add(&self, erased: &[Who]) -> Result<(), StoreError> {
        let mut list = self.list();
        let lines: String = erased.iter().map(line).collect();
        // What a failure left torn must not stand before what comes now.
        if list.file.length().map_err(backend)? != list.whole {
            let whole = list.whole;
            list.file.truncate(whole).map_err(backend)?;
        }
        list.file.append(lines.as_bytes()).map_err(backend)?;
        list.whole += lines.len() as u64;
        list.erased.extend(erased.iter().cloned());
        Ok(())
    }

    pub(crate) fn contains(&self, who: &Who) -> bool {
        self.list().erased.contains(who)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Who> {
        self.list().erased.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::side_file::MemoryFile;

    #[test]
    fn the_list_survives_and_a_torn_line_does_not() {
        let mut file = MemoryFile::default();
        let who = |customer| Who {
            tenant: TenantId::parse("kopi").unwrap(),
            customer: CustomerId::parse(customer).unwrap(),
        };
        let open = |file: &MemoryFile| Erasures::open(Box::new(file.clone()));
        open(&file).unwrap().add(&[who("one"), who("two")]).unwrap();
        let length = file.length().unwrap();
        file.append(b"kopi thr").unwrap();
        let list = open(&file).unwrap();
        assert!(list.contains(&who("one")) && list.contains(&who("two")));
        assert!(!list.contains(&who("thr")));
        assert_eq!(file.length().unwrap(), length);

        file.patch(&[(2, b"X".to_vec())]).unwrap();
        assert!(matches!(open(&file), Err(StoreError::Damaged { .. })));
    }
}
