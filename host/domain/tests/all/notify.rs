//! Who is told of what, and how much of it.

use baton_domain::{
    event::*,
    field::{Field, FieldValue},
    ids::*,
    notify::{Moment, Notice, NoticeKind, Standing, agents_told},
    people::{Agent, FieldSet, Membership, Principal, WorkingHours},
    seen::Seen,
    state::CustomerState,
};
use std::sync::Arc;

use crate::given::*;

fn fields(fields: &[Field]) -> FieldSet {
    fields.iter().copied().collect()
}

/// The customer wrote, and was handed off.
fn story() -> (Arc<CustomerState>, Event, Option<Standing>) {
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
    let before = standing(&state);
    let handoff = event_of(EventBody::HandedOff(HandedOff {
        tier: Some(TierName::parse("senior").unwrap()),
        tags: vec!["high value".into()],
        reasons: vec!["A basket of 500".into()],
        next_step: Some("Call back".into()),
        priority: 70,
        read: Some(fields(&[Field::BasketValue])),
        open_question: Some("When does it come, at 0812 9000 1234?".into()),
        suggested_reply: Some("It comes on Friday.".into()),
        ..HandedOff::to_team(OwnerEpoch(0), team("sales"))
    }));
    state.apply(&handoff);
    (Arc::new(state), handoff, before)
}

