//! Keys: how the rows of the table in [`super`] are named.

use baton_domain::ids::{CustomerId, TenantId};
use jiff::Timestamp;

use super::{record::damaged, seal::IndexHash};
use crate::{commit::Version, error::StoreError, work::WorkKind};

/// First letter of a key.
pub(crate) mod area {
    pub(crate) const ALIAS: u8 = b'a';
    pub(crate) const ABSORBED: u8 = b'b';
    pub(crate) const CUSTOMER: u8 = b'c';
    pub(crate) const IDENTITY: u8 = b'i';
    pub(crate) const LINK: u8 = b'k';
    pub(crate) const META: u8 = b'm';
    pub(crate) const PEOPLE: u8 = b'p';
    pub(crate) const DUE: u8 = b'q';
    pub(crate) const LISTED: u8 = b't';
    pub(crate) const TOUCHED: u8 = b'v';
    pub(crate) const AUDIT: u8 = b'u';
    pub(crate) const AUDIT_ABOUT: u8 = b'y';
    pub(crate) const DEAD: u8 = b'x';
    pub(crate) const APP: u8 = b'A';
    pub(crate) const MODULE_BYTES: u8 = b'B';
    pub(crate) const COMPARISON: u8 = b'C';
    pub(crate) const AGENT: u8 = b'E';
    pub(crate) const FLAGS: u8 = b'F';
    pub(crate) const GRANTS: u8 = b'G';
    pub(crate) const ENDPOINT: u8 = b'H';
    pub(crate) const API_KEY: u8 = b'K';
    pub(crate) const ROLE: u8 = b'L';
    pub(crate) const MODULE: u8 = b'M';
    pub(crate) const NOTIFICATIONS: u8 = b'N';
    pub(crate) const ROLLOUT: u8 = b'O';
    pub(crate) const TOKEN: u8 = b'P';
    pub(crate) const QUARANTINE: u8 = b'Q';
    pub(crate) const RELEASE: u8 = b'R';
    pub(crate) const SYNC: u8 = b'S';
    pub(crate) const TENANT: u8 = b'T';
    pub(crate) const AUDIT_HEAD: u8 = b'U';
    pub(crate) const NUMBER: u8 = b'W';

    /// All of them.
    pub(crate) const ALL: [u8; 32] = [
        ALIAS,
        ABSORBED,
        CUSTOMER,
        IDENTITY,
        LINK,
        META,
        PEOPLE,
        DUE,
        LISTED,
        AUDIT,
        TOUCHED,
        DEAD,
        AUDIT_ABOUT,
        APP,
        MODULE_BYTES,
        AGENT,
        ENDPOINT,
        FLAGS,
        GRANTS,
        API_KEY,
        ROLE,
        MODULE,
        NOTIFICATIONS,
        ROLLOUT,
        TOKEN,
        QUARANTINE,
        RELEASE,
        TENANT,
        AUDIT_HEAD,
        NUMBER,
        COMPARISON,
        SYNC,
    ];
    /// Documents, in the order in which an export has them: what points before
    /// what it points to, which is always there by then.
    pub(crate) const DOCUMENTS: [u8; 17] = [
        NUMBER,
        TENANT,
        APP,
        API_KEY,
        ENDPOINT,
        NOTIFICATIONS,
        FLAGS,
        SYNC,
        COMPARISON,
        TOKEN,
        AGENT,
        ROLE,
        ROLLOUT,
        RELEASE,
        GRANTS,
        MODULE,
        MODULE_BYTES,
    ];
}

/// What a customer's rows hold, by the letter after the customer. In this
/// order the end of the log, the head, the state and the work lie side by
/// side, so that a commit touches few pages.
pub(crate) mod part {
    pub(crate) const IDENTITY: u8 = b'd';
    pub(crate) const EVENT: u8 = b'e';
    pub(crate) const HEAD: u8 = b'h';
    pub(crate) const STATE: u8 = b's';
    pub(crate) const WORK: u8 = b'w';
}

