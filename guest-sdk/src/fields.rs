//! The field catalogue: one thin function a field, in modules named as the
//! interfaces of `wit/v1`.
//!
//! On wasm a function calls its import, and a module that never calls it does
//! not import it. Elsewhere it reads the test's [`Facts`](crate::testing::Facts).
//! A test holds this list equal to the contract: names, types and documents.

use crate::{Date, Line, Money, OwnerSpan, PastOrder, ThreadMessage};

macro_rules! fields {
    ($(
        $(#[doc = $about:literal])*
        $interface:ident {
            $($(#[doc = $doc:literal])* $function:ident -> $type:ty, as $fact:ident, $name:literal;)*
        }
    )*) => {
        $(
            $(#[doc = $about])*
            pub mod $interface {
                use super::*;
                $(
                    $(#[doc = $doc])*
                    #[inline]
                    pub fn $function() -> $type {
                        #[cfg(target_arch = "wasm32")]
                        return crate::bindings::rule::baton::rules::$interface::$function();
                        #[cfg(not(target_arch = "wasm32"))]
                        crate::testing::read($name, |known| known.$fact.clone())
                    }
                )*
            }
        )*

        /// What a test knows; the start value of a field is "nothing".
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Known {
            $($(pub(crate) $fact: $type,)*)*
        }

        /// One method a field, named `interface_function`.
        #[cfg(not(target_arch = "wasm32"))]
        impl crate::testing::Facts {
            $($(
                $(#[doc = $doc])*
                pub fn $fact(mut self, value: impl crate::testing::FactValue<$type>) -> Self {
                    self.known.$fact = value.into_fact();
                    self
                }
            )*)*
        }

        /// Name, type and document of every wrapper, for the test.
        #[cfg(test)]
        pub(crate) const WRAPPERS: &[(&str, &str, &[&str])] =
            &[$($(($name, stringify!($type), &[$($doc),*]),)*)*];
    };
}

fields! {
    /// What made the rules run.
    occasion {
        /// `message` (the customer wrote), `bot-answered`, `bot-missed`, `basket`,
        /// `payment`, `order`, `delivery`, `booking` or `timer`; expect others.
        kind -> String, as occasion_kind, "occasion.kind";
        /// The exact moment, in Unix seconds. A rule that reads it runs anew on
        /// every event: prefer `date` and the ages.
        time -> u64, as occasion_time, "occasion.time";
        /// The day, in the merchant's time zone.
        date -> Date, as occasion_date, "occasion.date";
        /// Where the conversation takes place: `whatsapp`; expect others.
        channel -> String, as occasion_channel, "occasion.channel";
        /// Language of the customer's last message (ISO 639-1, such as `en` or
        /// `id`) where the text tells, else the customer's, else the merchant's.
        language -> String, as occasion_language, "occasion.language";
    }
    /// The customer's message that made the rules run; all `none` or empty on
    /// other occasions, but for `recent`.
    message {
        /// WhatsApp's type: `text`, `image`, `interactive`, `order`, ...; expect
        /// others.
        kind -> Option<String>, as message_kind, "message.kind";
        /// Text or caption with typed phone numbers, e-mail addresses and card
        /// numbers masked, at most 4,096 characters.
        text -> Option<String>, as message_text, "message.text";
        /// Text or caption as the customer typed it. A grant of its own.
        text_raw -> Option<String>, as message_text_raw, "message.text-raw";
        /// Id of the button or list row that the customer tapped.
        button_id -> Option<String>, as message_button_id, "message.button-id";
        /// Headline of the advertisement that the message came from
        /// (click-to-WhatsApp).
        referral -> Option<String>, as message_referral, "message.referral";
        /// The thread's latest messages from both sides, oldest first, masked, at
        /// most 20, each cut to 1,000 characters.
        recent -> Vec<ThreadMessage>, as message_recent, "message.recent";
    }
    /// The conversation on this business number, and its open episode.
    conversation {
        /// Messages from the customer in this episode.
        turns -> u32, as conversation_turns, "conversation.turns";
        /// Questions in a row that the bot could not answer.
        failed_answers -> u32, as conversation_failed_answers, "conversation.failed-answers";
        /// The last question that the bot could not answer, masked.
        failed_question -> Option<String>, as conversation_failed_question, "conversation.failed-question";
        /// Whole hours since this episode opened.
        age_hours -> u32, as conversation_age_hours, "conversation.age-hours";
        /// Handoffs to people in this episode.
        handoffs -> u32, as conversation_handoffs, "conversation.handoffs";
        /// Who had the next step in this episode, oldest first, at most 16.
        owner_history -> Vec<OwnerSpan>, as conversation_owner_history, "conversation.owner-history";
        /// Tags that people or decisions put on this episode.
        tags -> Vec<String>, as conversation_tags, "conversation.tags";
    }
    /// What the customer is about to buy.
    basket {
        /// Value of all lines; the quoted total where there is a quote.
        value -> Option<Money>, as basket_value, "basket.value";
        /// The lines, at most 50.
        items -> Vec<Line>, as basket_items, "basket.items";
        /// `open`, `quoted`, `checkout-offered`, `checkout-started`, `paid` or
        /// `abandoned`; expect others.
        checkout_state -> Option<String>, as basket_checkout_state, "basket.checkout-state";
        /// Whole hours since the basket last changed.
        age_hours -> Option<u32>, as basket_age_hours, "basket.age-hours";
    }
    /// How paying went.
    payment {
        /// Failed payments since the last one that succeeded.
        failures -> u32, as payment_failures, "payment.failures";
        /// The provider's reason of the last failure, such as
        /// `insufficient-funds`.
        last_failure_reason -> Option<String>, as payment_last_failure_reason, "payment.last-failure-reason";
        /// What the last failed payment was for.
        last_failure_amount -> Option<Money>, as payment_last_failure_amount, "payment.last-failure-amount";
        /// Whole hours since the last failure.
        last_failure_age_hours -> Option<u32>, as payment_last_failure_age_hours, "payment.last-failure-age-hours";
    }
    /// What the customer bought before.
    order {
        /// Paid orders in all.
        count -> u32, as order_count, "order.count";
        /// The latest paid order, with its lines.
        last -> Option<PastOrder>, as order_last, "order.last";
        /// Whole days since the latest paid order.
        days_since_last -> Option<u32>, as order_days_since_last, "order.days-since-last";
        /// Paid orders that have not been delivered yet.
        undelivered -> u32, as order_undelivered, "order.undelivered";
        /// Of the latest 100 orders, those whose money went back whole.
        refunded -> u32, as order_refunded, "order.refunded";
    }
    /// Who the customer is.
    customer {
        /// Name as the merchant or WhatsApp knows it.
        name -> Option<String>, as customer_name, "customer.name";
        /// Phone number, digits only with the country code.
        phone -> Option<String>, as customer_phone, "customer.phone";
        /// E-mail address.
        email -> Option<String>, as customer_email, "customer.email";
        /// Country, ISO 3166-1 alpha-2.
        country -> Option<String>, as customer_country, "customer.country";
        /// Preferred language, ISO 639-1.
        language -> Option<String>, as customer_language, "customer.language";
        /// Net value of all paid orders so far.
        lifetime_value -> Option<Money>, as customer_lifetime_value, "customer.lifetime-value";
        /// Lifetime value over the number of paid orders.
        average_order -> Option<Money>, as customer_average_order, "customer.average-order";
        /// Labels that the merchant gave, such as `vip`.
        tags -> Vec<String>, as customer_tags, "customer.tags";
        /// Whether marketing messages are allowed; `none` when never asked.
        marketing_consent -> Option<bool>, as customer_marketing_consent, "customer.marketing-consent";
        /// Whole days since the first event of this customer.
        days_known -> Option<u32>, as customer_days_known, "customer.days-known";
    }
    /// What was promised about delivery, and what the customer asks for.
    delivery {
        /// The last day on which the merchant expects it to arrive.
        promised_date -> Option<Date>, as delivery_promised_date, "delivery.promised-date";
        /// The last day that would do for the customer, read from the messages of
        /// this episode: "before Friday" is the Thursday.
        requested_date -> Option<Date>, as delivery_requested_date, "delivery.requested-date";
        /// `certain`, `likely`, `uncertain` or `missed`; expect others.
        certainty -> Option<String>, as delivery_certainty, "delivery.certainty";
        /// Why it is not certain, such as `public holiday on 2026-11-26`.
        uncertainty_reason -> Option<String>, as delivery_uncertainty_reason, "delivery.uncertainty-reason";
    }
    /// Appointments, stays, reservations.
    booking {
        /// `requested`, `confirmed`, `cancelled` or `attended`; expect others.
        state -> Option<String>, as booking_state, "booking.state";
        /// The day it is for.
        date -> Option<Date>, as booking_date, "booking.date";
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use wit_parser::{Function, Resolve, Type, TypeDefKind};

    use super::WRAPPERS;

    #[test]
    fn the_wrappers_are_the_contract() {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v1");
        let (package, _) = resolve.push_dir(wit).unwrap();
        let mut contract = Vec::new();
        for (interface, id) in &resolve.packages[package].interfaces {
            for (name, function) in &resolve.interfaces[*id].functions {
                // Settings are asked for by name; they are no fields.
                if interface != "settings" {
                    contract.push((format!("{interface}.{name}"), function));
                }
            }
        }
        let names: Vec<&str> = WRAPPERS.iter().map(|(name, ..)| *name).collect();
        let expected: Vec<&str> = contract.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected);
        for ((name, function), (_, rust_type, doc)) in contract.iter().zip(WRAPPERS) {
            assert_eq!(*rust_type, result_type(&resolve, function), "{name}");
            assert_eq!(
                joined(doc),
                function.docs.contents.as_deref().unwrap_or(""),
                "{name}"
            );
            assert!(!doc.is_empty(), "{name} is not documented");
        }
    }

    fn joined(doc: &[&str]) -> String {
        let lines: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
        lines.join("\n")
    }

    fn result_type(resolve: &Resolve, function: &Function) -> String {
        assert!(function.params.is_empty(), "a field has no parameters");
        rust_type(resolve, &function.result.expect("a field has a value"))
    }

    fn rust_type(resolve: &Resolve, wit: &Type) -> String {
        let id = match wit {
            Type::Id(id) => *id,
            Type::String => return "String".into(),
            plain => return format!("{plain:?}").to_lowercase(),
        };
        match &resolve.types[id].kind {
            TypeDefKind::Option(of) => format!("Option<{}>", rust_type(resolve, of)),
            TypeDefKind::List(of) => format!("Vec<{}>", rust_type(resolve, of)),
            // `use types.{date as day}`: the SDK names the original.
            TypeDefKind::Type(Type::Id(original)) => rust_type(resolve, &Type::Id(*original)),
            _ => camel(resolve.types[id].name.as_deref().unwrap_or("")),
        }
    }

    fn camel(kebab: &str) -> String {
        let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
        kebab.split('-').map(capital).collect()
    }
}
