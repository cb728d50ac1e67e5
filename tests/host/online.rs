//! The command line against a host: the real binary, by HTTP.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{
    fixture::{Fixture, PHONE},
    releases::{activate, decided, have, rule, trapping},
};

/// The host that a command speaks to, and as whom.
struct Shell {
    url: String,
    key: String,
    folder: TempDir,
}

/// What a command did.
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Shell {
    fn of(host: &Fixture) -> Self {
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

    async fn run(&self, line: &str) -> Done {
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
    async fn does(&self, line: &str) -> String {
        let done = self.run(line).await;
        assert_eq!(done.code, Some(0), "{line}: {}{}", done.out, done.err);
        done.out
    }

    /// What a command that the host refuses says.
    async fn refused(&self, line: &str) -> String {
        let done = self.run(line).await;
        assert_eq!(done.code, Some(3), "{line}: {}{}", done.out, done.err);
        assert_eq!(done.out, "", "nothing was done");
        done.err
    }

    async fn json(&self, line: &str) -> Value {
        let text = self.does(&format!("{line} --json")).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn file(&self, name: &str, bytes: &[u8]) {
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
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_module_goes_from_file_to_live_and_back() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    let told = shell.uploads("eager", "message.text != null", "").await;
    has(
        &told,
        &[
            "eager: a rule of ",
            "message.text: the text of the customer's message, with numbers and addresses masked [not granted]",
            "baton module grant eager message.text",
        ],
    );
    let refused = shell.refused("release create --module eager").await;
    has(
        &refused,
        &[
            "(ungranted_fields)",
            "message.text",
            "next: baton module grant eager message.text",
        ],
    );
    let told = shell.does("module grant eager message.text").await;
    has(&told, &["may read now", "  message.text: the text of"]);
    let told = shell
        .does("release create --module eager,weight=0.5 --set weighted.threshold=0.4 --note first")
        .await;
    has(
        &told,
        &[
            "release 1, made ",
            " by all: first",
            "+ rule eager (",
            ": weight 0.5",
            "setting threshold: its default → 0.4",
            "by eager: message.text: the text of",
            "baton release activate 1",
        ],
    );
    let told = shell.does("release activate 1 --why calmer").await;
    has(&told, &["release 1 decides on everybody"]);
    assert_eq!(decided(&host, "hello").await["release"], 1);

    let told = shell.does("release status").await;
    has(
        &told,
        &[
            "release 1 decides on everybody",
            "among 200 evaluations",
            "  all           activated release 1, after release 0: calmer",
            "release 1 (active)",
        ],
    );
    let eager = told.lines().find(|it| it.trim().starts_with("eager"));
    let eager: Vec<_> = eager.expect("it ran").split_whitespace().collect();
    assert_eq!(eager[1..4], ["1", "0", "1"], "runs, skipped, signals");

    shell.does("release create --without eager").await;
    let told = shell.does("release diff 1 2").await;
    has(&told, &["from release 1 to release 2", "- rule eager ("]);
    let told = shell.does("release rollback --why worse").await;
    has(&told, &["release 0 decides on everybody"]);
    assert_eq!(decided(&host, "hello again").await["release"], 0);
    let refused = shell.refused("release rollback").await;
    has(&refused, &["(rollout_refused)", "nothing came before"]);
}

#[tokio::test]
async fn a_difference_is_told_in_plain_words() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell
        .uploads("eager", "message.text != null", "--grant-all")
        .await;
    shell.does("release create --module eager").await;
    let more = "message.text != null && customer.phone != null";
    let told = shell.uploads("eager", more, "--grant-all").await;
    assert!(!told.contains("not granted"), "{told}");
    let digest = told
        .lines()
        .find_map(|it| it.trim().strip_prefix("digest "))
        .expect("a digest");
    let line = format!(
        "release create --base 1 --module {digest},weight=0.25,mode=shadow,on_failure=default"
    );
    shell.does(&line).await;
    let told = shell.does("release diff 1 2").await;
    has(
        &told,
        &[
            "~ rule eager (",
            "bytes: ",
            "mode: live → shadow",
            "on failure: open → default",
            "weight: 1 → 0.25",
            "can be read, and could not before\n    by eager: customer.phone: the customer's phone number\n",
        ],
    );
    assert!(!told.contains("by eager: message.text"), "{told}");
    has(&shell.does("release diff 2 2").await, &["nothing differs"]);
    // A setting goes beside those of the base, and back to its default.
    shell
        .does("release create --base 1 --set weighted.threshold=0.7 --set weighted.team=sales")
        .await;
    shell
        .does("release create --base 3 --set weighted.threshold=null")
        .await;
    let told = shell.does("release diff 3 4").await;
    has(&told, &["setting threshold: 0.7 → its default"]);
    assert!(!told.contains("setting team"), "{told}");
    let told = shell.does("release show 4").await;
    has(&told, &["policy weighted (", "): team = \"sales\"\n"]);
    let done = shell
        .run("release create --base 1 --set nobody.threshold=1")
        .await;
    assert_eq!(done.code, Some(1));
    has(&done.err, &["has no module nobody", "--module nobody"]);
    has(
        &shell.does("release list").await,
        &["release 4, made ", "release 1, made "],
    );
}

#[tokio::test]
async fn grants_are_added_and_taken_from_what_stands() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell
        .uploads("eager", "message.text != null && order.count > 0", "")
        .await;
    shell.does("module grant eager message.text").await;
    let grants = shell.json("module grant eager order.count").await;
    assert_eq!(grants["fields"].as_array().map(Vec::len), Some(2));
    assert_eq!(grants["revision"], 2);
    let told = shell.does("module grant eager order.count").await;
    has(&told, &["eager: nothing to change"]);
    let told = shell.does("module revoke eager message.text").await;
    has(
        &told,
        &[
            "eager may not read any more:\n  message.text: ",
            "does not run",
        ],
    );
    let told = shell.does("module show eager").await;
    has(
        &told,
        &[
            "order.count: how many orders the customer paid\n",
            "masked [not granted]",
        ],
    );
    let digest = shell.json("module show eager").await["digest"].clone();
    let digest = digest.as_str().expect("a digest").to_owned();
    let told = shell.does(&format!("module grant --all-of {digest}")).await;
    assert!(!told.contains("order.count"), "it had that: {told}");
    // A module of the host has what it reads; a grant adds to it.
    let grants = shell.json("module grant repeat-buyer customer.name").await;
    let fields = grants["fields"].as_array().expect("fields").iter();
    let fields: Vec<_> = fields.filter_map(|it| it["field"].as_str()).collect();
    assert!(fields.contains(&"order.count") && fields.contains(&"customer.name"));
    let list = shell.does("module list").await;
    let of = |name: &str| list.lines().find(|it| it.starts_with(name));
    has(
        of("eager").expect("a line"),
        &["  granted ", &digest, "by all"],
    );
    has(
        of("repeat-buyer").expect("a line"),
        &["  granted ", "of the host"],
    );
    let unknown = shell.refused("module grant eager customer.shoe-size").await;
    has(&unknown, &["customer.shoe-size"]);
}

#[tokio::test]
async fn canary_shadow_and_guardrails_move() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell.uploads("eager", "true", "").await;
    shell.does("release create --module eager").await;
    let told = shell.does("release canary 1 12.5 --why careful").await;
    has(
        &told,
        &[
            "release 0 decides on everybody who is not in the canary",
            "release 1 is the canary: it decides on 12.5 of 100 customers",
        ],
    );
    let told = shell.does("release shadow 1").await;
    has(&told, &["release 1 is the shadow"]);
    let told = shell.does("release end-shadow").await;
    assert!(!told.contains("shadow"), "{told}");
    let told = shell.does("release end-canary").await;
    assert_eq!(told, "release 0 decides on everybody\n");
    let told = shell.does("release status").await;
    has(
        &told,
        &["release 1 became the canary for 12.5 of 100: careful"],
    );
    let told = shell.does("release guardrails --window 40").await;
    has(&told, &["among 40 evaluations", "more than 5 %", "20 ms"]);
    let status = shell.json("release status").await;
    assert_eq!(status["rollout"]["guardrails"]["window"], 40);
    assert_eq!(status["running"]["items"][0]["stands"], "active");
    has(
        &shell.does("release guardrails --enabled false").await,
        &["guardrails are off"],
    );
    let refused = shell.refused("release guardrails --window 1").await;
    has(&refused, &["(invalid_value)", "guardrails.window is 1"]);
}

#[tokio::test]
async fn under_one_key_a_release_is_made_once() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell.uploads("eager", "true", "").await;
    let line = "release create --module eager --idempotency-key of-a-pipeline";
    let first = shell.json(line).await;
    assert_eq!(first, shell.json(line).await);
    shell.does("release create --module eager").await;
    let list = shell.json("release list").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
}

struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn start(shell: &Shell, line: &str) -> Self {
        let mut command = shell.command(line);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = child.stdout.take().expect("an output");
        let lines = BufReader::new(out).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> String {
        let patience = Duration::from_secs(60);
        let line = tokio::time::timeout(patience, self.lines.next_line()).await;
        line.expect("in time").expect("text").expect("a line")
    }

    /// Presses Ctrl-C; how it ends.
    async fn interrupted(mut self) -> Option<i32> {
        let id = self.child.id().expect("it runs").to_string();
        let kill = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(kill.expect("it is sent").success());
        self.child.wait().await.expect("it ends").code()
    }
}

#[tokio::test]
async fn logs_follow_what_is_decided_meanwhile() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    let eager = have(&host, rule("eager", "true", "She wrote.")).await;
    activate(&host, serde_json::json!([{ "module": eager }])).await;
    decided(&host, "the first").await;
    let mut following = Following::start(&shell, "logs --follow");
    let first = following.line().await;
    has(
        &first,
        &["2026-11-24T02:30:01Z  ", "  message       release 1  "],
    );
    // In the same second, and in a later one.
    host.says("the second").await;
    has(&following.line().await, &["2026-11-24T02:30:01Z  "]);
    decided(&host, "the third").await;
    has(&following.line().await, &["2026-11-24T02:30:02Z  "]);
    assert_eq!(following.interrupted().await, Some(0));
    let all = shell.does("logs --last 2").await;
    let times: Vec<_> = all.lines().filter_map(|it| it.get(..20)).collect();
    assert_eq!(times, ["2026-11-24T02:30:01Z", "2026-11-24T02:30:02Z"]);
}

