//! What is wrong is told where it is.

use baton_cel::{Code, Format, Mistake, read};

/// Stands before the character that a mistake must point at.
const HERE: char = '¶';

fn place(marked: &str) -> (String, usize, usize) {
    let at = marked.find(HERE).expect("a mark");
    let before = &marked[..at];
    let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_at..].chars().count() + 1;
    (marked.replacen(HERE, "", 1), line, column)
}

fn mistakes(document: &str, format: Format) -> Vec<Mistake> {
    match read(document, format) {
        Ok(_) => panic!("nothing is wrong with\n{document}"),
        Err(mistakes) => mistakes,
    }
}

#[track_caller]
pub(crate) fn check(marked: &str, format: Format, key: &str, code: Code, says: &str) {
    let (document, line, column) = place(marked);
    let found = mistakes(&document, format);
    let [mistake] = found.as_slice() else {
        panic!("{document}\n{found:#?}");
    };
    assert_eq!(
        (
            mistake.key.as_str(),
            mistake.code,
            mistake.line,
            mistake.column
        ),
        (key, code, line, column),
        "{marked}\n{mistake}"
    );
    assert!(mistake.sentence.contains(says), "{marked}\n{mistake}");
}

/// A document whose condition has a mistake.
#[track_caller]
fn condition(marked: &str, code: Code, says: &str) {
    let document = format!(
        "name = \"a\"\nreason = \"b\"\nscore = 0.5\n# Why.\ncondition = '''\n{marked}\n'''\n"
    );
    check(&document, Format::Toml, "condition", code, says);
}

#[test]
fn expressions_that_cannot_be_read() {
    condition("basket.value >=¶ ", Code::Syntax, "ends too early");
    condition("conversation.turns ¶= 3", Code::Syntax, "==");
    condition(
        "conversation.turns == 3 ¶3",
        Code::Syntax,
        "3 cannot stand here",
    );
    condition("occasion.kind == ¶'abc", Code::Syntax, "");
}

#[test]
fn names_that_there_are_not() {
    condition("¶turns > 3", Code::UnknownName, "there is no turns");
    condition("¶basket > 3", Code::UnknownName, "write basket.value");
    condition(
        "¶baskets.value == 3",
        Code::UnknownName,
        "did you mean basket?",
    );
    condition(
        "true && ¶customer.lifetime-value > 3",
        Code::UnknownField,
        "did you mean customer.lifetime_value?",
    );
    condition("¶basket.valeu == null", Code::UnknownField, "basket.value?");
    condition(
        "basket.value.¶cents > 3",
        Code::UnknownPart,
        "it has minor, currency",
    );
    condition("conversation.turns.¶x > 3", Code::UnknownPart, "no parts");
    condition(
        "occasion.kind.¶contain('x')",
        Code::UnknownFunction,
        "did you mean contains?",
    );
    condition(
        "¶length(occasion.kind) > 3",
        Code::UnknownFunction,
        "there is no function",
    );
    condition(
        "basket.items.exists(l, l.¶price > 3)",
        Code::UnknownPart,
        "unit_price",
    );
}

#[test]
fn kinds_that_do_not_fit() {
    condition(
        "¶conversation.turns",
        Code::WrongKind,
        "a condition is a yes or no",
    );
    condition(
        "true && ¶conversation.turns",
        Code::WrongKind,
        "&& takes a yes or no",
    );
    condition("!¶order.count", Code::WrongKind, "! takes");
    condition(
        "-¶occasion.kind == 'a'",
        Code::WrongKind,
        "- takes a number",
    );
    condition("basket.value ¶> 500", Code::WrongOperands, "money(50000");
    condition(
        "occasion.kind ¶== 3",
        Code::WrongOperands,
        "a text and a whole number",
    );
    condition("'a' ¶in occasion.kind", Code::WrongOperands, "contains");
    condition(
        "size(¶conversation.turns) > 1",
        Code::WrongKind,
        "size takes",
    );
    condition(
        "occasion.kind.contains(¶3)",
        Code::WrongKind,
        "contains takes a text",
    );
    condition(
        "¶conversation.turns.exists(x, true)",
        Code::WrongKind,
        "exists is for lists",
    );
    condition(
        "customer.tags.exists(t, ¶size(t))",
        Code::WrongKind,
        "exists takes a yes or no",
    );
    condition("[1, ¶'a'] == [1]", Code::WrongKind, "make them alike");
    condition("[¶null] == [1]", Code::WrongKind, "cannot hold null");
    condition(
        "(true ¶? 1 : 'a') == 1",
        Code::WrongOperands,
        "must be alike",
    );
    condition("int(¶'12') == 12", Code::WrongKind, "int takes a number");
    condition(
        "money(¶500.5, 'USD') == basket.value",
        Code::WrongKind,
        "minor units",
    );
    condition(
        "money(500, ¶'usd') == basket.value",
        Code::WrongArguments,
        "\"USD\"",
    );
    condition(
        "occasion.kind ¶< null",
        Code::WrongOperands,
        "does not take null",
    );
}

