//! TLS at the front door.

use std::{fs, path::Path, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use baton::{
    accept::{self, Door, Limits, Tls, TlsError},
    config::TlsFiles,
};
use rustix::process::Signal;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    fixture::until,
    process::{check_refused, init, serving},
    raw::Raw,
    signals::{hear, serve, tell},
};

const LONG: Duration = Duration::from_secs(600);

/// A fresh certificate for `localhost`, in the files; returns it as PEM.
fn certify(files: &TlsFiles) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("one is made");
    fs::write(&files.certificate, made.cert.pem()).expect("it is written");
    fs::write(&files.key, made.signing_key.serialize_pem()).expect("it is written");
    made.cert.pem()
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    }
}

/// Shakes hands with whoever has this certificate, and nobody else.
async fn connect(url: &str, certificate: &str) -> std::io::Result<Raw<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
    roots.add(certificate).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let address = url.split_once("//").expect("an address").1;
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(Raw::of(stream))
}

struct Secure {
    url: String,
    door: Arc<Door>,
    tls: Arc<Tls>,
    certificate: String,
    folder: TempDir,
}

async fn secure(handshake: Duration) -> Secure {
    let folder = TempDir::new().expect("a folder");
    let certificate = certify(&files(folder.path()));
    let tls = Arc::new(Tls::load(files(folder.path())).expect("it is read"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let door = Arc::new(Door::new(Limits {
        handshake,
        header: LONG,
        ..Limits::default()
    }));
    let (of_loop, of_door) = (Some(tls.clone()), door.clone());
    let router = Router::new().route("/", get(async || "hello"));
    tokio::spawn(async move {
        let never = std::future::pending();
        accept::serve(listener, 1, router, &of_door, of_loop, never).await;
    });
    Secure {
        url,
        door,
        tls,
        certificate,
        folder,
    }
}

#[tokio::test]
async fn requests_come_over_tls() {
    let host = secure(LONG).await;
    let mut raw = connect(&host.url, &host.certificate)
        .await
        .expect("hands are shaken");
    let answer = raw.get("/").await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    // The only place is taken: nobody can be told so without a handshake.
    let mut over = Raw::open(&host.url).await;
    over.closed().await;
    assert_eq!(host.door.counts.connections_refused.get(), 1);
}

#[tokio::test]
async fn a_handshake_that_fails_or_takes_too_long_ends_the_connection() {
    let host = secure(Duration::from_millis(200)).await;
    let mut silent = Raw::open(&host.url).await;
    silent.closed().await;
    until("it is counted", async || {
        host.door.counts.handshakes_timed_out.get() == 1
    })
    .await;
    let mut plain = Raw::open(&host.url).await;
    plain.send("GET / HTTP/1.1\r\nhost: baton\r\n\r\n").await;
    plain.closed().await;
    until("it is counted", async || {
        host.door.counts.handshakes_failed.get() == 1
    })
    .await;
}

#[tokio::test]
async fn a_handshake_that_hangs_holds_up_nobody() {
    let folder = TempDir::new().expect("a folder");
    let certificate = certify(&files(folder.path()));
    let tls = Arc::new(Tls::load(files(folder.path())).expect("it is read"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let door = Arc::new(Door::new(Limits {
        handshake: LONG,
        ..Limits::default()
    }));
    let router = Router::new().route("/", get(async || "hello"));
    tokio::spawn(async move {
        let never = std::future::pending();
        accept::serve(listener, 10, router, &door, Some(tls), never).await;
    });
    let _silent = Raw::open(&url).await;
    let mut raw = connect(&url, &certificate).await.expect("hands are shaken");
    assert_eq!(raw.get("/").await.map(|it| it.status), Some(200));
}

#[tokio::test]
async fn a_certificate_is_replaced_while_it_serves() {
    let host = secure(LONG).await;
    let files = files(host.folder.path());
    let newer = certify(&files);
    assert!(
        connect(&host.url, &newer).await.is_err(),
        "not read again yet"
    );
    host.tls.reload().expect("it is read");
    until("the newer is served", async || {
        connect(&host.url, &newer).await.is_ok()
    })
    .await;
    // A key of another certificate changes nothing.
    let certificate = fs::read(&files.certificate).expect("a certificate");
    certify(&files);
    fs::write(&files.certificate, certificate).expect("it is written");
    assert!(matches!(host.tls.reload(), Err(TlsError::Unusable(_))));
    fs::write(&files.key, "no key").expect("it is written");
    assert!(matches!(
        host.tls.reload(),
        Err(TlsError::Unreadable { .. })
    ));
    until("it is still served", async || {
        connect(&host.url, &newer).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn the_process_speaks_tls_and_reads_its_certificate_again() {
    let folder = TempDir::new().expect("a folder");
    let (_, url) = init(folder.path());
    let path = folder.path().join("baton.toml");
    let config = fs::read_to_string(&path).expect("the configuration");
    let commented = "# [tls]\n# certificate = \"certificate.pem\"\n# key = \"key.pem\"\n";
    assert!(config.contains(commented), "the manual names the keys");
    let config = config.replace(commented, &commented.replace("# ", ""));
    fs::write(&path, config).expect("it is written");
    let output = serve(folder.path()).output().expect("it runs");
    check_refused(&output, "certificate.pem");

    let files = files(folder.path());
    let first = certify(&files);
    let (mut child, log) = serving(&mut serve(folder.path()));
    let mut raw = connect(&url, &first).await.expect("hands are shaken");
    assert_eq!(raw.get("/healthz").await.map(|it| it.status), Some(200));
    let second = certify(&files);
    tell(&child, Signal::HUP);
    hear(&log, "read again");
    let mut raw = connect(&url, &second).await.expect("hands are shaken");
    assert_eq!(raw.get("/healthz").await.map(|it| it.status), Some(200));
    fs::remove_file(&files.key).expect("it is removed");
    tell(&child, Signal::HUP);
    hear(&log, "stays as it was");
    tell(&child, Signal::TERM);
    assert!(child.wait().expect("it ends").success());
}
