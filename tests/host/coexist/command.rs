//! `baton audit-sync` on files.

use serde_json::json;

use super::{chunk, hers};
use crate::{
    fixture::{Fixture, NUMBER, messages, start_time, text},
    online::{Shell, has},
};

/// 02:30 UTC is 09:30 in Jakarta.
const ANDROID: &str = "\
24/11/26, 09:00 - Messages and calls are end-to-end encrypted. Tap to learn more.
24/11/26, 09:28 - +62 812-9000-1234: Are you open?
24/11/26, 09:30 - +62 812-9000-1234: Hello
to all of you
24/11/26, 09:29 - Kopi Senja: <Media omitted>
24/11/26, 09:31 - +62 812-9000-1234: This message was deleted
";

const IPHONE: &str = "\
[11/24/26, 9:28:10\u{202f}AM] Sari: Are you open?
[11/24/26, 9:30:00\u{202f}AM] Sari: Hello
to all of you
[11/24/26, 9:29:00\u{202f}AM] Kopi Senja: \u{200e}image omitted
";

#[tokio::test]
async fn a_chat_is_compared_and_taken_over() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    assert_eq!(
        host.signed(&messages(
            NUMBER,
            &[text("wamid.1", "Hello\nto all of you")]
        ))
        .await,
        200
    );
    shell.file("chat.txt", ANDROID.as_bytes());
    let line = format!("audit-sync --number {NUMBER} --file chat.txt");
    let done = shell.run(&line).await;
    assert_eq!(done.code, Some(3), "{}{}", done.out, done.err);
    has(
        &done.out,
        &[
            "4 messages of the App, 1 of them here",
            "2 missing_here: ",
            "1 written_on_unlinked_device: ",
            "chat.txt:2  \"Are you open?\"",
            "2026-11-24T02:28:00Z",
        ],
    );
    let imported = shell.run(&format!("{line} --import")).await;
    has(&imported.out, &["2 were taken over"]);
    let texts: Vec<_> = host
        .thread()
        .await
        .iter()
        .map(|it| it["text"].clone())
        .collect();
    assert_eq!(
        texts,
        [
            json!("Are you open?"),
            json!(null),
            json!("Hello\nto all of you")
        ]
    );
    // The same chat on a phone that writes dates the other way, and names.
    shell.file("iphone.txt", IPHONE.as_bytes());
    let line = format!("audit-sync --number {NUMBER} --file iphone.txt");
    let done = shell.run(&line).await;
    assert_eq!(done.code, Some(1), "{}", done.out);
    has(&done.err, &["give it with --customer"]);
    let told = shell
        .does(&format!("{line} --customer +6281290001234"))
        .await;
    has(
        &told,
        &["3 messages of the App, 3 of them here", "nothing differs"],
    );
}

#[tokio::test]
async fn a_file_that_leaves_it_open_is_refused() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    let open = "05/11/26, 09:28 - +62 812-9000-1234: Hello\n";
    shell.file("open.txt", open.as_bytes());
    let line = format!("audit-sync --number {NUMBER} --file open.txt");
    let done = shell.run(&line).await;
    assert_eq!(done.code, Some(1), "{}", done.out);
    has(
        &done.err,
        &["open.txt", "--dates dmy", "day first or month first"],
    );
    let done = shell.run(&format!("{line} --dates dmy")).await;
    has(&done.out, &["2026-11-05T02:28:00Z", "unknown_customer"]);
    shell.file("none.txt", b"Dear diary\n");
    let done = shell
        .run(&format!("audit-sync --number {NUMBER} --file none.txt"))
        .await;
    assert_eq!(done.code, Some(1));
    has(&done.err, &["no line begins like one of an exported chat"]);
    let refused = shell
        .refused("audit-sync --number 999 --file open.txt")
        .await;
    has(&refused, &["(not_found)"]);
}

#[tokio::test]
async fn a_history_in_json_is_compared_by_ids() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    assert_eq!(
        host.signed(&messages(NUMBER, &[text("wamid.1", "Hello")]))
            .await,
        200
    );
    let told = [
        hers("wamid.1", start_time(), "Hello"),
        hers("wamid.2", start_time(), "Hello"),
    ];
    shell.file(
        "history.json",
        chunk(0, 1, 100, &told).to_string().as_bytes(),
    );
    let line = format!("audit-sync --number {NUMBER} --file history.json --json");
    let done = shell.run(&line).await;
    assert_eq!(done.code, Some(3), "{}", done.err);
    let answer: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(answer["counts"], json!({ "missing_here": 1 }));
    assert_eq!(answer["found"][0]["place"], 1);
}
