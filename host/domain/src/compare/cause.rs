//! Why two sides differ.

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// Why a message is not the same on both sides.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    Cause, UnknownCause, "cause";
    MissingHere "missing_here" "The customer's message is in the App alone: its webhook was lost.";
    WrittenOnUnlinkedDevice "written_on_unlinked_device" "The business's message is in the App alone: WhatsApp for Windows and Wear OS tell no webhook.";
    MissingInApp "missing_in_app" "The message is in Baton alone: it was deleted in the App, or the App's history has a gap.";
    TextDiffers "text_differs" "Both have the message, and it reads otherwise: an edit did not arrive.";
    RevokedThere "revoked_there" "It was taken back, and Baton was not told.";
    RevokedHere "revoked_here" "Baton was told that it was taken back, and the App still shows it.";
    TimeDiffers "time_differs" "Both have the message, at times that are apart.";
    UnknownCustomer "unknown_customer" "Baton knows nobody at this address.";
}
