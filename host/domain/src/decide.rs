//! From what modules said to what is done: spent signals are taken out before
//! the policy sees them, and what the policy wants is clamped by invariants
//! that hold whatever a module says (contract points 7 to 9).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    decision::{Outcome, Verdict},
    event::{HandedOff, RuleVersion},
    facts::Facts,
    ids::{ModuleName, OwnerEpoch, ReleaseNumber, TeamName, TierName},
    limits::{DECISION_REASONS_MAX, DECISION_TAGS_MAX, FLAG_RULES_MAX},
    module::ModuleRun,
    occasion::OccasionKind,
    people::FieldSet,
    signal::{Score, ScoredSignal, Signal},
    spent::SpentSignal,
    tenant::TenantProfile,
};

/// One run of a rule.
pub type RuleRun = ModuleRun<Vec<Signal>>;
/// One run of a policy.
pub type PolicyRun = ModuleRun<Verdict>;

/// On which terms the modules of a release are heard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// The weight of each rule; 1 for a rule that is not named.
    pub weights: BTreeMap<ModuleName, Score>,
    /// Rules that are recorded and do not count.
    pub shadow: BTreeSet<ModuleName>,
    /// Rules whose failure brings on the tenant's default.
    pub essential: BTreeSet<ModuleName>,
}

/// Tag, reason and next step of a request that nothing can overrule.
const ASKED_TAG: &str = "asked for a person";
const ASKED_REASON: &str = "The customer asked for a person.";
const ASKED_NEXT_STEP: &str = "Answer the customer in person";
/// Tag and reason when the tenant's default applies.
const DEFAULT_TAG: &str = "rules unavailable";
const DEFAULT_REASON: &str = "The rules could not judge this moment, so your default applies.";
/// Priority of a person asking, at least.
const ASKED_PRIORITY: u8 = 60;

/// The signals of an occasion: those that count, and those that are spent.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// For the policy.
    pub counted: Vec<ScoredSignal>,
    /// Of the same signals, what will be spent if they lead to a handoff.
    pub sources: Vec<SpentSignal>,
    /// Shown, not counted.
    pub spent: Vec<SpentSignal>,
}

/// Sorts the signals of all rules that answered into counted and spent ones.
pub fn weigh(facts: &Facts, runs: &[RuleRun], terms: &Terms) -> Weighed {
    let spent_before = facts.episode().map_or(&[][..], |episode| &episode.spent);
    let mut weighed = Weighed {
        counted: Vec::new(),
        sources: Vec::new(),
        spent: Vec::new(),
    };
    let counts = |run: &&RuleRun| !terms.shadow.contains(&run.module);
    for run in runs.iter().filter(counts) {
        for signal in run.answer.iter().flatten() {
            let source = SpentSignal::new(run, signal);
            if spent_before.contains(&source) {
                weighed.spent.push(source);
                continue;
            }
            weighed.counted.push(terms.scored(run, signal));
            weighed.sources.push(source);
        }
    }
    weighed
}

impl Terms {
    fn scored(&self, run: &RuleRun, signal: &Signal) -> ScoredSignal {
        let weight = self.weights.get(&run.module).copied();
        ScoredSignal {
            module: run.module.clone(),
            signal: signal.clone(),
            weight: weight.unwrap_or(Score::ONE),
        }
    }
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The policy's verdict.
    Policy,
    /// The customer asked for a person in so many words.
    ExplicitRequest,
    /// The tenant's default, since the policy or every rule failed.
    Default,
}

/// What the host changed in a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "name")]
pub enum Warning {
    /// The policy named a team that does not exist: the default team has it.
    UnknownTeam(Arc<str>),
    /// The policy named a tier that the team does not have.
    UnknownTier(Arc<str>),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Stay or hand off.
    pub outcome: Outcome,
    /// The team, which exists.
    pub team: TeamName,
    /// The tier, which the team has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// Labels, the headline first.
    pub tags: Vec<Arc<str>>,
    /// Why, most important first.
    pub reasons: Vec<Arc<str>>,
    /// What to do next.
    pub next_step: Option<Arc<str>>,
    /// 0 to 100.
    pub priority: u8,
    /// What it rests on.
    pub basis: Basis,
    /// Whether a module failed, so that it rests on less than it should.
    pub is_degraded: bool,
    /// Whether people own the conversation, so that it is advice and moves
    /// nothing.
    pub is_advice: bool,
    /// What the host changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Decision {
    /// Whether the owner changes.
    pub fn hands_off(&self) -> bool {
        self.outcome == Outcome::HandOff && !self.is_advice
    }
}

