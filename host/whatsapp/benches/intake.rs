//! What a webhook costs before anything is stored: checking the signature, and
//! reading one message, or a full POST.

use std::{fs, hint::black_box};

use baton_whatsapp::{
    signature::{AppSecret, AppSecrets, sign, verify},
    webhook::parse,
};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn read(path: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let pretty = fs::read_to_string(format!("{root}/fixtures/{path}.json"));
    // Meta sends no spaces between tokens.
    let value: serde_json::Value = pretty
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .expect("the fixture is there and is JSON");
    value.to_string()
}

/// The same body with its list of messages a thousand times as long.
fn thousand(body: &str) -> String {
    let start = body.find("\"messages\":[").expect("has messages") + "\"messages\":[".len();
    let end = body
        .rfind(']')
        .and_then(|end| body[..end].rfind(']'))
        .and_then(|end| body[..end].rfind(']'));
    let end = end.expect("closes its lists");
    let item = &body[start..end];
    format!(
        "{}{}{}",
        &body[..start],
        vec![item; 1_000].join(","),
        &body[end..]
    )
}

fn intake(c: &mut Criterion) {
    let one = read("text/reply");
    let many = thousand(&one);
    for (name, body) in [("one message", one), ("1,000 messages", many)] {
        let secret = AppSecret::new("bench-secret").expect("a good secret");
        let header = sign(body.as_bytes(), &secret);
        let secrets = AppSecrets::new(secret, None);
        let bytes = Bytes::from(body);
        let check = || verify(bytes.clone(), Some(header.as_bytes()), &secrets).expect("signed");
        let body = check();
        assert!(!parse(&body).expect("a webhook").updates.is_empty());
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("verify", |b| b.iter(|| black_box(check())));
        group.bench_function("parse", |b| b.iter(|| black_box(parse(&body))));
        group.finish();
    }
}

criterion_group!(benches, intake);
criterion_main!(benches);
