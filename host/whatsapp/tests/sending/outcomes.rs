//! What answers and silences mean, and that nothing is ever sent twice.

use baton_whatsapp::graph::{
    AccessToken, Ambiguity, GraphClient, InvalidBase, Outcome, Outgoing, Rejection,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::server::{Behaviour, greet, number, phone, text, token};

async fn answered(status: u16, body: impl Into<String>) -> Outcome {
    let (outcome, seen) = greet(Behaviour::Answer(status, body.into())).await;
    assert_eq!(seen.len(), 1, "sent {} times", seen.len());
    outcome
}

fn error(code: i64) -> String {
    let details = json!({ "messaging_product": "whatsapp", "details": "more of it" });
    json!({ "error": {
        "message": format!("(#{code}) Something"), "type": "OAuthException", "code": code,
        "error_data": details, "fbtrace_id": "Abc",
    } })
    .to_string()
}

#[tokio::test]
async fn every_code_of_the_table_has_its_meaning() {
    let table: [(&[i64], &str); 12] = [
        (&[0, 190], "token_dead"),
        (&[3, 10, 200, 299, 131_005], "not_permitted"),
        (&[4, 80_007, 130_429], "rate_limited"),
        (&[131_056], "pair_rate_limited"),
        (&[131_047], "outside_service_window"),
        (&[131_049], "ecosystem_cap"),
        (&[131_050], "opted_out"),
        (&[131_026], "undeliverable"),
        (&[131_048, 368, 131_031], "policy_blocked"),
        (&[132_000, 132_001, 132_015, 132_016], "template_fault"),
        (&[1, 2, 131_000, 131_016], "ambiguous"),
        (
            &[100, 131_008, 131_009, 199, 300, 131_999, 132_017],
            "refused",
        ),
    ];
    for (codes, expected) in table {
        for code in codes {
            assert_eq!(answered(400, error(*code)).await.code(), expected, "{code}");
        }
    }
}

#[tokio::test]
async fn the_code_counts_and_not_the_status_it_comes_with() {
    assert_eq!(
        answered(500, error(131_047)).await.code(),
        "outside_service_window"
    );
    assert_eq!(answered(200, error(190)).await.code(), "ambiguous");
    assert_eq!(
        answered(401, error(131_056)).await.code(),
        "pair_rate_limited"
    );
}

#[tokio::test]
async fn an_error_is_told_in_full() {
    let Outcome::Rejected { rejection, error } = answered(400, error(131_026)).await else {
        panic!("not rejected");
    };
    assert_eq!(rejection, Rejection::Undeliverable);
    assert_eq!((error.status, error.code), (400, Some(131_026)));
    assert_eq!(error.message, "(#131026) Something");
    assert_eq!(error.details.as_deref(), Some("more of it"));
    assert_eq!(error.trace.as_deref(), Some("Abc"));
}

#[tokio::test]
async fn without_a_code_the_status_decides() {
    let page = "<html>Bad gateway</html>";
    for (status, expected) in [
        (400, "refused"),
        (401, "token_dead"),
        (403, "not_permitted"),
        (404, "refused"),
        (408, "ambiguous"),
        (413, "refused"),
        (429, "rate_limited"),
        (500, "ambiguous"),
        (502, "ambiguous"),
        (503, "ambiguous"),
        (504, "ambiguous"),
        (200, "ambiguous"),
    ] {
        assert_eq!(answered(status, page).await.code(), expected, "{status}");
    }
}

#[tokio::test]
async fn unknown_errors_that_may_have_struck_late_are_ambiguous() {
    assert_eq!(answered(500, error(999_999)).await.code(), "ambiguous");
    let passing = json!({ "error": { "code": 999_999, "is_transient": true } });
    assert_eq!(answered(400, passing.to_string()).await.code(), "ambiguous");
}

#[tokio::test]
async fn a_yes_without_an_id_is_ambiguous() {
    for body in [
        "{}",
        r#"{"messages":[]}"#,
        r#"{"messages":[{"id":""}]}"#,
        "",
        "[]",
        r#"{"success":false}"#,
    ] {
        assert_eq!(answered(200, body).await.code(), "ambiguous", "{body}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_certainly_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = GraphClient::new(&base).unwrap();
    let message = Outgoing::new(phone(), text("Hello")).unwrap();
    let outcome = client.send(&number(), &token(), &message).await;
    let Outcome::NotSent { reason } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(!reason.contains("106540352242922"), "{reason}");
}

#[tokio::test]
async fn silence_and_broken_connections_are_ambiguous_and_not_repeated() {
    for behaviour in [
        Behaviour::Silence,
        Behaviour::HangUp,
        Behaviour::BreakOff(200, r#"{"messages":[{"id":"wam"#.to_owned()),
        Behaviour::BreakOff(500, r#"{"error":{"co"#.to_owned()),
    ] {
        let (outcome, seen) = greet(behaviour.clone()).await;
        assert_eq!(
            (outcome.code(), seen.len()),
            ("ambiguous", 1),
            "{behaviour:?}: {outcome:?}"
        );
        if let Outcome::Ambiguous(Ambiguity::NoAnswer { reason }) = outcome {
            assert!(!reason.contains("106540352242922"), "{reason}");
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (outcome, seen) = greet(Behaviour::Redirect).await;
    assert_eq!((outcome.code(), seen.len()), ("refused", 1));
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let long = format!(
        r#"{{"error":{{"code":190,"message":"{}"}}}}"#,
        "x".repeat(1_000_000)
    );
    assert_eq!(answered(401, long).await.code(), "token_dead");
}

#[test]
fn tokens_are_words_and_never_printed() {
    for bad in [
        "",
        "two words",
        "line\nbreak",
        "caf\u{e9}",
        &"x".repeat(2_049),
    ] {
        assert!(AccessToken::new(bad).is_err(), "{bad:?}");
    }
    assert!(!format!("{:?}", AccessToken::new("hunter2").unwrap()).contains("hunter2"));
}

#[test]
fn tokens_go_unencrypted_to_this_machine_only() {
    for good in [
        "http://127.0.0.1:8081",
        "http://localhost:1",
        "http://[::1]:1/graph",
    ] {
        assert!(GraphClient::new(good).is_ok(), "{good}");
    }
    for bad in [
        "http://graph.facebook.com",
        "http://10.0.0.1",
        "http://localhost.example",
    ] {
        assert!(
            matches!(GraphClient::new(bad), Err(InvalidBase::Unencrypted)),
            "{bad}"
        );
    }
    for bad in [
        "",
        "graph.facebook.com",
        "ftp://graph.facebook.com",
        "https://",
        "file:///etc",
    ] {
        assert!(
            matches!(GraphClient::new(bad), Err(InvalidBase::NotUrl(_))),
            "{bad}"
        );
    }
}
