//! Rules in JavaScript: QuickJS as a component, of the script tier.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use baton_domain::{
    field::{Field, FieldValue},
    module::{FieldSource, Read, SettingType, SettingValue},
};
use baton_sandbox::{Compiled, Inspected, RecordedReads, Sandbox, Tier, run_one_rule};
use serde_json::json;

use crate::guest::{Facts, message, root};

const NAME: &str = "bot-failed-in-javascript";
const READS: [Field; 2] = [
    Field::ConversationFailedAnswers,
    Field::ConversationFailedQuestion,
];

fn fixture() -> Inspected {
    let file = root().join(format!("tests/fixtures/javascript/{NAME}.wasm"));
    Inspected::inspect(fs::read(file).unwrap()).unwrap()
}

/// The bot failed so often, last on a question of this text.
fn failed(times: u32, question: &str) -> Arc<dyn FieldSource> {
    Arc::new(Facts(BTreeMap::from([
        (Field::ConversationFailedAnswers, FieldValue::Count(times)),
        (
            Field::ConversationFailedQuestion,
            FieldValue::text(question),
        ),
    ])))
}

#[test]
fn a_javascript_rule_imports_what_it_declares_and_is_of_the_script_tier() {
    let inspected = fixture();
    assert_eq!(inspected.tier(), Tier::Script);
    assert_eq!(inspected.declaration().name.as_str(), NAME);
    assert_eq!(*inspected.fields(), BTreeSet::from(READS));
    assert_eq!(inspected.settings(), [SettingType::Integer]);
}

#[test]
fn limits_of_scripts_stand_at_twice_the_javascript_rule() {
    leaves_half_of_each_limit(&fixture());
}

fn leaves_half_of_each_limit(rule: &Inspected) {
    // Not a matter of size: what every component of this kind has of the pool.
    let fixed = [
        "memories in one core module",
        "memories",
        "tables",
        "core instances",
    ];
    for limit in &rule.report().limits {
        assert!(
            fixed.contains(&limit.what) || limit.measured * 2 <= limit.max,
            "{} of {} {}",
            limit.measured,
            limit.max,
            limit.what
        );
    }
}

/// One test, since the engine of JavaScript takes seconds to compile.
#[test]
fn a_javascript_rule_scores_the_same_and_anew_each_time() {
    let compiled = fixture().compile(&Sandbox::new().unwrap()).unwrap();
    scores_as_the_stock_rule_does(&compiled);
    starts_anew_each_time(&compiled);
    obeys_the_merchants_settings(&compiled);
}

fn scores_as_the_stock_rule_does(compiled: &Compiled) {
    let stock = fs::read(root().join("target/guests/bot-failed-twice.wasm"));
    let stock = Inspected::inspect(stock.expect("run `make guests`")).unwrap();
    let stock = stock.compile(&Sandbox::new().unwrap()).unwrap();
    let grants = READS.into();
    let stock = stock.activate(&grants, &BTreeMap::new()).unwrap();
    let rule = compiled.activate(&grants, &BTreeMap::new()).unwrap();
    let long = "Où est ma bague 💍? ".repeat(40);
    for source in [
        failed(0, ""),
        failed(1, "Do you engrave rings?"),
        failed(2, "Do you engrave rings? "),
        failed(3, &long),
        failed(40, "?"),
    ] {
        let mut found = run_one_rule(&rule, &source).run.answer.unwrap();
        for signal in &mut found {
            signal.extra.clear();
        }
        assert_eq!(Ok(found), run_one_rule(&stock, &source).run.answer);
    }
}

fn starts_anew_each_time(compiled: &Compiled) {
    let rule = compiled.activate(&READS.into(), &BTreeMap::new()).unwrap();
    let first = run_one_rule(&rule, &failed(2, "Halo?")).run;
    let signals = first.answer.as_ref().unwrap();
    // What the script itself counts.
    assert_eq!(signals[0].extra, [("runs".into(), "1".into())]);
    assert!(first.fuel > 0);
    let reads = [
        Read::Field(READS[0], FieldValue::Count(2)),
        Read::Setting("failures".into(), Some(SettingValue::Integer(2))),
        Read::Field(READS[1], FieldValue::text("Halo?")),
    ];
    assert_eq!(first.reads, reads);
    let recorded: Arc<dyn FieldSource> = Arc::new(RecordedReads::new(&first.reads));
    for _ in 0..50 {
        // Another's run between two must not show.
        drop(run_one_rule(&rule, &failed(9, "Another's question")));
        assert_eq!(run_one_rule(&rule, &recorded).run, first);
    }
}

fn obeys_the_merchants_settings(compiled: &Compiled) {
    let chosen = BTreeMap::from([("failures".into(), SettingValue::Integer(3))]);
    let rule = compiled.activate(&READS.into(), &chosen).unwrap();
    let signals = |times| run_one_rule(&rule, &failed(times, "?")).run.answer.unwrap();
    assert_eq!((signals(2).len(), signals(3).len()), (0, 1));
}

