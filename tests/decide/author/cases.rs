//! `baton rule test`: what holds, what differs, and what it adds up to.

use serde_json::json;

use super::{Desk, VIP, recorded, stock};

const HOLDS: &str = r#"
[[case]]
name = "a repeat buyer with a large basket"
reads.basket.value = { minor = 41000, currency = "USD" }
reads."order.count" = 3
expect = [{ name = "vip-basket", score = 0.8, tag = "vip", next_step = "Offer help with the basket", reason_contains = "USD 410.00" }]

[[case]]
name = "nothing is known"
expect.quiet = true
"#;

#[test]
fn cases_that_hold_are_told_with_coverage_and_fuel() {
    let desk = Desk::new()
        .with("vip.toml", VIP)
        .with("vip.cases.toml", HOLDS);
    let done = desk.rule(&["test", "vip.toml"]).exits(0);
    let done = done
        .tells("\n  ok      a repeat buyer with a large basket, ")
        .tells("\n  ok      nothing is known, ")
        .tells("\n            not in the case, so not known: basket.value\n")
        .tells("\n2 cases, all as expected\n")
        .tells("\n  signal     in 1 case    vip-basket\n")
        .tells("\n  tag        in 1 case    vip\n")
        .tells("\n  next step  in 1 case    Offer help with the basket\n")
        .tells(" % of the budget, in \"a repeat buyer with a large basket\"\n");
    assert_eq!(done.err, "");
}

#[test]
fn the_same_cases_hold_for_the_component() {
    let desk = Desk::new().with("vip.toml", VIP).with("cases.toml", HOLDS);
    desk.rule(&["build", "vip.toml", "--to", "vip.wasm"])
        .exits(0);
    let told = desk
        .rule(&["test", "vip.wasm", "--cases", "cases.toml", "--json"])
        .exits(0)
        .json();
    assert_eq!(told["ok"], true);
    assert_eq!(told["cases"][0]["answer"]["Ok"][0]["name"], "vip-basket");
    assert_eq!(told["cases"][1]["not_in_case"], json!(["basket.value"]));
    assert_eq!(told["coverage"]["signals"], json!({ "vip-basket": 1 }));
    assert_eq!(told["fuel_max"], told["cases"][0]["fuel"]);
    assert_eq!(told["fuel_budget"], 10_000_000);
}

/// The case does not hold, for this reason alone.
#[track_caller]
fn check_differs(expect: &str, difference: &str) {
    let cases = format!(
        r#"
[[case]]
name = "large"
reads.basket.value = {{ minor = 41000, currency = "USD" }}
reads.order.count = 3
{expect}

[[case]]
name = "small"
expect.quiet = true
"#
    );
    let desk = Desk::new()
        .with("vip.toml", VIP)
        .with("vip.cases.toml", &cases);
    let done = desk.rule(&["test", "vip.toml"]).exits(3);
    let differences: Vec<&str> = done
        .out
        .lines()
        .skip_while(|line| !line.starts_with("  FAILED  large, "))
        .skip(1)
        .take_while(|line| line.starts_with("      "))
        .map(str::trim)
        .collect();
    assert_eq!(differences, [difference], "{}", done.out);
    done.tells("\n2 cases, 1 FAILED\n");
}

