//! A customer as a whole.

use std::sync::Arc;

use baton_domain::{
    field::Field,
    ids::CustomerId,
    seen::Seen,
    state::{Basket, CustomerState, Delivery, Known, Order},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{HeadView, LineView, MoneyView, Shown};

/// A customer: what the role may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// Baton's id.
    #[schema(value_type = String)]
    id: CustomerId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    name: Shown<Arc<str>>,
    /// Phone number, digits with the country code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    phone: Shown<Arc<str>>,
    /// WhatsApp's business-scoped user id, seen with the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user_id: Shown<Arc<str>>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    email: Shown<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    country: Shown<Arc<str>>,
    /// ISO 639-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    language: Shown<Arc<str>>,
    /// Your labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    tags: Shown<Vec<Arc<str>>>,
    /// Whether marketing messages are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<bool>)]
    marketing_consent: Shown<bool>,
    /// When the customer was first heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    first_seen_at: Shown<Timestamp>,
    /// Orders bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    orders: Option<u32>,
    /// Net value of all orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MoneyView>)]
    lifetime_value: Shown<MoneyView>,
    /// The latest orders, the latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<OrderView>, required = false)]
    recent_orders: Option<Vec<OrderView>>,
    /// The basket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BasketView>)]
    basket: Shown<BasketView>,
    /// When something is expected to arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DeliveryView>)]
    delivery: Shown<DeliveryView>,
    /// Failed payments of what is about to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    payment_failures: Option<usize>,
    /// One for each business number.
    conversations: Vec<HeadView>,
}

impl CustomerView {
    /// The customer as `seen` at `now`.
    pub fn of(seen: &Seen<'_>, id: &CustomerId, state: &CustomerState, now: Timestamp) -> Self {
        let (profile, orders) = (&state.profile, &state.orders);
        let told = |field, value: &Known<Arc<str>>| seen.field(field, || value.get().cloned());
        Self {
            id: id.clone(),
            name: told(Field::CustomerName, &profile.name),
            phone: told(Field::CustomerPhone, &profile.phone),
            user_id: told(Field::CustomerPhone, &profile.user_id),
            email: told(Field::CustomerEmail, &profile.email),
            country: told(Field::CustomerCountry, &profile.country),
            language: told(Field::CustomerLanguage, &profile.language),
            tags: seen.field(Field::CustomerTags, || profile.tags.get().cloned()),
            marketing_consent: seen.field(Field::CustomerMarketingConsent, || {
                profile.marketing_consent.get().copied()
            }),
            first_seen_at: seen.field(Field::CustomerDaysKnown, || state.first_seen_at),
            orders: seen.field(Field::OrderCount, || orders.bought),
            lifetime_value: seen.field(Field::CustomerLifetimeValue, || {
                orders.lifetime_value().as_ref().map(Into::into)
            }),
            recent_orders: seen.field(Field::OrderLast, || {
                orders.recent().iter().rev().map(Into::into).collect()
            }),
            basket: BasketView::of(seen, state.basket.as_ref()),
            delivery: DeliveryView::of(seen, state.delivery()),
            payment_failures: seen
                .field(Field::PaymentFailures, || state.payments.failures().count()),
            conversations: (state.conversations())
                .map(|(number, conversation)| HeadView::of(seen, id, number, conversation, now))
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Shown<Arc<str>>,
    /// `open`, `quoted`, `checkout-offered`, `checkout-started`, `paid` or
    /// `abandoned`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    checkout_state: Option<String>,
    /// As quoted, or the lines added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MoneyView>)]
    value: Shown<MoneyView>,
    /// Its lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<LineView>, required = false)]
    lines: Option<Vec<LineView>>,
    /// When it was last told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    changed_at: Option<Timestamp>,
}

impl BasketView {
    /// The basket; absent when nothing of one may be seen.
    fn of(seen: &Seen<'_>, basket: Option<&Basket>) -> Shown<Self> {
        let fields = [
            Field::BasketItems,
            Field::BasketValue,
            Field::BasketCheckoutState,
            Field::BasketAgeHours,
        ];
        if !fields.iter().any(|field| seen.holds(*field)) {
            return None;
        }
        Some(basket.map(|basket| Self {
            id: seen.field(Field::BasketItems, || basket.id.clone()),
            checkout_state: seen.field(Field::BasketCheckoutState, || {
                basket.checkout_state().to_string()
            }),
            value: seen.field(Field::BasketValue, || {
                basket.value().as_ref().map(Into::into)
            }),
            lines: seen.field(Field::BasketItems, || {
                basket.lines.iter().map(Into::into).collect()
            }),
            changed_at: seen.field(Field::BasketAgeHours, || basket.at),
        }))
    }
}

/// When something is expected to arrive.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The order; the basket when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order: Shown<String>,
    /// The last day on which it is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Date, required = false)]
    latest: Option<String>,
    /// How certain that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    certainty: Option<Arc<str>>,
    /// Why it is not certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Shown<Arc<str>>,
}

impl DeliveryView {
    /// What was promised; absent when nothing of it may be seen.
    fn of(seen: &Seen<'_>, delivery: Option<&Delivery>) -> Shown<Self> {
        let fields = [
            Field::DeliveryPromisedDate,
            Field::DeliveryCertainty,
            Field::DeliveryUncertaintyReason,
        ];
        if !fields.iter().any(|field| seen.holds(*field)) {
            return None;
        }
        Some(delivery.map(|delivery| Self {
            order: seen.field(Field::OrderLast, || {
                delivery.order.as_ref().map(|it| it.as_str().to_owned())
            }),
            latest: seen.field(Field::DeliveryPromisedDate, || delivery.latest.to_string()),
            certainty: seen.field(Field::DeliveryCertainty, || delivery.certainty.clone()),
            reason: seen.typed(Field::DeliveryUncertaintyReason, delivery.reason.as_ref()),
        }))
    }
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
