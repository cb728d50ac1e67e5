//! What people write: customers through WhatsApp, and the merchant's own
//! people on the Business App (WhatsApp documentation, "Webhooks: messages",
//! "smb_message_echoes", "history").

use std::sync::Arc;

use baton_domain::{ids::MessageId, money::Money};

use super::update::{Amount, Problem};

/// A message as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// What the customer calls themselves, when the webhook says.
    pub profile: Profile,
    /// What it says.
    pub content: MessageContent,
}

/// What a customer calls themselves (`contacts[].profile`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The display name.
    pub name: Option<String>,
    /// The user name, which is shown instead of a phone number.
    pub username: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The customer.
    Customer,
    /// A person on the Business App, whose name WhatsApp does not tell.
    Business,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageContent {
    /// The `type`, an open set: `text`, `image`, `interactive`, `order`, ...
    pub kind: Arc<str>,
    /// The words, wherever they stand: the body, a caption, the title of a
    /// button or a row, the note of an order.
    pub text: Option<String>,
    /// What there is beside the words.
    pub part: Part,
    /// What it answers or was forwarded from.
    pub context: Option<Context>,
    /// The ad or post that it was started from.
    pub referral: Option<Box<Referral>>,
    /// Why WhatsApp could not pass it on, for `unsupported` ones. The message
    /// was written all the same: 131060 stands for the first words after an
    /// ad was clicked.
    pub problems: Vec<Problem>,
}

impl MessageContent {
    /// The id of the button or row that was chosen.
    pub fn button_id(&self) -> Option<&str> {
        match &self.part {
            Part::Choice(choice) => choice.id.as_deref(),
            _ => None,
        }
    }
}

/// What a message holds beside its words. What is not typed here, such as
/// shared contacts, is in the update's raw JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Nothing that Baton acts on.
    None,
    /// A button or a row was chosen.
    Choice(Choice),
    /// A cart was sent.
    Order(Order),
    /// A file.
    Media(Media),
    /// A place.
    Location(Location),
    /// An emoji on an earlier message.
    Reaction(Reaction),
    /// A form (a WhatsApp Flow) was filled in.
    Form(Form),
    /// Of a known sender and id, and not of the documented shape; the reason.
    Unreadable(String),
}

/// A button (`button`, `interactive.button_reply`) or a row
/// (`interactive.list_reply`) that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The id or payload that the business gave it.
    pub id: Option<String>,
    /// What it says.
    pub title: Option<String>,
}

/// A cart that a customer sent (`order`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The catalogue.
    pub catalog: Option<String>,
    /// What was put in.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// The sum of the lines, or `None` when one is unknown or in another
    /// currency: WhatsApp sends no total.
    pub fn total(&self) -> Option<Money> {
        let mut sum: Option<Money> = None;
        for line in &self.lines {
            let price = line.price.money.as_ref()?;
            let minor = price.minor.checked_mul(i64::from(line.quantity?))?;
            let line = Money::new(minor, price.currency.clone());
            sum = Some(match sum {
                Some(sum) => sum.checked_add(&line)?,
                None => line,
            });
        }
        sum
    }
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// `product_retailer_id`: the merchant's own id of the product.
    pub product: String,
    /// How many, if that could be read.
    pub quantity: Option<u32>,
    /// The price of one.
    pub price: Amount,
}

/// A file: `image`, `video`, `audio`, `document` or `sticker`. Its caption is
/// the message's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The id under which the Graph API serves it.
    pub id: Option<String>,
    /// Such as `image/jpeg`.
    pub mime_type: Option<String>,
    /// As the sender named it.
    pub filename: Option<String>,
    /// Spoken just now, rather than an audio file.
    pub voice: bool,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Degrees north, as sent.
    pub latitude: Option<String>,
    /// Degrees east, as sent.
    pub longitude: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Where it is.
    pub address: Option<String>,
}

/// An emoji on an earlier message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The message.
    pub message: Option<MessageId>,
    /// The emoji; `None` when it was taken away again.
    pub emoji: Option<String>,
}

/// A form that was filled in (`interactive.nfm_reply`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Which form, usually `flow`.
    pub name: Option<String>,
    /// The answers: a text that holds JSON of the form's own shape.
    pub response_json: Option<String>,
}

/// What a message answers or was forwarded from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The message that is answered.
    pub message: Option<MessageId>,
    /// Forwarded, once or often.
    pub forwarded: bool,
    /// The product that is asked about (`referred_product`).
    pub product: Option<String>,
}

/// The ad or post that a conversation was started from (WhatsApp
/// documentation, "Click-to-WhatsApp ads").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Referral {
    /// Its address.
    pub source_url: Option<String>,
    /// Its id.
    pub source_id: Option<String>,
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// Its title.
    pub headline: Option<String>,
    /// Its words.
    pub body: Option<String>,
    /// The click, for reporting what became of it.
    pub click_id: Option<String>,
}

/// An earlier message now says something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The id of the edit itself, if it has one.
    pub id: Option<MessageId>,
    /// Who edited.
    pub author: Author,
    /// The message that was edited.
    pub original: MessageId,
    /// What it says now; `None` when the webhook does not tell.
    pub content: Option<MessageContent>,
}

/// An earlier message was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// The id of the revoke itself, if it has one.
    pub id: Option<MessageId>,
    /// Who took it back.
    pub author: Author,
    /// The message that was taken back.
    pub original: MessageId,
}

/// A message of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryMessage {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// What it says. Files older than 14 days come as `media_placeholder`.
    pub content: MessageContent,
    /// How far it had got (`history_context.status`), such as `READ`.
    pub status: Option<Arc<str>>,
}

impl HistoryMessage {
    /// Whether it only holds the place of a file, which comes later by itself
    /// under the same id.
    pub fn is_placeholder(&self) -> bool {
        &*self.content.kind == PLACEHOLDER
    }
}

/// The type of what holds the place of a file.
pub(super) const PLACEHOLDER: &str = "media_placeholder";

#[cfg(test)]
mod tests {
    use baton_domain::money::Currency;

    use super::*;

    #[test]
    fn an_order_has_a_total_only_when_every_line_is_known() {
        let line = |minor: i64, code: &str, quantity: Option<u32>| {
            let money = Some(Money::new(minor, Currency::parse(code).unwrap()));
            let price = Amount {
                money,
                text: String::new(),
            };
            OrderLine {
                product: "sku".to_owned(),
                quantity,
                price,
            }
        };
        let total = |lines: Vec<OrderLine>| {
            Order {
                catalog: None,
                lines,
            }
            .total()
            .map(|total| total.to_string())
        };
        let two = vec![line(250, "USD", Some(2)), line(100, "USD", Some(1))];
        assert_eq!(total(two).as_deref(), Some("USD 6.00"));
        assert_eq!(
            total(vec![line(250, "USD", Some(2)), line(100, "EUR", Some(1))]),
            None
        );
        assert_eq!(total(vec![line(250, "USD", None)]), None);
        assert_eq!(total(vec![line(i64::MAX, "USD", Some(2))]), None);
        assert_eq!(total(vec![]), None);
    }
}
