//! From an exported chat to messages: who of the two in it is the customer.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use baton_whatsapp::chat_export::{ChatMessage, DateOrder, NotChat, read_chat};
use jiff::tz::TimeZone;

use super::{FromFile, Sent, side};

/// How exported chats are read.
pub(super) struct Reading<'r> {
    pub(super) zone: TimeZone,
    pub(super) dates: Option<DateOrder>,
    /// The business's name in them, when it is told.
    pub(super) business: Option<&'r str>,
    /// The name of the tenant.
    pub(super) merchant: &'r str,
    /// The customer's phone number, when it is told.
    pub(super) customer: Option<&'r str>,
}

impl Reading<'_> {
    pub(super) fn read(&self, text: &str, file: &str) -> anyhow::Result<Vec<FromFile>> {
        let chat = read_chat(text, &self.zone, self.dates);
        let chat = chat.map_err(|error| match error {
            NotChat::AmbiguousDates => {
                anyhow::Error::new(error).context("give --dates dmy or --dates mdy")
            }
            error => error.into(),
        })?;
        let names: BTreeSet<&str> = chat.iter().map(|it| it.name.as_str()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let business = self.business_of(&names)?;
        let customer = names.iter().find(|name| Some(**name) != business);
        let phone = self.phone_of(customer.copied(), file)?;
        let message = |it: &ChatMessage| FromFile {
            place: format!("{file}:{}", it.line),
            sent: Sent {
                phone: Some(phone.clone()),
                user_id: None,
                id: None,
                from: side(Some(it.name.as_str()) != business),
                at: it.at.to_string(),
                kind: it.kind.to_owned(),
                text: it.text.as_deref().map(str::to_owned),
                edited: it.is_edited,
                revoked: it.is_revoked,
            },
        };
        Ok(chat.iter().map(message).collect())
    }

    /// The name of the business in a chat; none when it wrote nothing.
    fn business_of<'n>(&self, names: &BTreeSet<&'n str>) -> anyhow::Result<Option<&'n str>> {
        if names.len() > 2 {
            bail!("{} people wrote in it: it is a group", names.len());
        }
        let told = self.business.unwrap_or(self.merchant);
        let found = names.iter().find(|name| **name == told).copied();
        if found.is_some() || names.len() == 1 && self.business.is_some() {
            return Ok(found);
        }
        let mut phones = names.iter().filter(|name| phone(name).is_some());
        match (phones.next(), phones.next(), names.len()) {
            // Who is shown by the number is not in the address book.
            (Some(customer), None, 2) => Ok(names.iter().find(|it| *it != customer).copied()),
            (Some(_), None, 1) => Ok(None),
            _ => {
                let names: Vec<&str> = names.iter().copied().collect();
                bail!(
                    "{told:?} wrote nothing in it, but {}: say with --business which of them is the business",
                    names.join(" and ")
                )
            }
        }
    }

    /// The customer's number: told, or by which the chat or its file is called.
    fn phone_of(&self, name: Option<&str>, file: &str) -> anyhow::Result<String> {
        let told = self.customer.map(|told| {
            phone(told).with_context(|| format!("{told} is no phone number with the country code"))
        });
        let called = || name.and_then(phone).or_else(|| in_name(file));
        match told {
            Some(told) => told,
            None => called().context(
                "the chat shows the customer's name and not the number: give it with --customer",
            ),
        }
    }
}

/// A phone number in digits, when `text` is one.
fn phone(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-()\u{2011}".contains(c);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (text.chars().all(is_part) && (6..=15).contains(&digits.len())).then_some(digits)
}

/// The number in the name of a file such as `WhatsApp Chat with +62 812-90.txt`.
fn in_name(file: &str) -> Option<String> {
    let (_, number) = file.rsplit_once('+')?;
    let end = number.find('.').unwrap_or(number.len());
    phone(&number[..end])
}
