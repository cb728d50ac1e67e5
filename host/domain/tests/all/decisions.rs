//! From signals to a decision, and what no module can overrule.

use std::sync::Arc;

use baton_domain::{
    decide::{Basis, DecisionRecord, PolicyRun, RuleRun, Terms, Warning, weigh},
    decision::{Outcome, Verdict},
    event::{EventBody, InboundMessage},
    facts::Facts,
    field::{Field, FieldValue},
    ids::{ModuleDigest, ModuleName, ReleaseNumber},
    module::{FieldSource, ModuleFailure, ModuleRun, Read, Reads, SettingValue},
    occasion::Occasion,
    owner::Owner,
    signal::{Score, Signal},
    spent::ReadsFingerprint,
    tenant::{InvalidProfile, TenantProfile, default_person_phrases},
};

use crate::given::*;

fn run<A>(name: &str, reads: Reads, answer: Result<A, ModuleFailure>) -> ModuleRun<A> {
    let module = ModuleName::parse(name).unwrap();
    ModuleRun {
        module,
        digest: ModuleDigest::new([7; 32]),
        reads,
        answer,
        fuel: 1_000,
    }
}

fn signal(name: &str) -> Signal {
    Signal {
        name: name.into(),
        score: Score::new(0.9).unwrap(),
        reason: "because".into(),
        tag: None,
        next_step: None,
        extra: vec![],
    }
}

/// A rule that read the basket's value and found it high.
fn basket_rule(facts: &Facts) -> RuleRun {
    let reads = vec![Read::Field(
        Field::BasketValue,
        facts.read(Field::BasketValue),
    )];
    run("basket", reads, Ok(vec![signal("high-basket")]))
}

fn quiet_rule() -> RuleRun {
    run("quiet", vec![], Ok(vec![]))
}

fn failed_rule() -> RuleRun {
    run("broken", vec![], Err(ModuleFailure::OutOfFuel))
}

fn verdict(outcome: Outcome, team: Option<&str>, tier: Option<&str>) -> Verdict {
    Verdict {
        outcome,
        team: team.map(Into::into),
        tier: tier.map(Into::into),
        tags: vec!["high basket".into()],
        reasons: vec!["The basket is high.".into()],
        next_step: Some("Call".into()),
        priority: 40,
        extra: vec![],
    }
}

fn policy(answer: Result<Verdict, ModuleFailure>) -> PolicyRun {
    run("weighted", vec![], answer)
}

fn decided(facts: &Facts, rules: Vec<RuleRun>, policy: PolicyRun) -> DecisionRecord {
    let weighed = weigh(facts, &rules, &Terms::default());
    DecisionRecord::new(
        facts,
        (ReleaseNumber(1), &Terms::default()),
        rules,
        weighed,
        policy,
    )
}

fn stay() -> PolicyRun {
    policy(Ok(verdict(Outcome::Stay, None, None)))
}

fn hand_off() -> PolicyRun {
    policy(Ok(verdict(Outcome::HandOff, Some("care"), None)))
}

/// The facts of one message to a tenant.
fn facts_for(tenant: TenantProfile, text: &str) -> Arc<Facts> {
    let mut story = Story::new();
    let event = story.tell(message("1", text));
    story.facts_of(&event, tenant)
}

fn facts(text: &str) -> Arc<Facts> {
    facts_for(tenant(), text)
}

#[test]
fn the_policys_verdict_is_the_decision() {
    let record = decided(&facts("hi"), vec![quiet_rule()], hand_off());
    let decision = &record.decision;
    assert_eq!(
        (decision.outcome, decision.basis),
        (Outcome::HandOff, Basis::Policy)
    );
    assert_eq!((&decision.team, decision.priority), (&team("care"), 40));
    assert!(!decision.is_degraded && !decision.is_advice && decision.warnings.is_empty());
    let handoff = record.handoff().unwrap();
    assert_eq!((handoff.team, handoff.epoch), (team("care"), record.epoch));
    assert_eq!(decided(&facts("hi"), vec![], stay()).handoff(), None);
}