/// Builds a key part by part.
#[derive(Debug, Clone)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn new(area: u8) -> Self {
        let mut bytes = Vec::with_capacity(80);
        bytes.push(area);
        Self(bytes)
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// A text behind its length, so that no text is the beginning of another.
    pub(crate) fn text(mut self, text: &str) -> Self {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    pub(crate) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Earlier times first.
    pub(crate) fn time(self, at: Timestamp) -> Self {
        self.number(ascending(at))
    }

    /// Later times first.
    pub(crate) fn latest(self, at: Timestamp) -> Self {
        self.number(!ascending(at))
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Microseconds, so that they order as unsigned numbers; a part of one counts
/// as a whole, so that nothing is due too early.
fn ascending(at: Timestamp) -> u64 {
    let nanos = at.as_nanosecond();
    let micros = nanos.div_euclid(1_000) + i128::from(nanos.rem_euclid(1_000) > 0);
    i64::try_from(micros).unwrap_or(i64::MAX).cast_unsigned() ^ (1 << 63)
}

fn time_of(number: u64) -> Option<Timestamp> {
    Timestamp::from_microsecond((number ^ (1 << 63)).cast_signed()).ok()
}

/// Reads a key part by part.
pub(crate) struct Parts<'k> {
    key: &'k [u8],
    rest: &'k [u8],
}

impl<'k> Parts<'k> {
    /// The parts after the area.
    pub(crate) fn of(key: &'k [u8]) -> Self {
        Self {
            key,
            rest: key.get(1..).unwrap_or_default(),
        }
    }

    /// The last 16 bytes: where keys that end in a hash have it.
    pub(crate) fn at_end(key: &'k [u8]) -> Self {
        Self {
            key,
            rest: &key[key.len().saturating_sub(16)..],
        }
    }

    fn bad(&self) -> StoreError {
        damaged(self.key, "has a key that cannot be read")
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'k [u8], StoreError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| self.bad())?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.bytes(1)?[0])
    }

    pub(crate) fn text(&mut self) -> Result<&'k str, StoreError> {
        let length = self.bytes(2)?;
        let length = u16::from_be_bytes([length[0], length[1]]);
        std::str::from_utf8(self.bytes(length.into())?).map_err(|_| self.bad())
    }

    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        let bytes = self.bytes(8)?.try_into().map_err(|_| self.bad())?;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        let number = self.number()?;
        time_of(number).ok_or_else(|| self.bad())
    }

    pub(crate) fn latest(&mut self) -> Result<Timestamp, StoreError> {
        let number = self.number()?;
        time_of(!number).ok_or_else(|| self.bad())
    }

    pub(crate) fn tenant(&mut self) -> Result<TenantId, StoreError> {
        TenantId::parse(self.text()?).map_err(|_| self.bad())
    }

    pub(crate) fn customer(&mut self) -> Result<CustomerId, StoreError> {
        CustomerId::parse(self.text()?).map_err(|_| self.bad())
    }

    pub(crate) fn hash(&mut self) -> Result<IndexHash, StoreError> {
        let bytes = self.bytes(16)?.try_into().map_err(|_| self.bad())?;
        Ok(IndexHash(bytes))
    }
}

/// A customer of a tenant: what most keys start with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Who {
    pub(crate) tenant: TenantId,
    pub(crate) customer: CustomerId,
}

impl Who {
    pub(crate) fn new(tenant: &TenantId, customer: &CustomerId) -> Self {
        Self {
            tenant: tenant.clone(),
            customer: customer.clone(),
        }
    }

    /// Another customer of the same tenant.
    pub(crate) fn other(&self, customer: &CustomerId) -> Self {
        Self {
            tenant: self.tenant.clone(),
            customer: customer.clone(),
        }
    }

    fn within(&self, area: u8) -> Key {
        Key::new(area)
            .text(self.tenant.as_str())
            .text(self.customer.as_str())
    }

    /// Where the customer's own rows start.
    pub(crate) fn rows(&self) -> Key {
        self.within(area::CUSTOMER)
    }

    pub(crate) fn part(&self, part: u8) -> Key {
        self.rows().byte(part)
    }

