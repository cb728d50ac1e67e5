//! Who is told of what, and how much of it.

use baton_domain::{
    event::*,
    field::{Field, FieldValue},
    ids::*,
    notify::{Moment, Notice, NoticeKind, agents_told},
    owner::Ownership,
    people::{Agent, FieldSet, Membership, WorkingHours},
    state::CustomerState,
};
use std::sync::Arc;

use crate::given::*;

fn fields(fields: &[Field]) -> FieldSet {
    fields.iter().copied().collect()
}

/// The customer wrote, and was handed off.
fn story() -> (Arc<CustomerState>, Event, Option<Ownership>) {
    let mut state = CustomerState::default();
    for body in [
        message("1", "Call me: +62 812 9000 1234"),
        EventBody::ProfileChanged(ProfileChanged {
            name: Some("Sari Wijaya".into()),
            phone: Some("6281290001234".into()),
            ..ProfileChanged::default()
        }),
    ] {
        state.apply(&event_of(body));
    }
    let before = state
        .conversation(&number(0))
        .map(|it| it.ownership.clone());
    let handoff = event_of(EventBody::HandedOff(HandedOff {
        epoch: OwnerEpoch(0),
        team: team("sales"),
        tier: Some(TierName::parse("senior").unwrap()),
        agent: None,
        tags: vec!["high value".into()],
        reasons: vec!["A basket of 500".into()],
        next_step: Some("Call".into()),
        due: None,
        priority: 70,
        because: Vec::new(),
        read: Some(fields(&[Field::BasketValue])),
    }));
    state.apply(&handoff);
    (Arc::new(state), handoff, before)
}

fn event_of(body: EventBody) -> Event {
    Event {
        at: start(),
        number: Some(number(0)),
        body,
    }
}

fn team(name: &str) -> TeamName {
    TeamName::parse(name).unwrap()
}

fn notice(fields: FieldSet) -> Notice {
    let (state, handoff, before) = story();
    let customer = CustomerId::parse("c").unwrap();
    let tenant = Arc::new(tenant());
    let moment = Moment {
        customer: &customer,
        before: before.as_ref(),
        after: &state,
        tenant: &tenant,
    };
    Notice::of(NoticeKind::HandoffCreated, &handoff, &moment, fields)
}

