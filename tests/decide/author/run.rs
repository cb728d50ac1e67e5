//! `baton rule run`: the same sandbox on what was recorded.

use serde_json::Value;

use super::{Desk, VIP, recorded, stock};

fn record(printed: &str, module: &str) -> Value {
    let whole: Value = serde_json::from_str(printed).expect("JSON");
    let rules = &whole["decisions"][0]["record"]["rules"];
    let runs = rules.as_array().expect("rules ran");
    let run = runs.iter().find(|run| run["module"] == module);
    run.expect("the module ran").clone()
}

#[test]
fn a_recorded_run_is_repeated_to_the_last_unit_of_fuel() {
    let printed = recorded("bot-failed-twice");
    let desk = Desk::new().with("decision.json", &printed);
    for module in ["bot-failed-twice", "suspicious-message", "complaint"] {
        let before = record(&printed, module);
        let run = ["run", &stock(module), "--input", "decision.json"];
        desk.rule(&run)
            .exits(0)
            .tells("\n  recorded: the same signals and reads, by ");
        let told = desk.rule(&[&run[..], &["--json"]].concat()).exits(0).json();
        for part in ["digest", "reads", "answer", "fuel"] {
            assert_eq!(told[part], before[part], "{module}: {part}");
        }
        assert_eq!(told["recorded"]["same"], true);
        assert_eq!(told["fuel_budget"], 10_000_000);
    }
}

#[test]
fn fuel_grows_with_the_text_that_is_read() {
    let desk = Desk::new().with("decision.json", &recorded("bot-failed-twice"));
    let file = stock("suspicious-message");
    let run = ["run", &file, "--input", "decision.json"];
    let done = desk.rule(&run).exits(0);
    done.tells("\n  growth: fuel when an input is larger\n    message.text of 61 characters: ")
        .tells("\n    all within the budget\n");
    let told = desk.rule(&[&run[..], &["--json"]].concat()).exits(0).json();
    let [growth] = told["growth"].as_array().expect("rows").as_slice() else {
        panic!("it reads one text: {told}");
    };
    let fuel = |row: &Value| row["fuel"].as_u64().expect("fuel");
    let (twice, fourfold) = (&growth["larger"][0], &growth["larger"][1]);
    assert_eq!(
        (&twice["times"], &fourfold["times"]),
        (&2.into(), &4.into())
    );
    assert_eq!(growth["fuel"], told["fuel"]);
    // Each character costs about the same.
    assert!(fuel(twice) * 2 > fuel(growth) * 3, "{growth}");
    assert!(fuel(fourfold) * 2 > fuel(twice) * 3, "{growth}");
    assert_eq!(fourfold["failure"], Value::Null);
}

#[test]
fn growth_past_a_limit_is_told() {
    // Twice this takes too much fuel, and four times the arena does not hold.
    let mut whole: Value = serde_json::from_str(&recorded("friday")).expect("JSON");
    let rules = whole["decisions"][0]["record"]["rules"].as_array_mut();
    for run in rules.expect("rules ran") {
        for read in run["reads"].as_array_mut().expect("reads") {
            if read["field"][0] == "message.text" {
                read["field"][1]["value"] = "kopi ".repeat(4_000).into();
            }
        }
    }
    let desk = Desk::new().with("decision.json", &whole.to_string());
    let run = ["run", &stock("complaint"), "--input", "decision.json"];
    desk.rule(&run)
        .exits(0)
        .tells(", 2 times 10000000 (module_out_of_fuel), 4 times ")
        .tells(" (module_trapped)\n    2 NOT within the limits\n");
}

#[test]
fn a_changed_rule_is_held_against_the_record() {
    let desk = Desk::new().with("decision.json", &recorded("friday"));
    // Stands where the stock rule stood.
    desk.put(
        "mine.toml",
        r#"
name = "bot-failed-twice"
condition = "conversation.failed_answers == 0 && message.text != null"
score = "0.25"
reason = "The bot has not failed."
"#,
    );
    let run = ["run", "mine.toml", "--input", "decision.json"];
    desk.rule(&run)
        .exits(0)
        .tells("\n  recorded: DIFFERENT, by ")
        .tells("\n    it said nothing; now bot-failed-twice 0.25: The bot has not failed.\n")
        .tells("\n    it reads message.text as well\n")
        .tells("\n    it does not read setting failures any more\n")
        // Another module read it at that moment.
        .tells("\n            message.text = \"Lovely 😍 will this arrive before Friday?\"\n");
    let told = desk.rule(&[&run[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(told["recorded"]["same"], false);
    assert_eq!(told["not_recorded"], serde_json::json!([]));
}

#[test]
fn a_recorded_setting_holds() {
    let mut whole: Value = serde_json::from_str(&recorded("bot-failed-twice")).expect("JSON");
    let rules = whole["decisions"][0]["record"]["rules"].as_array_mut();
    let run = rules
        .expect("rules ran")
        .iter_mut()
        .find(|run| run["module"] == "bot-failed-twice")
        .expect("it ran");
    for read in run["reads"].as_array_mut().expect("reads") {
        if read["setting"][0] == "failures" {
            read["setting"][1] = 3.into();
        }
    }
    let desk = Desk::new().with("decision.json", &whole.to_string());
    let module = stock("bot-failed-twice");
    desk.rule(&["run", &module, "--input", "decision.json"])
        .exits(0)
        .tells("            setting failures = 3\n    says    nothing\n")
        .tells("\n  recorded: DIFFERENT, by ")
        .tells("\n    it does not read conversation.failed-question any more\n");
}

#[test]
fn a_new_rule_gets_what_the_others_read() {
    let desk = Desk::new()
        .with(
            "vip.toml",
            &VIP.replace(
                "order.count >= 2",
                "order.count >= 2 && customer.name == null",
            ),
        )
        .with("decision.json", &recorded("basket"));
    let done = desk.rule(&["run", "vip.toml", "--input", "decision.json"]);
    done.exits(0)
        .tells("\n  recorded: no run of vip-basket, so it got what the others read\n")
        .tells("    reads   basket.value = ");
}

#[test]
fn what_nobody_recorded_is_not_known() {
    let name = VIP.replace(
        "'basket.value !=",
        "'customer.name == null && basket.value !=",
    );
    let desk = Desk::new()
        .with("vip.toml", &name)
        .with("decision.json", &recorded("basket"));
    let run = ["run", "vip.toml", "--input", "decision.json"];
    desk.rule(&run)
        .exits(0)
        .tells("    reads   customer.name = not known\n")
        .tells("\n  not recorded, so not known: customer.name");
}

#[test]
fn what_cannot_be_run_is_refused() {
    let desk = Desk::new().with("decision.json", &recorded("friday"));
    let weighted = stock("weighted");
    desk.rule(&["run", &weighted, "--input", "decision.json"])
        .exits(1)
        .complains("weighted is a policy");
    let complaint = stock("complaint");
    desk.rule(&["run", &complaint, "--input", "nothing.json"])
        .exits(1)
        .complains("nothing.json holds no recorded decision that can be read");
    desk.rule(&[
        "run",
        &complaint,
        "--input",
        "decision.json",
        "--decision",
        "2",
    ])
    .exits(1)
    .complains("it holds 1 decisions, the wanted one is 2");
}
