//! Business numbers: what WhatsApp tells of them and their templates, and one that
//! somebody else has.

use baton_simulator::escaped;
use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, PHONE, messages, sari, signature, text, until};

/// The account in the webhooks of the simulator.
pub const ACCOUNT: &str = "102290129340398";

/// A webhook about a whole account, as Meta writes it.
fn about_account(account: &str, second: i64, field: &str, value: &Value) -> String {
    let entry =
        json!({ "id": account, "time": second, "changes": [{ "field": field, "value": value }] });
    escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }))
}

/// News of a template in English, told after everything else.
pub fn template_news(account: &str, template: &str, event: &str) -> String {
    told_of_template(account, 1_795_000_000, template, event)
}

fn told_of_template(account: &str, second: i64, template: &str, event: &str) -> String {
    let value = json!({
        "event": event, "message_template_id": 12, "message_template_name": template,
        "message_template_language": "en", "reason": "NONE",
    });
    about_account(account, second, "message_template_status_update", &value)
}

/// A webhook with these statuses.
pub fn statuses(number: &str, statuses: &[Value]) -> String {
    let metadata = json!({ "display_phone_number": "6221500900", "phone_number_id": number });
    let value =
        json!({ "messaging_product": "whatsapp", "metadata": metadata, "statuses": statuses });
    about_account("1", 0, "messages", &value)
}

async fn shown(host: &Fixture) -> Value {
    let (status, number) = host.get(&format!("/v1/numbers/{NUMBER}")).await;
    assert_eq!(status, 200, "{number}");
    number
}

async fn sends_template(host: &Fixture, name: &str, is_marketing: bool) -> Value {
    // The body is the key, too: short, and another each time.
    let said = (host.clock_now().as_second() % 1_000_000).to_string();
    let message = json!({
        "type": "template", "name": name, "language": "en", "parameters": [said],
        "is_marketing": is_marketing,
    });
    let body = json!({ "customer": { "phone": PHONE }, "message": message });
    assert_eq!(host.post("/v1/messages", &body).await.0, 202);
    let text = format!("[{name}] {said}");
    until("it is settled", || async {
        let fate = host.outcome_of(&text).await;
        ["accepted", "suppressed"]
            .iter()
            .any(|it| fate["is"] == *it)
    })
    .await;
    let fate = host.outcome_of(&text).await;
    host.advance(0, 1);
    fate
}

#[tokio::test]
async fn a_template_that_is_paused_is_not_sent_until_it_is_approved_again() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    assert_eq!(shown(&host).await["account"], ACCOUNT, "learnt by the way");
    assert_eq!(
        host.signed(&told_of_template(ACCOUNT, 1_795_000_010, "news", "PAUSED"))
            .await,
        200
    );
    let fate = sends_template(&host, "news", false).await;
    assert_eq!(fate["why"], "template_paused");
    let template = &shown(&host).await["templates"][0];
    assert_eq!(template["status"]["word"], "PAUSED");
    assert_eq!(template["held_because"], "template_paused");
    // Another template, and this one in another language, are none of it.
    assert_eq!(
        sends_template(&host, "other", false).await["is"],
        "accepted"
    );
    // What was told before changes nothing, however late it comes.
    let older = told_of_template(ACCOUNT, 1_795_000_005, "news", "APPROVED");
    assert_eq!(host.signed(&older).await, 200);
    let fate = sends_template(&host, "news", false).await;
    assert_eq!(fate["why"], "template_paused");
    // It outlives a restart.
    let again = host.again(|_| {}, |_| {}).await;
    assert_eq!(
        shown(&again).await["templates"][0]["status"]["word"],
        "PAUSED"
    );
    let newer = told_of_template(ACCOUNT, 1_795_000_020, "news", "APPROVED");
    assert_eq!(host.signed(&newer).await, 200);
    assert_eq!(sends_template(&host, "news", false).await["is"], "accepted");
}

