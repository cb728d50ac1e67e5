//! What the items of one change have in common: account, number, field,
//! contacts.

use std::{collections::HashMap, sync::Arc};

use baton_domain::ids::NumberId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    canonical,
    identity::Identity,
    lenient::{self, Text, shared},
    message::Profile,
    update::{Content, Fault},
    value::{Pairs, object},
};
use crate::address::{BusinessScopedUserId, CustomerAddress, Phone};

/// The surroundings of an item.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) account: Option<Arc<str>>,
    pub(super) number: Option<NumberId>,
    /// The business's own phone number (`metadata.display_phone_number`).
    pub(super) business: Option<Phone>,
    pub(super) field: Arc<str>,
    pub(super) entry_time: Option<Timestamp>,
    pub(super) contacts: Contacts,
}

/// An item that was understood.
pub(super) struct Item {
    pub(super) address: Option<CustomerAddress>,
    pub(super) occurred_at: Option<Timestamp>,
    /// `None` when the item has no id of its own.
    pub(super) identity: Option<Identity>,
    pub(super) content: Content,
}

impl Item {
    /// An item about no customer and without an id.
    pub(super) fn bare(occurred_at: Option<Timestamp>, content: Content) -> Self {
        Self {
            address: None,
            occurred_at,
            identity: None,
            content,
        }
    }
}

#[derive(Deserialize)]
struct MetadataWire<'a> {
    #[serde(borrow)]
    phone_number_id: Option<Text<'a>>,
    display_phone_number: Option<Text<'a>>,
}

impl Scope {
    pub(super) fn of_entry(account: Option<&Text<'_>>, time: Option<&Text<'_>>) -> Self {
        let entry_time = lenient::timestamp(time);
        Self {
            account: shared(account),
            entry_time,
            ..Self::default()
        }
    }

    /// Goes on to the next change of the same entry. Handovers name the number
    /// as their `recipient`.
    pub(super) fn enter(&mut self, field: Arc<str>, value: &Pairs<'_>) {
        let metadata = value.get("metadata").or_else(|| value.get("recipient"));
        let metadata = metadata.and_then(|json| object(json.get()).ok());
        let (number, business) = metadata.map_or((None, None), |wire: MetadataWire<'_>| {
            (wire.phone_number_id, wire.display_phone_number)
        });
        self.field = field;
        self.number = number.and_then(|text| NumberId::parse(text.as_str()).ok());
        self.business = business.and_then(|text| Phone::parse(text.as_str()).ok());
        self.contacts = value
            .get("contacts")
            .map(Contacts::read)
            .unwrap_or_default();
    }

    /// The business number, without which an item belongs to nobody.
    pub(super) fn number(&self) -> Result<&NumberId, Fault> {
        self.number.as_ref().ok_or(Fault::NoNumber)
    }

    /// The identity of an item that has no id.
    pub(super) fn item_identity(&self, json: &str, own_time: Option<Timestamp>) -> Identity {
        let number = self
            .number
            .as_ref()
            .map(|number| Arc::from(number.as_str()));
        let entry_time = self.entry_time.filter(|_| own_time.is_none());
        Identity::Item {
            scope: number.or_else(|| self.account.clone()).unwrap_or_default(),
            entry_second: entry_time.map(Timestamp::as_second),
            sha256: canonical::sha256(json),
        }
    }

    /// Whether `text` names the business itself.
    pub(super) fn is_business(&self, text: &Text<'_>) -> bool {
        let same_number = self
            .number
            .as_ref()
            .is_some_and(|number| number.as_str() == text.as_str());
        let same_phone = || {
            let business = self.business.as_ref();
            business.is_some_and(|own| Phone::parse(text.as_str()).is_ok_and(|phone| phone == *own))
        };
        same_number || same_phone()
    }

    /// The customer named by a phone number, a user id and a parent user id,
    /// completed by what `contacts` adds. When an item names nobody and the
    /// change has one contact, that is who it is about.
    pub(super) fn customer(
        &self,
        ids: [Option<&Text<'_>>; 3],
    ) -> (Option<CustomerAddress>, Profile) {
        let named = address(ids);
        let contact = match &named {
            Some(named) => self.contacts.of(named),
            None => self.contacts.only(self.business.as_ref()),
        };
        match (named, contact) {
            (named, None) => (named, Profile::default()),
            (None, Some(contact)) => (Some(contact.address.clone()), contact.profile.clone()),
            (Some(named), Some(contact)) => {
                (Some(named.or(&contact.address)), contact.profile.clone())
            }
        }
    }
}