#[test]
fn what_differs_is_told() {
    const REASON: &str = "A customer with 3 orders has USD 410.00 in the basket.";
    let said = format!("not expected: vip-basket 0.8: {REASON}");
    check_differs("expect.quiet = true", &said);
    let twice = r#"expect = [{ name = "vip-basket" }, { name = "vip-basket" }]"#;
    check_differs(twice, "expected vip-basket, it does not say so");
    let failure = format!("expected module_trapped, it says vip-basket 0.8: {REASON}");
    check_differs(r#"expect.fails = "module_trapped""#, &failure);
    for (part, difference) in [
        ("score = 0.81", "expected score 0.81, it is 0.8"),
        (
            "score_at_least = 0.81",
            "expected a score of at least 0.81, it is 0.8",
        ),
        (
            "score_at_most = 0.79",
            "expected a score of at most 0.79, it is 0.8",
        ),
        (
            r#"reason_contains = "IDR""#,
            r#"expected a reason with "IDR", it is "A customer with 3 orders has USD 410.00 in the basket.""#,
        ),
    ] {
        let expect = format!(r#"expect = [{{ name = "vip-basket", {part} }}]"#);
        check_differs(&expect, &format!("vip-basket: {difference}"));
    }
}

#[test]
fn another_tag_or_next_step_is_told() {
    let case = |reads: &str, expect: &str| {
        format!("[[case]]\nname = \"it\"\n{reads}\nexpect = [{{ {expect} }}]\n")
    };
    let desk = Desk::new();
    // These have two of them to choose from.
    let buyer = "reads.order.count = 3\nreads.delivery.certainty = \"uncertain\"\n\
                 reads.delivery.requested-date = 2026-11-26";
    let code = "reads.message.text = \"Please send me the OTP code that you received\"";
    for (module, reads, expect, differs) in [
        (
            "repeat-buyer",
            buyer,
            r#"name = "repeat-buyer-at-risk", tag = "high-value repeat buyer""#,
            r#"expected tag "high-value repeat buyer", it is "repeat buyer""#,
        ),
        (
            "suspicious-message",
            code,
            r#"name = "code-request", next_step = "Do not open the link; ask the customer what it is""#,
            r#"expected next step "Do not open the link; ask the customer what it is", it is "Verify "#,
        ),
    ] {
        desk.put("cases.toml", &case(reads, expect));
        desk.rule(&["test", &stock(module), "--cases", "cases.toml"])
            .exits(3)
            .tells(differs);
    }
}

#[test]
fn settings_are_over_the_defaults() {
    let cases = r#"
[[case]]
name = "three, when three are too many"
reads.conversation.failed-answers = 3
settings.failures = 3
expect = [{ name = "bot-failed", score = 0.75 }]

[[case]]
name = "two, when three are too many"
reads.conversation.failed_answers = 2
settings.failures = 3
expect.quiet = true
"#;
    let desk = Desk::new().with("cases.toml", cases);
    let file = stock("bot-failed-twice");
    desk.rule(&["test", &file, "--cases", "cases.toml"])
        .exits(0);
}

#[test]
fn settings_of_a_document_are_set_by_cases() {
    let document = r#"
name = "often"
condition = 'order.count >= setting.orders'
score = '0.5'
reason = 'Bought {order.count} times.'

[settings.orders]
type = "integer"
default = 5
help = "Paid orders that are often."
"#;
    let cases = r#"
[[case]]
name = "by default"
reads.order.count = 5
expect = [{ name = "often" }]

[[case]]
name = "more are wanted"
reads.order.count = 5
settings.orders = 6
expect.quiet = true
"#;
    let desk = Desk::new()
        .with("often.toml", document)
        .with("often.cases.toml", cases);
    desk.rule(&["test", "often.toml"]).exits(0);
    desk.put("often.cases.toml", &cases.replace("= 6", "= \"six\""));
    desk.rule(&["test", "often.toml"])
        .exits(3)
        .complains("settings: setting \"orders\" takes a value of type Integer (invalid_settings)");
}

#[test]
fn a_failure_can_be_expected() {
    // More than the arena of a guest holds.
    let long = "kopi ".repeat(20_000);
    let cases = |expect: &str| {
        format!("[[case]]\nname = \"long\"\nreads.message.text = \"{long}\"\n{expect}\n")
    };
    let file = stock("complaint");
    let desk = Desk::new().with("cases.toml", &cases("expect.fails = \"module_trapped\""));
    let test = ["test", &file, "--cases", "cases.toml"];
    desk.rule(&test)
        .exits(0)
        .tells("\n  signal     never        complaint\n");
    desk.put(
        "cases.toml",
        &cases("expect.fails = \"module_out_of_fuel\""),
    );
    desk.rule(&test)
        .exits(3)
        .tells("expected module_out_of_fuel, it failed: the module trapped");
    desk.put("cases.toml", &cases("expect.quiet = true"));
    desk.rule(&test)
        .exits(3)
        .tells("expected nothing, it failed: the module trapped");
}

#[test]
fn a_recorded_decision_is_a_case() {
    let cases = r#"
[[case]]
name = "the bowl"
recorded = "decision.json"
expect = [{ name = "bot-failed", reason_contains = "bowl in the microwave" }]

[[case]]
name = "the bowl, asked once"
recorded = "decision.json"
reads.conversation.failed-answers = 1
expect.quiet = true
"#;
    let printed = recorded("bot-failed-twice");
    let desk = Desk::new()
        .with("cases.toml", cases)
        .with("decision.json", &printed);
    let file = stock("bot-failed-twice");
    let test = ["test", &file, "--cases", "cases.toml"];
    let done = desk.rule(&test).exits(0);
    assert!(!done.out.contains("not known"), "{}", done.out);
    // As a host answers it, and as the record alone.
    let whole: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let record = &whole["decisions"][0]["record"];
    let answered = json!({ "customer": "c", "version": 3, "record": record });
    for form in [&answered, record] {
        desk.put("decision.json", &form.to_string());
        desk.rule(&test).exits(0);
    }
}

#[test]
fn every_shape_of_value_can_be_written() {
    let document = r#"
name = "shapes"
condition = '''
message.text == "Hi" && order.count == 3 && basket.age_hours == 0
&& occasion.time == 1795512720 && customer.marketing_consent == false
&& customer.lifetime_value.minor == -5 && customer.lifetime_value.currency == "IDR"
&& customer.tags == ["vip", "wholesale"] && delivery.promised_date == "2026-11-27"
&& basket.items[0].product == "mug" && basket.items[0].quantity == 2
&& basket.items[0].unit_price == money(900, "USD")
&& basket.items[0].attributes[0].value == "blue"
&& order.last.status == "paid" && order.last.age_days == 30 && order.last.lines[0].name == "Mug"
&& message.recent[0].author == "bot" && message.recent[0].text == "Hello"
&& message.recent[0].kind == "text" && message.recent[0].age_hours == 1
&& conversation.owner_history[0].owner == "bot"
'''
score = '1.0'
reason = 'All of them.'
"#;
    let cases = r#"
[[case]]
name = "all"
expect = [{ name = "shapes" }]

[case.reads]
message.text = "Hi"
order.count = 3
basket.age_hours = 0
occasion.time = 2026-11-24T09:32:00+00:00
customer.marketing-consent = false
customer.lifetime-value = { minor = -5, currency = "idr" }
customer.tags = ["vip", "wholesale"]
delivery.promised-date = 2026-11-27
basket.items = [
    { product = "mug", quantity = 2, unit_price = { minor = 900, currency = "USD" }, attributes = { colour = "blue" } },
]
message.recent = [{ author = "bot", text = "Hello", age_hours = 1 }]
conversation.owner-history = [{ owner = "bot", age_hours = 2 }]

[case.reads.order.last]
id = "o-1"
status = "paid"
total = { minor = 900, currency = "USD" }
lines = [{ product = "mug", name = "Mug", quantity = 1, unit_price = { minor = 900, currency = "USD" } }]
age_days = 30
"#;
    let desk = Desk::new()
        .with("shapes.toml", document)
        .with("shapes.cases.toml", cases);
    desk.rule(&["test", "shapes.toml"]).exits(0);
}

const POLICY_HOLDS: &str = r#"
[[case]]
name = "two weak signals together"
signals = [
    { name = "high-basket", module = "high-basket-value", score = 0.5, tag = "high basket value" },
    { name = "complaint", score = 0.5, reason = "It broke.", next_step = "Apologise" },
]
expect = { outcome = "hand-off", priority = 75, next_step = "Apologise", reason_contains = "broke" }

[[case]]
name = "one alone"
signals = [{ name = "complaint", score = 0.5 }]
expect.outcome = "stay"
"#;

#[test]
fn a_policy_is_held_to_what_it_decides_on_signals() {
    let policy = stock("weighted");
    let policy = policy.as_str();
    let desk = Desk::new().with("cases.toml", POLICY_HOLDS);
    let told = desk
        .rule(&["test", policy, "--cases", "cases.toml", "--json"])
        .exits(0)
        .json();
    assert_eq!(told["cases"][0]["answer"]["Ok"]["priority"], 75);
    assert_eq!(
        told["coverage"]["outcomes"],
        json!({ "hand-off": 1, "stay": 1 })
    );
    for (from, to, says) in [
        (
            "priority = 75",
            "priority = 74",
            "expected the priority 74, it is 75",
        ),
        (
            "outcome = \"hand-off\"",
            "outcome = \"stay\"",
            "expected the outcome stay, it is hand-off",
        ),
        (
            "contains = \"broke\"",
            "contains = \"bent\"",
            "expected a reason with \"bent\"",
        ),
        (
            "next_step = \"Apologise\", reason",
            "next_step = \"Call\", reason",
            "expected the next step \"Call\"",
        ),
    ] {
        desk.put("other.toml", &POLICY_HOLDS.replace(from, to));
        desk.rule(&["test", policy, "--cases", "other.toml"])
            .exits(3)
            .tells(says);
    }
    // Each hears its own.
    desk.put("vip.toml", VIP);
    desk.put(
        "vip.cases.toml",
        "[[case]]\nname = \"a\"\nsignals = [{ name = \"x\", score = 1 }]\nexpect = []\n",
    );
    desk.rule(&["test", "vip.toml"])
        .exits(3)
        .complains("a rule hears no signals");
}
