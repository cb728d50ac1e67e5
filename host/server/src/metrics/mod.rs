//! Metrics, in the form that Prometheus reads. Each host has its own registry;
//! every handle is made at start, so that counting on the webhook path is a look
//! through a short list and an atomic addition: nothing is allocated.
//!
//! Labels are bounded: their values are listed in [`catalogue`], and anything
//! else counts as `other`. Tenants are known only at run time: the first
//! [`METRIC_NAMES_MAX`] of the host's life have a label of their own.

pub mod catalogue;

mod process;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use baton_domain::{
    decide::{Basis, DecisionRecord},
    limits::{METRIC_NAMES_MAX, METRICS_UPKEEP_SECONDS},
    module::ModuleFailure,
};
use baton_store::{Appended, CommitError, Observer, Synced, WorkKind};
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use tokio_util::sync::CancellationToken;

use self::catalogue::{Kind, Row};
use crate::{evaluation::Evaluated, http::Code, pipeline::Refused};

/// A counter for each value of one label.
pub struct Counters {
    values: &'static [&'static str],
    counters: Vec<Counter>,
}

impl Counters {
    /// Counts one of `value`; of `other` when the catalogue does not list it.
    pub fn count(&self, value: &str) {
        self.add(value, 1);
    }

    /// Counts `many` of `value`.
    pub fn add(&self, value: &str, many: u64) {
        if let Some(counter) = self.of(value) {
            counter.increment(many);
        }
    }

    /// Somebody else counted `all` of `value` so far.
    fn set(&self, value: &str, all: u64) {
        if let Some(counter) = self.of(value) {
            counter.absolute(all);
        }
    }

    fn of(&self, value: &str) -> Option<&Counter> {
        let listed = self.values.iter().position(|it| *it == value);
        let at = listed.or_else(|| self.values.iter().position(|it| *it == "other"));
        self.counters.get(at?)
    }
}

/// A counter for each of a bounded number of names: of tenants, of modules.
pub struct NamedCounters {
    row: &'static Row,
    recorder: Arc<PrometheusRecorder>,
    known: RwLock<HashMap<Box<str>, Counter>>,
    other: Counter,
}

impl NamedCounters {
    fn new(recorder: &Arc<PrometheusRecorder>, row: &'static Row) -> Self {
        Self {
            row,
            recorder: recorder.clone(),
            known: RwLock::default(),
            // Nothing can be called so.
            other: counter(recorder, row, Some("_other")),
        }
    }

    /// Counts one of `name`.
    pub fn count(&self, name: &str) {
        self.add(name, 1);
    }

    /// Counts `many` of `name`.
    pub fn add(&self, name: &str, many: u64) {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counter) = known.get(name) {
                return counter.increment(many);
            }
            if known.len() >= METRIC_NAMES_MAX {
                return self.other.increment(many);
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let made = || counter(&self.recorder, self.row, Some(name));
        known
            .entry(name.into())
            .or_insert_with(made)
            .increment(many);
    }
}

/// Every metric that is updated while the host works.
#[allow(missing_docs, reason = "each is described in the catalogue")]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    gauges: process::Gauges,
    pub http: Counters,
    pub http_seconds: Histogram,
    pub webhooks: Counters,
    pub webhook_bytes: Counter,
    pub webhook_seconds: Histogram,
    pub signatures: Counters,
    pub items: Counters,
    pub placed: Counters,
    pub quarantined: Counters,
    pub discrepancies: Counters,
    pub evaluations: Counters,
    pub evaluation_seconds: Histogram,
    pub module_failures: Counters,
    pub decisions: Counters,
    pub degraded: Counter,
    pub handoffs: Counters,
    pub alerts: Counters,
    pub shadows: Counters,
    pub guardrails: Counter,
    pub deferrals: NamedCounters,
    module_runs: NamedCounters,
    module_signals: NamedCounters,
    module_failed: NamedCounters,
    pub commits: Counters,
    pub sends: Counters,
    pub graph_seconds: Histogram,
    pub deliveries: Counters,
    pub delivery_seconds: Histogram,
    pub endpoints_disabled: Counters,
    pub work: Counters,
    pub work_failures: Counters,
    batch_changes: Histogram,
    batch_bytes: Histogram,
    batch_seconds: Histogram,
    sync_seconds: Histogram,
}

