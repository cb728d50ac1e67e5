//! The roles that every tenant has. Their names cannot be taken by others.

use super::{Action, FieldSet, Role};
use crate::{
    field::{Field, Sensitivity},
    ids::RoleName,
};

/// The role of the merchant's person in charge.
pub(super) const OPERATOR: &str = "operator";

const NAMES: [&str; 7] = [
    "junior-agent",
    "senior-agent",
    "rule-author",
    OPERATOR,
    "compliance",
    "integration",
    "bot",
];

/// Every stock role.
pub fn stock_roles() -> Vec<Role> {
    let names = NAMES.iter().filter_map(|name| RoleName::parse(name).ok());
    names.filter_map(|name| stock_role(&name)).collect()
}

/// The stock role of this name, when there is one.
pub fn stock_role(name: &RoleName) -> Option<Role> {
    let (fields, actions) = match name.as_str() {
        // What it takes to serve: neither what a customer is worth in all nor
        // how to reach them elsewhere.
        "junior-agent" => (
            fields(|field| match field.sensitivity() {
                Sensitivity::Operational | Sensitivity::Content => true,
                Sensitivity::Commercial => !WORTH.contains(&field),
                Sensitivity::Identifying => field == Field::CustomerName,
            }),
            AGENT,
        ),
        // All but what the customer typed unmasked: card numbers are nobody's
        // business.
        "senior-agent" => (fields(|field| field != Field::MessageTextRaw), AGENT),
        "rule-author" => (
            fields(|field| field.sensitivity() != Sensitivity::Identifying),
            &[Action::ReadConversations, Action::ManageRules][..],
        ),
        OPERATOR => (FieldSet::all(), Action::ALL),
        // Who asks for the audit need not know what is in the data.
        "compliance" => (
            fields(|field| field.sensitivity() == Sensitivity::Operational),
            &[Action::ReadConversations, Action::ReadAudit][..],
        ),
        "integration" => (FieldSet::NONE, &[Action::TellFacts][..]),
        "bot" => (
            FieldSet::all(),
            &[Action::ReadCustomers, Action::TellFacts, Action::SendAsBot][..],
        ),
        _ => return None,
    };
    Some(Role {
        name: name.clone(),
        fields,
        actions: actions.iter().copied().collect(),
    })
}

/// What tells how much somebody is worth to the shop.
const WORTH: [Field; 2] = [Field::CustomerLifetimeValue, Field::CustomerAverageOrder];

const AGENT: &[Action] = &[
    Action::ReadConversations,
    Action::ReadCustomers,
    Action::Claim,
    Action::Reply,
    Action::Return,
    Action::Escalate,
];

fn fields(holds: impl Fn(Field) -> bool) -> FieldSet {
    Field::ALL.iter().copied().filter(|it| holds(*it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stock_role_is_found_by_its_name() {
        let roles = stock_roles();
        assert_eq!(roles.len(), NAMES.len());
        for role in roles {
            assert_eq!(stock_role(&role.name).as_ref(), Some(&role));
            assert!(!role.actions.is_empty(), "{:?}", role.name);
        }
        assert_eq!(stock_role(&RoleName::parse("owner").unwrap()), None);
    }
}
