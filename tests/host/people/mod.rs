//! The tenant's people: who may do what, who sees what, and who saw it.

pub mod addresses;
mod audit;
pub mod canary;
mod freezing;
mod leaving;
mod sign_in;
mod walk;

use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER};

impl Fixture {
    /// One of the tenant's people, with a token of theirs.
    pub async fn person(&self, id: &str, role: &str) -> String {
        let body = json!({ "id": id, "name": id, "role": role, "capacity": 5 });
        let path = format!("/v1/people/{id}");
        let (status, made) = self.request("PUT", &path, &self.key, Some(&body)).await;
        assert_eq!(status, 200, "{made}");
        self.token(id, "phone").await
    }

    /// A token of theirs.
    pub async fn token(&self, id: &str, name: &str) -> String {
        let path = format!("/v1/people/{id}/tokens");
        let (status, made) = self.post(&path, &json!({ "name": name })).await;
        assert_eq!(status, 201, "{made}");
        made["token"].as_str().expect("a token").to_owned()
    }

    /// A role of the tenant's.
    pub async fn role(&self, name: &str, fields: &[&str], actions: &[&str]) {
        let body = json!({ "fields": fields, "actions": actions });
        let path = format!("/v1/roles/{name}");
        let (status, made) = self.request("PUT", &path, &self.key, Some(&body)).await;
        assert_eq!(status, 200, "{made}");
    }

    /// Where her conversation is served.
    pub async fn her_conversation(&self) -> String {
        let conversation = self.conversation().await;
        let customer = conversation["customer"].as_str().expect("an id");
        format!("/v1/conversations/{customer}/{NUMBER}")
    }

    /// Something that exists, changed under the revision that is there now.
    pub async fn change(&self, path: &str, method: &str, body: Option<&Value>) -> (u16, Value) {
        let url = |path: &str| format!("{}{path}", self.url);
        let plain = path.split('?').next().expect("a path");
        let shown = self
            .http
            .get(url(plain))
            .bearer_auth(&self.key)
            .send()
            .await;
        let shown = shown.expect("an answer");
        let revision = shown.headers().get("etag").expect("a revision").clone();
        let method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, url(path))
            .bearer_auth(&self.key)
            .header("if-match", revision);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}
