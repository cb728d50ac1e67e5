//! p50 and p99 of evaluations with the real guests, and what a second thread
//! adds. Criterion has no percentiles, so this harness is its own.
//!
//! `cargo bench -p baton-sandbox --bench percentiles`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reports to its reader"
)]

mod guests;

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use baton_sandbox::{run_one_rule, run_policy, run_rules};
use guests::Guests;

const WARM_UP: usize = 2_000;
const ROUNDS: usize = 20_000;

fn main() {
    let guests = Guests::load();
    println!("{:<48} {:>9} {:>9}", "", "p50 µs", "p99 µs");
    for rule in guests.lineup.rules() {
        let name = rule.declaration().name.to_string();
        report(&format!("{name}, fresh instance"), || {
            drop(run_one_rule(rule, &guests.source));
        });
    }
    report("bot-failed-twice in JavaScript, fresh instance", || {
        drop(run_one_rule(&guests.javascript, &guests.source));
    });
    let five = &guests.five;
    let rules = five.rules().len();
    report(&format!("{rules} rules and the policy"), || {
        let runs = run_rules(five, &guests.source);
        let signals = guests::scored(&runs);
        drop(run_policy(five, &guests.source, &signals));
    });
    let one = throughput(&guests, 1);
    let two = throughput(&guests, 2);
    println!(
        "{:<48} {:>9.0} {:>9.0}  ({:.2} times)",
        "events/s, 1 and 2 threads",
        one,
        two,
        two / one
    );
}

fn report(what: &str, mut run: impl FnMut()) {
    let mut times: Vec<Duration> = (0..WARM_UP + ROUNDS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .skip(WARM_UP)
        .collect();
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{what:<48} {:>9.2} {:>9.2}", at(0.5), at(0.99));
}

/// Events a second over all threads, each event five rules and the policy.
fn throughput(guests: &Guests, threads: usize) -> f64 {
    const EVENTS: usize = 10_000;
    let barrier = Arc::new(Barrier::new(threads));
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (lineup, source) = (guests.five.clone(), Arc::clone(&guests.source));
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                barrier.wait();
                let started = Instant::now();
                for _ in 0..EVENTS {
                    let runs = run_rules(&lineup, &source);
                    drop(run_policy(&lineup, &source, &guests::scored(&runs)));
                }
                started.elapsed()
            })
        })
        .collect();
    let slowest = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .max()
        .unwrap();
    (threads * EVENTS) as f64 / slowest.as_secs_f64()
}
