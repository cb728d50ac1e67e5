//! Durable commits a second, with 1, 8 and 64 who wait at the same time, of
//! customers who are known and of new ones; beside the floor: the very same
//! keys and values written to sled with the same sync, and nothing else.
//!
//! `cargo bench -p baton-store` prints one table. `BATON_BENCH_SECONDS` sets
//! how long each cell runs (2 by default), `BATON_BENCH_ONLY` picks cells such
//! as `known 64`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{
    fs::File,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use baton_domain::{
    event::{Event, EventBody, InboundMessage},
    ids::{MessageId, NumberId, TenantId},
    state::CustomerState,
};
use baton_store::{Commit, Identity, Link, Observer, Options, OsEntropy, SledStore, Store, Synced};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::oneshot};

/// Customers who are known, and the messages each wrote before.
const KNOWN: usize = 512;
const HISTORY: usize = 24;

type Rows = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Keeps what the store writes, to be written again without it.
#[derive(Default)]
struct Recorder {
    rows: Mutex<Rows>,
    is_recording: AtomicBool,
    batches: AtomicUsize,
    changes: AtomicUsize,
}

impl Observer for Recorder {
    fn synced(&self, batch: &Synced) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(batch.changes, Ordering::Relaxed);
    }

    fn wrote(&self, key: &[u8], value: Option<&[u8]>) {
        if !self.is_recording.load(Ordering::Relaxed) {
            return;
        }
        self.rows
            .lock()
            .unwrap()
            .push((key.to_vec(), value.map(<[u8]>::to_vec)));
    }
}

/// What one cell measured.
struct Rate {
    commits: usize,
    seconds: f64,
    latencies: Vec<Duration>,
    cpu_ticks: u64,
}

/// Processor time of this process so far, in hundredths of a second
/// (`proc_pid_stat(5)`: fields 14 and 15).
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat
        .rsplit_once(") ")
        .map_or("", |(_, fields)| fields)
        .split(' ');
    fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum()
}

impl Rate {
    fn cpu_micros(&self) -> f64 {
        self.cpu_ticks as f64 * 10_000.0 / self.commits as f64
    }

    fn a_second(&self) -> f64 {
        self.commits as f64 / self.seconds
    }

    fn percentile(&self, percent: usize) -> Duration {
        self.latencies[(self.latencies.len() - 1) * percent / 100]
    }
}

fn tenant() -> TenantId {
    TenantId::parse("kopi-senja").unwrap()
}

fn message(customer: usize, number: usize) -> Event {
    let text = "Will this arrive before Friday? It is a present for my sister, and she leaves.";
    Event {
        at: Timestamp::from_second(1_764_000_000).unwrap()
            + SignedDuration::from_secs(number as i64),
        number: Some(NumberId::parse("106540352242922").unwrap()),
        body: EventBody::MessageReceived(InboundMessage {
            id: MessageId::parse(&format!(
                "wamid.HBgNNjI4MTIzNDU2Nzg5{customer:08}{number:08}"
            ))
            .unwrap(),
            kind: "text".into(),
            text: Some(text.into()),
            button_id: None,
            referral: None,
            replies_to: None,
            lines: Vec::new(),
            is_content: true,
        }),
    }
}

/// What the pipeline does for one message, without rules.
async fn handle(store: &SledStore, customer: usize, number: usize) {
    let links = [Link::Phone(format!("62812{customer:08}").into())];
    let event = message(customer, number);
    let dedupe = vec![Identity::forever(format!(
        "106540352242922|{customer}|{number}"
    ))];
    let loaded = store.resolve(&tenant(), &links, &dedupe).await.unwrap();
    let mut state = CustomerState::clone(&loaded.state);
    state.apply(&event);
    let commit = Commit {
        tenant: tenant(),
        customer: loaded.customer,
        at: event.at,
        expected: loaded.version,
        events: vec![event],
        state: Arc::new(state),
        dedupe,
        links: if loaded.version.0 == 0 {
            links.to_vec()
        } else {
            Vec::new()
        },
        absorb: None,
        work: Vec::new(),
        audit: Vec::new(),
    };
    store.commit(commit).await.unwrap();
}

