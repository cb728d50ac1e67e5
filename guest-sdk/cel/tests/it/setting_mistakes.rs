//! What is wrong with settings is told where it is.

use baton_cel::{Code, Format};

use crate::mistakes::check;

/// A document whose settings have a mistake.
#[track_caller]
fn settings(marked: &str, key: &str, code: Code, says: &str) {
    let document = format!(
        "name = \"a\"\nreason = \"b\"\nscore = 0.5\ncondition = 'true'\n# Why.\n{marked}\n"
    );
    check(&document, Format::Toml, key, code, says);
}

#[test]
fn a_setting_needs_a_type_and_a_default_of_it() {
    let minimum = "settings.minimum";
    settings(
        "[settings.¶minimum]\ndefault = 3",
        minimum,
        Code::MissingKey,
        "needs a type: boolean, integer",
    );
    settings(
        "[settings.minimum]\ntype = ¶\"number\"\ndefault = 3",
        minimum,
        Code::WrongValue,
        "needs a type: boolean, integer",
    );
    settings(
        "[settings.¶minimum]\ntype = \"integer\"",
        minimum,
        Code::MissingKey,
        "needs a default",
    );
    settings(
        "[settings.minimum]\ntype = \"integer\"\ndefault = ¶3.5",
        minimum,
        Code::WrongValue,
        "the default is not of the type integer",
    );
    settings(
        "[settings.minimum]\ntype = \"decimal\"\ndefault = ¶inf",
        minimum,
        Code::WrongValue,
        "not of the type decimal",
    );
    settings(
        "[settings.minimum]\ntype = \"integer\"\ndefault = 3\n¶hepl = \"\"",
        minimum,
        Code::UnknownKey,
        "a setting has no hepl; it has type, default, help",
    );
    settings(
        "[settings.minimum]\ntype = \"integer\"\ndefault = 3\nhelp = ¶3",
        minimum,
        Code::WrongText,
        "help is a text",
    );
}

#[test]
fn settings_are_tables_with_names() {
    settings(
        "settings = ¶3",
        "settings",
        Code::WrongValue,
        "such as [settings.minimum]",
    );
    settings(
        "[settings]\nminimum = ¶3",
        "settings.minimum",
        Code::WrongValue,
        "has type, default and help",
    );
    settings(
        "[settings.¶Minimum]\ntype = \"integer\"\ndefault = 3",
        "settings.Minimum",
        Code::WrongText,
        "small letters",
    );
    settings(
        "[¶settings]\na-b = { type = \"integer\", default = 3 }\na_b = { type = \"integer\", default = 3 }",
        "settings",
        Code::WrongValue,
        "declares \"a-b\" twice",
    );
}

/// A document whose condition has a mistake about its one setting, `minimum`.
#[track_caller]
fn condition(marked: &str, code: Code, says: &str) {
    let document = format!(
        "name = \"a\"\nreason = \"b\"\nscore = 0.5\ncondition = '{marked}'\n\
         [settings.minimum]\ntype = \"integer\"\ndefault = 3\n"
    );
    check(&document, Format::Toml, "condition", code, says);
}

#[test]
fn a_setting_is_named_as_it_is_declared() {
    condition(
        "order.count > ¶setting.minimun",
        Code::UnknownName,
        "there is no setting minimun; did you mean setting.minimum?",
    );
    condition(
        "order.count > ¶setting.orders",
        Code::UnknownName,
        "declare it as [settings.orders]",
    );
    condition("¶setting", Code::UnknownName, "write setting.NAME");
    condition(
        "¶setting.minimum",
        Code::WrongKind,
        "a condition is a yes or no, this is a whole number",
    );
    condition(
        "has(¶setting.minimum)",
        Code::AlwaysKnown,
        "this is always known",
    );
}
