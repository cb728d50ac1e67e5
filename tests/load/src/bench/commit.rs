//! A durable commit with 64 who wait, beside the very same keys and values
//! written to sled with the same sync and nothing else.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use baton_store::{Options, OsEntropy, SledStore};
use tokio::runtime::Runtime;

use super::Line;
use crate::{Place, group_commit::Writer, recording, recording::Recorder, report::median, stored};

const WAITING: usize = 64;
const CUSTOMERS: usize = 1_024;
const ROUNDS: usize = 3;
const LENGTH: Duration = Duration::from_secs(1);

pub fn lines(place: &Place) -> anyhow::Result<Vec<Line>> {
    let place = place.fresh()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let rows = place.path().join("rows");
    let recorder = Arc::new(Recorder::default());
    let watched = Options::new(OsEntropy).observed_by(recorder.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let commits = |store: &Arc<SledStore>, next: &Arc<AtomicUsize>| {
        let (store, next) = (store.clone(), next.clone());
        move || {
            let (store, turn) = (store.clone(), next.fetch_add(1, Ordering::Relaxed));
            async move { stored::commit_one(&*store, turn % CUSTOMERS, turn / CUSTOMERS).await }
        }
    };
    let store = open(&place.path().join("watched"), watched)?;
    rate(&runtime, LENGTH, commits(&store, &next))?;
    recorder.start();
    rate(&runtime, LENGTH, commits(&store, &next))?;
    drop(store);
    recorder.write(&rows)?;
    let floor = Arc::new(Writer::open(
        &place.path().join("floor"),
        recording::read(&rows)?,
    )?);
    let store = open(&place.path().join("store"), Options::new(OsEntropy))?;
    next.store(0, Ordering::Relaxed);
    rate(&runtime, LENGTH, commits(&store, &next))?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(rate(&runtime, LENGTH, commits(&store, &next))?);
        let floor = floor.clone();
        bare.push(rate(&runtime, LENGTH, move || {
            let floor = floor.clone();
            async move { floor.write_one_event().await.ok().context("it is written") }
        })?);
    }
    let shares = ours.iter().zip(&bare).map(|(ours, bare)| ours / bare);
    let share = median(shares.collect());
    Ok(vec![
        Line::new(
            format!("commits with {WAITING} waiting, bare sled with sync"),
            format!("{:.0}/s", median(bare)),
        )
        .ratio("the floor".to_owned()),
        Line::new(
            format!("commits with {WAITING} waiting, the store"),
            format!("{:.0}/s", median(ours)),
        )
        .ratio(format!("{:.0} % of the floor", 100.0 * share)),
    ])
}

fn open(folder: &Path, options: Options) -> anyhow::Result<Arc<SledStore>> {
    Ok(Arc::new(SledStore::open(folder, options)?))
}

/// How often `work` is done a second when 64 do it over and over.
fn rate<F>(
    runtime: &Runtime,
    length: Duration,
    work: impl Fn() -> F + Clone + Send + 'static,
) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..WAITING)
        .map(|_| {
            let work = work.clone();
            runtime.spawn(async move {
                let mut done = 0;
                while begun.elapsed() < length {
                    work().await?;
                    done += 1;
                }
                anyhow::Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += runtime.block_on(task)??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}