fn seconds() -> u64 {
    std::env::var("BATON_BENCH_SECONDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(2)
}

/// Runs `work` in as many tasks as wait, until the time is over.
fn measure<F>(
    runtime: &Runtime,
    waiting: usize,
    seconds: u64,
    work: impl Fn(usize, usize) -> F,
) -> Rate
where
    F: Future<Output = ()> + Send + 'static,
{
    let until = Duration::from_secs(seconds);
    let (started, ticks) = (Instant::now(), cpu_ticks());
    let work = &work;
    let latencies: Vec<Vec<Duration>> = runtime.block_on(async move {
        let mut tasks = Vec::new();
        for task in 0..waiting {
            let steps: Vec<_> = Vec::new();
            tasks.push((task, steps));
        }
        let running = tasks.into_iter().map(|(task, mut steps)| async move {
            for step in 0.. {
                if started.elapsed() > until {
                    break;
                }
                let begun = Instant::now();
                tokio::spawn(work(task, step)).await.unwrap();
                steps.push(begun.elapsed());
            }
            steps
        });
        join_all(running).await
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut latencies: Vec<_> = latencies.into_iter().flatten().collect();
    latencies.sort_unstable();
    Rate {
        commits: latencies.len(),
        seconds,
        latencies,
        cpu_ticks: cpu_ticks() - ticks,
    }
}

async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    println!(
        "customers  waiting  commits/s   floor/s  ratio       p50       p99  floor p99  \
         commits/batch  bytes/commit  cpu us/commit  floor cpu"
    );
    let only = std::env::var("BATON_BENCH_ONLY").unwrap_or_default();
    for kind in ["known", "new"] {
        for waiting in [1, 8, 64] {
            if format!("{kind} {waiting}").contains(&only) {
                cell(&runtime, kind, waiting);
            }
        }
    }
}

fn cell(runtime: &Runtime, kind: &str, waiting: usize) {
    let folder = TempDir::new().unwrap();
    let recorder = Arc::new(Recorder::default());
    let options = Options::new(OsEntropy).observed_by(recorder.clone());
    let store = Arc::new(SledStore::open(folder.path(), options).unwrap());
    let (is_known, seconds) = (kind == "known", seconds());
    if is_known {
        runtime.block_on(prepare(store.clone()));
    }
    let count = || {
        let batches = recorder.batches.load(Ordering::Relaxed);
        (batches, recorder.changes.load(Ordering::Relaxed))
    };
    let before = count();
    let commits = |first: usize| {
        let store = store.clone();
        move |task: usize, step: usize| {
            let (store, step) = (store.clone(), first + step);
            // A task's customers are its own, so that nobody conflicts.
            let (customer, number) = match is_known {
                true => (
                    task * (KNOWN / waiting) + step % (KNOWN / waiting),
                    HISTORY + step,
                ),
                false => (KNOWN + step * waiting + task, 0),
            };
            async move { handle(&store, customer, number).await }
        }
    };
    let baton = measure(runtime, waiting, seconds, commits(0));
    let after = count();
    // Recorded apart, since recording costs something, too.
    recorder.is_recording.store(true, Ordering::Relaxed);
    let recorded = measure(runtime, waiting, seconds.div_ceil(2), commits(1_000_000));
    drop(store);
    let rows = std::mem::take(&mut *recorder.rows.lock().unwrap());
    let bytes: usize = rows
        .iter()
        .map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len))
        .sum();
    let floor = floor(runtime, waiting, &rows, recorded.commits);
    println!(
        "{kind:9} {waiting:8} {:10.0} {:9.0} {:5.0}% {:>9.2?} {:>9.2?} {:>10.2?} {:14.1} {:13} \
         {:14.0} {:10.0}",
        baton.a_second(),
        floor.a_second(),
        100.0 * baton.a_second() / floor.a_second(),
        baton.percentile(50),
        baton.percentile(99),
        floor.percentile(99),
        (after.1 - before.1) as f64 / (after.0 - before.0) as f64,
        bytes / recorded.commits,
        baton.cpu_micros(),
        floor.cpu_micros(),
    );
}

async fn prepare(store: Arc<SledStore>) {
    let tasks: Vec<_> = (0..KNOWN)
        .map(|customer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..HISTORY {
                    handle(&store, customer, number).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// The same rows, shared out evenly among as many commits, written by the
/// simplest group commit there is.
fn floor(runtime: &Runtime, waiting: usize, rows: &Rows, commits: usize) -> Rate {
    let folder = TempDir::new().unwrap();
    let config = sled::Config::new()
        .path(folder.path())
        .cache_capacity(baton_domain::limits::BACKEND_CACHE_BYTES_MAX)
        .flush_every_ms(None);
    let db = config.open().unwrap();
    let log = File::options()
        .write(true)
        .read(true)
        .open(folder.path().join("db"))
        .unwrap();
    let (queue, jobs) = channel();
    let writer = thread::spawn(move || write_all(&db, &log, &jobs));
    let share = rows.len().div_ceil(commits).max(1);
    let shares: Arc<Vec<Arc<[_]>>> = Arc::new(rows.chunks(share).map(Arc::from).collect());
    let rate = measure(runtime, waiting, seconds(), |task, step| {
        let (queue, shares): (Sender<_>, _) = (queue.clone(), shares.clone());
        async move {
            let (answer, answered) = oneshot::channel();
            let share = shares[(step * waiting + task) % shares.len()].clone();
            queue.send((share, answer)).unwrap();
            answered.await.unwrap();
        }
    });
    drop(queue);
    writer.join().unwrap();
    rate
}

type Job = (Arc<[(Vec<u8>, Option<Vec<u8>>)]>, oneshot::Sender<()>);

fn write_all(db: &sled::Db, log: &File, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = sled::Batch::default();
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some((rows, answer)) = next {
            for (key, value) in rows.iter() {
                match value {
                    Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                    None => batch.remove(key.as_slice()),
                }
            }
            answers.push(answer);
            next = if answers.len() < 256 {
                jobs.try_recv().ok()
            } else {
                None
            };
        }
        db.apply_batch(batch).unwrap();
        db.flush().unwrap();
        log.sync_data().unwrap();
        for answer in answers {
            let _ = answer.send(());
        }
    }
}