#[tokio::test]
async fn a_follow_up_outside_the_window_needs_a_template_that_holds() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let order = json!([{ "type": "order", "id": "A-1", "status": "paid" }]);
    host.tell(order).await;
    let rejected = template_news(ACCOUNT, "order_tracking", "REJECTED");
    assert_eq!(host.signed(&rejected).await, 200);
    host.advance(49, 0);
    until("it is told why not", || async {
        host.count_of("follow_up_skipped").await == 1
    })
    .await;
    let path = format!("{}/view", host.her_conversation().await);
    let view = host.get(&path).await.1;
    assert_eq!(view["not_sent"][0]["why"], "template_rejected", "{view}");
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn what_whatsapp_may_yet_stop_is_spared_for_what_is_expected() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(json!([{ "type": "profile", "marketing_consent": true }]))
        .await;
    let flagged = template_news(ACCOUNT, "news", "FLAGGED");
    assert_eq!(host.signed(&flagged).await, 200);
    let red = json!({
        "previous_quality_score": "GREEN", "new_quality_score": "RED", "message_template_id": 12,
        "message_template_name": "sale", "message_template_language": "en",
    });
    let red = about_account(
        ACCOUNT,
        1_795_000_000,
        "message_template_quality_update",
        &red,
    );
    assert_eq!(host.signed(&red).await, 200);
    for name in ["news", "sale"] {
        let fate = sends_template(&host, name, true).await;
        assert_eq!(fate["why"], "template_flagged", "{name}");
        assert_eq!(sends_template(&host, name, false).await["is"], "accepted");
    }
}

#[tokio::test]
async fn one_app_speaks_for_its_own_numbers_and_accounts_alone() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let app = json!({ "secret": "another-secret", "verify_token": "verify" });
    host.admin("PUT", "/admin/apps/other", &app).await;
    let news = template_news(ACCOUNT, "news", "PAUSED");
    let signed = signature(&news, "another-secret");
    assert_eq!(host.webhook("other", &news, Some(&signed)).await, 200);
    // Nor does another account of the same app, nor another app for the account.
    let foreign = template_news("77", "news", "PAUSED");
    assert_eq!(host.signed(&foreign).await, 200);
    let message = messages(NUMBER, &[text("wamid.foreign", "hi")]);
    let signed = signature(&message, "another-secret");
    assert_eq!(host.webhook("other", &message, Some(&signed)).await, 200);
    let number = shown(&host).await;
    assert_eq!(
        (&number["account"], &number["templates"]),
        (&json!(ACCOUNT), &json!([]))
    );
    // The account that the tenant tells needs no webhook to be known.
    host.rewrite(|document| document["numbers"][0]["account"] = json!("77"))
        .await;
    let foreign = template_news("77", "news", "DISABLED");
    assert_eq!(host.signed(&foreign).await, 200);
    assert_eq!(
        shown(&host).await["templates"][0]["held_because"],
        "template_disabled"
    );
}

#[tokio::test]
async fn quality_and_connection_of_a_number_are_shown() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let second = host.clock_now().as_second() + 60;
    let quality = json!({ "display_phone_number": "+62 21 500900", "event": "FLAGGED", "current_limit": "TIER_1K" });
    let quality = about_account(ACCOUNT, second, "phone_number_quality_update", &quality);
    assert_eq!(host.signed(&quality).await, 200);
    let gone = json!({ "event": "PARTNER_REMOVED", "disconnection_info": { "reason": "USER" } });
    let gone = about_account(ACCOUNT, second, "account_update", &gone);
    assert_eq!(host.signed(&gone).await, 200);
    let number = shown(&host).await;
    assert_eq!(number["quality"]["word"], "FLAGGED", "{number}");
    assert_eq!(number["limit"]["word"], "TIER_1K");
    assert_eq!(number["disconnected"]["word"], "PARTNER_REMOVED");
    // Something comes from it again.
    host.advance(1, 0);
    host.says("Hello again").await;
    assert_eq!(shown(&host).await["disconnected"], json!(null));
    let (_, all) = host.get("/v1/numbers").await;
    assert_eq!(all["items"][0], shown(&host).await);
    assert_eq!(host.get("/v1/numbers/999").await.0, 404);
}

