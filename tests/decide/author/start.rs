//! `baton rule new`: what it writes builds, and its cases hold.

use std::{fs, path::Path};

use baton_guest_build::{Workspace, componentize};

use super::{Desk, listing, recorded, sdk};

const RUST_FILES: [&str; 4] = [
    "Cargo.toml",
    "README.md",
    "my-rule.cases.toml",
    "src/lib.rs",
];

#[test]
fn a_document_is_written_built_tested_and_run() {
    let desk = Desk::new();
    let done = desk.rule(&["new", "big-spender"]).exits(0);
    assert_eq!(
        done.out,
        "big-spender: a rule without code\n  wrote big-spender.toml\n  wrote \
         big-spender.cases.toml\n  next  baton rule test big-spender.toml\n"
    );
    assert_eq!(
        listing(desk.0.path()),
        ["big-spender.cases.toml", "big-spender.toml"]
    );
    assert!(!desk.text("big-spender.toml").contains("my-rule"));
    desk.rule(&["test", "big-spender.toml"])
        .exits(0)
        .tells("\n4 cases, all as expected\n")
        .tells("\n  signal     in 1 case    large-basket\n")
        .tells("\n  next step  in 1 case    Offer help with the basket\n");
    desk.rule(&["build", "big-spender.toml", "--to", "big-spender.wasm"])
        .exits(0)
        .tells("  reads basket.value\n  reads order.count\n");
    desk.rule(&["test", "big-spender.wasm"]).exits(0);
    desk.put("decision.json", &recorded("repeat-buyer"));
    desk.rule(&["run", "big-spender.wasm", "--input", "decision.json"])
        .exits(0)
        .tells("big-spender (");
    // The case that the template holds as a comment.
    let cases = desk.text("big-spender.cases.toml");
    let (_, commented) = cases.split_once("# [[case]]\n").expect("a commented case");
    let case = commented
        .replace("# ", "")
        .replace("expect.quiet = true", "");
    desk.put("recorded.toml", &format!("[[case]]\n{case}\nexpect = []\n"));
    let code = desk
        .rule(&["test", "big-spender.toml", "--cases", "recorded.toml"])
        .code;
    assert!(code == Some(0) || code == Some(3), "it can be read");
}

#[test]
fn nothing_is_overwritten() {
    let desk = Desk::new().with("mine.cases.toml", "precious");
    desk.rule(&["new", "mine"])
        .exits(1)
        .complains("mine.cases.toml is there already");
    assert_eq!(listing(desk.0.path()), ["mine.cases.toml"]);
    assert_eq!(desk.text("mine.cases.toml"), "precious");
    let new = ["new", "mine", "--to", "deep/down"];
    desk.rule(&new).exits(0);
    desk.rule(&new)
        .exits(1)
        .complains("deep/down/mine.toml is there already");
}

#[test]
fn names_and_places_are_checked() {
    let desk = Desk::new();
    for (arguments, because) in [
        (
            &["new", "Big Spender"][..],
            "cannot be called \"Big Spender\"",
        ),
        (&["new", "mine", "--template", "rust"], "where is the SDK?"),
        (
            &["new", "mine", "--template", "rust", "--sdk", "nowhere"],
            "nowhere does not hold the crate baton-guest",
        ),
        (&["new", "mine", "--sdk", "somewhere"], "needs no SDK"),
        (
            &["new", "2-in-a-row", "--template", "rust", "--sdk", &sdk()],
            "begin with a letter",
        ),
    ] {
        desk.rule(arguments).exits(1).complains(because);
    }
    assert_eq!(listing(desk.0.path()), [""; 0]);
}

/// The folder of a template.
fn template(name: &str) -> std::path::PathBuf {
    crate::root().join("guest-sdk/templates").join(name)
}

/// `cargo test` compiles the template and runs its own tests, since it belongs
/// to this workspace; and what `new` writes is the template.
#[test]
fn a_crate_is_the_template_with_its_name_and_sdk() {
    let desk = Desk::new();
    let sdk = sdk();
    for name in ["my-rule", "big-spender"] {
        desk.rule(&["new", name, "--template", "rust", "--sdk", &sdk])
            .exits(0)
            .tells(&format!("{name}: a rule in Rust\n"));
        let place = Path::new(&sdk).canonicalize().expect("the SDK");
        let place = place.display().to_string();
        let files = RUST_FILES.map(|file| file.replace("my-rule", name));
        assert_eq!(listing(&desk.path(name)), files);
        for (file, written) in RUST_FILES.iter().zip(&files) {
            let template = fs::read_to_string(template("rust").join(file)).expect("a template");
            let expected = template
                .replace("my-rule", name)
                .replace("path = \"../..\"", &format!("path = \"{place}\""))
                .replace("`../..`", &format!("`{place}`"))
                .replace("../../build", &format!("{place}/build"));
            assert_eq!(desk.text(&format!("{name}/{written}")), expected);
        }
    }
}

