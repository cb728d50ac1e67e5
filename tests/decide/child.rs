//! Compiling uploads in a child process, `baton compile-module`: real modules
//! come out as from this process, and a bomb stays in the child.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    sync::Arc,
    time::Duration,
};

use baton_domain::{
    field::{Field, FieldValue},
    module::FieldSource,
};
use baton_sandbox::{
    ArtefactCache, CompileLimits, Compiled, Compiler, Inspected, Rejection, Sandbox, Way,
    run_one_rule,
};

use crate::{guests, root};

/// A way that runs `command` in the shell.
fn shell(command: &str) -> Way {
    Way::Child {
        command: "/bin/sh".into(),
        args: ["-c", command].map(OsString::from).to_vec(),
    }
}

fn this_program() -> Way {
    Way::Child {
        command: env!("CARGO_BIN_EXE_baton").into(),
        args: vec!["compile-module".into()],
    }
}

fn stock(name: &str) -> Inspected {
    let bytes = fs::read(guests().join(name).with_extension("wasm")).expect("a stock module");
    Inspected::inspect(bytes).expect("it is admitted")
}

fn sandbox() -> Sandbox {
    Sandbox::new().expect("a sandbox")
}

struct Message;

impl FieldSource for Message {
    fn read(&self, field: Field) -> FieldValue {
        match field {
            Field::MessageText => FieldValue::text("I want to talk to a person, please"),
            _ => FieldValue::nothing(field.shape()),
        }
    }
}

/// What the module says of a message, in all detail, fuel included.
fn run(compiled: &Compiled) -> String {
    let every_field: BTreeSet<Field> = Field::ALL.iter().copied().collect();
    let ready = compiled.activate(&every_field, &BTreeMap::new());
    let source: Arc<dyn FieldSource> = Arc::new(Message);
    format!(
        "{:?}",
        run_one_rule(&ready.expect("it is ready"), &source).run
    )
}

#[test]
fn what_a_child_compiled_runs_as_what_this_process_compiled() {
    let (compiler, sandbox) = (Compiler::new(this_program()), sandbox());
    for name in ["asks-for-person", "suspicious-message"] {
        let child = compiler.compile(stock(name), &sandbox, None);
        let child = child.expect("the child compiles it");
        let here = stock(name).compile(&sandbox).expect("it compiles");
        let said = run(&child);
        assert_eq!(said, run(&here), "{name}");
        assert!(said.contains("Ok("), "{said}");
    }
}

#[test]
fn what_a_child_compiled_is_kept_and_no_child_runs_for_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = ArtefactCache::open(folder.path(), [1; 32]).expect("a cache");
    let sandbox = sandbox();
    let first = Compiler::new(this_program());
    let first = first.compile(stock("complaint"), &sandbox, Some(&cache));
    let second = Compiler::new(shell("exit 1"));
    let second = second.compile(stock("complaint"), &sandbox, Some(&cache));
    assert_eq!(
        run(&first.expect("the child compiles it")),
        run(&second.expect("it is found"))
    );
    assert_eq!((cache.counts().found, cache.counts().missed), (1, 1));
}

/// A module within the other limits of admission that is more work than it looks:
/// each of so many loops inside each other may change each of so many locals,
/// so the compiler gives each loop a value for each local.
pub(crate) fn bomb() -> Vec<u8> {
    let (loops, locals) = (1_900, 900);
    let change =
        |local: usize| format!("(local.set {local} (i64.mul (local.get {local}) (local.get 0)))");
    let changes: String = (0..locals).map(change).collect();
    let module = format!(
        "(core module (func (local {}) {} {changes} {}))",
        "i64 ".repeat(locals),
        "loop ".repeat(loops),
        "(br_if 0 (i64.eqz (local.get 1))) end ".repeat(loops),
    );
    let frame = root().join("tests/hostile/rule-without-tricks/module.wat");
    let frame = fs::read_to_string(frame).expect("the frame of hostile modules");
    let text = frame.replacen("(component", &format!("(component {module}"), 1);
    let mut bytes = wat::parse_str(text).expect("it is a component");
    declare(&mut bytes);
    bytes
}

fn inspected_bomb() -> Inspected {
    Inspected::inspect(bomb()).expect("it is admitted")
}

