//! What WhatsApp would refuse is refused before it leaves.

use baton_whatsapp::graph::{Content, InvalidMessage, Outgoing, Row, Template, TemplateHeader};

use crate::server::{phone, text};

fn check(content: &Content) -> Result<(), &'static str> {
    content.check().map_err(|error| error.code())
}

fn rows(count: usize) -> Vec<Row> {
    let row = |n| Row {
        id: format!("id-{n}"),
        title: format!("Row {n}"),
        description: None,
    };
    (0..count).map(row).collect()
}

fn buttons(buttons: Vec<Row>) -> Content {
    Content::Buttons {
        body: "Which?".to_owned(),
        buttons,
    }
}

fn list(rows: Vec<Row>) -> Content {
    Content::List {
        body: "Which?".to_owned(),
        opener: "Choose".to_owned(),
        rows,
    }
}

fn titled(title: &str) -> Row {
    Row {
        id: "id".to_owned(),
        title: title.to_owned(),
        description: None,
    }
}

#[test]
fn texts_have_a_length() {
    assert_eq!(check(&text(&"é".repeat(4_096))), Ok(()));
    assert_eq!(check(&text(&"é".repeat(4_097))), Err("message_text_length"));
    assert_eq!(check(&text("")), Err("message_text_length"));
    assert_eq!(check(&text(" \n")), Err("message_text_length"));
}

#[test]
fn buttons_are_few_short_and_different() {
    assert_eq!(check(&buttons(rows(3))), Ok(()));
    assert_eq!(check(&buttons(rows(0))), Err("message_item_count"));
    assert_eq!(check(&buttons(rows(4))), Err("message_item_count"));
    assert_eq!(check(&buttons(vec![titled(&"x".repeat(20))])), Ok(()));
    assert_eq!(
        check(&buttons(vec![titled(&"x".repeat(21))])),
        Err("message_text_length")
    );
    let long_id = Row {
        id: "x".repeat(257),
        ..titled("Yes")
    };
    assert_eq!(check(&buttons(vec![long_id])), Err("message_text_length"));
    assert_eq!(
        check(&buttons(vec![titled("Yes"), titled("No")])),
        Err("message_items_alike")
    );
    let alike = Row {
        id: "other".to_owned(),
        ..titled("Yes")
    };
    assert_eq!(
        check(&buttons(vec![titled("Yes"), alike])),
        Err("message_items_alike")
    );
    let long = Content::Buttons {
        body: "x".repeat(1_025),
        buttons: rows(1),
    };
    assert_eq!(check(&long), Err("message_text_length"));
}

#[test]
fn lists_are_bounded() {
    assert_eq!(check(&list(rows(10))), Ok(()));
    assert_eq!(check(&list(rows(11))), Err("message_item_count"));
    assert_eq!(
        check(&list(vec![titled(&"x".repeat(25))])),
        Err("message_text_length")
    );
    let described = |count| Row {
        description: Some("x".repeat(count)),
        ..titled("Row")
    };
    assert_eq!(check(&list(vec![described(72)])), Ok(()));
    assert_eq!(
        check(&list(vec![described(73)])),
        Err("message_text_length")
    );
}

#[test]
fn links_are_links() {
    let link = |url: &str| {
        let (body, label) = ("Pay here".to_owned(), "Pay".to_owned());
        check(&Content::Link {
            body,
            label,
            url: url.to_owned(),
        })
    };
    assert_eq!(link("https://shop.example/c?a=1#x"), Ok(()));
    for bad in [
        "javascript:alert(1)",
        "shop.example",
        "https://",
        "https://a b",
        "http://a\nb",
    ] {
        assert_eq!(link(bad), Err("message_link"), "{bad}");
    }
    assert_eq!(link(""), Err("message_text_length"));
    let image = Content::Image {
        url: "ftp://x".to_owned(),
        caption: None,
    };
    assert_eq!(check(&image), Err("message_link"));
}

#[test]
fn templates_are_bounded() {
    let template = |parameters: Vec<String>, header| {
        let (name, language) = ("hello".to_owned(), "en_US".to_owned());
        let template = Template {
            name,
            language,
            header,
            parameters,
            buttons: Vec::new(),
        };
        check(&Content::Template(template))
    };
    assert_eq!(template(vec!["x".to_owned(); 64], None), Ok(()));
    assert_eq!(
        template(vec!["x".to_owned(); 65], None),
        Err("message_item_count")
    );
    assert_eq!(
        template(vec![String::new()], None),
        Err("message_text_length")
    );
    let header = Some(TemplateHeader::Image("nowhere".to_owned()));
    assert_eq!(template(Vec::new(), header), Err("message_link"));
    assert_eq!(
        check(&Content::Template(Template::default())),
        Err("message_text_length")
    );
}

#[test]
fn keys_fit_into_a_status() {
    let with = |key: &str| {
        Outgoing::new(phone(), text("Hi"))
            .unwrap()
            .with_key(key)
            .map(|_| ())
    };
    assert_eq!(with(&"k".repeat(512)), Ok(()));
    assert!(matches!(
        with(&"k".repeat(513)),
        Err(InvalidMessage::Length { .. })
    ));
    assert!(matches!(with(""), Err(InvalidMessage::Length { .. })));
}