#[test]
fn one_failed_rule_degrades_and_decides_from_the_rest() {
    let record = decided(&facts("hi"), vec![failed_rule(), quiet_rule()], stay());
    assert_eq!(
        (record.decision.basis, record.decision.is_degraded),
        (Basis::Policy, true)
    );
    assert_eq!(record.decision.outcome, Outcome::Stay);
}

#[test]
fn when_policy_or_every_rule_fails_the_tenants_default_applies() {
    let broken_policy = || policy(Err(ModuleFailure::Overran));
    let cases = [
        (vec![quiet_rule()], broken_policy()),
        (vec![], broken_policy()),
        (vec![failed_rule(), failed_rule()], stay()),
    ];
    for (rules, policy) in cases {
        let record = decided(&facts("hi"), rules.clone(), policy.clone());
        assert_eq!(
            record.decision.outcome,
            Outcome::HandOff,
            "a person, unless told otherwise"
        );
        assert_eq!(
            (record.decision.basis, record.decision.is_degraded),
            (Basis::Default, true)
        );
        assert_eq!(record.handoff().unwrap().team, team("sales"));
        let facts = facts_for(tenant_that_stays_on_failure(), "hi");
        assert_eq!(
            decided(&facts, rules, policy).decision.outcome,
            Outcome::Stay
        );
    }
}

#[test]
fn a_request_for_a_person_is_honoured_whatever_modules_say() {
    let policies = [stay(), policy(Err(ModuleFailure::OutOfMemory)), hand_off()];
    let texts = [
        "Can I talk to a human?",
        "CAN I TALK TO A HUMAN",
        "please... talk, to a -- HUMAN!!!",
        "saya mau Bicara Dengan  ADMIN dong",
        "“customer service” please",
        "talk\nto a person",
    ];
    for text in texts {
        for policy in &policies {
            let facts = facts_for(tenant_that_stays_on_failure(), text);
            let record = decided(&facts, vec![failed_rule(), quiet_rule()], policy.clone());
            assert!(record.handoff().is_some(), "{text:?} {:?}", policy.answer);
            assert!(record.decision.priority >= 60);
        }
        let record = decided(&facts(text), vec![quiet_rule()], stay());
        assert_eq!(record.decision.basis, Basis::ExplicitRequest);
        assert_eq!(&*record.decision.tags[0], "asked for a person");
    }
    for text in [
        "the person in the photo",
        "is it personal?",
        "humans are funny",
        "talk to a",
    ] {
        assert_eq!(
            decided(&facts(text), vec![], stay()).handoff(),
            None,
            "{text:?}"
        );
    }
}

#[test]
fn a_button_and_the_tenants_own_phrases_ask_for_a_person() {
    let phrases = vec!["panggil bos".into(), "  ".into()];
    let tenant = tenant()
        .with_person_requests(phrases, vec!["HUMAN_1".into()])
        .unwrap();
    let asks = |text: &str, button: Option<&str>| {
        let EventBody::MessageReceived(message) = message("1", text) else {
            unreachable!()
        };
        let button_id = button.map(Into::into);
        tenant.asks_for_person(&InboundMessage {
            button_id,
            ..message
        })
    };
    assert!(asks("Panggil BOS!", None));
    assert!(asks("anything", Some("HUMAN_1")));
    assert!(!asks("anything", Some("human_1")), "a button's id is exact");
    assert!(
        !asks("talk to a human", None),
        "the tenant named its own phrases"
    );
    assert!(!asks("", None));
    let many = vec!["x".into(); 65];
    let refused = self::tenant().with_person_requests(many, vec![]);
    assert_eq!(refused.err(), Some(InvalidProfile::TooManyPhrases(65)));
    for phrase in default_person_phrases() {
        assert!(
            decided(&facts(&phrase), vec![], stay()).handoff().is_some(),
            "{phrase}"
        );
    }
}

