//! What was promised and not done is told, also when the owner stays.

use baton::config::Config;
use serde_json::{Value, json};

use super::{
    hand_off, make_endpoint, path,
    people::{MailBox, agent, mail_server, start},
    received, types,
};
use crate::{
    fixture::{ADMIN, Fixture, NUMBER, tenant, until},
    notify::Receiver,
};

/// A team without tiers, which answers within 5 minutes.
async fn promise(host: &Fixture) {
    let mut document = tenant("shop", NUMBER);
    document["teams"][0]["tiers"] = json!([]);
    document["care"] = json!({ "promises": [{ "first_reply_minutes": 5 }] });
    let url = format!("{}/admin/tenants/shop", host.url);
    let request = host.http.put(url).bearer_auth(ADMIN).json(&document);
    let answer = request.header("if-match", "\"1\"").send().await;
    assert_eq!(answer.expect("an answer").status().as_u16(), 200);
}

#[tokio::test]
async fn what_is_overdue_is_told_although_the_team_has_it_still() {
    let mails = MailBox::default();
    let port = mails.clone().start().await;
    let mut boss = agent("dewi", 0, json!({ "email": "dewi@example.com" }));
    boss["role"] = "operator".into();
    boss["teams"] = json!([]);
    let people = [agent("ana", 0, json!({ "email": "ana@example.com" })), boss];
    let smtp = |config: &mut Config| config.smtp = Some(mail_server(port));
    let host = start(smtp, &people, json!({ "email": true })).await;
    promise(&host).await;
    let receiver = Receiver::start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    let before = hand_off(&host).await;
    received(&receiver, 1).await;
    until("the team is told", || async { mails.got().len() == 1 }).await;
    host.advance(0, 5);
    received(&receiver, 2).await;
    let after = host.conversation().await;
    assert_eq!(after["owner"], before["owner"], "nobody else is found");
    assert_eq!(after["epoch"], before["epoch"]);
    assert_eq!(types(&receiver), ["handoff.created", "handoff.overdue"]);
    let data: Value = receiver.got()[1].json()["data"].clone();
    assert_eq!(
        (&data["cause"], &data["operator"], &data["team"]),
        (&json!("first_reply_late"), &json!(true), &json!("sales"))
    );
    until("the operator is told", || async { mails.got().len() == 2 }).await;
    let mail = &mails.got()[1];
    assert!(mail.contains("To: dewi@example.com"), "{mail}");
    assert!(
        mail.contains("Nobody did in time what was promised"),
        "{mail}"
    );
}

#[tokio::test]
async fn who_sends_it_up_or_drops_out_has_others_told() {
    let (host, receiver) = super::start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    let person = agent("ana", 5, json!({}));
    let (status, _) = host
        .request("PUT", "/v1/people/ana", &host.key, Some(&person))
        .await;
    assert_eq!(status, 200);
    let conversation = hand_off(&host).await;
    assert_eq!(conversation["owner"]["agent"], "ana");
    received(&receiver, 2).await;
    // Nobody else is there: it goes back into the queue.
    let pass = path(&conversation, "assign");
    let (status, head) = host.post(&pass, &json!({})).await;
    assert_eq!(
        (status, &head["owner"]["is"]),
        (200, &json!("team")),
        "{head}"
    );
    received(&receiver, 3).await;
    let up = json!({ "note": "She wants a discount." });
    assert_eq!(
        host.post(&path(&conversation, "escalate"), &up).await.0,
        200
    );
    received(&receiver, 4).await;
    let mut told = types(&receiver);
    // Two of one moment, in any order.
    told[..2].sort();
    let wanted = [
        "handoff.assigned",
        "handoff.created",
        "handoff.requeued",
        "handoff.escalated",
    ];
    assert_eq!(told, wanted);
    let got = receiver.got();
    assert_eq!(got[2].json()["data"]["cause"], "asked");
    assert!(got[2].json()["data"]["queue"]["why"].is_string());
    assert_eq!(got[3].json()["data"]["cause"], "asked");
    assert!(
        !got[3].body.contains("discount"),
        "a note is text of people"
    );
}