#[tokio::test]
async fn logs_tell_what_failed_and_what_a_module_said() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    assert_eq!(shell.does("logs").await, "");
    let eager = have(&host, rule("eager", "true", "She wrote.")).await;
    let broken = have(&host, trapping("broken")).await;
    activate(&host, serde_json::json!([{ "module": eager }])).await;
    decided(&host, "all is well").await;
    assert_eq!(shell.does("logs --failed").await, "");
    let modules = serde_json::json!([{ "module": eager }, { "module": broken }]);
    activate(&host, modules).await;
    decided(&host, "something fails").await;
    let told = shell.does("logs --failed").await;
    has(
        &told,
        &[
            "release 2  hand-off  [",
            "\"eager\"",
            "failed: broken trapped",
        ],
    );
    assert_eq!(told.lines().count(), 1);
    let told = shell.does("logs --module eager").await;
    assert_eq!(told.lines().count(), 2);
    assert!(told.lines().all(|it| it.ends_with("eager says eager 0.9")));
    assert_eq!(shell.does("logs --module nobody").await, "");
    assert_eq!(shell.does("logs --module eager --failed").await, "");
    let record = shell.does("logs --last 1 --json").await;
    let record: Value = serde_json::from_str(&record).expect("a line of JSON");
    assert_eq!(record["record"]["release"], 2);
    let customer = record["customer"].as_str().expect("a customer");
    has(&told, &[customer]);
    assert!(!told.contains(PHONE) && !told.contains("something fails"));
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
    let made = command
        .arg("\u{1b}[2Jgone")
        .output()
        .await
        .expect("it runs");
    assert!(made.status.success(), "{made:?}");
    let told = shell.does("release list").await;
    has(&told, &["[2Jgone"]);
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