#[test]
fn teams_and_tiers_of_a_decision_exist() {
    let with = |team, tier| {
        let policy = policy(Ok(verdict(Outcome::HandOff, team, tier)));
        decided(&facts("hi"), vec![], policy).decision
    };
    let decision = with(Some("sales"), Some("senior"));
    assert_eq!(
        (decision.team, decision.tier),
        (team("sales"), Some(tier("senior")))
    );

    let decision = with(Some("pirates"), Some("senior"));
    assert_eq!(
        (&decision.team, decision.tier),
        (&team("sales"), Some(tier("senior")))
    );
    assert_eq!(decision.warnings, [Warning::UnknownTeam("pirates".into())]);

    let decision = with(Some("care"), Some("senior"));
    assert_eq!((decision.team, decision.tier), (team("care"), None));
    assert_eq!(decision.warnings, [Warning::UnknownTier("senior".into())]);

    let decision = with(None, None);
    assert_eq!((decision.team, decision.warnings.len()), (team("sales"), 0));
}

#[test]
fn while_people_own_a_decision_is_advice() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    let facts = story.facts_of_message("2", "talk to a human");
    let record = decided(&facts, vec![basket_rule(&facts)], hand_off());
    assert!(record.decision.is_advice);
    assert_eq!((record.handoff(), record.because.len()), (None, 0));
}

#[test]
fn a_decision_stays_within_its_limits() {
    let mut long = verdict(Outcome::Stay, None, None);
    long.tags = vec!["tag".into(); 8];
    long.reasons = vec!["reason".into(); 8];
    long.priority = 255;
    let record = decided(&facts("talk to a human"), vec![], policy(Ok(long)));
    let decision = record.decision;
    assert_eq!(
        (
            decision.tags.len(),
            decision.reasons.len(),
            decision.priority
        ),
        (8, 8, 100)
    );
    assert_eq!(&*decision.reasons[0], "The customer asked for a person.");
}

/// The basket is high, a person helps and gives the conversation back.
fn returned() -> Story {
    let mut story = Story::new();
    story.tell(EventBody::BasketChanged(basket(None, 90_000)));
    let facts = story.facts_of_message("1", "hi");
    let record = decided(&facts, vec![basket_rule(&facts)], hand_off());
    assert_eq!(record.because.len(), 1);
    story.tell(EventBody::HandedOff(record.handoff().unwrap()));
    assert_eq!(
        story.owner(),
        &Owner::Team {
            team: team("care"),
            tier: None
        }
    );
    story.give_back();
    story
}

#[test]
fn the_same_reads_are_not_counted_again_in_the_episode() {
    let mut story = returned();
    let facts = story.facts_of_message("2", "thanks");
    let weighed = weigh(&facts, &[basket_rule(&facts)], &Terms::default());
    assert_eq!((weighed.counted.len(), weighed.spent.len()), (0, 1));
    let record = decided(&facts, vec![basket_rule(&facts)], stay());
    assert_eq!(record.spent.len(), 1, "shown, not counted");
}

#[test]
fn changed_reads_are_counted() {
    let mut story = returned();
    story.tell(EventBody::BasketChanged(basket(None, 120_000)));
    let facts = story.facts_of_message("2", "thanks");
    let weighed = weigh(&facts, &[basket_rule(&facts)], &Terms::default());
    assert_eq!((weighed.counted.len(), weighed.spent.len()), (1, 0));
}

/// What counts is the latest handoff that a signal contributed to.
#[test]
fn of_one_signal_the_latest_reads_are_spent() {
    let mut story = returned();
    for minor in [120_000, 90_000] {
        story.tell(EventBody::BasketChanged(basket(None, minor)));
        let facts = story.facts_of_message(&minor.to_string(), "thanks");
        let record = decided(&facts, vec![basket_rule(&facts)], hand_off());
        assert_eq!(record.because.len(), 1, "{minor}");
        story.tell(EventBody::HandedOff(record.handoff().unwrap()));
        story.give_back();
        assert_eq!(story.episode().unwrap().spent, record.because);
    }
}