#[test]
fn whole_numbers_and_decimals_that_meet() {
    condition(
        "conversation.turns ¶* 1.5 > 3.0",
        Code::MixedNumbers,
        "double(...)",
    );
    condition(
        "(true ¶? 1 : 1.5) > 1.0",
        Code::MixedNumbers,
        "must be alike",
    );
}

#[test]
fn what_is_always_known() {
    condition(
        "has(¶conversation.turns)",
        Code::AlwaysKnown,
        "always known",
    );
    condition("has(¶customer.tags)", Code::AlwaysKnown, "size(...) > 0");
    condition(
        "conversation.turns ¶== null",
        Code::AlwaysKnown,
        "always known",
    );
}

#[test]
fn what_rules_have_not() {
    condition(
        "occasion.kind.¶matches('a+')",
        Code::NotAvailable,
        "no matches()",
    );
    condition(
        "conversation.turns == ¶5u",
        Code::NotAvailable,
        "without the u",
    );
    condition("¶b'x' == occasion.kind", Code::NotAvailable, "no bytes");
    condition("¶{'a': 1} == 1", Code::NotAvailable, "no maps");
    condition(
        "occasion.kind.¶contains()",
        Code::WrongArguments,
        "text.contains(part)",
    );
    condition(
        "¶money(1) == basket.value",
        Code::WrongArguments,
        "money(minor, currency)",
    );
}

#[test]
fn what_is_too_much() {
    let nested = format!("{}true{}", "(".repeat(200), ")".repeat(200));
    condition(&format!("¶{nested}"), Code::TooDeep, "inside each other");
    let many = "1, ".repeat(300);
    condition(
        &format!("conversation.turns in ¶[{many}1]"),
        Code::TooMany,
        "200 are allowed",
    );
    let long = format!("¶{}true", "true || ".repeat(300));
    let document = format!("name = 'a'\nreason = 'b'\nscore = 1\ncondition = '{long}'");
    check(
        &document,
        Format::Toml,
        "condition",
        Code::WrongText,
        "2000 are allowed",
    );
    let names = "customer.tags.exists(a, customer.tags.exists(b, customer.tags.exists(c, \
                 customer.tags.exists(d, customer.tags.¶exists(e, true)))))";
    condition(names, Code::TooDeep, "more than 4");
    // The deepest chain that the length allows is refused, not a crash.
    let chain = format!("{}1 > 0", "1+".repeat(900));
    let found = mistakes(&format!("condition = '{chain}'"), Format::Toml);
    assert!(
        found.iter().any(|it| it.code == Code::TooDeep),
        "{found:#?}"
    );
    let bangs = format!("condition = '{}true'", "! ".repeat(900));
    let _ = read(&bangs, Format::Toml);
    let large = format!("¶# {}", "x".repeat(40_000));
    check(&large, Format::Toml, "", Code::TooLarge, "are allowed");
    // Four long lists fit, eight do not.
    let lists = format!("size([{}1]) > 0", "1,".repeat(199));
    let lists = [lists.as_str(); 4].join(" && ");
    let rule = |score: &str| format!("¶name='a'\nreason='b'\nscore='{score}'\ncondition='{lists}'");
    assert!(read(&place(&rule("1")).0, Format::Toml).is_ok());
    let both = rule(&format!("{lists} ? 1 : 0"));
    check(&both, Format::Toml, "", Code::TooComplex, "split it in two");
}