#[test]
fn nothing_of_what_is_not_held_is_in_a_notice() {
    let bare = notice(FieldSet::NONE);
    let text = serde_json::to_string(&bare).unwrap();
    for secret in [
        "Sari",
        "6281290001234",
        "812 9000",
        "500",
        "Call",
        "high value",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(bare.team, Some(team("sales")));
    let named = notice(fields(&[Field::CustomerName, Field::BasketValue]));
    let name = (Field::CustomerName, FieldValue::text("Sari Wijaya"));
    assert_eq!(named.fields, [name], "what is not known is absent, too");
    assert_eq!(named.reasons, ["A basket of 500".into()]);
}

#[test]
fn what_was_revoked_since_does_not_leave() {
    let made = notice(FieldSet::all());
    assert!(
        made.fields
            .iter()
            .any(|(field, _)| *field == Field::CustomerPhone)
    );
    let seen = made.seen_with(fields(&[Field::CustomerName]));
    let left: Vec<_> = seen
        .notice()
        .fields
        .iter()
        .map(|(field, _)| *field)
        .collect();
    assert_eq!(left, [Field::CustomerName]);
    assert!(seen.notice().reasons.is_empty() && seen.notice().tags.is_empty());
}

#[test]
fn what_people_wrote_is_masked() {
    let (state, _, _) = story();
    let before = state
        .conversation(&number(0))
        .map(|it| it.ownership.clone());
    let returned = event_of(EventBody::Returned(Returned {
        epoch: OwnerEpoch(1),
        by: None,
        note: Some("Her number is +62 812 9000 1234".into()),
    }));
    let mut after = CustomerState::clone(&state);
    after.apply(&returned);
    let after = Arc::new(after);
    let (customer, tenant) = (CustomerId::parse("c").unwrap(), Arc::new(tenant()));
    let moment = Moment {
        customer: &customer,
        before: before.as_ref(),
        after: &after,
        tenant: &tenant,
    };
    let note = |held: &[Field]| {
        let kind = NoticeKind::ConversationReturned;
        Notice::of(kind, &returned, &moment, fields(held)).note
    };
    assert_eq!(note(&[]), None);
    let masked = note(&[Field::MessageText]).unwrap();
    assert!(
        masked.contains("Her number") && !masked.contains("9000"),
        "{masked}"
    );
    let raw = note(&[Field::MessageText, Field::MessageTextRaw]).unwrap();
    assert!(raw.contains("9000"));
}

#[test]
fn what_moved_nothing_is_nothing_to_tell() {
    let (state, handoff, before) = story();
    let after = state
        .conversation(&number(0))
        .map(|it| it.ownership.clone());
    let told = NoticeKind::of(&handoff, before.as_ref(), after.as_ref());
    assert_eq!(told, [NoticeKind::HandoffCreated]);
    // The same handoff once more: people own already.
    let again = NoticeKind::of(&handoff, after.as_ref(), after.as_ref());
    assert!(again.is_empty());
    let claim = event_of(EventBody::Claimed(Claimed {
        epoch: OwnerEpoch(0),
        agent: AgentId::parse("ana").unwrap(),
    }));
    assert!(NoticeKind::of(&claim, after.as_ref(), after.as_ref()).is_empty());
}

fn agent(id: &str, role: &str, teams: &[(&str, Option<&str>)]) -> Agent {
    let membership = |(name, tier): &(&str, Option<&str>)| Membership {
        team: team(name),
        tier: tier.map(|tier| TierName::parse(tier).unwrap()),
    };
    Agent {
        id: AgentId::parse(id).unwrap(),
        name: id.into(),
        role: RoleName::parse(role).unwrap(),
        teams: teams.iter().map(membership).collect(),
        languages: Vec::new(),
        skills: Vec::new(),
        hours: WorkingHours::default(),
        capacity: 5,
        contact: Default::default(),
        training: Default::default(),
        is_frozen: false,
    }
}

#[test]
fn a_team_that_works_is_told_and_else_the_operators() {
    let waiting = notice(FieldSet::NONE);
    let mut frozen = agent("frozen", "senior-agent", &[("sales", None)]);
    frozen.is_frozen = true;
    let people = [
        agent("ana", "junior-agent", &[("sales", Some("junior"))]),
        agent("budi", "senior-agent", &[("sales", Some("senior"))]),
        agent("citra", "senior-agent", &[("support", None)]),
        agent("dewi", "operator", &[]),
        agent("eko", "senior-agent", &[("sales", None)]),
        frozen,
    ];
    let told = |is_open: bool, notice: &Notice| {
        let told = agents_told(notice, people.iter(), |_| is_open);
        told.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(true, &waiting), ["budi", "eko"], "the senior tier");
    assert_eq!(told(false, &waiting), ["dewi"]);
    let assigned = Notice {
        kind: NoticeKind::HandoffAssigned,
        agent: Some(AgentId::parse("ana").unwrap()),
        ..waiting.clone()
    };
    assert_eq!(told(false, &assigned), ["ana"]);
    let by_herself = Notice {
        by: assigned.agent.clone(),
        ..assigned.clone()
    };
    assert!(told(true, &by_herself).is_empty());
    let overdue = Notice {
        kind: NoticeKind::HandoffOverdue,
        ..assigned
    };
    assert_eq!(told(true, &overdue), ["ana", "dewi"]);
    let claimed = Notice {
        kind: NoticeKind::HandoffClaimed,
        ..waiting
    };
    assert!(told(true, &claimed).is_empty());
}
