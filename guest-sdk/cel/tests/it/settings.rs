//! Settings of a rule without code: declared, imported as far as they are
//! read, and changed by the merchant.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    field::{Field, FieldValue},
    module::{Read, SettingType, SettingValue},
};
use baton_sandbox::{Inspected, Sandbox};

use crate::shop::{Moment, amount, compiled, component, run, run_set};

const DOCUMENT: &str = r#"
name = "big-basket"
condition = 'setting.is_on && basket.value >= money(setting.minimum_value, setting.currency)'
score = 'setting.score'
reason = 'Worth {basket.value}, over {setting.minimum_value}; not for {setting.left_out}.'

[settings.minimum-value]
type = "integer"
default = 50000
help = "Baskets below this are left to the bot, in minor units."

[settings.currency]
type = "text"
default = "USD"

[settings.score]
type = "decimal"
default = 1

[settings.is_on]
type = "boolean"
default = true

[settings.left-out]
type = "texts"
default = ["mug", "tea"]
"#;

fn basket(minor: i64, currency: &str) -> Moment {
    Moment::default().with(Field::BasketValue, amount(minor, currency))
}

fn chosen<const N: usize>(settings: [(&str, SettingValue); N]) -> BTreeMap<Arc<str>, SettingValue> {
    settings.map(|(name, value)| (name.into(), value)).into()
}

#[test]
fn settings_are_declared_as_written() {
    let inspected = Inspected::inspect(component(DOCUMENT)).unwrap();
    let settings = &inspected.declaration().settings;
    let names: Vec<&str> = settings.iter().map(|it| &*it.name).collect();
    assert_eq!(
        names,
        ["minimum-value", "currency", "score", "is-on", "left-out"]
    );
    assert_eq!(settings[0].kind, SettingType::Integer);
    assert_eq!(settings[0].default, SettingValue::Integer(50_000));
    let help = "Baskets below this are left to the bot, in minor units.";
    assert_eq!(&*settings[0].help, help);
    assert_eq!(settings[2].default, SettingValue::Decimal(1.0));
}

#[test]
fn defaults_hold_until_the_merchant_sets_something() {
    let sandbox = Sandbox::new().unwrap();
    let rule = compiled(&sandbox, DOCUMENT);
    let by_default = run(&rule, &basket(50_000, "USD"));
    let [signal] = &by_default.answer.unwrap()[..] else {
        panic!("it fires");
    };
    assert_eq!(signal.score.get(), 1.0);
    assert_eq!(
        &*signal.reason,
        "Worth USD 500.00, over 50000; not for mug, tea."
    );
    assert!(by_default.reads.contains(&Read::Setting(
        "minimum-value".into(),
        Some(SettingValue::Integer(50_000))
    )));
    let quiet = |moment: &Moment, settings| run_set(&rule, moment, &settings).answer == Ok(vec![]);
    assert!(quiet(&basket(49_999, "USD"), chosen([])));
    assert!(quiet(&basket(50_000, "IDR"), chosen([])));
    let higher = chosen([("minimum-value", SettingValue::Integer(50_001))]);
    assert!(quiet(&basket(50_000, "USD"), higher));
    let off = chosen([("is-on", SettingValue::Boolean(false))]);
    assert!(quiet(&basket(50_000, "USD"), off));
    let other = chosen([
        ("currency", SettingValue::Text("IDR".into())),
        ("score", SettingValue::Decimal(0.25)),
        ("left-out", SettingValue::Texts(Arc::new([]))),
    ]);
    let answer = run_set(&rule, &basket(50_000, "IDR"), &other).answer;
    let signals = answer.unwrap();
    assert_eq!(signals[0].score.get(), 0.25);
    assert_eq!(
        &*signals[0].reason,
        "Worth IDR 500.00, over 50000; not for ."
    );
}

/// A rule with one setting of each type, of which it names these.
fn naming(condition: &str) -> Inspected {
    let settings = [
        ("boolean", "true"),
        ("integer", "1"),
        ("decimal", "0.5"),
        ("text", "\"a\""),
        ("texts", "[\"a\"]"),
    ];
    let mut document =
        format!("name = \"probe\"\nscore = 0.5\nreason = \"Yes.\"\ncondition = '{condition}'\n");
    for (kind, default) in settings {
        document.push_str(&format!(
            "[settings.{kind}]\ntype = \"{kind}\"\ndefault = {default}\n"
        ));
    }
    Inspected::inspect(component(&document)).unwrap()
}

#[test]
fn only_the_types_that_are_named_are_imported() {
    for (condition, kinds) in [
        ("true", &[][..]),
        ("setting.boolean", &[SettingType::Boolean]),
        ("setting.integer > 0", &[SettingType::Integer]),
        ("setting.decimal > 0.0", &[SettingType::Decimal]),
        ("setting.text == \"a\"", &[SettingType::Text]),
        ("\"a\" in setting.texts", &[SettingType::Texts]),
        (
            "setting.boolean && \"a\" in setting.texts",
            &[SettingType::Boolean, SettingType::Texts],
        ),
    ] {
        let inspected = naming(condition);
        assert_eq!(inspected.settings(), kinds, "{condition}");
        assert!(inspected.fields().is_empty(), "{condition}");
    }
}

#[test]
fn a_setting_can_be_named_inside_a_list() {
    let sandbox = Sandbox::new().unwrap();
    let document = r#"
name = "flagged"
condition = 'customer.tags.exists(tag, tag in setting.flagged)'
score = 0.5
reason = "Flagged."
settings = { flagged = { type = "texts", default = ["vip"] } }
"#;
    let rule = compiled(&sandbox, document);
    let tagged = |tags: FieldValue| Moment::default().with(Field::CustomerTags, tags);
    let says = |tags: &[&str]| {
        let moment = tagged(crate::shop::texts(tags));
        run(&rule, &moment).answer.unwrap().len()
    };
    assert_eq!(says(&["new", "vip"]), 1);
    assert_eq!(says(&["new"]), 0);
}

#[test]
fn json_declares_settings_too() {
    let document = r#"{
        "name": "json", "condition": "order.count >= setting.orders", "score": 0.5,
        "reason": "Yes.",
        "settings": { "orders": { "type": "integer", "default": 2, "help": "How many." } }
    }"#;
    let rule = baton_cel::read(document, baton_cel::Format::Json).unwrap();
    assert_eq!(
        rule.declaration.settings[0].default,
        SettingValue::Integer(2)
    );
}