    pub(crate) fn head(&self) -> Vec<u8> {
        self.part(part::HEAD).done()
    }

    pub(crate) fn event(&self, version: Version) -> Vec<u8> {
        self.part(part::EVENT).number(version.0).done()
    }

    pub(crate) fn state(&self) -> Vec<u8> {
        self.part(part::STATE).done()
    }

    pub(crate) fn work(&self, key: IndexHash) -> Vec<u8> {
        self.part(part::WORK).bytes(&key.0).done()
    }

    pub(crate) fn identity(&self, identity: IndexHash) -> Vec<u8> {
        self.part(part::IDENTITY).bytes(&identity.0).done()
    }

    /// Identities of one generation of those that are kept for a month.
    pub(crate) fn passing(&self, generation: u32) -> Key {
        generation_of_identities(generation)
            .text(self.tenant.as_str())
            .text(self.customer.as_str())
    }

    pub(crate) fn alias(&self) -> Vec<u8> {
        self.within(area::ALIAS).done()
    }

    pub(crate) fn absorbed(&self) -> Key {
        self.within(area::ABSORBED)
    }

    pub(crate) fn link(&self, link: IndexHash) -> Vec<u8> {
        link_of(&self.tenant, link)
    }

    pub(crate) fn due(&self, kind: WorkKind, at: Timestamp, key: IndexHash) -> Vec<u8> {
        let tenant = due_of(kind).text(self.tenant.as_str());
        tenant
            .time(at)
            .text(self.customer.as_str())
            .bytes(&key.0)
            .done()
    }

    pub(crate) fn dead(&self, at: Timestamp, key: IndexHash) -> Vec<u8> {
        let tenant = list_of(area::DEAD, &self.tenant);
        tenant
            .latest(at)
            .text(self.customer.as_str())
            .bytes(&key.0)
            .done()
    }
}

/// Where one generation of identities starts.
pub(crate) fn generation_of_identities(generation: u32) -> Key {
    Key::new(area::IDENTITY).bytes(&generation.to_be_bytes())
}

/// Where due work of a kind starts.
pub(crate) fn due_of(kind: WorkKind) -> Key {
    Key::new(area::DUE).byte(match kind {
        WorkKind::Effect => b'e',
        WorkKind::Timer => b't',
        WorkKind::Evaluate => b'v',
        WorkKind::Notify => b'n',
    })
}

/// Where a list of a tenant starts.
pub(crate) fn list_of(area: u8, tenant: &TenantId) -> Key {
    Key::new(area).text(tenant.as_str())
}

/// The row of a link.
pub(crate) fn link_of(tenant: &TenantId, link: IndexHash) -> Vec<u8> {
    list_of(area::LINK, tenant).bytes(&link.0).done()
}

/// For error messages: which record, without anything personal. Keys hold
/// random ids and keyed hashes alone.
pub(crate) fn describe(key: &[u8]) -> String {
    let visible = |byte: &u8| {
        if byte.is_ascii_graphic() {
            char::from(*byte).to_string()
        } else {
            format!("\\{byte:02x}")
        }
    };
    format!("record {}", key.iter().map(visible).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_order_as_keys_do() {
        let times = [-9_000_000_001_i64, -1, 0, 1, 1_764_000_000_000_000];
        let key = |micros| {
            Key::new(b'q')
                .time(Timestamp::from_microsecond(micros).unwrap())
                .done()
        };
        assert!(times.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        for micros in times {
            let at = Timestamp::from_microsecond(micros).unwrap();
            let key = Key::new(b'q').time(at).latest(at).done();
            let mut parts = Parts::of(&key);
            assert_eq!(parts.time().unwrap(), at);
            assert_eq!(parts.latest().unwrap(), at);
            assert!(parts.byte().is_err());
        }
    }

    #[test]
    fn no_text_is_the_beginning_of_another() {
        let key = |text| Key::new(b'c').text(text).text("z").done();
        assert!(!key("ab").starts_with(&Key::new(b'c').text("a").done()));
    }
}
