//! Servers in processes of their own, so that their memory and processor time
//! can be told from the generator's.

use std::{
    fmt,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::subject::Subject;

/// How long a server may take to end.
const END_SECONDS_MAX: u64 = 30;

/// What a server is started with beside its subject.
#[derive(Debug, Default)]
pub struct Options {
    /// Of a host: where it writes the rows that it is told to record. Of a
    /// floor: where it reads them.
    pub rows: Option<PathBuf>,
    /// Conversations that are stored before it serves.
    pub stored: u64,
    /// Messages of each of them; one when 0.
    pub messages: u64,
    /// Tenants beside the first, one of them with slow rules.
    pub tenants: usize,
    /// Modules of each tenant's own.
    pub own_modules: usize,
    /// Memory for tenants' modules, in MiB.
    pub resident_mib: Option<u64>,
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    process: Child,
    control: Option<ChildStdin>,
    log: PathBuf,
}

impl Server {
    /// Starts one that keeps its data in `folder`.
    pub fn start(subject: Subject, folder: &Path, options: &Options) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let log = folder.join("log");
        let name = subject.to_possible_value().context("it has a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", "--subject", name.get_name(), "--data"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        if let Some(rows) = &options.rows {
            command.arg("--rows").arg(rows);
        }
        command.args(["--stored", &options.stored.to_string()]);
        command.args(["--messages", &options.messages.to_string()]);
        command.args(["--tenants", &options.tenants.to_string()]);
        command.args(["--own-modules", &options.own_modules.to_string()]);
        if let Some(resident) = options.resident_mib {
            command.args(["--resident-mib", &resident.to_string()]);
        }
        let mut process = command.spawn()?;
        let control = process.stdin.take();
        let said = BufReader::new(process.stdout.take().context("it is piped")?)
            .lines()
            .next()
            .transpose()?
            .unwrap_or_default();
        let Some(port) = said.strip_prefix("ready ") else {
            let log = fs::read_to_string(&log).unwrap_or_default();
            bail!("{subject} does not start: {said}{log}");
        };
        let port = port.parse()?;
        Ok(Self {
            port,
            process,
            control,
            log,
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Has it record the rows that it writes from now on.
    pub fn record(&mut self) -> anyhow::Result<()> {
        let control = self.control.as_mut().context("it runs")?;
        writeln!(control, "record")?;
        Ok(control.flush()?)
    }

    /// Processor time that it used so far (`proc_pid_stat(5)`: fields 14 and
    /// 15, in hundredths of a second).
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let ticks = fields.split(' ').skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|it| it.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Memory that it holds now, in bytes.
    pub fn memory(&self) -> u64 {
        memory_of(self.id())
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> anyhow::Result<()> {
        drop(self.control.take());
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(END_SECONDS_MAX) {
            if let Some(status) = self.process.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                bail!("the server ended with {status}: {log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server does not end");
    }
}

/// However the parent ends, its children do.
impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Memory that a process holds now, in bytes (`proc_pid_status(5)`: `VmRSS`).
fn memory_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
    kilobytes.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1_024
}

/// Someone who looks at a process's memory now and then.
pub struct MemoryWatch {
    ending: Sender<()>,
    thread: JoinHandle<Vec<u64>>,
}

/// Looks at the memory of `process` once a `period`.
pub fn watch_memory(process: u32, period: Duration) -> MemoryWatch {
    let (ending, ended) = channel();
    let thread = thread::spawn(move || {
        let mut seen = vec![memory_of(process)];
        while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
            seen.push(memory_of(process));
        }
        seen
    });
    MemoryWatch { ending, thread }
}

impl MemoryWatch {
    /// What was seen.
    pub fn end(self) -> Memory {
        drop(self.ending);
        Memory(self.thread.join().unwrap_or_default())
    }
}

/// Memory over time, in bytes.
pub struct Memory(Vec<u64>);

impl Memory {
    /// How much larger the last quarter is than the second, as a share; both by
    /// their median, the first being for caches to fill.
    pub fn growth(&self) -> f64 {
        let (second, last) = self.quarters();
        last / second - 1.0
    }

    /// In the last quarter, by the median.
    pub fn at_last(&self) -> f64 {
        self.quarters().1
    }

    /// The most that was seen.
    pub fn most(&self) -> u64 {
        self.0.iter().max().copied().unwrap_or(0)
    }

    fn quarters(&self) -> (f64, f64) {
        let quarter = self.0.len() / 4;
        let middle = |seen: &[u64]| {
            let mut seen = seen.to_vec();
            seen.sort_unstable();
            seen.get(seen.len() / 2).copied().unwrap_or(0) as f64
        };
        let last = self.0.len() - quarter;
        (
            middle(&self.0[quarter..2 * quarter]),
            middle(&self.0[last..]),
        )
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, last) = self.quarters();
        let mib = f64::from(1 << 20);
        let most = self.most() as f64;
        write!(
            f,
            "{:.0} MiB in the second quarter, {:.0} in the last, {:.0} at most",
            second / mib,
            last / mib,
            most / mib
        )
    }
}
