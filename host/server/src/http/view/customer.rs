//! A customer as a whole.

use std::sync::Arc;

use baton_domain::{
    ids::CustomerId,
    state::{CustomerState, Order},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{HeadView, LineView, MoneyView};

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// Baton's id.
    #[schema(value_type = String)]
    id: CustomerId,
    /// Name.
    name: Option<Arc<str>>,
    /// Phone number, digits with the country code.
    phone: Option<Arc<str>>,
    /// WhatsApp's business-scoped user id.
    user_id: Option<Arc<str>>,
    /// E-mail address.
    email: Option<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    country: Option<Arc<str>>,
    /// ISO 639-1.
    language: Option<Arc<str>>,
    /// Your labels.
    tags: Option<Vec<Arc<str>>>,
    /// Whether marketing messages are allowed.
    marketing_consent: Option<bool>,
    /// When the customer was first heard of.
    #[schema(value_type = Option<String>, format = DateTime)]
    first_seen_at: Option<Timestamp>,
    /// Orders bought.
    orders: u32,
    /// Net value of all orders.
    lifetime_value: Option<MoneyView>,
    /// The latest orders, the latest first.
    recent_orders: Vec<OrderView>,
    /// The basket.
    basket: Option<BasketView>,
    /// When something is expected to arrive.
    delivery: Option<DeliveryView>,
    /// Failed payments of what is about to be bought.
    payment_failures: usize,
    /// One for each business number.
    conversations: Vec<HeadView>,
}

impl CustomerView {
    /// The customer, as of `now`.
    pub fn of(id: &CustomerId, state: &CustomerState, now: Timestamp) -> Self {
        let profile = &state.profile;
        let orders = &state.orders;
        let delivery = state.delivery().map(|delivery| DeliveryView {
            order: delivery.order.as_ref().map(|it| it.as_str().to_owned()),
            latest: delivery.latest.to_string(),
            certainty: delivery.certainty.clone(),
            reason: delivery.reason.clone(),
        });
        let basket = state.basket.as_ref().map(|basket| BasketView {
            id: basket.id.clone(),
            checkout_state: basket.checkout_state().to_string(),
            value: basket.value().as_ref().map(Into::into),
            lines: basket.lines.iter().map(Into::into).collect(),
            changed_at: basket.at,
        });
        Self {
            id: id.clone(),
            name: profile.name.get().cloned(),
            phone: profile.phone.get().cloned(),
            user_id: profile.user_id.get().cloned(),
            email: profile.email.get().cloned(),
            country: profile.country.get().cloned(),
            language: profile.language.get().cloned(),
            tags: profile.tags.get().map(|it| it.to_vec()),
            marketing_consent: profile.marketing_consent.get().copied(),
            first_seen_at: state.first_seen_at,
            orders: orders.bought,
            lifetime_value: orders.lifetime_value().as_ref().map(Into::into),
            recent_orders: orders.recent().iter().rev().map(Into::into).collect(),
            basket,
            delivery,
            payment_failures: state.payments.failures().count(),
            conversations: (state.conversations())
                .map(|(number, conversation)| HeadView::of(id, number, conversation, now))
                .collect(),
        }
    }
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    /// Your id.
    id: String,
    /// `placed`, `paid`, `shipped`, `delivered`, `refunded` or `cancelled`.
    status: &'static str,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    placed_at: Timestamp,
    /// Net value after refunds.
    total: Option<MoneyView>,
    /// What was ordered.
    lines: Vec<LineView>,
    /// Where the customer can follow the parcel.
    tracking: Option<Arc<str>>,
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id.as_str().to_owned(),
            status: order.status().as_str(),
            placed_at: order.placed_at,
            total: order.net().as_ref().map(Into::into),
            lines: order.lines().iter().map(Into::into).collect(),
            tracking: order.tracking().cloned(),
        }
    }
}

/// What the customer is about to buy.
#[derive(Debug, Serialize, ToSchema)]
pub struct BasketView {
    /// Your id.
    id: Option<Arc<str>>,
    /// `open`, `quoted`, `checkout-offered`, `checkout-started`, `paid` or
    /// `abandoned`.
    checkout_state: String,
    /// As quoted, or the lines added up.
    value: Option<MoneyView>,
    /// Its lines.
    lines: Vec<LineView>,
    /// When it was last told.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
}

/// When something is expected to arrive.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The order; the basket when absent.
    order: Option<String>,
    /// The last day on which it is expected.
    #[schema(format = Date)]
    latest: String,
    /// `certain`, `likely`, `uncertain` or `missed`.
    certainty: Arc<str>,
    /// Why it is not certain.
    reason: Option<Arc<str>>,
}

/// A customer of a list: found by what names it, whole; on a page, by id
/// alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ListedCustomer {
    /// Found by phone number or your own id.
    Found(Box<CustomerView>),
    /// One of a page.
    Id(CustomerIdView),
}

/// The id of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerIdView {
    /// Baton's id.
    #[schema(value_type = String)]
    id: CustomerId,
}

impl From<CustomerId> for ListedCustomer {
    fn from(id: CustomerId) -> Self {
        Self::Id(CustomerIdView { id })
    }
}

impl From<CustomerView> for ListedCustomer {
    fn from(customer: CustomerView) -> Self {
        Self::Found(Box::new(customer))
    }
}
