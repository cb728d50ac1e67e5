//! `baton rule run --watch`: again on each change, and a clean end.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Desk, VIP, recorded};

/// A watching process, ended with the test whatever happens.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(desk: &Desk) -> Self {
        let run = ["run", "vip.toml", "--input", "decision.json", "--watch"];
        let mut command = desk.command(&run);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let out = child.stdout.take().expect("its output is piped");
        let lines = BufReader::new(out).lines();
        Self { child, lines }
    }

    /// Reads on until a whole result has come, and gives it.
    fn result(&mut self) -> String {
        let mut result = String::new();
        for line in self.lines.by_ref() {
            let line = line.expect("UTF-8");
            let is_last =
                line.starts_with("    all within") || line.starts_with("  growth: it read no");
            result.push_str(&line);
            result.push('\n');
            if is_last {
                return result;
            }
        }
        panic!("it ended after:\n{result}");
    }

    fn interrupt(&self) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        let pid = Pid::from_raw(pid).expect("a process id");
        kill_process(pid, Signal::INT).expect("it is there");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_rule_is_run_again_on_each_change_until_ctrl_c() {
    let desk = Desk::new()
        .with("vip.toml", VIP)
        .with("decision.json", &recorded("repeat-buyer"));
    let mut watching = Watching::start(&desk);
    let first = watching.result();
    assert!(first.starts_with("vip-basket ("), "{first}");
    // What is broken for a moment ends nothing.
    desk.put("vip.toml", "name = ");
    let mut complaints = BufReader::new(watching.child.stderr.take().expect("piped"));
    let mut complaint = String::new();
    complaints.read_line(&mut complaint).expect("UTF-8");
    assert!(complaint.starts_with("vip.toml:1:"), "{complaint}");
    desk.put("vip.toml", &VIP.replace("vip-basket", "a-better-name"));
    let second = watching.result();
    assert!(second.starts_with("a-better-name ("), "{second}");
    watching.interrupt();
    let ended = watching.child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}
