//! A notice to one of the people by e-mail.

use std::{fmt, fmt::Write, sync::OnceLock, time::Duration};

use baton_domain::{
    event::QueueReason,
    field::{Field, FieldValue},
    limits::MAIL_SECONDS_MAX,
    notify::Notice,
    people::Agent,
    seen::SeenNotice,
};
use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{self, authentication::Credentials},
};
use serde::Deserialize;

use super::perform::{Tried, headline};
use crate::directory::ActiveTenant;

/// The mail server, as the configuration names it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port; 465, 587 or 25 when absent, as `tls` says.
    #[serde(default)]
    pub port: Option<u16>,
    /// How it is spoken to.
    #[serde(default)]
    pub tls: MailTls,
    /// Who the host is to it.
    #[serde(default)]
    pub username: Option<String>,
    /// What shows it.
    #[serde(default)]
    pub password: Option<Password>,
    /// Whom messages come from, such as `Baton <baton@example.com>`.
    pub from: String,
}

/// How the mail server is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS from the first byte.
    Implicit,
    /// TLS, begun by STARTTLS; nothing is said without it.
    #[default]
    Starttls,
    /// In the clear: to this machine only.
    None,
}

/// A password; `Debug` does not show it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

impl MailServer {
    /// Checks what the file says.
    ///
    /// # Errors
    /// Says which value is wanted otherwise.
    pub fn check(&self) -> Result<(), String> {
        if self.from.parse::<Mailbox>().is_err() {
            return Err("smtp.from is an address such as Baton <baton@example.com>".to_owned());
        }
        if self.username.is_some() != self.password.is_some() {
            return Err("smtp.username and smtp.password go together".to_owned());
        }
        let is_here = ["localhost", "127.0.0.1", "::1"].contains(&self.host.as_str());
        if self.tls == MailTls::None && !is_here {
            return Err("smtp.tls is `none` for a mail server on this machine only".to_owned());
        }
        Ok(())
    }
}

/// The way to the mail server.
pub struct Mailer {
    server: MailServer,
    transport: OnceLock<Option<AsyncSmtpTransport<Tokio1Executor>>>,
}

impl Mailer {
    /// The way to this server, made when it is first needed.
    pub fn new(server: MailServer) -> Self {
        Self {
            server,
            transport: OnceLock::new(),
        }
    }

    /// Sends a notice once. `id` names it, so that a mail program shows what
    /// came twice as one message.
    pub async fn send(
        &self,
        tenant: &ActiveTenant,
        agent: &Agent,
        (seen, link): (&SeenNotice, Option<String>),
        id: &str,
    ) -> Tried {
        let to = agent.contact.email.as_deref();
        let Some(to) = to.and_then(|it| it.parse().ok()) else {
            return Tried::Needless("no_address");
        };
        let Some(message) = self.message(tenant, to, (seen, link), id) else {
            return Tried::Hopeless("not_sendable");
        };
        let Some(transport) = self.transport.get_or_init(|| transport(&self.server)) else {
            return Tried::Failed("no_client");
        };
        let patience = Duration::from_secs(MAIL_SECONDS_MAX);
        match tokio::time::timeout(patience, transport.send(message)).await {
            Ok(Ok(_)) => Tried::Delivered,
            Ok(Err(error)) if error.is_permanent() => Tried::Hopeless("refused"),
            Ok(Err(error)) => {
                tracing::warn!(status = ?error.status(), "the mail server did not take a notice");
                Tried::Failed("not_taken")
            }
            Err(_elapsed) => Tried::Failed("timed_out"),
        }
    }

    fn message(
        &self,
        tenant: &ActiveTenant,
        to: lettre::Address,
        (seen, link): (&SeenNotice, Option<String>),
        id: &str,
    ) -> Option<Message> {
        let from: Mailbox = self.server.from.parse().ok()?;
        let domain = from.email.domain().to_owned();
        let subject = format!("[{}] {}", tenant.document.name, headline(seen));
        let message = Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN);
        message.body(text(tenant, seen, link)).ok()
    }
}

fn transport(server: &MailServer) -> Option<AsyncSmtpTransport<Tokio1Executor>> {
    // Fails when someone else has chosen a provider already: theirs will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let builder = match server.tls {
        MailTls::Implicit => Transport::relay(&server.host),
        MailTls::Starttls => Transport::starttls_relay(&server.host),
        MailTls::None => Ok(Transport::builder_dangerous(&server.host)),
    };
    let told = |error: &smtp::Error| tracing::error!(%error, "no client for the mail server");
    let mut builder = builder.inspect_err(told).ok()?;
    if let Some(port) = server.port {
        builder = builder.port(port);
    }
    if let (Some(username), Some(password)) = (&server.username, &server.password) {
        let (username, password) = (username.clone(), password.0.clone());
        builder = builder.credentials(Credentials::new(username, password));
    }
    let patience = Duration::from_secs(MAIL_SECONDS_MAX);
    Some(builder.timeout(Some(patience)).build())
}

/// What a message says: what the agent's role holds, and where to see the rest.
fn text(tenant: &ActiveTenant, seen: &SeenNotice, link: Option<String>) -> String {
    let notice = seen.notice();
    let mut text = format!("{}\n", notice.kind.label());
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        }
    };
    let named = |field| of_field(notice, field);
    line("Team", notice.team.as_ref().map(ToString::to_string));
    line("Tier", notice.tier.as_ref().map(ToString::to_string));
    line("Customer", named(Field::CustomerName));
    line("About", joined(&notice.tags, ", "));
    line("Why", joined(&notice.reasons, " "));
    line(
        "Next step",
        notice.next_step.as_ref().map(ToString::to_string),
    );
    let clock = |at: Timestamp| {
        let shown = tenant.profile.timezone().to_datetime(at);
        let minute = shown.strftime("%Y-%m-%d %H:%M");
        format!("{minute} ({})", tenant.document.timezone)
    };
    line("Due", notice.due.map(clock));
    let waits = notice.queue.as_ref().map(|it| match it.why {
        QueueReason::Nobody => "nobody works there who may take it",
        QueueReason::Closed => "those who may take it are off",
        QueueReason::Busy => "everybody has as many as they can",
        QueueReason::NumberFrozen => "the number is frozen",
    });
    line("It waits", waits.map(str::to_owned));
    let expected = notice.queue.as_ref().and_then(|it| it.expected_at);
    line("Expected", expected.map(clock));
    if let Some(link) = link {
        let _ = writeln!(text, "\n{link}");
    }
    text
}

fn of_field(notice: &Notice, field: Field) -> Option<String> {
    let value = notice.fields.iter().find(|(it, _)| *it == field)?;
    match &value.1 {
        FieldValue::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

fn joined(texts: &[std::sync::Arc<str>], between: &str) -> Option<String> {
    let texts: Vec<&str> = texts.iter().map(|it| &**it).collect();
    (!texts.is_empty()).then(|| texts.join(between))
}
