//! `baton logs`.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::{Shell, has};
use crate::{
    fixture::{Fixture, PHONE},
    releases::{activate, decided, have, rule, trapping},
};

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
    activate(&host, json!([{ "module": eager }])).await;
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
    activate(&host, json!([{ "module": eager }])).await;
    decided(&host, "all is well").await;
    has(
        &shell.does("logs").await,
        &["  release 1  hand-off  [\"eager\"]\n"],
    );
    assert_eq!(shell.does("logs --failed").await, "");
    let modules = json!([{ "module": eager }, { "module": broken }]);
    activate(&host, modules).await;
    decided(&host, "something fails").await;
    let told = shell.does("logs --failed").await;
    has(
        &told,
        &["release 2  stay (advice)  failed: broken trapped\n"],
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
