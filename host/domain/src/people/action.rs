//! What a role may let somebody do.

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// Something that a role may let somebody do. Closed: what Baton can do is
    /// known here. A label completes "this role may ...".
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Action, UnknownAction, "action";
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
