//! The tables that people read: medians over rounds, ratios to the floors of
//! the same round, and whether the goals are met.

use std::{collections::BTreeMap, fs, time::Duration};

use crate::{
    bench::Line,
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
    connections: usize,
    length: Duration,
    samples: BTreeMap<u8, (Option<Subject>, Vec<Sample>)>,
    /// Bare syncs of the disk, in microseconds, sorted.
    pub syncs: Vec<u32>,
}

impl Measured {
    /// Nothing yet, at as many connections and with rounds of this length.
    pub fn new(connections: usize, length: Duration) -> Self {
        Self {
            connections,
            length,
            ..Self::default()
        }
    }

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

    fn errors(&self, subject: Subject) -> usize {
        self.of(subject).iter().map(|it| it.errors).sum()
    }

    /// Whether the goals are about as many connections.
    fn is_judged(&self) -> bool {
        self.connections == GOAL_CONNECTIONS
    }

    fn disk(&self) -> String {
        format!(
            "fdatasync after 4 KiB appended: p50 {:.2} ms, p99 {:.2} ms",
            percentile(&self.syncs, 0.5) / 1e3,
            percentile(&self.syncs, 0.99) / 1e3,
        )
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

/// How a goal is told.
pub fn verdict(is_met: bool) -> &'static str {
    if is_met { "PASS" } else { "FAIL" }
}

/// Prints one table with its verdicts.
pub fn print(measured: Measured) {
    println!(
        "\n### {} connections, medians of {} rounds of {:.1} s each\n",
        measured.connections,
        measured.of(Subject::Bare).len(),
        measured.length.as_secs_f64()
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
            measured.errors(subject),
            measured.median(subject, |it| it.cpu_us),
            measured
                .of(subject)
                .last()
                .map_or(0.0, |it| it.memory as f64 / f64::from(1 << 20)),
        );
    }
    println!("\n{}\n", measured.disk());
    println!("| share of a floor | is | goal | |");
    println!("|---|---:|---:|---|");
    for (subject, floor, goal) in SHARES {
        let share = measured.share(subject, floor);
        let goal = goal.filter(|_| measured.is_judged());
        println!(
            "| {subject} / {floor} | {:.0} % | {} | {} |",
            100.0 * share,
            goal.map_or(String::new(), |it| format!("≥ {:.0} %", 100.0 * it)),
            goal.map_or("", |it| verdict(share >= it)),
        );
    }
    for subject in SUBJECTS.into_iter().filter(|it| it.is_host()) {
        let p99 = measured.median(subject, |it| it.p99);
        let (goal, verdict) = if measured.is_judged() {
            (format!("< {P99_MS_MAX:.0} ms"), verdict(p99 < P99_MS_MAX))
        } else {
            (String::new(), "")
        };
        println!("| {subject}, p99 | {p99:.2} ms | {goal} | {verdict} |");
    }
}

/// Which is held against which floor, and the share wanted.
const SHARES: [(Subject, Subject, Option<f64>); 4] = [
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

/// The same as lines of the benchmark table.
pub fn lines(measured: &Measured) -> Vec<Line> {
    let line = |subject: Subject| {
        let p99 = measured.median(subject, |it| it.p99);
        let is = format!(
            "{:.0}/s, p50 {:.2} ms, p99 {p99:.2} ms, {:.0} µs CPU each",
            measured.median(subject, |it| it.rate),
            measured.median(subject, |it| it.p50),
            measured.median(subject, |it| it.cpu_us),
        );
        let what = format!(
            "webhooks at {} connections, {subject}",
            measured.connections
        );
        let line = Line::new(what, is);
        let goal = SHARES.iter().find(|it| it.0 == subject && it.2.is_some());
        let Some((_, floor, Some(wanted))) = goal else {
            return line.ratio("a floor".to_owned());
        };
        let share = measured.share(subject, *floor);
        line.ratio(format!("{:.0} % of {floor}", 100.0 * share))
            .goal(
                format!("≥ {:.0} %, p99 < {P99_MS_MAX:.0} ms", 100.0 * wanted),
                share >= *wanted && p99 < P99_MS_MAX && measured.errors(subject) == 0,
            )
    };
    let mut lines: Vec<Line> = SUBJECTS.into_iter().map(line).collect();
    lines.push(Line::new("the disk", measured.disk()));
    lines
}
