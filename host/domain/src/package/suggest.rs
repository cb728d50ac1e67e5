//! What could be answered, from facts alone: nothing is made up, and when
//! there is no fact it says so.

use std::sync::Arc;

use super::{
    OpenQuestion, language,
    words::{Tongue, in_words},
};
use crate::{
    event::OrderStatus,
    field::Field,
    ids::NumberId,
    people::FieldSet,
    state::{Conversation, CustomerState, Delivery, Order},
    tenant::TenantProfile,
};

/// A reply that a person may send as it is, or change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it says, or why there is none.
    pub text: Result<Arc<str>, NoSuggestion>,
    /// The fields that it tells.
    pub tells: FieldSet,
}

/// Why nothing is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSuggestion {
    /// The customer waits for nothing.
    NothingAsked,
    /// Nothing that is known of the customer's orders answers it.
    NoFact,
}

impl NoSuggestion {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingAsked => "nothing_asked",
            Self::NoFact => "no_fact",
        }
    }
}

/// The reply to what is open.
pub fn suggest(
    state: &CustomerState,
    (number, conversation): (&NumberId, &Conversation),
    question: Option<&OpenQuestion>,
    tenant: &TenantProfile,
) -> Suggestion {
    if question.is_none() && conversation.care.handoff().is_none() {
        return none(NoSuggestion::NothingAsked);
    }
    let tongue = Tongue::of(&language(state, number, tenant));
    if let Some(delivery) = state.delivery() {
        return of_delivery(delivery, tongue);
    }
    let orders = state.orders.recent().iter().rev();
    let under_way = orders.filter(|it| it.is_under_way()).find_map(|order| {
        let tracking = order.tracking()?;
        Some(of_tracking(order, tracking, tongue))
    });
    under_way.unwrap_or_else(|| none(NoSuggestion::NoFact))
}

fn none(why: NoSuggestion) -> Suggestion {
    Suggestion {
        text: Err(why),
        tells: FieldSet::NONE,
    }
}

fn told(text: String, tells: impl IntoIterator<Item = Field>) -> Suggestion {
    Suggestion {
        text: Ok(text.into()),
        tells: tells.into_iter().collect(),
    }
}

/// When it is expected, and how sure that is.
fn of_delivery(delivery: &Delivery, tongue: Tongue) -> Suggestion {
    let day = in_words(delivery.latest, tongue);
    let text = match (&*delivery.certainty, tongue) {
        ("certain", Tongue::English) => format!("It will arrive by {day}."),
        ("certain", Tongue::Indonesian) => format!("Pesanan akan tiba paling lambat {day}."),
        ("likely", Tongue::English) => format!("It should arrive by {day}."),
        ("likely", Tongue::Indonesian) => {
            format!("Pesanan diperkirakan tiba paling lambat {day}.")
        }
        ("missed", Tongue::English) => {
            format!("It was expected by {day} and is late. We are sorry, and are looking into it.")
        }
        ("missed", Tongue::Indonesian) => format!(
            "Pesanan seharusnya tiba paling lambat {day} dan terlambat. Mohon maaf, kami sedang memeriksanya."
        ),
        (_, Tongue::English) => {
            format!("It is expected by {day}, but that is not certain yet. We are looking into it.")
        }
        (_, Tongue::Indonesian) => format!(
            "Pesanan diperkirakan tiba paling lambat {day}, tetapi belum pasti. Kami sedang memeriksanya."
        ),
    };
    told(
        text,
        [Field::DeliveryPromisedDate, Field::DeliveryCertainty],
    )
}

/// Where it can be followed.
fn of_tracking(order: &Order, tracking: &str, tongue: Tongue) -> Suggestion {
    let id = &order.id;
    let is_sent = order.has(OrderStatus::Shipped);
    let text = match (is_sent, tongue) {
        (true, Tongue::English) => {
            format!("Your order {id} is on its way. You can follow it here: {tracking}")
        }
        (true, Tongue::Indonesian) => {
            format!("Pesanan {id} sedang dikirim. Anda dapat melacaknya di sini: {tracking}")
        }
        (false, Tongue::English) => format!("You can follow your order {id} here: {tracking}"),
        (false, Tongue::Indonesian) => {
            format!("Anda dapat melacak pesanan {id} di sini: {tracking}")
        }
    };
    told(text, [Field::OrderLast, Field::OrderUndelivered])
}