impl Metrics {
    /// Metrics of one host, all at nought.
    pub fn new() -> Arc<Self> {
        let recorder = Arc::new(recorder());
        let to = &recorder;
        Arc::new(Self {
            gauges: process::Gauges::new(to),
            http: counters(to, &catalogue::HTTP),
            http_seconds: histogram(to, &catalogue::HTTP_SECONDS),
            webhooks: counters(to, &catalogue::WEBHOOKS),
            webhook_bytes: counter(to, &catalogue::WEBHOOK_BYTES, None),
            webhook_seconds: histogram(to, &catalogue::WEBHOOK_SECONDS),
            signatures: counters(to, &catalogue::SIGNATURES),
            items: counters(to, &catalogue::ITEMS),
            placed: counters(to, &catalogue::PLACED),
            quarantined: counters(to, &catalogue::QUARANTINED),
            discrepancies: counters(to, &catalogue::DISCREPANCIES),
            evaluations: counters(to, &catalogue::EVALUATIONS),
            evaluation_seconds: histogram(to, &catalogue::EVALUATION_SECONDS),
            module_failures: counters(to, &catalogue::MODULE_FAILURES),
            decisions: counters(to, &catalogue::DECISIONS),
            degraded: counter(to, &catalogue::DEGRADED, None),
            handoffs: counters(to, &catalogue::HANDOFFS),
            alerts: counters(to, &catalogue::ALERTS),
            shadows: counters(to, &catalogue::SHADOWS),
            guardrails: counter(to, &catalogue::GUARDRAILS, None),
            deferrals: NamedCounters::new(to, &catalogue::DEFERRALS),
            module_runs: NamedCounters::new(to, &catalogue::RUNS_BY_MODULE),
            module_signals: NamedCounters::new(to, &catalogue::SIGNALS_BY_MODULE),
            module_failed: NamedCounters::new(to, &catalogue::FAILURES_BY_MODULE),
            commits: counters(to, &catalogue::COMMITS),
            sends: counters(to, &catalogue::SENDS),
            graph_seconds: histogram(to, &catalogue::GRAPH_SECONDS),
            deliveries: counters(to, &catalogue::DELIVERIES),
            delivery_seconds: histogram(to, &catalogue::DELIVERY_SECONDS),
            endpoints_disabled: counters(to, &catalogue::ENDPOINTS_DISABLED),
            work: counters(to, &catalogue::WORK),
            work_failures: counters(to, &catalogue::WORK_FAILURES),
            batch_changes: histogram(to, &catalogue::BATCH_CHANGES),
            batch_bytes: histogram(to, &catalogue::BATCH_BYTES),
            batch_seconds: histogram(to, &catalogue::BATCH_SECONDS),
            sync_seconds: histogram(to, &catalogue::SYNC_SECONDS),
            recorder,
        })
    }

    /// Sorts what was recorded into buckets. To be called every few seconds:
    /// until then each record takes 8 bytes.
    pub fn upkeep(&self) {
        self.recorder.handle().run_upkeep();
    }

    /// What was counted and timed so far, in Prometheus' text form.
    pub fn text(&self) -> String {
        self.recorder.handle().render()
    }

    /// A webhook POST of so many bytes came to an end.
    pub fn webhook(&self, taken: &Result<(), Refused>, bytes: usize, took: Duration) {
        let outcome = match taken {
            Ok(()) => {
                self.webhook_bytes.increment(bytes as u64);
                "taken"
            }
            Err(Refused::Signature(error)) => {
                self.signatures.count(Code::from(*error).as_str());
                "signature"
            }
            Err(Refused::Store(_)) => "store",
            Err(Refused::Shed(_)) => "shed",
            Err(Refused::Contended) => "contended",
        };
        self.webhooks.count(outcome);
        self.webhook_seconds.record(took.as_secs_f64());
    }

    /// Of so many items that were placed with a customer, so many were news.
    pub fn placed(&self, (news, all): (usize, usize)) {
        self.placed.add("news", news as u64);
        self.placed.add("known", all.saturating_sub(news) as u64);
    }

    /// An occasion was evaluated, `when` being `inline` or `finished`.
    pub fn evaluated(&self, when: &str, evaluated: &Evaluated) {
        if evaluated.is_heard() {
            self.evaluations.count(when);
            self.evaluation_seconds.record(evaluated.took.as_secs_f64());
            self.modules_ran(&evaluated.record);
        } else {
            self.evaluations.count("unheard");
        }
    }

    fn modules_ran(&self, record: &DecisionRecord) {
        let rules = record.rules.iter().chain(&record.shadow);
        let rules = rules.map(|run| (&run.module, run.answer.as_ref().map(Vec::len)));
        let policy = &record.policy;
        let policy = (&policy.module, policy.answer.as_ref().map(|_| 0));
        for (module, answer) in rules.chain([policy]) {
            let module = module.as_str();
            self.module_runs.count(module);
            match answer {
                Ok(0) => {}
                Ok(signals) => self.module_signals.add(module, signals as u64),
                Err(_) => self.module_failed.count(module),
            }
        }
    }

