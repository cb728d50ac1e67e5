//! Killed at any moment: the real binary, as a child, under signed load of
//! several tenants, ended with SIGKILL again and again, half of the times
//! within 60 ms of its start, where the store recovers.
//!
//! A session is a fresh folder and up to [`KILLS_A_SESSION`] kills.
//! `BATON_CRASH_KILLS` sets how many kills there are in all, and
//! `BATON_CRASH_SEED` repeats a run, as far as the machine's own scheduling
//! lets it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests, too"
)]

mod judge;
mod ledger;
mod load;
mod process;
mod random;
mod settle;
mod world;

use std::{sync::atomic::Ordering, time::Duration};

use baton_store::{Entropy, Options, OsEntropy, SledStore};
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use load::Load;
use process::{Place, Running};
use random::Random;

const KILLS: u64 = 300;
const KILLS_A_SESSION: u64 = 300;
/// Kills between two looks into the store.
const KILLS_A_CHECK: u64 = 20;
/// Requests under way at a time.
const SENDERS: u64 = 12;
/// Kills that aim at the recovery of the store come this soon.
const EARLY_MS: u64 = 60;
/// The others come this soon after the first answer.
const LATE_MS: u64 = 300;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let seed = number("BATON_CRASH_SEED").unwrap_or_else(|| {
        let mut seed = [0; 8];
        OsEntropy.fill(&mut seed).expect("randomness");
        u64::from_le_bytes(seed)
    });
    let kills = number("BATON_CRASH_KILLS").unwrap_or(KILLS);
    println!("to repeat it: BATON_CRASH_SEED={seed} BATON_CRASH_KILLS={kills}");
    let (random, mut left) = (Random::new(seed), kills);
    while left > 0 {
        let now = left.min(KILLS_A_SESSION);
        Session::begin(random.fork(left)).await.play(now).await;
        left -= now;
    }
}

/// What a session came to.
#[derive(Debug, Default)]
struct Count {
    early: u64,
    /// Early kills that met a store that was open, or opening.
    in_the_store: u64,
    late: u64,
}

struct Session {
    random: Random,
    place: Place,
    load: std::sync::Arc<Load>,
    senders: Vec<JoinHandle<()>>,
    count: Count,
    began: Instant,
    _folder: TempDir,
}

impl Session {
    /// A fresh host with its tenants, and senders that have begun.
    async fn begin(random: Random) -> Self {
        let (graph, graph_url) = baton_simulator::Simulator::listener()
            .await
            .expect("a port");
        let simulator = world::simulator();
        tokio::spawn(simulator.clone().serve(graph));
        let folder = TempDir::new().expect("a folder");
        let place = Place::make(folder.path(), world::ADMIN, &graph_url);
        let mut host = place.start();
        let address = place.url.trim_start_matches("http://").to_owned();
        let is_up = || std::net::TcpStream::connect(&address).is_ok();
        host.wait_until("the first start", is_up).await;
        let http = baton::accept::client().build().expect("a client");
        let shops = world::settle(&http, &place.url).await;
        host.kill("after the setting up");
        let load = Load::new(&place.url, shops, simulator);
        let senders = (0..SENDERS).map(|it| tokio::spawn(load.clone().run(random.fork(it))));
        Self {
            senders: senders.collect(),
            random,
            place,
            load,
            count: Count::default(),
            began: Instant::now(),
            _folder: folder,
        }
    }

    async fn play(mut self, kills: u64) {
        for kill in 1..=kills {
            let when = format!("kill {kill} of {kills}");
            // Half of each, in any order.
            let (left, early) = (kills - kill + 1, kills / 2 - self.count.early);
            if self.random.below(left) < early {
                self.kill_early(&when).await;
            } else {
                self.kill_late(&when).await;
            }
            self.load.ledger.check();
            if kill % KILLS_A_CHECK == 0 {
                self.check(&when).await;
            }
        }
        self.end().await;
    }

    async fn kill_early(&mut self, when: &str) {
        let host = self.place.start();
        sleep(Duration::from_millis(self.random.below(EARLY_MS))).await;
        self.count.early += 1;
        self.count.in_the_store += u64::from(host.has_store_open());
        host.kill(when);
    }

    async fn kill_late(&mut self, when: &str) {
        let mut host = self.place.start();
        self.wait_for_answers(&mut host, when).await;
        sleep(Duration::from_millis(self.random.below(LATE_MS))).await;
        self.count.late += 1;
        host.kill(when);
    }

    async fn wait_for_answers(&self, host: &mut Running, when: &str) {
        let before = self.load.ledger.answers();
        let (load, has_more) = (&self.load, |it: &Load| it.ledger.answers() > before);
        host.wait_until(when, || has_more(load)).await;
    }

    /// Opens the store that the last kill left: first the doctor looks, then
    /// it is held against the ledger.
    async fn check(&self, when: &str) {
        let options = Options::new(OsEntropy);
        let found = SledStore::examine(self.place.data(), &options, &mut |_| {});
        let found = found.unwrap_or_else(|error| panic!("{when}: {error}"));
        assert!(found.is_well(), "{when}: {:#?}", found.findings);
        let opened = SledStore::open(self.place.data(), Options::new(OsEntropy));
        let store = opened.unwrap_or_else(|error| panic!("{when}: {error}"));
        judge::check(&store, &self.load, when).await;
    }

    /// Lets every sender finish what it has begun, and all work be done.
    async fn end(mut self) {
        self.load.ending.store(true, Ordering::SeqCst);
        let mut host = self.place.start();
        let senders = std::mem::take(&mut self.senders);
        host.wait_until("the senders finish", || {
            senders.iter().all(JoinHandle::is_finished)
        })
        .await;
        for sender in senders {
            sender.await.expect("no sender panics");
        }
        host.kill("at the end");
        self.load.ledger.check();
        self.check("at the end").await;
        self.place.replay();
        let store = settle::everything(&self.place).await;
        judge::check(&*store, &self.load, "after all work").await;
        judge::check_effects(&*store, &self.load).await;
        println!(
            "{:?}, {} requests answered, {} messages sent, {:.0} s",
            self.count,
            self.load.ledger.answers(),
            self.load.simulator.sent().len(),
            self.began.elapsed().as_secs_f64()
        );
        assert!(
            self.count.early < 20 || self.count.in_the_store > 0,
            "no kill met the store"
        );
    }
}