/// Where `tests/scripts/require-jco.sh` puts jco; nothing when it is not there.
fn jco() -> Option<PathBuf> {
    let cache = || {
        let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache"));
        env::var_os("XDG_CACHE_HOME").map_or_else(home, |it| Some(it.into()))
    };
    let root = match env::var_os("BATON_JCO") {
        Some(root) => PathBuf::from(root),
        None => cache()?.join("baton/jco"),
    };
    let is_whole = root.join("installed.json").exists();
    is_whole.then(|| root.join("node_modules"))
}

/// jco, or a word that it is missing.
#[allow(clippy::print_stdout, reason = "whoever reads the tests' output")]
fn jco_or_say_so() -> Option<PathBuf> {
    let found = jco();
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "tests/scripts/require-jco.sh");
        println!("jco is not set up: tests/scripts/require-jco.sh; nothing is built");
    }
    found
}

/// Builds `NAME.wasm` in a folder of its own.
///
/// # Errors
/// What the build says.
fn build(declared: &str, script: &str, packages: &Path) -> Result<Inspected, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rule.json"), declared).unwrap();
    fs::write(folder.path().join("rule.js"), script).unwrap();
    let built = Command::new("node")
        .arg(root().join("guest-sdk/js/build.mjs"))
        .arg(folder.path())
        .env("NODE_PATH", packages)
        .output()
        .unwrap();
    if !built.status.success() {
        return Err(String::from_utf8(built.stderr).unwrap());
    }
    let files = fs::read_dir(folder.path()).unwrap();
    let mut modules = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "wasm"));
    let module = fs::read(modules.next().unwrap()).unwrap();
    Ok(Inspected::inspect(module).unwrap())
}

fn source(folder: &str, file: &str) -> String {
    fs::read_to_string(root().join(folder).join(file)).unwrap()
}

fn build_folder(folder: &str, packages: &Path) -> Inspected {
    let (declared, script) = (source(folder, "rule.json"), source(folder, "rule.js"));
    build(&declared, &script, packages).unwrap()
}

#[test]
fn javascript_is_built_from_its_sources() {
    let Some(packages) = jco_or_say_so() else {
        return;
    };
    let again = build_folder("tests/fixtures/javascript", &packages);
    let kept = fixture();
    assert_eq!(again.declaration(), kept.declaration());
    assert_eq!(again.fields(), kept.fields());
    assert_eq!(again.settings(), kept.settings());

    let template = build_folder("guest-sdk/templates/js", &packages);
    assert_eq!(template.tier(), Tier::Script);
    assert_eq!(*template.fields(), [Field::MessageText].into());
    let compiled = template.compile(&Sandbox::new().unwrap()).unwrap();
    let granted = [Field::MessageText].into();
    let rule = compiled.activate(&granted, &BTreeMap::new()).unwrap();
    let says = |text| run_one_rule(&rule, &message(text)).run.answer.unwrap();
    let loud = says("WHERE IS MY ORDER");
    let reason = "The message is all in capitals (14 letters).";
    assert_eq!(loud[0].reason.as_ref(), reason);
    assert!(says("Where is my order?").is_empty() && says("OK").is_empty());
}

/// Every field and kind of setting there is, so every type of the contract.
#[test]
fn a_javascript_rule_may_read_everything() {
    let Some(packages) = jco_or_say_so() else {
        return;
    };
    let reads: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    let settings = [
        ("boolean", json!(true)),
        ("integer", json!(1)),
        ("decimal", json!(0.5)),
        ("text", json!("a")),
        ("texts", json!(["a"])),
    ]
    .map(|(kind, default)| json!({"name": kind, "type": kind, "default": default}));
    let declared = json!({
        "name": "everything", "world": "rule", "summary": "", "reads": reads, "settings": settings,
    });
    let script = "export function score() { return []; }";
    let rule = build(&declared.to_string(), script, &packages).unwrap();
    assert_eq!(*rule.fields(), Field::ALL.iter().copied().collect());
    assert_eq!(rule.settings().len(), 5);
    leaves_half_of_each_limit(&rule);
}

#[test]
fn the_build_says_what_is_wrong() {
    let Some(packages) = jco_or_say_so() else {
        return;
    };
    let declared = source("guest-sdk/templates/js", "rule.json");
    let script = source("guest-sdk/templates/js", "rule.js");
    for (from, to, part) in [
        ("message.text", "message.txt", "there is no message.txt"),
        ("message.text", "settings.text", "settings stand in"),
        ("\"integer\"", "\"number\"", "of no known type"),
        ("\"rule\"", "\"policy\"", "policies are not built"),
        ("my-rule", "../my-rule", "`name` is"),
        ("message.text", "message.kind", "must stand in `reads`"),
    ] {
        let said = build(&declared.replace(from, to), &script, &packages).unwrap_err();
        assert!(said.contains(part), "{said}");
    }
    let said = build(&declared, "function score() {}", &packages).unwrap_err();
    assert!(said.contains("does not export `score`"), "{said}");
}
