//! Servers in processes of their own, so that their memory and processor time
//! can be told from the generator's.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::subject::Subject;

/// How long a server may take to end.
const END_SECONDS_MAX: u64 = 30;

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
    pub fn start(subject: Subject, folder: &Path, rows: Option<&Path>) -> anyhow::Result<Self> {
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
        if let Some(rows) = rows {
            command.arg("--rows").arg(rows);
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

    /// Memory that it holds now, in bytes (`proc_pid_status(5)`: `VmRSS`).
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
        kilobytes.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1_024
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
            std::thread::sleep(Duration::from_millis(20));
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