#[test]
fn a_crate_can_take_the_sdk_from_git_or_from_beside_it() {
    let desk = Desk::new();
    let address = "https://example.com/baton.git";
    desk.rule(&["new", "far", "--template", "rust", "--sdk", address])
        .exits(0);
    let manifest = desk.text("far/Cargo.toml");
    assert!(manifest.contains("baton-guest = { git = \"https://example.com/baton.git\" }"));
    let readme = desk.text("far/README.md");
    assert!(readme.contains("cargo install --git https://example.com/baton.git baton-guest-build"));
    // As in a checkout of Baton.
    fs::create_dir_all(desk.path("guest-sdk")).expect("a folder");
    fs::create_dir_all(desk.path("rules")).expect("a folder");
    desk.put(
        "guest-sdk/Cargo.toml",
        "[package]\nname = \"baton-guest\"\n",
    );
    desk.rule(&["new", "near", "--template", "rust", "--to", "rules"])
        .exits(0)
        .tells("next  see rules/near/README.md");
    let manifest = desk.text("rules/near/Cargo.toml");
    assert!(manifest.contains("baton-guest = { path = \"../../guest-sdk\" }"));
}

#[test]
fn the_template_of_a_crate_builds_and_its_cases_hold() {
    let workspace = Workspace::of(&crate::root()).expect("this workspace");
    let guest = workspace.guest("my-rule").expect("the template is a guest");
    let modules = workspace
        .build_core_modules(&[guest])
        .expect("the template compiles; `make guests` sets up what it needs");
    let core = fs::read(&modules["my-rule"]).expect("a module");
    let component = componentize(&core).expect("a component");
    assert_eq!(component.declaration.name.as_str(), "my-rule");
    let desk = Desk::new();
    fs::write(desk.path("my-rule.wasm"), component.bytes).expect("written");
    fs::copy(
        template("rust").join("my-rule.cases.toml"),
        desk.path("my-rule.cases.toml"),
    )
    .expect("copied");
    desk.rule(&["test", "my-rule.wasm"])
        .exits(0)
        .tells("\n4 cases, all as expected\n");
}

#[test]
fn a_script_is_the_template_with_its_name_and_where_its_build_is() {
    let desk = Desk::new();
    let sdk = sdk();
    desk.rule(&["new", "2-shouts", "--template", "js", "--sdk", &sdk])
        .exits(0)
        .tells("2-shouts: a rule in JavaScript\n")
        .tells("next  install what package.json pins")
        .tells("next  see 2-shouts/README.md");
    assert_eq!(
        listing(&desk.path("2-shouts")),
        [
            "2-shouts.cases.toml",
            "README.md",
            "package-lock.json",
            "package.json",
            "rule.js",
            "rule.json"
        ]
    );
    let declared: serde_json::Value =
        serde_json::from_str(&desk.text("2-shouts/rule.json")).expect("JSON");
    assert_eq!(declared["name"], "2-shouts");
    let readme = desk.text("2-shouts/README.md");
    let place = Path::new(&sdk).canonicalize().expect("the SDK");
    assert!(
        readme.contains(&format!("node {}/js/build.mjs .", place.display())),
        "{readme}"
    );
    assert!(place.join("js/build.mjs").exists());
}

#[test]
fn the_template_of_a_policy_builds_and_its_cases_hold() {
    let desk = Desk::new();
    desk.rule(&["new", "strict", "--template", "policy", "--sdk", &sdk()])
        .exits(0)
        .tells("strict: a policy in Rust\n");
    assert!(desk.text("strict/src/lib.rs").contains("name: \"strict\""));
    let workspace = Workspace::of(&crate::root()).expect("this workspace");
    let guest = workspace
        .guest("my-policy")
        .expect("the template is a guest");
    let modules = workspace
        .build_core_modules(&[guest])
        .expect("the template compiles; `make guests` sets up what it needs");
    let core = fs::read(&modules["my-policy"]).expect("a module");
    let component = componentize(&core).expect("a component");
    fs::write(desk.path("my-policy.wasm"), component.bytes).expect("written");
    let cases = template("policy").join("my-policy.cases.toml");
    fs::copy(cases, desk.path("my-policy.cases.toml")).expect("copied");
    desk.rule(&["test", "my-policy.wasm"])
        .exits(0)
        .tells("\n4 cases, all as expected\n")
        .tells("\n  outcome    in 2 cases   hand-off\n")
        .tells("\n  outcome    in 2 cases   stay\n");
    // What it is held to, and what it may be given, is what it declares.
    let wrong = "[[case]]\nname = \"high\"\nsettings.threshold = 2\nexpect.outcome = \"stay\"\n";
    desk.put("wrong.toml", wrong);
    desk.rule(&["test", "my-policy.wasm", "--cases", "wrong.toml"])
        .exits(3)
        .complains("at most 1");
}
