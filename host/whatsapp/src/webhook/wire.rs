//! The JSON of messages, as far as Baton reads it. Every key may be missing or
//! null, and every text may be a number: what is required is decided where the
//! wire types become domain words.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::Text;

#[derive(Deserialize, Default)]
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
    pub(super) text: Option<BodyWire<'a>>,
    pub(super) image: Option<MediaWire<'a>>,
    pub(super) video: Option<MediaWire<'a>>,
    pub(super) audio: Option<MediaWire<'a>>,
    pub(super) document: Option<MediaWire<'a>>,
    pub(super) sticker: Option<MediaWire<'a>>,
    pub(super) interactive: Option<InteractiveWire<'a>>,
    pub(super) button: Option<ButtonWire<'a>>,
    pub(super) order: Option<OrderWire<'a>>,
    pub(super) location: Option<LocationWire<'a>>,
    pub(super) reaction: Option<ReactionWire<'a>>,
    pub(super) system: Option<SystemWire<'a>>,
    pub(super) edit: Option<EditWire<'a>>,
    pub(super) revoke: Option<EditWire<'a>>,
    pub(super) context: Option<ContextWire<'a>>,
    pub(super) referral: Option<ReferralWire<'a>>,
    pub(super) errors: Option<Vec<ProblemWire<'a>>>,
    pub(super) history_context: Option<HistoryContextWire<'a>>,
}

/// The part of a message that must be right for it to count as one.
#[derive(Deserialize)]
pub(super) struct HeadWire<'a> {
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
}

impl<'a> From<HeadWire<'a>> for MessageWire<'a> {
    fn from(head: HeadWire<'a>) -> Self {
        Self {
            id: head.id,
            from: head.from,
            from_user_id: head.from_user_id,
            from_parent_user_id: head.from_parent_user_id,
            to: head.to,
            to_user_id: head.to_user_id,
            to_parent_user_id: head.to_parent_user_id,
            timestamp: head.timestamp,
            kind: head.kind,
            ..Self::default()
        }
    }
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
