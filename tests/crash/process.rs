//! The host as a child: the real binary, killed without warning.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// How long a start may take on a busy machine before something is wrong.
const START_SECONDS_MAX: u64 = 90;

/// Where a host lives: configuration, data and log.
pub struct Place {
    folder: PathBuf,
    pub url: String,
}

/// A running host.
pub struct Running {
    child: Child,
    log: PathBuf,
}

/// A port below those that the system gives to clients, so that nobody takes
/// it while the host is down.
fn free_port() -> u16 {
    let first = std::process::id() * 131 % 12_000;
    let wanted = (0..12_000).map(|it| 20_000 + (first + it) % 12_000);
    let mut wanted = wanted.filter_map(|it| u16::try_from(it).ok());
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    wanted.find(is_free).expect("a free port")
}

impl Place {
    /// A place with its configuration; the host runs three stock modules, so
    /// that a start is quick.
    pub fn make(folder: &Path, admin: &str, graph_url: &str) -> Self {
        let modules = folder.join("modules");
        fs::create_dir_all(&modules).expect("a folder");
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
        for name in ["asks-for-person", "bot-failed-twice", "weighted"] {
            let name = format!("{name}.wasm");
            fs::copy(guests.join(&name), modules.join(&name))
                .expect("the stock modules are built: run `make guests`");
        }
        let address = format!("127.0.0.1:{}", free_port());
        let config = format!(
            "listen = \"{address}\"\ndata = \"data\"\nadmin_key_sha256 = \"{}\"\n\
             graph_url = \"{graph_url}\"\n[evaluation]\nmodules = \"modules\"\n",
            hex::encode(Sha256::digest(admin)),
        );
        fs::write(folder.join("baton.toml"), config).expect("it is written");
        Self {
            folder: folder.to_owned(),
            url: format!("http://{address}"),
        }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.join("baton.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn start(&self) -> Running {
        let log = self.folder.join("log");
        let child = Command::new(env!("CARGO_BIN_EXE_baton"))
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .env("BATON_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("it starts");
        Running { child, log }
    }

    /// Makes every decision in the store again, which must come out the same.
    pub fn replay(&self) {
        let output = Command::new(env!("CARGO_BIN_EXE_baton"))
            .args(["replay", "--json", "--config"])
            .arg(self.config())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "replay: {said}{errors}");
        let tally: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        assert!(tally["decisions"].as_u64() > Some(0), "{said}");
        assert_eq!(tally["gone"], 0, "{said}");
    }
}

impl Running {
    /// Panics with what the host said when it ended by itself.
    pub fn check(&mut self, when: &str) {
        if let Some(status) = self.child.try_wait().expect("a child") {
            panic!("{when}: the host ended with {status}:\n{}", self.log());
        }
    }

    pub fn log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Returns once `is_there`, looking every few milliseconds.
    pub async fn wait_until(&mut self, what: &str, is_there: impl Fn() -> bool) {
        let give_up = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while !is_there() {
            self.check(what);
            assert!(
                Instant::now() < give_up,
                "never: {what}; the host said:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether the host has opened the store's rows by now.
    pub fn has_store_open(&self) -> bool {
        let Ok(files) = fs::read_dir(format!("/proc/{}/fd", self.child.id())) else {
            return false;
        };
        files
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|path| path.ends_with("rows/db"))
    }

    /// SIGKILL, and the process is gone when it returns.
    pub fn kill(mut self, when: &str) {
        self.check(when);
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ended");
    }
}

/// Whatever fails, no host is left behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