/// A decision with all it rests on: the one record for the agent, for audit
/// and for replay (contract point 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The release whose modules ran.
    pub release: ReleaseNumber,
    /// What made them run.
    pub occasion: OccasionKind,
    /// The owner epoch it was decided under.
    pub epoch: OwnerEpoch,
    /// The rules.
    pub rules: Vec<RuleRun>,
    /// Rules that were recorded and did not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<RuleRun>,
    /// Signals that were shown and not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<SpentSignal>,
    /// The policy.
    pub policy: PolicyRun,
    /// What is done.
    pub decision: Decision,
    /// The signals that are spent by it, if it hands off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<SpentSignal>,
}

impl DecisionRecord {
    /// Decides on what rules and policy answered.
    pub fn new(
        facts: &Facts,
        (release, terms): (ReleaseNumber, &Terms),
        runs: Vec<RuleRun>,
        weighed: Weighed,
        policy: PolicyRun,
    ) -> Self {
        let epoch = facts
            .conversation()
            .map(|it| it.ownership.epoch)
            .unwrap_or_default();
        let counts = |run: &RuleRun| !terms.shadow.contains(&run.module);
        let (rules, shadow): (Vec<_>, Vec<_>) = runs.into_iter().partition(counts);
        let decision = decide(facts, &rules, &policy, terms);
        let because = if decision.hands_off() {
            weighed.sources
        } else {
            Vec::new()
        };
        let (occasion, spent) = (facts.occasion().kind, weighed.spent);
        Self {
            release,
            occasion,
            epoch,
            rules,
            shadow,
            spent,
            policy,
            decision,
            because,
        }
    }

    /// The signals that the policy saw, on the terms of the release.
    pub fn counted(&self, terms: &Terms) -> Vec<ScoredSignal> {
        let runs = self.rules.iter();
        let signals = runs.flat_map(|run| run.answer.iter().flatten().map(move |it| (run, it)));
        let counts = |(run, signal): &(&RuleRun, &Signal)| {
            !self.spent.contains(&SpentSignal::new(run, signal))
        };
        signals
            .filter(counts)
            .map(|(run, signal)| terms.scored(run, signal))
            .collect()
    }

    /// The rules whose signals led to the handoff, by their bytes; none when it
    /// rests on no rule.
    pub fn led_by(&self) -> Vec<RuleVersion> {
        let led = |run: &&RuleRun| self.because.iter().any(|it| it.module == run.module);
        let version = |run: &RuleRun| RuleVersion {
            module: run.module.clone(),
            digest: run.digest,
        };
        let led = self.rules.iter().filter(led).map(version);
        led.take(FLAG_RULES_MAX).collect()
    }

    /// The fields that all reasons of the decision rest on.
    pub fn rests_on(&self) -> FieldSet {
        let reasons = self.decision.reasons.iter();
        let each = reasons.map(|reason| self.reason_rests_on(reason));
        each.fold(FieldSet::NONE, FieldSet::union)
    }

    /// The fields that one reason rests on: none when it is the host's own, what
    /// the rule read when it is that rule's in the same words, and otherwise all
    /// that the policy could know of.
    pub fn reason_rests_on(&self, reason: &str) -> FieldSet {
        if [ASKED_REASON, DEFAULT_REASON].contains(&reason) {
            return FieldSet::NONE;
        }
        let says = |run: &&RuleRun| run.answer.iter().flatten().any(|it| *it.reason == *reason);
        match self.rules.iter().find(says) {
            Some(rule) => rule.fields_read(),
            None => self.policy_rests_on(),
        }
    }

