//! Every write that a request or the work after it needs fails once, at every
//! point, in every way. The host says 503 and never 200; told again, it does
//! everything once; a customer gets each message at most once.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests, too"
)]

mod coexist_store;
mod faulty;
mod notify_store;
mod number_store;
mod people;
mod rig;

use faulty::Fault;
use rig::Rig;

/// Lives one customer's life with the first, second, ... write failing, until
/// there is none left to fail. Answers how many there were.
async fn every_point(rig: &mut Rig, fault: Fault) -> usize {
    for nth in 1.. {
        rig.store.arm(nth, fault);
        let life = rig.live().await;
        let has_fired = rig.store.disarm();
        rig.check(&life, &format!("write {nth}, {fault:?}")).await;
        if !has_fired {
            return nth - 1;
        }
    }
    unreachable!("a life has an end")
}

async fn all_ways(budget_ms: u64, is_lasting: bool) {
    for is_done in [false, true] {
        let mut rig = Rig::start(budget_ms).await;
        let fault = Fault {
            is_done,
            is_lasting,
        };
        let points = every_point(&mut rig, fault).await;
        println!(
            "{points} writes failed, {fault:?}, {} restarts",
            rig.restarts
        );
        assert!(points >= 10, "{points}");
        assert_eq!(rig.restarts, if is_lasting { points } else { 0 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_once_is_made_up_for() {
    all_ways(5_000, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_ends_the_host_and_a_restart_makes_up_for_it() {
    all_ways(5_000, true).await;
}

/// Nothing is evaluated before the answer: all of it is work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_holds_for_evaluations_after_the_answer() {
    all_ways(0, false).await;
}
