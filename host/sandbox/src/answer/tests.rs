use baton_domain::ids::ModuleName;

use super::*;

fn declaration() -> Declaration {
    let json = r#"{"name":"m","world":"policy","summary":"","signals":["alarm"],
        "tags":["vip","late + angry"],"next_steps":["Call."]}"#;
    serde_json::from_str(json).unwrap()
}

fn signal(change: impl FnOnce(&mut WitSignal)) -> Vec<WitSignal> {
    let mut signal = WitSignal {
        name: "alarm".into(),
        score: 0.5,
        reason: "Because.".into(),
        tag: Some("vip".into()),
        next_step: Some("Call.".into()),
        extra: vec![("a".into(), "b".into())],
    };
    change(&mut signal);
    vec![signal]
}

#[track_caller]
fn refused(change: impl FnOnce(&mut WitSignal), code: &str) {
    let failure = check_signals(signal(change), &declaration()).unwrap_err();
    assert_eq!(failure.code(), code, "{failure}");
}

#[test]
fn a_signal_within_the_contract_is_kept_whole() {
    let signals = check_signals(signal(|_| ()), &declaration()).unwrap();
    assert_eq!(signals[0].score.get(), 0.5);
    assert_eq!(signals[0].extra.len(), 1);
}

#[test]
fn each_limit_of_a_signal_holds() {
    let text = |chars: usize| Text::from("é".repeat(chars));
    assert!(check_signals(signal(|s| s.reason = text(280)), &declaration()).is_ok());
    refused(|s| s.reason = text(281), "module_output_too_large");
    refused(
        |s| s.extra = vec![(text(281), text(1))],
        "module_output_too_large",
    );
    refused(
        |s| s.extra = vec![(text(1), text(281))],
        "module_output_too_large",
    );
    refused(
        |s| s.extra = vec![(text(1), text(1)); 9],
        "module_output_too_large",
    );
    for score in [f64::NAN, f64::INFINITY, -0.1, 1.000_001] {
        refused(|s| s.score = score, "module_output_invalid");
    }
    refused(|s| s.name = "other".into(), "module_output_invalid");
    refused(|s| s.tag = Some("other".into()), "module_output_invalid");
    refused(
        |s| s.next_step = Some("Other.".into()),
        "module_output_invalid",
    );
}

#[test]
fn the_text_of_all_signals_together_is_limited() {
    let pair: (Text, Text) = ("é".repeat(280).into(), "é".repeat(280).into());
    let one = || signal(|s| s.extra = vec![pair.clone(); 8]).remove(0);
    assert!(check_signals(vec![one()], &declaration()).is_ok());
    let failure = check_signals(vec![one(), one()], &declaration()).unwrap_err();
    assert_eq!(failure.code(), "module_output_too_large");
}

#[test]
fn failures_never_quote_the_module() {
    let secret = "maria@example.com";
    let failures = [
        check_signals(signal(|s| s.name = secret.into()), &declaration()),
        check_signals(signal(|s| s.tag = Some(secret.into())), &declaration()),
        check_signals(
            signal(|s| s.next_step = Some(secret.into())),
            &declaration(),
        ),
    ];
    for failure in failures {
        assert!(!failure.unwrap_err().to_string().contains("maria"));
    }
}

fn verdict(change: impl FnOnce(&mut WitDecision)) -> Result<Verdict, ModuleFailure> {
    let mut decision = WitDecision {
        outcome: "hand-off".into(),
        team: Some("sales".into()),
        tier: None,
        tags: vec!["vip".into()],
        reasons: vec!["Because.".into()],
        next_step: None,
        priority: 100,
        extra: vec![],
    };
    change(&mut decision);
    let incoming = ScoredSignal {
        module: ModuleName::parse("rule").unwrap(),
        signal: Signal {
            name: "late".into(),
            score: Score::ONE,
            reason: "".into(),
            tag: Some("delivery promise".into()),
            next_step: Some("Ask the courier.".into()),
            extra: vec![],
        },
        weight: Score::ONE,
    };
    check_verdict(decision, &declaration(), &[incoming])
}

#[test]
fn tags_and_steps_are_declared_or_of_the_signals() {
    let good = [
        "vip",
        "delivery promise",
        "delivery promise + vip",
        "late + angry + vip",
        "vip + vip",
    ];
    for tag in good {
        assert!(verdict(|d| d.tags = vec![tag.into()]).is_ok(), "{tag}");
    }
    for tag in [
        "",
        "other",
        "vip + ",
        " + vip",
        "vip+vip",
        "vip + other",
        "late",
        "vip + late",
    ] {
        let failure = verdict(|d| d.tags = vec![tag.into()]).unwrap_err();
        assert_eq!(failure.code(), "module_output_invalid", "{tag:?}");
    }
    for step in ["Call.", "Ask the courier."] {
        assert!(
            verdict(|d| d.next_step = Some(step.into())).is_ok(),
            "{step}"
        );
    }
    assert!(verdict(|d| d.next_step = Some("Other.".into())).is_err());
}

#[test]
fn each_limit_of_a_verdict_holds() {
    let code = |result: Result<Verdict, ModuleFailure>| result.unwrap_err().code();
    assert_eq!(
        code(verdict(|d| d.outcome = "handoff".into())),
        "module_output_invalid"
    );
    assert_eq!(code(verdict(|d| d.priority = 101)), "module_output_invalid");
    assert_eq!(
        code(verdict(|d| d.tags = vec!["vip".into(); 9])),
        "module_output_too_large"
    );
    assert_eq!(
        code(verdict(|d| d.reasons = vec!["r".into(); 9])),
        "module_output_too_large"
    );
    let long = Text::from("r".repeat(281));
    assert_eq!(
        code(verdict(|d| d.reasons = vec![long])),
        "module_output_too_large"
    );
    let name = Text::from("t".repeat(65));
    assert_eq!(
        code(verdict(|d| d.team = Some(name.clone()))),
        "module_output_too_large"
    );
    assert_eq!(
        code(verdict(|d| d.tier = Some(name))),
        "module_output_too_large"
    );
}

#[test]
fn many_readings_of_a_joined_tag_take_no_time() {
    let tags: Vec<String> = (1..=60).map(|n| vec!["a"; n].join(" + ")).collect();
    let known = tags.iter().map(String::as_str).collect();
    let long = format!("{} + b", vec!["a"; 60].join(" + "));
    assert!(!is_join_of(&long, &known));
    assert!(is_join_of(&long[..long.len() - 4], &known));
}
