//! The tables that people read: medians over rounds, ratios to the floors of
//! the same round, and whether the goals are met.

use std::{collections::BTreeMap, fs, time::Duration};

use crate::{
    drive::{Outcome, percentile},
    subject::Subject,
    table::SUBJECTS,
};

/// Goals of the durable webhook path.
const NO_RULES_SHARE_MIN: f64 = 0.80;
const FIVE_RULES_SHARE_MIN: f64 = 0.50;
const P99_MS_MAX: f64 = 25.0;
/// At as many connections.
const GOAL_CONNECTIONS: usize = 64;

/// What one subject did in one round.
#[derive(Debug, Clone)]
pub struct Sample {
    rate: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    errors: usize,
    cpu_us: f64,
    memory: u64,
}

impl Sample {
    /// From what came back, the processor time meanwhile, the memory now.
    pub fn new(outcome: &Outcome, cpu: Duration, memory: u64) -> Self {
        let answered = outcome.latencies_us.len().max(1) as f64;
        Self {
            rate: outcome.rate(),
            p50: outcome.percentile_ms(0.5),
            p99: outcome.percentile_ms(0.99),
            p999: outcome.percentile_ms(0.999),
            errors: outcome.errors(),
            cpu_us: cpu.as_secs_f64() * 1e6 / answered,
            memory,
        }
    }
}

/// All rounds at one number of connections.
#[derive(Debug, Default)]
pub struct Measured {
    samples: BTreeMap<u8, (Option<Subject>, Vec<Sample>)>,
    /// Bare syncs of the disk, in microseconds.
    pub syncs: Vec<u32>,
}

impl Measured {
    /// Adds a round of a subject.
    pub fn add(&mut self, subject: Subject, sample: Sample) {
        let entry = self.samples.entry(subject as u8).or_default();
        entry.0 = Some(subject);
        entry.1.push(sample);
    }

    fn of(&self, subject: Subject) -> &[Sample] {
        self.samples
            .get(&(subject as u8))
            .map_or(&[], |(_, samples)| samples)
    }

    fn median(&self, subject: Subject, value: impl Fn(&Sample) -> f64) -> f64 {
        median(self.of(subject).iter().map(value).collect())
    }

    /// The rate of `one` as a share of `other`'s, round by round.
    fn share(&self, one: Subject, other: Subject) -> f64 {
        let pairs = self.of(one).iter().zip(self.of(other));
        median(pairs.map(|(one, other)| one.rate / other.rate).collect())
    }
}

/// The middle one, or the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// A row of the table of scenarios.
#[derive(Debug)]
pub struct Row {
    /// What was looked at.
    pub what: String,
    /// What was seen.
    pub is: String,
    /// What is wanted.
    pub goal: String,
    /// Whether it holds; `None` when nothing is wanted.
    pub holds: Option<bool>,
}

/// Prints the head of the table of scenarios.
pub fn print_head() {
    println!("| | is | goal | |");
    println!("|---|---|---|---|");
}

/// Prints a row of it.
pub fn print_row(row: &Row) {
    let holds = row.holds.map_or("", verdict);
    println!("| {} | {} | {} | {holds} |", row.what, row.is, row.goal);
}

/// The machine, in a line.
pub fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|it| it.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{model}, {cores} cores, Linux {}, load before {load}",
        kernel.trim()
    )
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "PASS" } else { "FAIL" }
}

/// Prints one table with its verdicts.
pub fn print(connections: usize, rounds: usize, length: Duration, measured: &mut Measured) {
    println!(
        "\n### {connections} connections, medians of {rounds} rounds of {:.1} s each\n",
        length.as_secs_f64()
    );
    println!("| | requests/s | p50 ms | p99 ms | p99.9 ms | errors | CPU µs each | memory MiB |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for subject in SUBJECTS {
        println!(
            "| {subject} | {:.0} | {:.2} | {:.2} | {:.2} | {} | {:.0} | {:.0} |",
            measured.median(subject, |it| it.rate),
            measured.median(subject, |it| it.p50),
            measured.median(subject, |it| it.p99),
            measured.median(subject, |it| it.p999),
            measured
                .of(subject)
                .iter()
                .map(|it| it.errors)
                .sum::<usize>(),
            measured.median(subject, |it| it.cpu_us),
            measured
                .of(subject)
                .last()
                .map_or(0.0, |it| it.memory as f64 / f64::from(1 << 20)),
        );
    }
    measured.syncs.sort_unstable();
    println!(
        "\nThe disk's own sync (4 KiB appended, fdatasync): p50 {:.2} ms, p99 {:.2} ms.\n",
        percentile(&measured.syncs, 0.5) / 1e3,
        percentile(&measured.syncs, 0.99) / 1e3,
    );
    goals(connections, measured);
}

fn goals(connections: usize, measured: &Measured) {
    let is_judged = connections == GOAL_CONNECTIONS;
    let shares = [
        (
            Subject::NoRules,
            Subject::BareSled,
            Some(NO_RULES_SHARE_MIN),
        ),
        (
            Subject::FiveRules,
            Subject::BareSledFive,
            Some(FIVE_RULES_SHARE_MIN),
        ),
        (
            Subject::FiveRulesAlways,
            Subject::BareSledFive,
            Some(FIVE_RULES_SHARE_MIN),
        ),
        (Subject::FiveRules, Subject::BareSled, None),
    ];
    println!("| share of a floor | is | goal | |");
    println!("|---|---:|---:|---|");
    for (subject, floor, goal) in shares {
        let share = measured.share(subject, floor);
        let goal = goal.filter(|_| is_judged);
        println!(
            "| {subject} / {floor} | {:.0} % | {} | {} |",
            100.0 * share,
            goal.map_or(String::new(), |it| format!("≥ {:.0} %", 100.0 * it)),
            goal.map_or("", |it| verdict(share >= it)),
        );
    }
    for subject in SUBJECTS.into_iter().filter(|it| it.is_host()) {
        let p99 = measured.median(subject, |it| it.p99);
        let (goal, verdict) = if is_judged {
            (format!("< {P99_MS_MAX:.0} ms"), verdict(p99 < P99_MS_MAX))
        } else {
            (String::new(), "")
        };
        println!("| {subject}, p99 | {p99:.2} ms | {goal} | {verdict} |");
    }
}
