//! The JSON of messages, as far as Baton reads it. Every key may be missing or
//! null, and every text may be a number: what is required is decided where the
//! wire types become domain words.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::Text;

/// A message with its parts still unread: which of them are there decides what
/// is read, and one that is odd costs only itself.
#[derive(Deserialize)]
pub(super) struct MessageWire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) from: Option<Text<'a>>,
    pub(super) from_user_id: Option<Text<'a>>,
    pub(super) from_parent_user_id: Option<Text<'a>>,
    pub(super) to: Option<Text<'a>>,
    pub(super) to_user_id: Option<Text<'a>>,
    pub(super) to_parent_user_id: Option<Text<'a>>,
    pub(super) timestamp: Option<Text<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    pub(super) text: Option<&'a RawValue>,
    pub(super) image: Option<&'a RawValue>,
    pub(super) video: Option<&'a RawValue>,
    pub(super) audio: Option<&'a RawValue>,
    pub(super) document: Option<&'a RawValue>,
    pub(super) sticker: Option<&'a RawValue>,
    pub(super) interactive: Option<&'a RawValue>,
    pub(super) button: Option<&'a RawValue>,
    pub(super) order: Option<&'a RawValue>,
    pub(super) location: Option<&'a RawValue>,
    pub(super) reaction: Option<&'a RawValue>,
    pub(super) system: Option<&'a RawValue>,
    pub(super) edit: Option<&'a RawValue>,
    pub(super) revoke: Option<&'a RawValue>,
    pub(super) context: Option<&'a RawValue>,
    pub(super) referral: Option<&'a RawValue>,
    pub(super) errors: Option<&'a RawValue>,
    pub(super) history_context: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct BodyWire<'a> {
    #[serde(borrow)]
    pub(super) body: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct MediaWire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) mime_type: Option<Text<'a>>,
    pub(super) caption: Option<Text<'a>>,
    pub(super) filename: Option<Text<'a>>,
    #[serde(default)]
    pub(super) voice: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct InteractiveWire<'a> {
    #[serde(borrow)]
    pub(super) button_reply: Option<ReplyWire<'a>>,
    pub(super) list_reply: Option<ReplyWire<'a>>,
    pub(super) nfm_reply: Option<FormWire<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ReplyWire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) title: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FormWire<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) response_json: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ButtonWire<'a> {
    #[serde(borrow)]
    pub(super) payload: Option<Text<'a>>,
    pub(super) text: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OrderWire<'a> {
    #[serde(borrow)]
    pub(super) catalog_id: Option<Text<'a>>,
    pub(super) text: Option<Text<'a>>,
    pub(super) product_items: Option<Vec<OrderLineWire<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct OrderLineWire<'a> {
    #[serde(borrow)]
    pub(super) product_retailer_id: Option<Text<'a>>,
    pub(super) quantity: Option<Text<'a>>,
    pub(super) item_price: Option<Text<'a>>,
    pub(super) currency: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct LocationWire<'a> {
    #[serde(borrow)]
    pub(super) latitude: Option<Text<'a>>,
    pub(super) longitude: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) address: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ReactionWire<'a> {
    #[serde(borrow)]
    pub(super) message_id: Option<Text<'a>>,
    pub(super) emoji: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SystemWire<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    pub(super) body: Option<Text<'a>>,
    pub(super) wa_id: Option<Text<'a>>,
    pub(super) new_wa_id: Option<Text<'a>>,
    pub(super) user_id: Option<Text<'a>>,
    pub(super) parent_user_id: Option<Text<'a>>,
    pub(super) previous_user_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct EditWire<'a> {
    #[serde(borrow)]
    pub(super) original_message_id: Option<Text<'a>>,
    pub(super) message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct ContextWire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) forwarded: Option<bool>,
    pub(super) frequently_forwarded: Option<bool>,
    pub(super) referred_product: Option<ProductWire<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ProductWire<'a> {
    #[serde(borrow)]
    pub(super) product_retailer_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ReferralWire<'a> {
    #[serde(borrow)]
    pub(super) source_url: Option<Text<'a>>,
    pub(super) source_id: Option<Text<'a>>,
    pub(super) source_type: Option<Text<'a>>,
    pub(super) headline: Option<Text<'a>>,
    pub(super) body: Option<Text<'a>>,
    pub(super) ctwa_clid: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ProblemWire<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    pub(super) title: Option<Text<'a>>,
    pub(super) message: Option<Text<'a>>,
    pub(super) error_data: Option<ProblemDataWire<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ProblemDataWire<'a> {
    #[serde(borrow)]
    pub(super) details: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct HistoryContextWire<'a> {
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
}
