//! `baton module`: what modules may read, changed from what stands.

use super::{Shell, has};
use crate::fixture::Fixture;

#[tokio::test]
async fn grants_are_added_and_taken_from_what_stands() {
    let host = Fixture::start().await;
    let shell = Shell::of(&host);
    shell
        .uploads("eager", "message.text != null && order.count > 0", "")
        .await;
    shell.does("module grant eager message.text").await;
    let grants = shell.json("module grant eager order.count").await;
    assert_eq!(grants["fields"].as_array().map(Vec::len), Some(2));
    assert_eq!(grants["revision"], 2);
    let told = shell.does("module grant eager order.count").await;
    has(&told, &["eager: nothing to change"]);
    let told = shell.does("module revoke eager message.text").await;
    has(
        &told,
        &[
            "eager may not read any more:\n  message.text: ",
            "does not run",
        ],
    );
    let told = shell.does("module show eager").await;
    has(
        &told,
        &[
            "order.count: how many orders the customer paid\n",
            "masked [not granted]",
        ],
    );
    let digest = shell.json("module show eager").await["digest"].clone();
    let digest = digest.as_str().expect("a digest").to_owned();
    let told = shell.does(&format!("module grant --all-of {digest}")).await;
    assert!(!told.contains("order.count"), "it had that: {told}");
    // A module of the host has what it reads; a grant adds to it.
    let grants = shell.json("module grant repeat-buyer customer.name").await;
    let fields = grants["fields"].as_array().expect("fields").iter();
    let fields: Vec<_> = fields.filter_map(|it| it["field"].as_str()).collect();
    assert!(fields.contains(&"order.count") && fields.contains(&"customer.name"));
    shell.does("release create").await;
    let list = shell.does("module list").await;
    assert_eq!(list.matches("repeat-buyer").count(), 1, "{list}");
    let of = |name: &str| list.lines().find(|it| it.starts_with(name));
    has(
        of("eager").expect("a line"),
        &["  granted ", &digest, "by all"],
    );
    has(
        of("repeat-buyer").expect("a line"),
        &["  granted ", "of the host"],
    );
    let unknown = shell.refused("module grant eager customer.shoe-size").await;
    has(&unknown, &["customer.shoe-size"]);
}
