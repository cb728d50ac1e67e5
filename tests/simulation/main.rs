//! The whole host in a world that goes wrong, on a scheduler and a clock that a
//! seed decides: in the manner of TigerBeetle's VOPR and FoundationDB.

mod clock;
mod executor;
mod graph;
mod hosts;
mod network;
mod operator;
mod oracle;
mod people;
mod plan;
mod run;
mod sim;
mod store;
mod systems;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use run::{Failure, run};

/// Seeds in `make test`; `make soak` sets `BATON_SIM_SEEDS`.
const SEEDS: u64 = 1_000;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn whatever_goes_wrong_what_must_hold_holds() {
    let seeds = number_from("BATON_SIM_SEEDS").unwrap_or(SEEDS);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, has_failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let (first, steps) = (Mutex::new(None::<Box<Failure>>), AtomicU64::new(0));
    let work = || {
        while !has_failed.load(Ordering::SeqCst) {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds {
                return;
            }
            match run(seed) {
                Ok(ran) => {
                    steps.fetch_add(ran.steps, Ordering::SeqCst);
                }
                Err(failure) => {
                    has_failed.store(true, Ordering::SeqCst);
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|it| it.seed > failure.seed) {
                        *first = Some(failure);
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    if let Some(failure) = first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        panic!("{failure}");
    }
    println!("{seeds} seeds, {} steps", steps.into_inner());
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        let [first, second] = [run(seed), run(seed)].map(|ran| ran.map_err(|it| it.to_string()));
        assert_eq!(first, second, "seed {seed}");
    }
}

/// Replays what `BATON_SIM_SEED` names; without it, the first seed.
#[test]
fn one_seed() {
    let seed = number_from("BATON_SIM_SEED").unwrap_or(0);
    match run(seed) {
        Ok(ran) => println!("seed {seed}: {} steps", ran.steps),
        Err(failure) => panic!("{failure}"),
    }
}
