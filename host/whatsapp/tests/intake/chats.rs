//! Chats as phones export them.

use baton_whatsapp::chat_export::{ChatMessage, DateOrder, NotChat, read_chat};
use jiff::tz::TimeZone;

fn read(text: &str, order: Option<DateOrder>) -> Result<Vec<ChatMessage>, NotChat> {
    read_chat(text, &TimeZone::get("Asia/Jakarta").unwrap(), order)
}

/// Name, time in UTC and text of each.
fn told(text: &str) -> Vec<(String, String, Option<String>)> {
    let messages = read(text, None).unwrap().into_iter();
    let told = |it: ChatMessage| (it.name, it.at.to_string(), it.text.map(|it| it.to_string()));
    messages.map(told).collect()
}

#[track_caller]
fn check(text: &str, wanted: &[(&str, &str, Option<&str>)]) {
    let told = told(text);
    let told: Vec<_> = told
        .iter()
        .map(|(name, at, text)| (name.as_str(), at.as_str(), text.as_deref()))
        .collect();
    assert_eq!(told, wanted);
}

#[test]
fn phones_write_lines_in_their_own_ways() {
    let hello = |at| [("Sari", at, Some("Hi: it is me"))];
    check(
        "24/11/26, 09:32 - Sari: Hi: it is me",
        &hello("2026-11-24T02:32:00Z"),
    );
    check(
        "[24/11/26, 09:32:10] Sari: Hi: it is me",
        &hello("2026-11-24T02:32:10Z"),
    );
    check(
        "\u{200e}[24.11.26, 9.32.10\u{202f}AM] Sari: Hi: it is me",
        &hello("2026-11-24T02:32:10Z"),
    );
    check(
        "11/24/2026, 9:32 PM - Sari: Hi: it is me",
        &hello("2026-11-24T14:32:00Z"),
    );
    check(
        "11/24/26, 12:05 am - Sari: Hi: it is me",
        &hello("2026-11-23T17:05:00Z"),
    );
    check(
        "2026-11-24, 09:32 - Sari: Hi: it is me",
        &hello("2026-11-24T02:32:00Z"),
    );
    check(
        "24/11/2026 09.32 - Sari: Hi: it is me",
        &hello("2026-11-24T02:32:00Z"),
    );
}

#[test]
fn a_message_goes_on_until_the_next() {
    let text = "24/11/26, 09:32 - Sari: one\n\ntwo: 24/11\n24/11/26, 09:33 - Kopi Senja: three\n";
    check(
        text,
        &[
            ("Sari", "2026-11-24T02:32:00Z", Some("one\n\ntwo: 24/11")),
            ("Kopi Senja", "2026-11-24T02:33:00Z", Some("three")),
        ],
    );
}

#[test]
fn what_whatsapp_says_itself_is_left_out() {
    let text = "\
24/11/26, 09:30 - Messages and calls are end-to-end encrypted. Tap to learn more.
it goes on
24/11/26, 09:31 - Sari changed their phone number.
24/11/26, 09:32 - Sari: Missed voice call
[24/11/26, 09:32:10] Sari: \u{200e}Messages and calls are end-to-end encrypted.
24/11/26, 09:33 - Sari: Hi
";
    check(text, &[("Sari", "2026-11-24T02:33:00Z", Some("Hi"))]);
}

#[test]
fn files_edits_and_deletions_are_known() {
    let text = "\
24/11/26, 09:30 - Sari: <Media omitted>
24/11/26, 09:31 - Sari: IMG-1.jpg (file attached)
my ring
24/11/26, 09:32 - Sari: This message was deleted
24/11/26, 09:33 - Sari: Three rings <This message was edited>
";
    let all = read(text, None).unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|it| {
            (
                it.line,
                it.kind,
                it.text.as_deref(),
                it.is_edited,
                it.is_revoked,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "media", None, false, false),
            (2, "media", Some("my ring"), false, false),
            (4, "text", None, false, true),
            (5, "text", Some("Three rings"), true, false),
        ]
    );
}

#[test]
fn the_order_of_a_date_is_found_out_or_asked_for() {
    let line = |date: &str| format!("{date}, 09:00 - Sari: Hi\n");
    let first_day = |dates: &[&str], order| {
        let text: String = dates.iter().map(|date| line(date)).collect();
        read(&text, order).map(|all| all[0].at.to_string()[..10].to_owned())
    };
    let day = |text: &str| Ok(text.to_owned());
    // One of them leaves no doubt.
    assert_eq!(
        first_day(&["05/11/26", "24/11/26"], None),
        day("2026-11-05")
    );
    assert_eq!(
        first_day(&["11/05/26", "11/24/26"], None),
        day("2026-11-05")
    );
    // Only so does the chat go forward.
    assert_eq!(
        first_day(&["05/11/26", "06/11/26", "01/12/26"], None),
        day("2026-11-05")
    );
    assert_eq!(
        first_day(&["11/05/26", "11/06/26", "12/01/26"], None),
        day("2026-11-05")
    );
    assert_eq!(first_day(&["11/11/26"], None), day("2026-11-11"));
    assert_eq!(first_day(&["05/11/26"], None), Err(NotChat::AmbiguousDates));
    assert_eq!(
        first_day(&["05/11/26"], Some(DateOrder::MonthFirst)),
        day("2026-05-11")
    );
    let wrong = first_day(&["24/11/26"], Some(DateOrder::MonthFirst));
    assert_eq!(wrong, Err(NotChat::NoSuchDate { line: 1 }));
    assert_eq!(
        first_day(&["31/31/26"], None),
        Err(NotChat::NoSuchDate { line: 1 })
    );
    assert_eq!(read("Dear diary\n", None), Err(NotChat::NoMessage));
    assert_eq!(read("", None), Err(NotChat::NoMessage));
}
