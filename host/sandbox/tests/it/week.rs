//! Skipping by recorded reads on a week of conversations (`tests/week`): how
//! much it saves, and that every run it spared would have come to the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use baton_domain::{
    decide::{DecisionRecord, Terms, weigh},
    event::{Event, EventBody, Returned},
    facts::Facts,
    field::Field,
    ids::ReleaseNumber,
    module::{FieldSource, ModuleRun, World},
    occasion::Occasion,
    state::CustomerState,
    tenant::{Team, TenantProfile},
};
use baton_sandbox::{Inspected, Lineup, Memo, Ready, Sandbox, Timed, run_one_rule, run_policy};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::guest::root;

/// One line of the week.
#[derive(Deserialize)]
struct Line {
    who: u32,
    event: Event,
}

fn week() -> Vec<Line> {
    let text = fs::read_to_string(root().join("tests/week/week.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn stock_lineup() -> Lineup {
    let sandbox = Sandbox::new().unwrap();
    let every_field: BTreeSet<Field> = Field::ALL.iter().copied().collect();
    let mut files: Vec<_> = fs::read_dir(root().join("target/guests"))
        .expect("run `cargo run -p baton-guest-build -- --all-in rules`")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "wasm"))
        .collect();
    files.sort();
    let ready = |path| {
        let inspected = Inspected::inspect(fs::read(path).unwrap()).unwrap();
        let compiled = inspected.compile(&sandbox).unwrap();
        Arc::new(compiled.activate(&every_field, &BTreeMap::new()).unwrap())
    };
    let modules: Vec<Arc<Ready>> = files.into_iter().map(ready).collect();
    let is_policy = |it: &Arc<Ready>| it.declaration().world == World::Policy;
    let (policies, rules): (Vec<_>, Vec<_>) = modules.into_iter().partition(is_policy);
    Lineup::new(rules, policies[0].clone()).unwrap()
}

fn shop() -> Arc<TenantProfile> {
    let sales = Team {
        name: baton_domain::ids::TeamName::parse("sales").unwrap(),
        tiers: vec![],
    };
    let timezone = TimeZone::get("Asia/Jakarta").unwrap();
    Arc::new(TenantProfile::new(timezone, "en", vec![sales]).unwrap())
}

/// The rules, each spared run made after all and compared.
fn rules(memo: &Memo, lineup: &Lineup, source: &Arc<dyn FieldSource>) -> Vec<RuleRun> {
    let checked = lineup.rules().iter().map(|rule| {
        let Timed {
            run, is_skipped, ..
        } = memo.run_rule("shop", rule, source);
        if is_skipped {
            assert_eq!(run_one_rule(rule, source).run, run);
        }
        run
    });
    checked.collect()
}

type RuleRun = ModuleRun<Vec<baton_domain::signal::Signal>>;

/// Decides on one moment of one customer, as the pipeline does.
fn decide(memo: &Memo, lineup: &Lineup, facts: Facts) -> DecisionRecord {
    let facts = Arc::new(facts);
    let source: Arc<dyn FieldSource> = facts.clone();
    let runs = rules(memo, lineup, &source);
    let weighed = weigh(&facts, &runs, &Terms::default());
    let policy = memo.run_policy("shop", lineup, &source, &weighed.counted);
    if policy.is_skipped {
        let fresh = run_policy(lineup, &source, &weighed.counted).run;
        assert_eq!(fresh, policy.run);
    }
    DecisionRecord::new(
        &facts,
        (ReleaseNumber(1), &Terms::default()),
        runs,
        weighed,
        policy.run,
    )
}

/// After a handoff somebody answers and gives the conversation back.
fn handed_back(event: &Event, record: &DecisionRecord) -> Option<[Event; 2]> {
    let handoff = record.handoff()?;
    let of = |body| Event {
        body,
        ..event.clone()
    };
    let returned = Returned {
        epoch: handoff.epoch.next(),
        by: None,
        note: None,
        by_policy: false,
    };
    Some([
        of(EventBody::HandedOff(handoff)),
        of(EventBody::Returned(returned)),
    ])
}

#[test]
fn a_week_needs_two_thirds_of_the_runs_at_most() {
    let (lineup, profile, memo) = (stock_lineup(), shop(), Memo::new([42; 16]));
    let mut states: BTreeMap<u32, Arc<CustomerState>> = BTreeMap::new();
    let (mut decisions, mut handoffs) = (0, 0);
    for Line { who, event } in week() {
        let state = states.entry(who).or_default();
        Arc::make_mut(state).apply(&event);
        let Some(occasion) = Occasion::of(&event, state) else {
            continue;
        };
        let facts = Facts::new(state.clone(), occasion, profile.clone());
        let record = decide(&memo, &lineup, facts);
        decisions += 1;
        for event in handed_back(&event, &record).into_iter().flatten() {
            handoffs += usize::from(matches!(event.body, EventBody::HandedOff(_)));
            Arc::make_mut(state).apply(&event);
        }
    }
    let counts = memo.counts();
    let all = counts.skipped + counts.made;
    eprintln!("{decisions} decisions, {handoffs} handoffs: {counts:?} of {all} runs");
    assert!(decisions > 1_000 && handoffs > 50, "no week to speak of");
    assert!(counts.skipped * 3 >= all, "{counts:?} of {all} runs");
}