#[test]
fn a_new_episode_counts_again() {
    let mut story = returned();
    story.resolve();
    let facts = story.facts_of_message("2", "hello again");
    let weighed = weigh(&facts, &[basket_rule(&facts)], &Terms::default());
    assert_eq!((weighed.counted.len(), weighed.spent.len()), (1, 0));
}

#[test]
fn weights_are_the_releases() {
    let facts = facts("hi");
    let half = Score::new(0.5).unwrap();
    let terms = Terms {
        weights: [(ModuleName::parse("basket").unwrap(), half)].into(),
        ..Terms::default()
    };
    let other = run("other", vec![], Ok(vec![signal("x"), signal("y")]));
    let weighed = weigh(&facts, &[basket_rule(&facts), failed_rule(), other], &terms);
    let weights: Vec<f64> = weighed.counted.iter().map(|it| it.weight.get()).collect();
    assert_eq!(weights, [0.5, 1.0, 1.0]);
    assert_eq!(weighed.sources.len(), 3);
}

/// Fingerprints are stored with handoffs: what they are may never change.
#[test]
fn fingerprints_are_the_same_for_ever() {
    let fields = vec![
        Read::Field(Field::BasketValue, FieldValue::Money(usd(90_000))),
        Read::Field(Field::MessageText, FieldValue::text("hi")),
        Read::Field(
            Field::CustomerTags,
            FieldValue::Texts(["a".into(), "b".into()].into()),
        ),
        Read::Field(
            Field::BasketItems,
            FieldValue::Lines([line("ring", 5)].into()),
        ),
        Read::Setting("minimum".into(), Some(SettingValue::Integer(5))),
        Read::Setting("factor".into(), Some(SettingValue::Decimal(0.5))),
        Read::Setting("absent".into(), None),
    ];
    let shown = |reads: &[Read]| format!("{:?}", ReadsFingerprint::of(reads));
    assert_eq!(shown(&fields), "5d1a29b6e4012837988cddc7035ec11f");
    let reversed: Vec<_> = fields.iter().rev().cloned().collect();
    assert_eq!(
        shown(&fields),
        shown(&reversed),
        "the order of reading does not matter"
    );
    assert_ne!(shown(&fields[..1]), shown(&fields[..2]));
    let unknown = [Read::Field(Field::MessageText, FieldValue::Unknown)];
    assert_ne!(
        shown(&unknown),
        shown(&[Read::Field(Field::MessageText, FieldValue::text(""))])
    );
}

#[test]
fn rules_run_on_what_calls_for_an_answer_and_on_nothing_else() {
    let mut story = Story::new();
    let mut occasion = |body: EventBody| {
        let event = story.tell(body);
        Occasion::of(&event, &story.state).map(|it| it.kind.as_str())
    };
    assert_eq!(
        occasion(EventBody::BasketChanged(basket(None, 1))),
        None,
        "nobody to hand off"
    );
    assert_eq!(occasion(message("1", "hi")), Some("message"));
    assert_eq!(occasion(missed(None)), Some("bot-missed"));
    assert_eq!(occasion(answered()), Some("bot-answered"));
    assert_eq!(occasion(reaction("r")), None);
    assert_eq!(occasion(echo("e")), None);
    assert_eq!(
        occasion(past("p", baton_domain::event::Author::Customer)),
        None
    );
    assert_eq!(occasion(edit("1", "ho")), None);
    assert_eq!(occasion(revoke("1")), None);
    let mut imported = order("o", baton_domain::event::OrderStatus::Paid, 1);
    assert_eq!(
        occasion(EventBody::OrderChanged(imported.clone())),
        Some("order")
    );
    imported.imported = true;
    assert_eq!(occasion(EventBody::OrderChanged(imported)), None);
}
