//! Where the values of fields come from.

use baton_guest::{
    basket, booking, conversation, customer, delivery, message, occasion, order, payment, settings,
};

use crate::{tree::damaged, value::Value};

/// Fields there are.
pub const FIELDS: usize = 47;

/// What a moment knows.
pub trait Facts {
    /// The value of the field at this place of the contract.
    fn read(&self, field: u8) -> Value;

    /// The value of the setting of this name, whose type is at this place of
    /// the contract.
    fn setting(&self, kind: u8, name: &str) -> Value;
}

/// The imports of the guest.
pub(crate) struct Contract;

macro_rules! contract {
    ($($at:literal $interface:ident::$function:ident,)*) => {
        impl Facts for Contract {
            fn read(&self, field: u8) -> Value {
                match field {
                    $($at => $interface::$function().into(),)*
                    _ => damaged(),
                }
            }

            fn setting(&self, kind: u8, name: &str) -> Value {
                match kind {
                    0 => settings::boolean(name).into(),
                    1 => settings::integer(name).into(),
                    2 => settings::decimal(name).into(),
                    3 => settings::text(name).into(),
                    4 => settings::texts(name).into(),
                    _ => damaged(),
                }
            }
        }
    };
}

// Numbered as in the contract; a test of `baton-cel` reads every one.
contract! {
    0 occasion::kind,
    1 occasion::time,
    2 occasion::date,
    3 occasion::channel,
    4 occasion::language,
    5 message::kind,
    6 message::text,
    7 message::text_raw,
    8 message::button_id,
    9 message::referral,
    10 message::recent,
    11 conversation::turns,
    12 conversation::failed_answers,
    13 conversation::failed_question,
    14 conversation::age_hours,
    15 conversation::handoffs,
    16 conversation::owner_history,
    17 conversation::tags,
    18 basket::value,
    19 basket::items,
    20 basket::checkout_state,
    21 basket::age_hours,
    22 payment::failures,
    23 payment::last_failure_reason,
    24 payment::last_failure_amount,
    25 payment::last_failure_age_hours,
    26 order::count,
    27 order::last,
    28 order::days_since_last,
    29 order::undelivered,
    30 customer::name,
    31 customer::phone,
    32 customer::email,
    33 customer::country,
    34 customer::language,
    35 customer::lifetime_value,
    36 customer::average_order,
    37 customer::tags,
    38 customer::marketing_consent,
    39 customer::days_known,
    40 delivery::promised_date,
    41 delivery::requested_date,
    42 delivery::certainty,
    43 delivery::uncertainty_reason,
    44 booking::state,
    45 booking::date,
    46 order::refunded,
}