    /// A commit came to an end, with these decisions in it.
    pub fn committed(&self, committed: &Result<Appended, CommitError>, decided: &[DecisionCount]) {
        match committed {
            Ok(_) => {
                self.commits.count("durable");
                decided.iter().for_each(|it| self.decided(it));
            }
            Err(CommitError::Store(_)) => self.commits.count("failed"),
            Err(_changed_meanwhile) => self.commits.count("retried"),
        }
    }

    fn decided(&self, decision: &DecisionCount) {
        self.decisions.count(decision.outcome);
        self.degraded.increment(decision.is_degraded.into());
        if let Some(basis) = decision.handed_off_on {
            self.handoffs.count(basis);
        }
        for code in &decision.failures {
            self.module_failures.count(code);
        }
    }
}

/// What is counted of a decision once it is durable.
pub struct DecisionCount {
    outcome: &'static str,
    is_degraded: bool,
    handed_off_on: Option<&'static str>,
    failures: Vec<&'static str>,
}

impl DecisionCount {
    /// Of this record.
    pub fn of(record: &DecisionRecord) -> Self {
        let decision = &record.decision;
        let basis = match decision.basis {
            Basis::Policy => "policy",
            Basis::ExplicitRequest => "explicit_request",
            Basis::Default => "default",
        };
        let of_rules = record
            .rules
            .iter()
            .filter_map(|run| run.answer.as_ref().err());
        let of_policy = record.policy.answer.as_ref().err();
        Self {
            outcome: match (decision.is_advice, decision.hands_off()) {
                (true, _) => "advice",
                (_, true) => "hand_off",
                (_, false) => "stay",
            },
            is_degraded: decision.is_degraded,
            handed_off_on: decision.hands_off().then_some(basis),
            failures: of_rules.chain(of_policy).map(ModuleFailure::code).collect(),
        }
    }
}

/// Sorts what was recorded into buckets every few seconds, until `shutdown`.
pub async fn keep_up(metrics: Arc<Metrics>, shutdown: CancellationToken) {
    let wait = Duration::from_secs(METRICS_UPKEEP_SECONDS);
    while tokio::time::timeout(wait, shutdown.cancelled())
        .await
        .is_err()
    {
        metrics.upkeep();
    }
}

/// As the catalogue writes a kind of work.
pub fn kind_of_work(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Effect => "effect",
        WorkKind::Timer => "timer",
        WorkKind::Evaluate => "evaluate",
        WorkKind::Notify => "notify",
    }
}

impl Observer for Metrics {
    fn synced(&self, batch: &Synced) {
        self.batch_changes.record(batch.changes as f64);
        self.batch_bytes.record(batch.bytes as f64);
        self.batch_seconds.record(batch.took.as_secs_f64());
        self.sync_seconds.record(batch.synced.as_secs_f64());
    }
}

const METADATA: Metadata<'static> = Metadata::new("baton", Level::INFO, None);

fn recorder() -> PrometheusRecorder {
    let mut builder = PrometheusBuilder::new();
    for row in catalogue::ALL {
        if let Kind::Histogram(buckets) = row.kind {
            let name = Matcher::Full(row.name.to_owned());
            // Fails for an empty list alone, which the catalogue has not.
            builder = builder
                .set_buckets_for_metric(name, buckets)
                .unwrap_or_else(|_| PrometheusBuilder::new());
        }
    }
    let recorder = builder.build_recorder();
    for row in catalogue::ALL {
        let (name, help) = (row.name.into(), row.help.into());
        match row.kind {
            Kind::Counter => recorder.describe_counter(name, Some(row.unit), help),
            Kind::Gauge => recorder.describe_gauge(name, Some(row.unit), help),
            Kind::Histogram(_) => recorder.describe_histogram(name, Some(row.unit), help),
        }
    }
    recorder
}

fn key(row: &Row, value: Option<&str>) -> Key {
    let labels: Vec<Label> = match (row.label, value) {
        (Some(label), Some(value)) => vec![Label::new(label, value.to_owned())],
        _ => Vec::new(),
    };
    Key::from_parts(row.name, labels)
}

fn counter(recorder: &PrometheusRecorder, row: &Row, value: Option<&str>) -> Counter {
    recorder.register_counter(&key(row, value), &METADATA)
}

fn gauge(recorder: &PrometheusRecorder, row: &Row, value: Option<&str>) -> Gauge {
    recorder.register_gauge(&key(row, value), &METADATA)
}

fn histogram(recorder: &PrometheusRecorder, row: &Row) -> Histogram {
    recorder.register_histogram(&key(row, None), &METADATA)
}

fn counters(recorder: &PrometheusRecorder, row: &Row) -> Counters {
    let values = row.values.iter();
    Counters {
        values: row.values,
        counters: values.map(|it| counter(recorder, row, Some(it))).collect(),
    }
}