    /// The fields that the policy could know of: its own and those of the rules
    /// whose signals it was given.
    pub fn policy_rests_on(&self) -> FieldSet {
        let rules = self.rules.iter().map(ModuleRun::fields_read);
        rules.fold(self.policy.fields_read(), FieldSet::union)
    }

    /// The handoff that follows, when one does. The next step's due time is
    /// the tenant's to add.
    pub fn handoff(&self) -> Option<HandedOff> {
        let decision = &self.decision;
        decision.hands_off().then(|| HandedOff {
            tier: decision.tier.clone(),
            tags: decision.tags.clone(),
            reasons: decision.reasons.clone(),
            next_step: decision.next_step.clone(),
            priority: decision.priority,
            because: self.because.clone(),
            read: Some(self.rests_on()),
            ..HandedOff::to_team(self.epoch, decision.team.clone())
        })
    }
}

/// The decision on what rules and policy answered: the policy's verdict when
/// there is one, some rule was heard and none failed that must not, else the
/// tenant's default; never without a person whom the customer asked for; never
/// a move while people own.
fn decide(facts: &Facts, rules: &[RuleRun], policy: &PolicyRun, terms: &Terms) -> Decision {
    let tenant = facts.tenant();
    let failures = || rules.iter().filter(|run| run.answer.is_err());
    let failed = failures().count();
    let is_missed = failures().any(|run| terms.essential.contains(&run.module));
    let is_heard = !is_missed && (failed == 0 || failed < rules.len());
    let mut decision = match &policy.answer {
        Ok(verdict) if is_heard => from_verdict(verdict, tenant),
        _ => from_default(tenant),
    };
    decision.is_degraded = failed > 0 || policy.answer.is_err();
    decision.is_advice = facts
        .conversation()
        .is_some_and(|it| it.ownership.owner.is_people());
    if facts.asks_for_person() {
        honour_request(&mut decision);
    }
    decision.tags.truncate(DECISION_TAGS_MAX);
    decision.reasons.truncate(DECISION_REASONS_MAX);
    decision
}

fn from_verdict(verdict: &Verdict, tenant: &TenantProfile) -> Decision {
    let mut warnings = Vec::new();
    let named = verdict.team.as_ref();
    let team = named.and_then(|name| tenant.team(name));
    if let (Some(name), None) = (named, team) {
        warnings.push(Warning::UnknownTeam(name.clone()));
    }
    let team = team.or_else(|| tenant.team(tenant.default_team().as_str()));
    let tier = verdict.tier.as_ref().and_then(|name| {
        let tier = team?
            .tiers
            .iter()
            .find(|tier| tier.as_str() == &**name)
            .cloned();
        if tier.is_none() {
            warnings.push(Warning::UnknownTier(name.clone()));
        }
        tier
    });
    Decision {
        outcome: verdict.outcome,
        team: team.map_or_else(|| tenant.default_team().clone(), |team| team.name.clone()),
        tier,
        tags: verdict.tags.clone(),
        reasons: verdict.reasons.clone(),
        next_step: verdict.next_step.clone(),
        priority: verdict.priority.min(100),
        basis: Basis::Policy,
        is_degraded: false,
        is_advice: false,
        warnings,
    }
}

fn from_default(tenant: &TenantProfile) -> Decision {
    Decision {
        outcome: tenant.outcome_on_failure(),
        team: tenant.default_team().clone(),
        tier: None,
        tags: vec![DEFAULT_TAG.into()],
        reasons: vec![DEFAULT_REASON.into()],
        next_step: None,
        priority: 0,
        basis: Basis::Default,
        is_degraded: true,
        is_advice: false,
        warnings: Vec::new(),
    }
}

fn honour_request(decision: &mut Decision) {
    if decision.outcome == Outcome::Stay || decision.basis == Basis::Default {
        decision.basis = Basis::ExplicitRequest;
        decision.outcome = Outcome::HandOff;
        decision.tags.insert(0, ASKED_TAG.into());
        decision.reasons.insert(0, ASKED_REASON.into());
        decision
            .next_step
            .get_or_insert_with(|| ASKED_NEXT_STEP.into());
    }
    decision.priority = decision.priority.max(ASKED_PRIORITY);
}
