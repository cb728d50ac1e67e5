//! The author's loop, offline and through the binary: `baton rule new`,
//! `build`, `test` and `run`.

mod build;
mod cases;
mod mistakes;
mod readme;
mod run;
mod start;
mod watch;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// The rule without code of the README.
const VIP: &str = r#"name = "vip-basket"
summary = "A repeat buyer has a basket above USD 200 open."
condition = 'basket.value != null && basket.value > money(20000, "USD") && order.count >= 2'
score = '0.8'
reason = 'A customer with {order.count} orders has {basket.value} in the basket.'
tag = "vip"
next_step = "Offer help with the basket"
"#;

/// A folder of an author, and what the binary does in it.
struct Desk(TempDir);

/// What a command came to.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    /// With a file in it.
    fn with(self, name: &str, text: &str) -> Self {
        self.put(name, text);
        self
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file is written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file is there")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command.current_dir(self.0.path());
        command.arg("rule").args(arguments);
        command
    }

    /// `baton rule` with these arguments, in the folder.
    fn rule(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().expect("the binary runs");
        output.into()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Done {
    /// Its exit code is this.
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Standard output has this part.
    #[track_caller]
    fn tells(self, part: &str) -> Self {
        assert!(self.out.contains(part), "no {part:?} in:\n{}", self.out);
        self
    }

    /// Standard error has this part, and standard output nothing.
    #[track_caller]
    fn complains(self, part: &str) -> Self {
        assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        assert_eq!(self.out, "");
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("it prints JSON")
    }
}

/// A stock module, as `make guests` built it.
fn stock(name: &str) -> String {
    let path = crate::guests().join(format!("{name}.wasm"));
    path.canonicalize()
        .expect("a stock module")
        .display()
        .to_string()
}

/// What `baton decide --json` prints on an example.
fn recorded(example: &'static str) -> String {
    let mut run = crate::Run::of(example);
    run.more.push("--json".to_owned());
    let done = Done::from(run.output()).exits(0);
    done.out
}

/// The folder of the SDK in this repository.
fn sdk() -> String {
    crate::root().join("guest-sdk").display().to_string()
}

/// Every file below a folder, by its path in it.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = baton_tests::files(folder)
        .iter()
        .map(|path| path.strip_prefix(folder).expect("below it"))
        .map(|path| path.display().to_string())
        .collect();
    names.sort();
    names
}
