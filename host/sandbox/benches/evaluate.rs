//! A stock rule called natively and in a fresh instance; one event through
//! five rules and the policy, on one thread and on two.
//!
//! `cargo bench -p baton-sandbox --bench evaluate`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is read by its output"
)]

mod guests;

use std::{sync::Arc, time::Instant};

use baton_guest::{Money, testing::Facts};
use baton_sandbox::{EvaluatorPool, Lineup, run_one_rule, run_policy, run_rules};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use guests::Guests;

fn one_rule(criterion: &mut Criterion) {
    let guests = Guests::load();
    let named =
        |rule: &&Arc<baton_sandbox::Ready>| rule.declaration().name.as_str() == "high-basket-value";
    let rule = guests.lineup.rules().iter().find(named).unwrap();
    let mut group = criterion.benchmark_group("high-basket-value");
    let facts = Facts::new()
        .basket_value(Money::new(82_000, "USD"))
        .basket_checkout_state("open")
        .customer_average_order(Money::new(21_000, "USD"));
    group.bench_function("native", |bencher| {
        bencher.iter_batched(
            || facts.clone(),
            Facts::run::<high_basket_value::Module>,
            criterion::BatchSize::SmallInput,
        );
    });
    group.bench_function("fresh instance", |bencher| {
        bencher.iter(|| run_one_rule(rule, &guests.source));
    });
}

fn one_event(criterion: &mut Criterion) {
    let guests = Guests::load();
    let mut group = criterion.benchmark_group("five rules and the policy");
    group.throughput(Throughput::Elements(1));
    group.bench_function("in place", |bencher| {
        bencher.iter(|| event(&guests.five, &guests));
    });
    for threads in [1, 2] {
        let pool = EvaluatorPool::new(threads).unwrap();
        let guests = Arc::new(Guests::load());
        group.bench_function(format!("{threads} threads of a pool"), |bencher| {
            bencher.iter_custom(|events| through_pool(&pool, &guests, events));
        });
    }
}

fn event(lineup: &Lineup, guests: &Guests) {
    let runs = run_rules(lineup, &guests.source);
    drop(run_policy(lineup, &guests.source, &guests::scored(&runs)));
}

/// `events` events, a few dozen at a time so that no queue fills.
fn through_pool(pool: &EvaluatorPool, guests: &Arc<Guests>, events: u64) -> std::time::Duration {
    const AT_ONCE: u64 = 64;
    let started = Instant::now();
    let mut left = events;
    while left > 0 {
        let now = left.min(AT_ONCE);
        let pending: Vec<_> = (0..now)
            .map(|_| {
                let guests = Arc::clone(guests);
                pool.run(move || event(&guests.five, &guests)).unwrap()
            })
            .collect();
        pending
            .into_iter()
            .for_each(|pending| pending.wait().unwrap());
        left -= now;
    }
    started.elapsed()
}

criterion_group!(benches, one_rule, one_event);
criterion_main!(benches);
