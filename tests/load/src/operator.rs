//! An operator at work: uploads, grants, releases and moves over HTTP, as the
//! command line does.

use anyhow::ensure;
use serde_json::{Value, json};

use crate::drive::Client;

/// An operator of one tenant.
pub struct Operator {
    client: Client,
    key: String,
    made: usize,
}

impl Operator {
    /// Of the tenant that `key` opens, at the host that listens at `port`.
    pub fn of(port: u16, key: String) -> anyhow::Result<Self> {
        let client = Client::to(port)?;
        let made = 0;
        Ok(Self { client, key, made })
    }

    /// What is at `path`.
    pub fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        self.client.get(path, &self.key)
    }

    /// Uploads a module; what the host says of it.
    pub fn upload(&mut self, bytes: &[u8]) -> anyhow::Result<Value> {
        let kind = ("content-type", "application/wasm");
        let request = ("POST", "/v1/modules");
        let (status, module) = self.client.send(request, &self.key, &[kind], bytes)?;
        ensure!(matches!(status, 200 | 201), "an upload answers {module}");
        Ok(module)
    }

    /// Uploads a module and grants it what it reads; its digest.
    pub fn have(&mut self, bytes: &[u8]) -> anyhow::Result<String> {
        let module = self.upload(bytes)?;
        let name = text(&module, "name")?;
        let reads = module["reads"].as_array().into_iter().flatten();
        let fields: Vec<_> = reads.map(|it| it["field"].clone()).collect();
        let body = json!({ "fields": fields });
        self.ask(("PUT", &format!("/v1/grants/{name}")), &[], &body)?;
        text(&module, "digest")
    }

    /// Makes a release of `modules` alone; its number.
    pub fn release(&mut self, modules: &Value) -> anyhow::Result<u64> {
        self.made += 1;
        let key = format!("release-{}", self.made);
        let headers = [("idempotency-key", key.as_str())];
        let body = json!({ "modules": modules });
        let made = self.ask(("POST", "/v1/releases"), &headers, &body)?;
        made["number"]
            .as_u64()
            .ok_or_else(|| anyhow::anyhow!("a release without a number: {made}"))
    }

    /// Makes a move.
    pub fn moves(&mut self, wanted: &Value) -> anyhow::Result<()> {
        self.ask(("POST", "/v1/rollout"), &[], wanted).map(drop)
    }

    /// Nothing is taken back by itself from now on.
    pub fn without_guardrails(&mut self) -> anyhow::Result<()> {
        let body = json!({ "enabled": false, "window": 200, "failed_percent": 100,
            "slow_ms": 1000, "slow_percent": 100 });
        self.ask(("PUT", "/v1/rollout/guardrails"), &[], &body)
            .map(drop)
    }

    fn ask(
        &mut self,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> anyhow::Result<Value> {
        let json = [("content-type", "application/json")];
        let headers = [&json, headers].concat();
        let body = body.to_string();
        let sent = self
            .client
            .send(request, &self.key, &headers, body.as_bytes());
        let (status, answer) = sent?;
        ensure!(
            matches!(status, 200 | 201),
            "{request:?} answers {status}: {answer}"
        );
        Ok(answer)
    }
}

fn text(value: &Value, member: &str) -> anyhow::Result<String> {
    let found = value[member].as_str().map(str::to_owned);
    found.ok_or_else(|| anyhow::anyhow!("no {member} in {value}"))
}
