//! Who gets a conversation.

use baton_domain::{
    assign::{Assignment, Loads, Member, Roster, Wanted, assign, next_rung},
    event::QueueReason,
    ids::{AgentId, RoleName},
    people::{
        Agent, Contact, Drill, Membership, Training, TrainingPolicy, WeekDay, WeeklySpan,
        WorkingHours, stock_role,
    },
    state::Rung,
    tenant::Team,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::given::{agent as id, start, team, tier};

fn jakarta() -> TimeZone {
    TimeZone::get("Asia/Jakarta").unwrap()
}

fn sales() -> Team {
    Team {
        name: team("sales"),
        tiers: vec![tier("junior"), tier("middle"), tier("senior")],
    }
}

/// Somebody who works always, speaks English, and can have four.
fn somebody(name: &str, level: &str) -> Agent {
    Agent {
        id: id(name),
        name: name.into(),
        role: RoleName::parse("junior-agent").unwrap(),
        teams: vec![Membership {
            team: team("sales"),
            tier: Some(tier(level)),
        }],
        languages: vec!["en".into()],
        skills: vec![],
        hours: WorkingHours::default(),
        capacity: 4,
        contact: Contact::default(),
        training: Training::default(),
        is_frozen: false,
    }
}

fn member(agent: Agent) -> Member {
    let role = stock_role(&agent.role).unwrap();
    Member::new(agent, &role)
}

fn roster(agents: &[Agent]) -> Roster {
    let members = agents.iter().cloned().map(member).collect();
    Roster::new(members, TrainingPolicy::default())
}

struct Case {
    rung: Rung,
    tags: Vec<std::sync::Arc<str>>,
    previous: Option<AgentId>,
    not: Option<AgentId>,
    loads: Loads,
    at: Timestamp,
}

impl Case {
    fn of(level: Option<&str>) -> Self {
        Self {
            rung: Rung {
                tier: level.map(tier),
                is_operator: false,
            },
            tags: vec![],
            previous: None,
            not: None,
            loads: Loads::default(),
            at: start(),
        }
    }

    fn assign(&self, roster: &Roster) -> Assignment {
        let team = sales();
        let wanted = Wanted {
            team: &team,
            rung: &self.rung,
            tags: &self.tags,
            language: Some("id"),
            previous: self.previous.as_ref(),
            not: self.not.as_ref(),
        };
        assign(&wanted, roster, &self.loads, (self.at, &jakarta()))
    }

    #[track_caller]
    fn goes_to(&self, name: &str, roster: &Roster) {
        assert_eq!(self.assign(roster), Assignment::Agent(id(name)));
    }

    #[track_caller]
    fn waits(&self, why: QueueReason, expected_at: Option<Timestamp>, roster: &Roster) {
        match self.assign(roster) {
            Assignment::Queued(alert) => {
                assert_eq!((alert.why, alert.expected_at), (why, expected_at));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_senior_takes_a_juniors_and_never_the_other_way() {
    let (ana, budi) = (somebody("ana", "senior"), somebody("budi", "junior"));
    Case::of(Some("junior")).goes_to("ana", &roster(std::slice::from_ref(&ana)));
    Case::of(Some("senior")).waits(
        QueueReason::Nobody,
        None,
        &roster(std::slice::from_ref(&budi)),
    );
    Case::of(Some("middle")).goes_to("ana", &roster(&[ana.clone(), budi.clone()]));
    // The lowest tier that will do, so that seniors are there for what needs them.
    Case::of(Some("junior")).goes_to("budi", &roster(&[ana.clone(), budi.clone()]));
    Case::of(None).goes_to("budi", &roster(&[ana, budi.clone()]));
    let mut other = budi;
    other.teams[0].team = team("care");
    Case::of(None).waits(QueueReason::Nobody, None, &roster(&[other]));
}

#[test]
fn who_is_frozen_untrained_or_may_not_claim_gets_nothing() {
    let ana = somebody("ana", "senior");
    let frozen = Agent {
        is_frozen: true,
        ..ana.clone()
    };
    let case = Case::of(Some("junior"));
    case.waits(QueueReason::Nobody, None, &roster(&[frozen]));
    let bot = Agent {
        role: RoleName::parse("rule-author").unwrap(),
        ..ana.clone()
    };
    case.waits(QueueReason::Nobody, None, &roster(&[bot]));
    let none = Agent {
        capacity: 0,
        ..ana.clone()
    };
    case.waits(QueueReason::Nobody, None, &roster(&[none]));
    let policy = TrainingPolicy {
        two_step: true,
        trained_within_days: Some(30),
        drill_within_days: Some(90),
    };
    let of = |agent: &Agent| Roster::new(vec![member(agent.clone())], policy.clone());
    case.waits(QueueReason::Nobody, None, &of(&ana));
    let date = |text: &str| text.parse().unwrap();
    let trained = Agent {
        training: Training {
            two_step_attested_at: Some(start()),
            trained_at: Some(date("2026-11-01")),
            drills: vec![Drill {
                date: date("2026-10-01"),
                passed: true,
            }],
        },
        ..ana
    };
    case.goes_to("ana", &of(&trained));
    // A day that has not come is no evidence.
    let mut ahead = trained;
    ahead.training.trained_at = Some(date("2027-06-01"));
    case.waits(QueueReason::Nobody, None, &of(&ahead));
}

#[test]
fn who_knows_the_customer_comes_first_then_language_then_skill_then_load() {
    let mut agents = ["ana", "budi", "citra", "dewi"].map(|name| somebody(name, "junior"));
    let mut case = Case::of(Some("junior"));
    case.tags = vec!["delivery promise".into()];
    case.goes_to("ana", &roster(&agents));
    case.loads.given(&id("ana"));
    case.goes_to("budi", &roster(&agents));
    agents[2].skills = vec!["delivery promise".into()];
    case.goes_to("citra", &roster(&agents));
    agents[0].languages = vec!["id".into()];
    case.goes_to("ana", &roster(&agents));
    case.previous = Some(id("dewi"));
    case.goes_to("dewi", &roster(&agents));
    case.not = Some(id("dewi"));
    case.goes_to("ana", &roster(&agents));
}

#[test]
fn shares_are_compared_and_not_counts() {
    let big = Agent {
        capacity: 10,
        ..somebody("zora", "junior")
    };
    let agents = [somebody("ana", "junior"), big];
    let mut case = Case::of(None);
    case.loads.given(&id("ana"));
    case.loads.given(&id("zora"));
    case.loads.given(&id("zora"));
    case.goes_to("zora", &roster(&agents));
}

#[test]
fn whoever_cannot_be_served_now_is_told_when_and_somebody_is_told_why() {
    let nine = WeeklySpan {
        day: WeekDay::Wednesday,
        from_minute: 9 * 60,
        until_minute: 17 * 60,
    };
    let hours = WorkingHours::new(vec![nine], [].into()).unwrap();
    let tomorrow = Agent {
        hours,
        ..somebody("ana", "junior")
    };
    let mut case = Case::of(None);
    let opens: Timestamp = "2026-11-25T02:00:00Z".parse().unwrap();
    case.waits(
        QueueReason::Closed,
        Some(opens),
        &roster(std::slice::from_ref(&tomorrow)),
    );
    // Four at once and no more; nothing ended yet, so nothing is promised.
    let budi = somebody("budi", "junior");
    for _ in 0..4 {
        case.loads.given(&id("budi"));
    }
    case.waits(
        QueueReason::Busy,
        None,
        &roster(std::slice::from_ref(&budi)),
    );
    case.waits(
        QueueReason::Busy,
        Some(opens),
        &roster(&[budi.clone(), tomorrow]),
    );
    // One ended every ten minutes, and two wait already.
    for minutes in [40, 30, 20, 10] {
        let ended = case.at - SignedDuration::from_mins(minutes);
        case.loads.ended(ended);
    }
    case.loads.queued(&team("sales"));
    case.loads.queued(&team("sales"));
    let expected = case.at + SignedDuration::from_mins(30);
    case.waits(
        QueueReason::Busy,
        Some(expected),
        &roster(std::slice::from_ref(&budi)),
    );
    case.loads.taken(&id("budi"));
    case.goes_to("budi", &roster(&[budi]));
}

#[test]
fn up_goes_tier_by_tier_to_the_operator_and_no_further() {
    let sales = sales();
    let mut rung = Rung {
        tier: Some(tier("junior")),
        is_operator: false,
    };
    let mut passed = Vec::new();
    while let Some(next) = next_rung(&sales, &rung) {
        passed.push(next.tier.as_ref().map(ToString::to_string));
        rung = next;
    }
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(passed, [some("middle"), some("senior"), None]);
    assert!(rung.is_operator);
    let any = next_rung(&sales, &Rung::default()).unwrap();
    assert_eq!(any.tier, Some(tier("senior")));
    let flat = Team {
        tiers: vec![],
        ..sales
    };
    assert!(next_rung(&flat, &Rung::default()).unwrap().is_operator);
    let operator = Agent {
        role: RoleName::parse("operator").unwrap(),
        teams: vec![],
        ..somebody("olga", "junior")
    };
    let mut case = Case::of(None);
    case.rung = rung;
    case.goes_to("olga", &roster(&[somebody("ana", "senior"), operator]));
}