/// Reads a phone number, a user id and a parent user id. Some senders put a
/// user id where the phone number was, so the shape decides. The parent id is
/// used only when there is no other: it names the same person to a wider
/// group of businesses.
pub(super) fn address([phone, user_id, parent]: [Option<&Text<'_>>; 3]) -> Option<CustomerAddress> {
    let as_user = |text: Option<&Text<'_>>| BusinessScopedUserId::parse(text?.as_str()).ok();
    let user_id = as_user(user_id)
        .or_else(|| as_user(phone))
        .or_else(|| as_user(parent));
    let phone = phone.and_then(|text| Phone::parse(text.as_str()).ok());
    CustomerAddress::new(phone, user_id)
}

/// The `contacts` of a change: who the customers are.
#[derive(Default)]
pub(super) struct Contacts {
    list: Vec<Contact>,
    by_id: HashMap<Arc<str>, usize>,
}

pub(super) struct Contact {
    address: CustomerAddress,
    profile: Profile,
}

#[derive(Deserialize)]
struct ContactWire<'a> {
    #[serde(borrow)]
    wa_id: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    parent_user_id: Option<Text<'a>>,
    profile: Option<ProfileWire<'a>>,
}

#[derive(Deserialize)]
struct ProfileWire<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    username: Option<Text<'a>>,
}

impl Contacts {
    /// Reads what can be read. A contact that cannot is no loss: it only adds
    /// to what the messages themselves say.
    pub(super) fn read(json: &RawValue) -> Self {
        let mut contacts = Self::default();
        let list: Vec<&RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
        for json in list {
            let fixed = lenient::repair(json.get());
            contacts.add(fixed.as_deref().unwrap_or(json.get()));
        }
        contacts
    }

    fn add(&mut self, json: &str) {
        let Ok(wire) = object::<ContactWire<'_>>(json) else {
            return;
        };
        let ids = [
            wire.wa_id.as_ref(),
            wire.user_id.as_ref(),
            wire.parent_user_id.as_ref(),
        ];
        let Some(address) = address(ids) else { return };
        let (name, username) = wire.profile.map_or((None, None), |p| (p.name, p.username));
        let profile = Profile {
            name: name.map(Text::into_string),
            username: username.map(Text::into_string),
        };
        for id in names(&address) {
            self.by_id.entry(id.into()).or_insert(self.list.len());
        }
        self.list.push(Contact { address, profile });
    }

    fn of(&self, address: &CustomerAddress) -> Option<&Contact> {
        let at = names(address).find_map(|id| self.by_id.get(id))?;
        self.list.get(*at)
    }

    fn only(&self, business: Option<&Phone>) -> Option<&Contact> {
        let [contact] = self.list.as_slice() else {
            return None;
        };
        let is_business = business.is_some() && contact.address.phone() == business;
        (!is_business).then_some(contact)
    }
}

/// Whom a contact is.
pub(super) fn contact_address(json: &str) -> Option<CustomerAddress> {
    let fixed = lenient::repair(json);
    let wire: ContactWire<'_> = object(fixed.as_deref().unwrap_or(json)).ok()?;
    address([
        wire.wa_id.as_ref(),
        wire.user_id.as_ref(),
        wire.parent_user_id.as_ref(),
    ])
}

/// What a customer is named by.
pub(super) fn names(address: &CustomerAddress) -> impl Iterator<Item = &str> {
    let user_id = address.user_id().map(BusinessScopedUserId::as_str);
    user_id
        .into_iter()
        .chain(address.phone().map(Phone::as_str))
}
