//! Packages: signed, pinned to their publisher, never live by themselves.

use baton::package::{Manifest, Package, SigningKey};
use serde_json::{Value, json};

use super::{activate, decided, grant, have, moves, rule};
use crate::fixture::Fixture;

fn key(seed: u8) -> SigningKey {
    SigningKey::of_seed(&[seed; 32]).expect("a key")
}

/// A package of a rule that reads `reads`.
pub fn package(version: &str, condition: &str, reads: &[&str], signer: u8) -> Vec<u8> {
    let reads = reads.iter().map(|field| {
        let field = field.parse().expect("a field");
        (field, "It is what the rule is about.".into())
    });
    let manifest = Manifest {
        name: "eager".to_owned().try_into().expect("a name"),
        publisher: "Acme Rules".into(),
        version: version.into(),
        reads: reads.collect(),
        digest: None,
    };
    let component = rule("eager", condition, version);
    Package::make(manifest, &component, &key(signer)).expect("it is made")
}

async fn install(host: &Fixture, bytes: Vec<u8>) -> (u16, Value) {
    let request = host
        .http
        .post(format!("{}/v1/packages", host.url))
        .bearer_auth(&host.key)
        .body(bytes);
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

const READS: &[&str] = &["message.text"];

#[tokio::test]
async fn a_package_says_who_made_it_and_why_it_reads() {
    let host = Fixture::start().await;
    let bytes = package("1.0", "message.text != null", READS, 1);
    let (status, installed) = install(&host, bytes.clone()).await;
    assert_eq!(status, 201, "{installed}");
    let module = &installed["module"];
    assert_eq!(module["origin"]["publisher"], "Acme Rules");
    assert_eq!(module["origin"]["key"], key(1).public().to_string());
    assert_eq!(module["reads"][0]["why"], "It is what the rule is about.");
    assert_eq!(module["reads"][0]["grant"], "ungranted");
    assert_eq!(install(&host, bytes).await.0, 200, "the same again");
}

#[tokio::test]
async fn what_was_changed_after_signing_is_refused() {
    let host = Fixture::start().await;
    let bytes = package("1.0", "message.text != null", READS, 1);
    let file: Value = serde_json::from_slice(&bytes).expect("JSON");
    let refused = async |member: &str, value: Value, reason: &str| {
        let mut file = file.clone();
        file[member] = value;
        let (status, refused) = install(&host, file.to_string().into_bytes()).await;
        assert_eq!(status, 422, "{member}: {refused}");
        assert_eq!(refused["error"]["reason"], reason, "{member}");
    };
    let manifest = file["manifest"].as_str().expect("a text");
    let other = manifest.replace("Acme", "Acne");
    refused("manifest", json!(other), "package_signature").await;
    let less = manifest.replace(r#""message.text":"It is what the rule is about.""#, "");
    refused("manifest", json!(less), "package_signature").await;
    let key = key(2).public().to_string();
    refused("key", json!(key), "package_signature").await;
    let theirs = package("1.0", "true", &[], 1);
    let theirs: Value = serde_json::from_slice(&theirs).expect("JSON");
    let component = theirs["component"].clone();
    refused("component", component, "package_signature").await;
    refused("baton_package", json!(2), "package_newer").await;
    refused("signature", json!("zz"), "package_unreadable").await;
    assert_eq!(install(&host, b"{".to_vec()).await.0, 422);
    let (_, modules) = host.get("/v1/modules").await;
    assert!(
        !modules.to_string().contains("Acme"),
        "nothing of it is kept"
    );
}

/// Whoever signs may still say what is not so.
#[test]
fn a_manifest_that_tells_of_other_fields_makes_no_package() {
    let component = rule("eager", "message.text != null", "1.0");
    let manifest = |reads: Value| {
        let manifest = json!({
            "name": "eager", "publisher": "Acme", "version": "1", "reads": reads,
        });
        serde_json::from_value::<Manifest>(manifest).expect("a manifest")
    };
    for reads in [
        json!({}),
        json!({ "message.text": "a", "customer.phone": "b" }),
    ] {
        let made = Package::make(manifest(reads), &component, &key(1));
        assert_eq!(made.map_err(|error| error.code()), Err("package_disagrees"));
    }
    let empty = manifest(json!({ "message.text": "" }));
    let made = Package::make(empty, &component, &key(1));
    assert_eq!(made.map_err(|error| error.code()), Err("package_text"));
}

#[tokio::test]
async fn a_name_belongs_to_its_publisher() {
    let host = Fixture::start().await;
    install(&host, package("1.0", "true", &[], 1)).await;
    let (status, refused) = install(&host, package("2.0", "true", &[], 2)).await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!(refused["error"]["code"], "publisher_changed");
}

#[tokio::test]
async fn a_tenants_own_module_is_nobodys_to_replace() {
    let host = Fixture::start().await;
    have(&host, rule("eager", "true", "mine")).await;
    let (status, refused) = install(&host, package("1.0", "true", &[], 1)).await;
    assert_eq!(status, 409, "{refused}");
}

#[tokio::test]
async fn an_update_is_a_shadow_until_somebody_activates_it() {
    let host = Fixture::start().await;
    let (_, first) = install(&host, package("1.0", "true", &[], 1)).await;
    assert_eq!(first["shadow"], Value::Null, "it replaces nothing");
    let digest = first["module"]["digest"].clone();
    let active = activate(&host, json!([{ "module": digest, "weight": 0.4 }])).await;
    let (status, second) = install(&host, package("1.1", "true", &[], 1)).await;
    assert_eq!(status, 201, "{second}");
    let shadow = second["shadow"].as_u64().expect("a shadow");
    let (_, rollout) = host.get("/v1/rollout").await;
    assert_eq!(
        (&rollout["active"], &rollout["shadow"]),
        (&json!(active), &json!(shadow))
    );
    assert_eq!(decided(&host, "hello").await["release"], active);
    let (_, release) = host.get(&format!("/v1/releases/{shadow}")).await;
    let modules = release["modules"].as_array().expect("modules").iter();
    let eager = modules
        .clone()
        .find(|it| it["name"] == "eager")
        .expect("it");
    assert_eq!(
        (&eager["digest"], &eager["weight"]),
        (&second["module"]["digest"], &json!(0.4))
    );

    // One that reads more waits for the grant.
    let more = package("1.2", "message.text != null", READS, 1);
    let (_, third) = install(&host, more.clone()).await;
    assert_eq!(third["shadow"], Value::Null, "{third}");
    assert_eq!(host.get("/v1/rollout").await.1["shadow"], shadow);
    grant(&host, "eager", &json!(["message.text"])).await;
    let (status, third) = install(&host, more).await;
    assert_eq!(status, 200);
    let shadow = third["shadow"].as_u64().expect("a shadow");
    let activated = moves(&host, json!({ "move": "activate", "release": shadow })).await;
    assert_eq!(activated.0, 200, "{}", activated.1);
    assert_eq!(decided(&host, "hello").await["release"], shadow);
}
