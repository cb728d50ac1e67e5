//! `baton release`: made, compared, moved, taken back.

use super::{Shell, has};
use crate::{fixture::Fixture, releases::decided};

#[tokio::test]
async fn a_module_goes_from_file_to_live_and_back() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    let told = shell.uploads("eager", "message.text != null", "").await;
    has(
        &told,
        &[
            "eager: a rule of ",
            "message.text: the text of the customer's message, with numbers and addresses masked [not granted]",
            "baton module grant eager message.text",
        ],
    );
    let refused = shell.refused("release create --module eager").await;
    has(
        &refused,
        &[
            "(ungranted_fields)",
            "message.text",
            "next: baton module grant eager message.text",
        ],
    );
    let told = shell.does("module grant eager message.text").await;
    has(&told, &["may read now", "  message.text: the text of"]);
    let told = shell
        .does("release create --module eager,weight=0.5 --set weighted.threshold=0.4 --note first")
        .await;
    has(
        &told,
        &[
            "release 1, made ",
            " by all: first",
            "+ rule eager (",
            ": weight 0.5",
            "setting threshold: its default → 0.4",
            "by eager: message.text: the text of",
            "baton release activate 1",
        ],
    );
    let told = shell.does("release activate 1 --why calmer").await;
    has(&told, &["release 1 decides on everybody"]);
    assert_eq!(decided(&host, "hello").await["release"], 1);

    let told = shell.does("release status").await;
    has(
        &told,
        &[
            "release 1 decides on everybody",
            "among 200 evaluations",
            "  all           activated release 1, after release 0: calmer",
            "release 1 (active)",
        ],
    );
    let eager = told.lines().find(|it| it.trim().starts_with("eager"));
    let eager: Vec<_> = eager.expect("it ran").split_whitespace().collect();
    assert_eq!(eager[1..4], ["1", "0", "1"], "runs, skipped, signals");

    shell.does("release create --without eager").await;
    let told = shell.does("release diff 1 2").await;
    has(&told, &["from release 1 to release 2", "- rule eager ("]);
    let told = shell.does("release rollback --why worse").await;
    has(&told, &["release 0 decides on everybody"]);
    assert_eq!(decided(&host, "hello again").await["release"], 0);
    let refused = shell.refused("release rollback").await;
    has(&refused, &["(rollout_refused)", "nothing came before"]);
}

#[tokio::test]
async fn a_difference_is_told_in_plain_words() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell
        .uploads("eager", "message.text != null", "--grant-all")
        .await;
    shell.does("release create --module eager").await;
    let more = "message.text != null && customer.phone != null";
    let told = shell.uploads("eager", more, "--grant-all").await;
    assert!(!told.contains("not granted"), "{told}");
    let digest = told
        .lines()
        .find_map(|it| it.trim().strip_prefix("digest "))
        .expect("a digest");
    let line = format!(
        "release create --base 1 --module {digest},weight=0.25,mode=shadow,on_failure=default"
    );
    shell.does(&line).await;
    let told = shell.does("release diff 1 2").await;
    has(
        &told,
        &[
            "~ rule eager (",
            "bytes: ",
            "mode: live → shadow",
            "on failure: open → default",
            "weight: 1 → 0.25",
            "can be read, and could not before\n    by eager: customer.phone: the customer's phone number\n",
        ],
    );
    assert!(!told.contains("by eager: message.text"), "{told}");
    has(&shell.does("release diff 2 2").await, &["nothing differs"]);
    // A setting goes beside those of the base, and back to its default.
    shell
        .does("release create --base 1 --set weighted.threshold=0.7 --set weighted.team=sales")
        .await;
    shell
        .does("release create --base 3 --set weighted.threshold=null")
        .await;
    let told = shell.does("release diff 3 4").await;
    has(&told, &["setting threshold: 0.7 → its default"]);
    assert!(!told.contains("setting team"), "{told}");
    let told = shell.does("release show 4").await;
    has(&told, &["policy weighted (", "): team = \"sales\"\n"]);
    let done = shell
        .run("release create --base 1 --set nobody.threshold=1")
        .await;
    assert_eq!(done.code, Some(1));
    has(&done.err, &["has no module nobody", "--module nobody"]);
    has(
        &shell.does("release list").await,
        &["release 4, made ", "release 1, made "],
    );
}

#[tokio::test]
async fn canary_shadow_and_guardrails_move() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell.uploads("eager", "true", "").await;
    shell.does("release create --module eager").await;
    let told = shell.does("release canary 1 12.5 --why careful").await;
    has(
        &told,
        &[
            "release 0 decides on everybody who is not in the canary",
            "release 1 is the canary: it decides on 12.5 of 100 customers",
        ],
    );
    let told = shell.does("release shadow 1").await;
    has(&told, &["release 1 is the shadow"]);
    let told = shell.does("release end-shadow").await;
    assert!(!told.contains("shadow"), "{told}");
    let told = shell.does("release end-canary").await;
    assert_eq!(told, "release 0 decides on everybody\n");
    let told = shell.does("release status").await;
    has(
        &told,
        &["release 1 became the canary for 12.5 of 100: careful"],
    );
    let told = shell.does("release guardrails --window 40").await;
    has(&told, &["among 40 evaluations", "more than 5 %", "20 ms"]);
    let status = shell.json("release status").await;
    assert_eq!(status["rollout"]["guardrails"]["window"], 40);
    assert_eq!(status["running"]["items"][0]["stands"], "active");
    has(
        &shell.does("release guardrails --enabled false").await,
        &["guardrails are off"],
    );
    let status = shell.json("release status").await;
    assert_eq!(status["rollout"]["guardrails"]["window"], 40, "it stays");
    let refused = shell.refused("release guardrails --window 1").await;
    has(&refused, &["(invalid_value)", "guardrails.window is 1"]);
}

#[tokio::test]
async fn under_one_key_a_release_is_made_once() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell.uploads("eager", "true", "").await;
    let line = "release create --module eager --idempotency-key of-a-pipeline";
    let first = shell.json(line).await;
    assert_eq!(first, shell.json(line).await);
    for _ in 0..2 {
        shell.does("release create --module eager").await;
    }
    let list = shell.json("release list").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(3));
}
