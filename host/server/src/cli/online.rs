//! Commands against a host that runs: over its HTTP API, with a key of the
//! tenant.

mod refusal;

use std::{io::Write, process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use baton_domain::limits::{CLIENT_ANSWER_SECONDS_MAX, CLIENT_CONNECT_SECONDS_MAX};
use clap::Args;
use reqwest::{Method, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use refusal::Refusal;

use crate::accept;

/// Which host, and as whom.
#[derive(Debug, Args)]
pub(super) struct Online {
    /// Where the host is.
    #[arg(
        long,
        global = true,
        env = "BATON_HOST",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    host: String,
    /// An operator's key of the tenant.
    #[arg(
        long,
        global = true,
        env = "BATON_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    key: Option<String>,
    /// Print the API's own JSON.
    #[arg(long, global = true)]
    json: bool,
}

impl Online {
    /// Does `job` against the host. What the host refuses is told here, and
    /// exits with 3.
    pub(super) fn run(
        &self,
        job: impl AsyncFnOnce(&Client) -> anyhow::Result<()>,
    ) -> anyhow::Result<ExitCode> {
        self.run_to(async |client: &Client| job(client).await.map(|()| ExitCode::SUCCESS))
    }

    /// The same for a job that has an exit code of its own.
    pub(super) fn run_to(
        &self,
        job: impl AsyncFnOnce(&Client) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        // One provider for every client of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(self)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        match runtime.block_on(job(&client)) {
            Ok(code) => Ok(code),
            Err(error) => error.downcast::<Refusal>()?.tell(self.json),
        }
    }
}

/// Speaks to the host as an operator of the tenant.
pub(super) struct Client {
    host: Url,
    key: String,
    json: bool,
    http: reqwest::Client,
}

impl Client {
    fn new(online: &Online) -> anyhow::Result<Self> {
        let host = Url::parse(&online.host)
            .with_context(|| format!("{} is no address of a host", online.host))?;
        if !matches!(host.scheme(), "http" | "https") || host.cannot_be_a_base() {
            bail!("{host} is no address of a host: it begins with http:// or https://");
        }
        let key = online.key.clone().filter(|it| !it.is_empty());
        let key = key.context("a key is wanted: give an operator's with --key or BATON_KEY")?;
        let http = accept::client()
            .connect_timeout(Duration::from_secs(CLIENT_CONNECT_SECONDS_MAX))
            .timeout(Duration::from_secs(CLIENT_ANSWER_SECONDS_MAX))
            .build()?;
        Ok(Self {
            host,
            key,
            json: online.json,
            http,
        })
    }

    /// Whether the API's own JSON is wanted.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A request of `path`, which begins with `/` and may end in a query.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let host = self.host.as_str().trim_end_matches('/');
        let request = self.http.request(method, format!("{host}{path}"));
        request.bearer_auth(&self.key)
    }

    /// Reads a resource of the API.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    /// The answer to a request.
    ///
    /// # Errors
    /// [`Refusal`] when the host does not do it; any other when there is none.
    pub(super) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let unreachable = || {
            format!(
                "no answer from {}: start the host with `baton serve`, \
                 or name another with --host or BATON_HOST",
                self.host
            )
        };
        let answer = request.send().await.map_err(reqwest::Error::without_url);
        let answer = answer.with_context(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(reqwest::Error::without_url);
        let body = serde_json::from_slice(&body.with_context(unreachable)?).ok();
        if status.is_success() {
            return body.with_context(|| {
                format!("{} answers with no JSON: is Baton's host there?", self.host)
            });
        }
        Err(Refusal::of(status, body.unwrap_or_default()).into())
    }

    /// Prints an answer as it came, or what `text` makes of it.
    pub(super) fn show<T: DeserializeOwned>(
        &self,
        answer: &Value,
        text: impl FnOnce(T) -> String,
    ) -> anyhow::Result<()> {
        if self.json {
            return print(&format!("{answer:#}\n"));
        }
        print(&text(read(answer)?))
    }
}

/// Whether the host refused with one of these codes.
pub(super) fn is_refused(error: &anyhow::Error, codes: &[&str]) -> bool {
    let refusal = error.downcast_ref::<Refusal>();
    refusal.is_some_and(|it| codes.contains(&it.code()))
}

/// What an answer says.
pub(super) fn read<T: DeserializeOwned>(answer: &Value) -> anyhow::Result<T> {
    T::deserialize(answer).context("the host answers in a form that this version does not know")
}

/// The first digits of a digest, as everywhere that people read one.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Writes the result of a command.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(printable(text).as_bytes())
        .context("the result cannot be written")
}

/// One line of the result, whatever the texts in it hold: nobody's words look like
/// lines of the command's own.
pub(super) fn line(text: &str) -> String {
    printable(&text.replace('\n', " ")) + "\n"
}

/// Texts come from others: what would steer the terminal is taken out.
fn printable(text: &str) -> String {
    let harmless = |c: char| {
        if c.is_control() && c != '\n' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(harmless).collect()
}