/// Appends a declaration.
fn declare(bytes: &mut Vec<u8>) {
    let name = "baton:declaration";
    let json = r#"{"name":"bomb","world":"rule","summary":""}"#;
    let size = 1 + name.len() + json.len();
    assert!(size < 0x80, "its length is one byte");
    bytes.extend([0, size as u8, name.len() as u8]);
    bytes.extend(name.bytes().chain(json.bytes()));
}

#[track_caller]
fn check_stopped(way: Way, limits: CompileLimits, module: Inspected, code: &str) -> Rejection {
    let compiler = Compiler::with_limits(way, limits);
    let sandbox = sandbox();
    let stopped = compiler
        .compile(module, &sandbox, None)
        .expect_err("it is stopped");
    assert_eq!(stopped.code(), code, "{stopped}");
    assert!(!stopped.advice().is_empty());
    stopped
}

#[test]
fn a_bomb_runs_out_of_computing_time() {
    let limits = CompileLimits {
        // So much that it is never the first limit met.
        address_space_bytes: 64 << 30,
        cpu_seconds: 1,
        wall: Duration::from_secs(120),
    };
    check_stopped(this_program(), limits, inspected_bomb(), "compile_too_slow");
}

#[test]
fn a_bomb_runs_out_of_memory() {
    let limits = CompileLimits {
        // What the program itself takes, and some.
        address_space_bytes: 256 * 1024 * 1024,
        cpu_seconds: 120,
        wall: Duration::from_secs(120),
    };
    check_stopped(
        this_program(),
        limits,
        inspected_bomb(),
        "compile_too_large",
    );
}

#[test]
fn a_child_that_hangs_is_killed() {
    let limits = CompileLimits {
        wall: Duration::from_millis(50),
        ..CompileLimits::default()
    };
    let hangs = shell("exec /bin/sleep 600");
    check_stopped(hangs, limits, stock("complaint"), "compile_too_slow");
}

#[test]
fn a_child_that_gives_nonsense_is_not_believed() {
    let limits = CompileLimits::default();
    for command in [
        "cat >/dev/null; echo nonsense",
        "exit 0",
        "exit 1",
        "kill -9 $$",
    ] {
        check_stopped(shell(command), limits, stock("complaint"), "not_compiled");
    }
    let missing = Way::Child {
        command: "/no/such/program".into(),
        args: vec![],
    };
    check_stopped(missing, limits, stock("complaint"), "not_compiled");
}

#[test]
fn a_child_sees_nothing_of_the_hosts_environment() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let shows = shell("cat >/dev/null; export -p >&2; exit 3");
    let limits = CompileLimits::default();
    let told = check_stopped(shows, limits, stock("complaint"), "not_compiled").to_string();
    assert!(told.contains("PWD"), "it shows nothing: {told}");
    assert!(!told.contains("CARGO"), "{told}");
}

/// The child has its limits before it reads a byte.
#[cfg(target_os = "linux")]
#[test]
fn a_child_confines_itself_first() {
    use std::process::{Command, Stdio};

    let limits = CompileLimits::default();
    let mut child = Command::new(env!("CARGO_BIN_EXE_baton"))
        .arg("compile-module")
        .args(limits.args())
        // As the host does: one step of the allocator is all there may be.
        .env("MIMALLOC_ARENA_RESERVE", "16384")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let about = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id()));
    // Last of all it lowers its priority; the nineteenth number is that.
    let is_confined = || {
        let stat = about("stat").expect("the child waits for its input");
        let (_, numbers) = stat.rsplit_once(')').expect("its name ends");
        numbers.split_whitespace().nth(16) == Some("19")
    };
    while !is_confined() {
        std::thread::yield_now();
    }
    let told = about("limits").expect("the child waits for its input");
    for (name, soft, hard) in [
        ("Max address space", 1 << 30, 1 << 30),
        ("Max cpu time", 10, 11),
        ("Max file size", 0, 0),
        ("Max core file size", 0, 0),
    ] {
        let line = told.lines().find_map(|line| line.strip_prefix(name));
        let numbers = line.unwrap_or_default().split_whitespace().take(2);
        let numbers: Vec<&str> = numbers.collect();
        assert_eq!(numbers, [soft.to_string(), hard.to_string()], "{name}");
    }
    drop(child.stdin.take());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3), "nothing is no component");
}

#[test]
fn several_at_once_take_turns_and_all_are_compiled() {
    let compiler = Compiler::new(this_program());
    let sandbox = sandbox();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let compiled = compiler.compile(stock("bot-failed-twice"), &sandbox, None);
                compiled.expect("its turn comes");
            });
        }
    });
}
