//! The command line against a host: the real binary, by HTTP.

mod logs;
mod module;
mod release;

use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{fixture::Fixture, releases::rule};

/// The host that a command speaks to, and as whom.
pub struct Shell {
    url: String,
    key: String,
    folder: TempDir,
}

/// What a command did.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Shell {
    pub fn of(host: &Fixture) -> Self {
        Self {
            url: host.url.clone(),
            key: host.key.clone(),
            folder: TempDir::new().expect("a folder"),
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command
            .args(line.split_whitespace())
            .env("BATON_HOST", &self.url)
            .env("BATON_KEY", &self.key)
            .current_dir(self.folder.path())
            .kill_on_drop(true);
        command
    }

    pub async fn run(&self, line: &str) -> Done {
        let output = self.command(line).output().await.expect("it runs");
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        Done {
            code: status.code(),
            out: String::from_utf8(stdout).expect("text"),
            err: String::from_utf8(stderr).expect("text"),
        }
    }

    /// What a command that does what it is asked for prints.
    pub async fn does(&self, line: &str) -> String {
        let done = self.run(line).await;
        assert_eq!(done.code, Some(0), "{line}: {}{}", done.out, done.err);
        done.out
    }

    /// What a command that the host refuses says.
    pub async fn refused(&self, line: &str) -> String {
        let done = self.run(line).await;
        assert_eq!(done.code, Some(3), "{line}: {}{}", done.out, done.err);
        assert_eq!(done.out, "", "nothing was done");
        done.err
    }

    async fn json(&self, line: &str) -> Value {
        let text = self.does(&format!("{line} --json")).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::write(path, bytes).expect("it is written");
    }

    /// Uploads a rule of this name that reads what `condition` names.
    async fn uploads(&self, name: &str, condition: &str, options: &str) -> String {
        self.file("module.wasm", &rule(name, condition, "She wrote."));
        self.does(&format!("module upload module.wasm {options}"))
            .await
    }
}

#[track_caller]
pub fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_wrong_key_and_no_host_say_what_to_do() {
    let host = Fixture::start().await;
    let mut shell = Shell::of(&host);
    shell.key = "not-a-key".to_owned();
    let refused = shell.refused("release list").await;
    has(&refused, &["(unauthorized)", "--key or BATON_KEY"]);
    let done = shell.run("module list --json").await;
    assert_eq!(done.code, Some(3));
    let answer: Value = serde_json::from_str(&done.out).expect("the API's own");
    assert_eq!(answer["error"]["code"], "unauthorized");
    // What stands on the line counts more than the environment.
    let line = format!("module list --key {}", host.key);
    has(&shell.does(&line).await, &["weighted"]);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    shell.url = format!("http://{}", taken.local_addr().expect("an address"));
    drop(taken);
    for line in ["module list", "release status", "logs --follow"] {
        let done = shell.run(line).await;
        assert_eq!(done.code, Some(1), "{line}");
        has(
            &done.err,
            &[&shell.url, "baton serve", "--host or BATON_HOST"],
        );
    }
    shell.key.clear();
    let done = shell.run("module list").await;
    assert_eq!(done.code, Some(1));
    has(&done.err, &["a key is wanted", "BATON_KEY"]);
}

#[tokio::test]
async fn what_others_wrote_does_not_steer_the_terminal() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    let mut command = shell.command("release create --note");
    let note = "\u{1b}[2Jgone\nrelease 9";
    let made = command.arg(note).output().await.expect("it runs");
    assert!(made.status.success(), "{made:?}");
    let told = shell.does("release list").await;
    has(&told, &["[2Jgone release 9\n"]);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");
    let done = shell.run("module upload no-such-file").await;
    assert_eq!(done.code, Some(1));
    has(&done.err, &["cannot read no-such-file"]);
    shell.file("broken.wasm", b"no module");
    has(
        &shell.refused("module upload broken.wasm").await,
        &["(module_refused)"],
    );
}
