//! What is wrong with a file of cases is told with its case and its place.

use super::{Desk, VIP, recorded, stock};

/// A case of the rule `vip-basket` that has this mistake, and no other.
#[track_caller]
fn check(body: &str, mistake: &str) {
    let cases = format!("\n[[case]]\nname = \"it\"\n{body}\n");
    let desk = Desk::new()
        .with("vip.toml", VIP)
        .with("vip.cases.toml", &cases);
    let done = desk.rule(&["test", "vip.toml"]).exits(3).complains(mistake);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
}

#[test]
fn a_value_must_be_of_its_fields_shape() {
    let reads = |reads: &str, says: &str| {
        let mistake = format!("vip.cases.toml:3: case \"it\": {says}\n");
        check(&format!("{reads}\nexpect.quiet = true"), &mistake);
    };
    reads(
        "reads.basket.valeu = 3",
        "basket.valeu: there is no such field; there is: basket.value, basket.items, \
         basket.checkout-state, basket.age-hours (unknown_field)",
    );
    reads(
        "reads.shoe = 3",
        "shoe: there is no such field; the catalogue is wit/v1/fields.wit (unknown_field)",
    );
    reads(
        "reads.basket.value = 41000",
        "basket.value: it takes an amount such as { minor = 41000, currency = \"USD\" }; this is a \
         whole number (wrong_value)",
    );
    reads(
        "reads.basket.value = { minor = 1, currency = \"dollars\" }",
        "basket.value: a currency is three letters as in ISO 4217, such as USD or IDR; found \
         \"dollars\" (wrong_value)",
    );
    reads(
        "reads.order.count = -1",
        "order.count: a count is from 0 to 4294967295, this is -1 (wrong_value)",
    );
    reads(
        "reads.order.count = \"3\"",
        "order.count: it takes a whole number; this is a text (wrong_value)",
    );
    reads(
        "reads.customer.tags = \"vip\"",
        "customer.tags: it takes a list of texts; this is a text (wrong_value)",
    );
}

#[test]
fn a_line_with_an_unknown_part_is_refused() {
    check(
        "reads.basket.items = [{ sku = \"mug\" }]\nexpect.quiet = true",
        "case \"it\": basket.items: unknown field `sku`",
    );
}

#[test]
fn expectations_name_what_the_module_declares() {
    check(
        "expect = [{ name = \"vip-baskte\" }]",
        "case \"it\": expect: the module declares no signal \"vip-baskte\"; it has: vip-basket \
         (undeclared)\n",
    );
    check(
        "expect = [{ name = \"vip-basket\", tag = \"VIP\" }]",
        "expect: the module declares no tag \"VIP\"; it has: vip (undeclared)\n",
    );
    check(
        "expect = [{ name = \"vip-basket\", next_step = \"Call\" }]",
        "the module declares no next step \"Call\"; it has: Offer help with the basket (undeclared)\n",
    );
    check(
        "expect = { quiet = true, fails = \"module_trapped\" }",
        "it is `quiet = true`, `fails = \"CODE\"` or a list of signals (wrong_value)\n",
    );
    check(
        "expect = [{ name = \"vip-basket\", scroe = 1 }]",
        "expect: unknown field `scroe`",
    );
}

#[test]
fn settings_must_be_declared() {
    check(
        "settings.minimum = 3\nexpect.quiet = true",
        "case \"it\": settings: the module declares no setting \"minimum\"",
    );
}

#[test]
fn a_file_must_hold_cases() {
    let desk = Desk::new().with("vip.toml", VIP);
    let test = ["test", "vip.toml"];
    desk.rule(&test)
        .exits(1)
        .complains("cannot read the cases in vip.cases.toml");
    for (file, mistake) in [
        (
            "",
            "vip.cases.toml:1: there is no case; each begins with [[case]]",
        ),
        ("\n[[case]\n", "vip.cases.toml:2: "),
        ("[[case]]\nname = \"it\"\n", "missing field `expect`"),
        (
            "[[case]]\nname = \"it\"\nexpects = 1\n",
            "vip.cases.toml:3: unknown field `expects`",
        ),
    ] {
        desk.put("vip.cases.toml", file);
        desk.rule(&test).exits(3).complains(mistake);
    }
    desk.put("vip.cases.toml", &"#".repeat(1024 * 1024 + 1));
    desk.rule(&test)
        .exits(3)
        .complains("vip.cases.toml:1: the file has 1048577 bytes; 1048576 are allowed (too_large)");
    let twice = "[[case]]\nname = \"it\"\nexpect.quiet = true\n".repeat(2);
    desk.put("vip.cases.toml", &twice);
    let done = desk.rule(&test).exits(3);
    done.complains("vip.cases.toml:5: case \"it\": name: another case has this name (cases)\n");
    let told = desk.rule(&["test", "vip.toml", "--json"]).exits(3).json();
    assert_eq!(told["mistakes"][0]["code"], "cases");
    assert_eq!(told["mistakes"][0]["line"], 5);
}

#[test]
fn every_mistake_is_told_at_once() {
    let cases = r#"
[[case]]
name = "one"
reads.order.count = "x"
reads.order.cuont = 1
expect = [{ name = "nobody" }]

[[case]]
name = "two"
reads.order.count = true
expect.quiet = true
"#;
    let desk = Desk::new()
        .with("vip.toml", VIP)
        .with("vip.cases.toml", cases);
    let done = desk.rule(&["test", "vip.toml"]).exits(3);
    assert_eq!(done.err.lines().count(), 4, "{}", done.err);
}

#[test]
fn a_file_that_holds_no_decision_is_named() {
    let recorded_case = "recorded = \"decision.json\"\nexpect.quiet = true";
    check(
        recorded_case,
        "recorded: decision.json holds no recorded decision",
    );
    let desk = Desk::new().with("vip.toml", VIP).with(
        "vip.cases.toml",
        &format!("[[case]]\nname = \"it\"\ndecision = 2\n{recorded_case}\n"),
    );
    let test = ["test", "vip.toml"];
    desk.put("decision.json", &recorded("friday"));
    desk.rule(&test)
        .exits(3)
        .complains("it holds 1 decisions, the wanted one is 2 (recording)\n");
    for (file, mistake) in [
        ("{", "it is no JSON"),
        ("{}", "missing field `release`"),
        (
            r#"{ "error": { "code": "erased", "message": "" } }"#,
            "it is a host's answer that something could not be done: erased",
        ),
    ] {
        desk.put("decision.json", file);
        desk.rule(&test).exits(3).complains(mistake);
    }
}

#[test]
fn a_document_with_mistakes_is_not_tested() {
    let desk = Desk::new().with("vip.toml", &VIP.replace("order.count", "order.cuont"));
    desk.rule(&["test", "vip.toml"])
        .exits(3)
        .complains("vip.toml:3:76: condition: there is no field order.cuont");
}

#[test]
fn what_is_no_rule_is_refused() {
    let desk = Desk::new().with("vip.wasm", "text");
    desk.rule(&["test", "vip.wasm"])
        .exits(1)
        .complains("vip.wasm is refused (not_wasm)");
    desk.put("decision.json", "{}");
    desk.rule(&["run", &stock("weighted"), "--input", "decision.json"])
        .exits(1)
        .complains("weighted is a policy, and this command is for rules");
}
