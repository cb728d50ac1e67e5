//! Rules in fresh instances: many of them, five with the policy, on one thread
//! and on two.

#[path = "../../../../host/sandbox/benches/guests/mod.rs"]
#[allow(
    clippy::unwrap_used,
    reason = "without guests there is nothing to measure"
)]
mod guests;

use std::{
    hint::black_box,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use baton_sandbox::{Lineup, run_one_rule, run_policy, run_rules};
use guests::Guests;

use super::Line;

const WARM_UP: usize = 1_000;
const RUNS: usize = 5_000;
/// Events of each thread, and rounds in which one and two take turns.
const EVENTS: usize = 4_000;
const ROUNDS: usize = 5;
/// Goals.
const FIVE_P50_US_MAX: f64 = 75.0;
const FIVE_P99_US_MAX: f64 = 150.0;
const TWO_THREADS_MIN: f64 = 1.5;

pub fn lines() -> anyhow::Result<Vec<Line>> {
    let guests = Guests::load();
    let mut lines = Vec::new();
    let mut of_one = 0.0;
    for count in [1, 5, 20, 100] {
        let rules: Vec<_> = guests.lineup.rules().iter().cycle().take(count).collect();
        let (p50, p99) = measure(RUNS / count.min(20), || {
            for rule in &rules {
                black_box(run_one_rule(rule, &guests.source));
            }
        });
        let each = p50 / count as f64;
        if count == 1 {
            of_one = each;
        }
        let plural = if count == 1 { "rule" } else { "rules" };
        lines.push(
            Line::new(
                format!("{count} {plural}, a fresh instance each"),
                format!("p50 {p50:.1} µs, p99 {p99:.1} µs"),
            )
            .ratio(format!("{each:.1} µs each, {:.2} × one", each / of_one)),
        );
    }
    let (p50, p99) = measure(RUNS, || event(&guests.five, &guests));
    lines.push(
        Line::new(
            "five rules and the policy on one event",
            format!("p50 {p50:.1} µs, p99 {p99:.1} µs"),
        )
        .goal(
            format!("p50 < {FIVE_P50_US_MAX:.0}, p99 < {FIVE_P99_US_MAX:.0} µs"),
            p50 < FIVE_P50_US_MAX && p99 < FIVE_P99_US_MAX,
        ),
    );
    lines.push(threads(&Arc::new(guests)));
    Ok(lines)
}

fn event(lineup: &Lineup, guests: &Guests) {
    let runs = run_rules(lineup, &guests.source);
    black_box(run_policy(lineup, &guests.source, &guests::scored(&runs)));
}

/// Median and 99th percentile in microseconds.
fn measure(runs: usize, mut run: impl FnMut()) -> (f64, f64) {
    let mut took: Vec<Duration> = (0..WARM_UP.min(runs) + runs)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .skip(WARM_UP.min(runs))
        .collect();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    (at(0.5), at(0.99))
}

fn threads(guests: &Arc<Guests>) -> Line {
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (rate(guests, 1), rate(guests, 2)))
        .collect();
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (one, two) = rounds[ROUNDS / 2];
    Line::new(
        "the same on two threads and on one",
        format!("{two:.0}/s and {one:.0}/s"),
    )
    .ratio(format!("{:.2} times", two / one))
    .goal(
        format!("≥ {TWO_THREADS_MIN} times"),
        two / one >= TWO_THREADS_MIN,
    )
}

/// Events a second over all threads.
fn rate(guests: &Arc<Guests>, threads: usize) -> f64 {
    let barrier = Arc::new(Barrier::new(threads));
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (guests, barrier) = (Arc::clone(guests), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                let begun = Instant::now();
                (0..EVENTS).for_each(|_| event(&guests.five, &guests));
                begun.elapsed()
            })
        })
        .collect();
    // A thread that panicked took no time; the others tell.
    let slowest = workers.into_iter().filter_map(|it| it.join().ok()).max();
    let slowest = slowest.unwrap_or_default().as_secs_f64();
    (threads * EVENTS) as f64 / slowest
}