#[tokio::test]
async fn nothing_leaves_from_a_number_that_is_frozen() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    // One message waits in the outbox while it happens.
    let busy = baton_simulator::Fault::Refuse {
        status: 400,
        code: 131_056,
    };
    host.simulator.break_next_send(busy);
    assert_eq!(host.send("On my way").await.0, 202);
    until("it was tried", || async {
        host.count_of("send_resolved").await >= 1
    })
    .await;
    let (status, frozen) = host
        .post(&format!("/v1/numbers/{NUMBER}/freeze"), &json!({}))
        .await;
    assert_eq!(status, 200, "{frozen}");
    assert_eq!(frozen["number"]["frozen"]["by"], "key:all");
    until("it is suppressed", || async {
        host.advance(0, 2);
        host.outcome_of("On my way").await["why"] == "number_frozen"
    })
    .await;
    let (status, refused) = host.send("Hello?").await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("number_frozen"))
    );
    let reply = json!({ "agent": "ana", "message": { "type": "text", "body": "Hi" } });
    let path = format!("{}/reply", host.her_conversation().await);
    let (status, refused) = host.post(&path, &reply).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("number_frozen"))
    );
    assert!(host.simulator.sent().is_empty());

    let (status, thawed) = host
        .post(&format!("/v1/numbers/{NUMBER}/thaw"), &json!({}))
        .await;
    assert_eq!((status, &thawed["frozen"]), (200, &json!(null)));
    assert_eq!(host.send("Here I am").await.0, 202);
    until("it is sent", || async { host.simulator.sent().len() == 1 }).await;
    assert_eq!(host.simulator.sent()[0].text(), "Here I am");
}

#[tokio::test]
async fn whoever_writes_on_the_app_of_a_frozen_number_takes_nothing_over() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    assert_eq!(
        host.post(&format!("/v1/numbers/{NUMBER}/freeze"), &json!({}))
            .await
            .0,
        200
    );
    let said = host.simulator.app_says(&sari(), "Send me the code").await;
    said.expect("it is taken");
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"]["is"], "bot");
    let last = conversation["thread"].as_array().expect("a thread").last();
    let last = last.expect("it is shown");
    assert_eq!(
        (&last["author"], &last["text"], &last["while_frozen"]),
        (&json!("app"), &json!("Send me the code"), &json!(true))
    );
    let again = host.again(|_| {}, |_| {}).await;
    assert!(
        shown(&again).await["frozen"].is_object(),
        "it outlives a restart"
    );
    assert_eq!(
        host.post(&format!("/v1/numbers/{NUMBER}/thaw"), &json!({}))
            .await
            .0,
        200
    );
    let said = host.simulator.app_says(&sari(), "Dewi again").await;
    said.expect("it is taken");
    assert_eq!(host.conversation().await["owner"]["is"], "app");
}

#[tokio::test]
async fn what_the_app_had_goes_into_the_queue_and_what_was_read_is_told() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let said = host.simulator.app_says(&sari(), "Dewi here").await;
    said.expect("it is taken");
    let path = host.her_conversation().await;
    assert_eq!(host.get(&path).await.0, 200);
    host.advance(0, 30);
    let since = host.clock_now();
    let ana = host.person("ana", "senior-agent").await;
    let view = format!("{path}/view");
    assert_eq!(host.request("GET", &view, &ana, None).await.0, 200);

    let freeze = format!("/v1/numbers/{NUMBER}/freeze");
    let (status, frozen) = host.post(&freeze, &json!({ "since": since })).await;
    assert_eq!(status, 200, "{frozen}");
    let passed = &frozen["conversations"][0];
    assert_eq!(
        (&passed["owner"]["is"], &passed["owner"]["team"]),
        (&json!("team"), &json!("sales"))
    );
    assert_eq!(frozen["conversations_left"], 0);
    assert_eq!(host.conversation().await["owner"]["is"], "team");
    let read = frozen["read"].as_array().expect("what was read");
    let whats: Vec<&str> = read.iter().filter_map(|it| it["what"].as_str()).collect();
    // Of before then nothing, and what was done by this call stands with it.
    assert_eq!(
        whats,
        ["read-audit", "requeue", "freeze-number", "read-view"],
        "{frozen}"
    );
    let (_, audit) = host
        .get(&format!("/v1/audit?number={NUMBER}&who=person:ana"))
        .await;
    assert_eq!(audit["items"][0]["what"], "read-view", "{audit}");

    // Again: nothing is left to do, and nothing is written.
    let (_, again) = host.post(&freeze, &json!({ "since": since })).await;
    assert_eq!(again["conversations"], json!([]));
    assert_eq!(
        again["number"]["frozen"]["at"],
        frozen["number"]["frozen"]["at"]
    );
    assert_eq!(host.count_of("requeued").await, 1);
    assert_eq!(host.post("/v1/numbers/999/freeze", &json!({})).await.0, 404);

    // Who may not see the audit freezes all the same.
    host.role("lead", &[], &["manage-people"]).await;
    let lead = host.person("lena", "lead").await;
    let (status, told) = host.request("POST", &freeze, &lead, Some(&json!({}))).await;
    assert_eq!(status, 200);
    assert!(told.get("read").is_none(), "{told}");
}