fn standing(state: &CustomerState) -> Option<Standing> {
    state.conversation(&number(0)).map(Standing::of)
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

/// What is told of `event`, after which the customer is `after`, to whoever
/// holds `fields`.
fn told(
    kind: NoticeKind,
    event: &Event,
    before: Option<&Standing>,
    after: &Arc<CustomerState>,
    fields: FieldSet,
) -> Notice {
    let customer = CustomerId::parse("c").unwrap();
    let tenant = Arc::new(tenant());
    let moment = Moment {
        customer: &customer,
        before,
        after,
        tenant: &tenant,
    };
    Notice::of(kind, event, &moment, &Seen::of_told(fields)).into_notice()
}

fn notice(fields: FieldSet) -> Notice {
    let (state, handoff, before) = story();
    let kind = NoticeKind::HandoffCreated;
    told(kind, &handoff, before.as_ref(), &state, fields)
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
        "high value",
        "When does it come",
        "It comes on Friday",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(bare.team, Some(team("sales")));
    assert_eq!(
        bare.next_step.as_deref(),
        Some("Call back"),
        "a declared word"
    );
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
    let seen = Seen::of_told(fields(&[Field::CustomerName])).notice(made);
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
    let before = standing(&state);
    let returned = event_of(EventBody::Returned(Returned {
        epoch: OwnerEpoch(1),
        by: None,
        note: Some("Her number is +62 812 9000 1234".into()),
        by_policy: false,
    }));
    let mut after = CustomerState::clone(&state);
    after.apply(&returned);
    let after = Arc::new(after);
    let note = |held: &[Field]| {
        let kind = NoticeKind::ConversationReturned;
        told(kind, &returned, before.as_ref(), &after, fields(held)).note
    };
    let thread = [Field::MessageText, Field::MessageRecent];
    assert_eq!(note(&[]), None);
    assert_eq!(note(&thread[..1]), None, "half of what the thread takes");
    let masked = note(&thread).unwrap();
    assert!(
        masked.contains("Her number") && !masked.contains("9000"),
        "{masked}"
    );
    for more in [Field::MessageTextRaw, Field::CustomerPhone] {
        let raw = note(&[thread[0], thread[1], more]).unwrap();
        assert!(raw.contains("9000"), "{more}: {raw}");
    }
}

#[test]
fn what_moved_nothing_is_nothing_to_tell() {
    let (state, handoff, before) = story();
    let after = standing(&state);
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

fn escalated(cause: EscalationCause, promise: u32) -> Event {
    event_of(EventBody::Escalated(Escalated {
        epoch: OwnerEpoch(1),
        promise,
        cause,
        team: team("sales"),
        tier: None,
        to_operator: true,
        agent: None,
        queue: Some(QueueAlert {
            why: QueueReason::Nobody,
            expected_at: None,
        }),
        promised: Promised::default(),
        by: None,
        note: None,
    }))
}

/// The owner and the epoch may stay when a conversation goes up to the operator:
/// a team without tiers had it, and has it. It is told all the same.
#[test]
fn what_is_late_is_told_also_when_the_owner_stays() {
    let mut state = CustomerState::default();
    state.apply(&event_of(message("1", "Hello")));
    let handoff = HandedOff::to_team(OwnerEpoch(0), team("sales"));
    state.apply(&event_of(EventBody::HandedOff(handoff)));
    let before = standing(&state).unwrap();
    let late = escalated(EscalationCause::FirstReplyLate, before.promises);
    let mut after = state.clone();
    after.apply(&late);
    let stands = standing(&after).unwrap();
    assert_eq!(stands.ownership, before.ownership, "nobody else is found");
    let kinds = NoticeKind::of(&late, Some(&before), Some(&stands));
    assert_eq!(kinds, [NoticeKind::HandoffOverdue]);
    // Once more changes nothing, and is nothing to tell.
    let mut again = after.clone();
    again.apply(&late);
    let again = standing(&again).unwrap();
    assert!(NoticeKind::of(&late, Some(&stands), Some(&again)).is_empty());
    let asked = escalated(EscalationCause::Asked, before.promises);
    let kinds = NoticeKind::of(&asked, Some(&before), Some(&stands));
    assert_eq!(kinds, [NoticeKind::HandoffEscalated]);

    let after = Arc::new(after);
    let notice = told(kinds[0], &late, Some(&before), &after, FieldSet::NONE);
    assert!(notice.is_with_operator);
    assert_eq!(notice.cause.as_deref(), Some("first_reply_late"));
    assert_eq!(
        notice.queue.as_ref().map(|it| it.why),
        Some(QueueReason::Nobody)
    );
    let people = [
        agent("ana", "junior-agent", &[("sales", None)]),
        agent("dewi", "operator", &[]),
    ];
    let told = agents_told(&notice, people.iter(), |_| true);
    assert_eq!(
        told,
        [AgentId::parse("dewi").unwrap()],
        "it is the operator's turn"
    );
}

#[test]
fn who_gets_it_from_the_queue_and_back_into_it_is_told() {
    let mut state = CustomerState::default();
    state.apply(&event_of(message("1", "Hello")));
    let (ana, budi) = (
        AgentId::parse("ana").unwrap(),
        AgentId::parse("budi").unwrap(),
    );
    let mut kinds = Vec::new();
    for body in [
        EventBody::HandedOff(HandedOff {
            agent: Some(ana.clone()),
            ..HandedOff::to_team(OwnerEpoch(0), team("sales"))
        }),
        EventBody::Reassigned(Reassigned {
            epoch: OwnerEpoch(1),
            from: ana.clone(),
            to: budi.clone(),
            by: Principal::Person(ana.clone()),
        }),
        EventBody::Requeued(Requeued {
            epoch: OwnerEpoch(2),
            team: team("sales"),
            tier: None,
            queue: QueueAlert {
                why: QueueReason::Busy,
                expected_at: None,
            },
            why: "agent_frozen".into(),
        }),
    ] {
        let (before, event) = (standing(&state), event_of(body));
        state.apply(&event);
        let after = standing(&state);
        for kind in NoticeKind::of(&event, before.as_ref(), after.as_ref()) {
            let after = Arc::new(state.clone());
            let notice = told(kind, &event, before.as_ref(), &after, FieldSet::NONE);
            kinds.push((kind, notice.agent, notice.by, notice.cause));
        }
    }
    let wanted = [
        (NoticeKind::HandoffCreated, Some(ana.clone()), None, None),
        (NoticeKind::HandoffAssigned, Some(ana.clone()), None, None),
        (NoticeKind::HandoffAssigned, Some(budi), Some(ana), None),
        (
            NoticeKind::HandoffRequeued,
            None,
            None,
            Some("agent_frozen".into()),
        ),
    ];
    assert_eq!(kinds, wanted);
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
    let in_queue = Notice {
        agent: None,
        ..overdue.clone()
    };
    assert_eq!(told(true, &in_queue), ["budi", "eko", "dewi"]);
    let up = Notice {
        kind: NoticeKind::HandoffEscalated,
        is_with_operator: true,
        ..in_queue
    };
    assert_eq!(told(true, &up), ["dewi"]);
    let claimed = Notice {
        kind: NoticeKind::HandoffClaimed,
        ..waiting
    };
    assert!(told(true, &claimed).is_empty());
}
