//! Starting and running the host; its edges are arguments.

use std::{
    fs::{self, File},
    future::Future,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use baton_domain::limits::EVALUATION_THREADS_MAX;
use baton_sandbox::{ArtefactCache, Compiler, EvaluatorPool, Sandbox, Way};
use baton_store::{Entropy, Options, OsEntropy, SledStore, Store};
use baton_whatsapp::graph::GraphClient;
use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    accept::{self, Tls},
    clock::Clock,
    config::Config,
    evaluation::{Evaluators, Suspects},
    host::{Host, Parts},
    http::{self, RequestIds},
    metrics::{self, Metrics},
    releases::ModuleLibrary,
    rule_pack::RulePack,
    work,
};

/// Opens the store, compiles the modules and puts the host together.
///
/// # Errors
/// Says which part does not start.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Host>> {
    open_with(config, clock, Options::new(OsEntropy)).await
}

/// The same with a store that is opened as `options` say, such as one that is
/// observed.
///
/// # Errors
/// Says which part does not start.
pub async fn open_with(
    config: Config,
    clock: Arc<dyn Clock>,
    options: Options,
) -> anyhow::Result<Arc<Host>> {
    let metrics = Metrics::new();
    let options = options.observed_by(metrics.clone());
    // First of all: a store that needs looking after is told at once, and what
    // a crash left is repaired before anything else can fail.
    let store = SledStore::open(&config.data, options)
        .with_context(|| format!("the store in {} does not open", config.data.display()))?;
    assemble(config, clock, Arc::new(store), metrics).await
}

/// The same on a store that is open.
///
/// # Errors
/// As [`open`].
pub async fn open_on(
    config: Config,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
) -> anyhow::Result<Arc<Host>> {
    assemble(config, clock, store, Metrics::new()).await
}

async fn assemble(
    config: Config,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
) -> anyhow::Result<Arc<Host>> {
    let admin_key = config.admin_key().map_err(anyhow::Error::msg)?;
    let metrics_key = config.metrics_key().map_err(anyhow::Error::msg)?;
    let sandbox = Sandbox::new().context("the sandbox does not start")?;
    let pack = match &config.evaluation.modules {
        None => RulePack::stock(&sandbox).context("the stock pack does not load")?,
        Some(folder) => RulePack::folder(&sandbox, folder)
            .with_context(|| format!("the modules in {} do not load", folder.display()))?,
    };
    // Now, and not when the first tenant is written.
    pack.lineup(&pack.release().modules)
        .context("the modules do not go together")?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if config.evaluation.threads == 0 {
        cores
    } else {
        config.evaluation.threads
    };
    let parts = Parts {
        admin_key,
        metrics_key,
        clock,
        store,
        library: library(&config, sandbox, pack)?,
        evaluators: evaluators(&config, threads)?,
        graph: Arc::new(GraphClient::new(&config.graph_url).context("graph_url")?),
        metrics,
        request_ids: RequestIds::new(&OsEntropy).context("no random numbers")?,
        config,
    };
    Host::new(parts)
        .await
        .context("the directory does not load")
}

/// The modules, with a place beside the store for what is compiled.
fn library(config: &Config, sandbox: Sandbox, pack: RulePack) -> anyhow::Result<ModuleLibrary> {
    let way = match &config.evaluation.compiler {
        None => Way::InProcess,
        Some(program) => Way::Child {
            command: program.clone(),
            args: vec!["compile-module".into()],
        },
    };
    let mut fresh = [0; 32];
    OsEntropy.fill(&mut fresh).context("no random numbers")?;
    let key = kept_key(&config.data.join("compiled.key"), fresh)?;
    let kept = ArtefactCache::open(config.data.join("compiled"), key)?;
    let compiler = Compiler::new(way);
    Ok(ModuleLibrary::compiled_by(
        sandbox,
        pack,
        compiler,
        Some(kept),
    ))
}

/// The key in the file at `path`, which is `fresh` when there is none. Under
/// another one what was compiled before is compiled again, so a damaged file
/// is replaced.
fn kept_key(path: &Path, fresh: [u8; 32]) -> anyhow::Result<[u8; 32]> {
    let unusable = || format!("cannot use {}, the key of compiled modules", path.display());
    match fs::read(path) {
        Ok(kept) => {
            if let Ok(key) = kept.try_into() {
                return Ok(key);
            }
            fs::remove_file(path).with_context(unusable)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(unusable),
    }
    let mut file = File::options();
    let file = file.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(&fresh))
        .with_context(unusable)?;
    Ok(fresh)
}

fn evaluators(config: &Config, threads: usize) -> anyhow::Result<Evaluators> {
    let unable = "the evaluators do not start";
    let slow = threads.div_ceil(2).min(EVALUATION_THREADS_MAX / 2);
    let pool = EvaluatorPool::new(threads.min(EVALUATION_THREADS_MAX - slow)).context(unable)?;
    let aside = EvaluatorPool::aside(slow).context(unable)?;
    let [mut key, mut seed] = [[0; 16]; 2];
    OsEntropy.fill(&mut key).context("no random numbers")?;
    OsEntropy.fill(&mut seed).context("no random numbers")?;
    let suspects = Suspects::open(&config.data, key)?;
    let evaluators = Evaluators::new(pool, suspects, seed);
    let evaluators = evaluators.with_slow_ones_on(aside);
    Ok(evaluators.with_tenant_budget(config.evaluation.tenant_ms_per_second))
}

/// Serves plain HTTP until `shutdown` resolves; then finishes what is under
/// way.
///
/// # Errors
/// As [`run_with`].
pub async fn run(
    host: Arc<Host>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    run_with(host, listener, None, shutdown).await
}

/// Serves until `shutdown` resolves, over TLS when there is a certificate.
/// Then, in this order: nothing more is accepted; what is in work ends, or the
/// drain time does; the work loops end; the store closes.
///
/// # Errors
/// When a write to the store failed. The host ends then as well, so that
/// whoever supervises it starts it again: only that tells what is on the disk.
pub async fn run_with(
    host: Arc<Host>,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let ending = CancellationToken::new();
    let mut loops = work::start(&host, &ending);
    loops.push(tokio::spawn(metrics::keep_up(
        host.metrics.clone(),
        ending.clone(),
    )));
    let router = http::served(host.clone());
    let connections = host.config.connections;
    let end = end(shutdown, host.store.clone());
    accept::serve(listener, connections, router, &host.door, tls, end).await;
    ending.cancel();
    for one in loops {
        // A loop that panicked has told the log.
        let _ = one.await;
    }
    host.store.close().await;
    if host.store.failed().now_or_never().is_some() {
        bail!("a write to the store failed, see the log: start the host again");
    }
    Ok(())
}

/// Resolves when the host is asked to end, or cannot go on.
async fn end(shutdown: impl Future<Output = ()>, store: Arc<dyn Store>) {
    tokio::select! {
        () = shutdown => {}
        () = store.failed() => {
            tracing::error!("a write to the store failed: ending, so that a restart can tell what is on the disk");
        }
    }
}