#[test]
fn documents_that_are_none() {
    check("name = ¶", Format::Toml, "", Code::Unreadable, "not TOML");
    check(
        "{\"name\": ¶}",
        Format::Json,
        "",
        Code::Unreadable,
        "not JSON",
    );
    let rest = "reason = 'b'\nscore = 0.5\ncondition = 'true'\n";
    check(
        &format!("¶{rest}"),
        Format::Toml,
        "name",
        Code::MissingKey,
        "needs name",
    );
    let toml = |line: &str| format!("name = 'a'\n{line}\n{rest}");
    check(
        &toml("¶color = 'red'"),
        Format::Toml,
        "color",
        Code::UnknownKey,
        "no key",
    );
    check(
        &toml("tag = ¶3"),
        Format::Toml,
        "tag",
        Code::WrongValue,
        "a text in quotes",
    );
    check(
        &toml("tag = '¶'"),
        Format::Toml,
        "tag",
        Code::WrongText,
        "1 to 280",
    );
    let score = |score: &str| format!("name='a'\nreason='b'\ncondition='true'\nscore = {score}");
    check(
        &score("¶1.5"),
        Format::Toml,
        "score",
        Code::WrongValue,
        "from 0 to 1",
    );
    check(
        &score("¶[1]"),
        Format::Toml,
        "score",
        Code::WrongValue,
        "a number or",
    );
    check(
        &score("'1.0 + ¶true'").replace("+ ¶", "¶+ "),
        Format::Toml,
        "score",
        Code::WrongOperands,
        "",
    );
    check(
        &score("'¶true'"),
        Format::Toml,
        "score",
        Code::WrongKind,
        "a score is a number",
    );
    let name = "name = '¶A b'\nreason='b'\ncondition='true'\nscore=1";
    check(name, Format::Toml, "name", Code::WrongText, "");
}

#[test]
fn braces_of_reasons() {
    let reason = |reason: &str| format!("name='a'\ncondition='true'\nscore=1\nreason = {reason}");
    let check = |text: &str, code, says: &str| {
        check(&reason(text), Format::Toml, "reason", code, says);
    };
    check("\"a ¶{basket.value\"", Code::OpenBrace, "has no }");
    check("\"a ¶} b\"", Code::OpenBrace, "no { before it");
    check(
        "\"ü {¶basket.velue} b\"",
        Code::UnknownField,
        "basket.value?",
    );
    check("\"\\\"x\\\" \\u00fc {¶foo}\"", Code::UnknownName, "no foo");
    check("\"\"\"\nline {¶foo}\"\"\"", Code::UnknownName, "no foo");
    check(
        "\"{¶basket.items}\"",
        Code::WrongKind,
        "a line cannot be written",
    );
}

#[test]
fn json_is_read_the_same() {
    let document = "{\n  \"name\": \"a\",\n  \"score\": 0.5,\n  \"reason\": \"\\\"q\\\" {¶foo}\",\n  \
                    \"condition\": \"true\"\n}";
    check(
        document,
        Format::Json,
        "reason",
        Code::UnknownName,
        "no foo",
    );
    let twice = "{\"name\": \"a\", \"score\": 1, \"reason\": \"b\", \"condition\": \"true\", ¶\"name\": \"c\"}";
    check(twice, Format::Json, "name", Code::UnknownKey, "twice");
    let whole = "{\"name\": \"a\", \"score\": 1, \"reason\": \"b\", \"condition\": \"true\"}";
    assert!(read(whole, Format::Json).is_ok());
    check("¶[1]", Format::Json, "", Code::Unreadable, "not JSON");
}

#[test]
fn everything_is_told_at_once_in_order() {
    let document =
        "score = 'nothing > 1'\nreason = '{a} {b}'\ncondition = 'turns > 1 && basket.value > 1'\n";
    let found = mistakes(document, Format::Toml);
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.line, it.column, it.key.as_str(), it.code))
        .collect();
    assert_eq!(
        found,
        [
            (1, 1, "name", Code::MissingKey),
            (1, 10, "score", Code::UnknownName),
            (2, 12, "reason", Code::UnknownName),
            (2, 16, "reason", Code::UnknownName),
            (3, 14, "condition", Code::UnknownName),
            (3, 40, "condition", Code::WrongOperands),
        ]
    );
}
