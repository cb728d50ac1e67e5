//! What a role may let somebody do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($variant:ident $name:literal $label:literal;)*) => {
        /// Something that a role may let somebody do. Closed: what Baton can
        /// do is known here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Action {
            $(#[doc = $label] $variant,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As everywhere outside the code.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// In plain words, to complete "this role may ...".
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }
        }
    };
}

actions! {
    ReadConversations "read-conversations" "see conversations, their thread, decisions and handoffs";
    ReadCustomers "read-customers" "look customers up";
    Claim "claim" "take the next step of a conversation";
    Reply "reply" "write to customers";
    Return "return" "give a conversation back to the bot, or end its episode";
    Escalate "escalate" "hand a conversation to a higher tier, and grant fields for it";
    Export "export" "export what is kept of a customer";
    ManageRules "manage-rules" "upload modules, grant fields to them and move releases";
    ManagePeople "manage-people" "add, change and remove people, roles and tokens";
    ReadAudit "read-audit" "see who read and did what";
    TellFacts "tell-facts" "tell what happened in the shop";
    SendAsBot "send-as-bot" "send as the bot, and tell what the bot did";
}

/// There is no action of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no action {0:?}")]
pub struct UnknownAction(String);

impl FromStr for Action {
    type Err = UnknownAction;
    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let found = Self::ALL.iter().copied().find(|it| it.name() == name);
        found.ok_or_else(|| UnknownAction(name.chars().take(80).collect()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
