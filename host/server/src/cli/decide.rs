//! `baton decide`: the main job on files. Verifies a webhook body, parses it,
//! folds it onto what is known of the customer, runs a pack of modules and
//! prints the decision and why.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use baton_domain::{
    decide::Terms,
    event::{Author, EchoReceived, Event, EventBody, InboundMessage, SendKey, SendQueued},
    facts::Facts,
    ids::{MessageId, NumberId, ReleaseNumber},
    occasion::Occasion,
    state::CustomerState,
    tenant::TenantProfile,
};
use baton_sandbox::Sandbox;
use baton_store::Tenant;
use baton_whatsapp::{
    address::CustomerAddress,
    events::events,
    signature::{AppSecret, AppSecrets, VerifiedBody, verify},
    webhook::{Update, parse},
};
use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::{
    evaluation::{ActiveRelease, Evaluated, evaluate},
    explain::explained,
    rule_pack::{PackChoice, RulePack},
    tenant,
    wire::{CustomerRef, Fact},
};

/// Arguments of `baton decide`.
#[derive(Debug, Args)]
pub(super) struct Decide {
    /// The webhook body, byte for byte as Meta sent it.
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// The value of its X-Hub-Signature-256 header: sha256=<hex>.
    #[arg(long, value_name = "HEADER")]
    signature: String,
    /// The app secret that signed it.
    #[arg(long, env = "BATON_APP_SECRET", hide_env_values = true)]
    secret: String,
    /// The app secret before, while it may still be in use.
    #[arg(long, env = "BATON_PREVIOUS_APP_SECRET", hide_env_values = true)]
    previous_secret: Option<String>,
    /// What is known of the tenant and the customer (JSON; see README).
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// A folder of components to run instead of the stock pack.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// The file of known facts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFacts {
    /// The tenant, as in the directory.
    tenant: Tenant,
    /// Which modules of the pack run, and how; all of them with their defaults
    /// when absent.
    #[serde(default)]
    release: PackChoice,
    /// The customer that `facts` are about; whoever wrote when absent.
    #[serde(default)]
    customer: CustomerRef,
    /// What is known, in the form of `POST /v1/events`.
    #[serde(default)]
    facts: Vec<Fact>,
    /// Earlier messages.
    #[serde(default)]
    thread: Vec<EarlierMessage>,
}

/// A message before the webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierMessage {
    /// When it was written.
    at: Timestamp,
    /// On which business number.
    number: NumberId,
    /// Who wrote it.
    from: Author,
    /// What it said.
    text: Arc<str>,
}

impl EarlierMessage {
    /// The message as an event; `place` stands in for WhatsApp's id.
    fn event(&self, place: usize) -> anyhow::Result<Event> {
        let id = MessageId::parse(&format!("thread-{place}"))?;
        let (kind, text): (Arc<str>, _) = ("text".into(), Some(self.text.clone()));
        let body = match self.from {
            Author::Customer => {
                EventBody::MessageReceived(InboundMessage::text(id, self.text.clone()))
            }
            Author::App => EventBody::EchoReceived(EchoReceived {
                id,
                kind,
                text,
                automatic: false,
                while_frozen: false,
            }),
            author => EventBody::SendQueued(SendQueued {
                send: SendKey(id.as_str().into()),
                author,
                message_kind: kind,
                text,
                purpose: None,
                is_marketing: false,
                by: None,
            }),
        };
        Ok(Event {
            at: self.at,
            number: Some(self.number.clone()),
            body,
        })
    }
}

/// A decision and the update that it is about.
struct Decided {
    number: NumberId,
    text: Option<Arc<str>>,
    evaluated: Evaluated,
}

impl Decide {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let body = self.verified_body()?;
        let delivery = parse(&body).context("the body is signed, but no WhatsApp webhook")?;
        let text = fs::read_to_string(&self.facts)
            .with_context(|| format!("cannot read {}", self.facts.display()))?;
        let known: KnownFacts = serde_json::from_str(&text)
            .with_context(|| format!("{} is not as expected", self.facts.display()))?;
        let release = self.release(&known.release)?;
        let profile = Arc::new(tenant::profile(&known.tenant)?);
        let mut desk = Desk {
            known: &known,
            profile,
            release,
            states: Vec::new(),
        };
        let mut decided = Vec::new();
        let mut passed_over = Vec::new();
        for update in &delivery.updates {
            match desk.take(update)? {
                Taken::Decided(decisions) => decided.extend(decisions),
                Taken::NoOccasion(why) => passed_over.push(why),
            }
        }
        self.print(&decided, &passed_over)
    }

    fn verified_body(&self) -> anyhow::Result<VerifiedBody> {
        let raw =
            fs::read(&self.body).with_context(|| format!("cannot read {}", self.body.display()))?;
        let secret = AppSecret::new(&self.secret).context("--secret")?;
        let previous = self
            .previous_secret
            .as_deref()
            .map(AppSecret::new)
            .transpose();
        let secrets = AppSecrets::new(secret, previous.context("--previous-secret")?);
        verify(raw.into(), Some(self.signature.trim().as_bytes()), &secrets)
            .context("the signature is refused, nothing was evaluated")
    }

    fn release(&self, choice: &PackChoice) -> anyhow::Result<ActiveRelease> {
        let sandbox = Sandbox::new().context("the sandbox does not start")?;
        let pack = match &self.rules {
            Some(folder) => RulePack::folder(&sandbox, folder)?,
            None => RulePack::stock(&sandbox)?,
        };
        let modules = pack.chosen(choice)?;
        let lineup = pack.lineup(&modules)?;
        Ok(ActiveRelease::new(
            ReleaseNumber(1),
            lineup,
            Terms::of(&modules),
        ))
    }

    #[expect(clippy::print_stdout, reason = "the command's result")]
    fn print(&self, decided: &[Decided], passed_over: &[String]) -> anyhow::Result<()> {
        if self.json {
            let decisions: Vec<_> = decided.iter().map(Decided::json).collect();
            let whole = json!({ "decisions": decisions, "passed_over": passed_over });
            println!("{}", serde_json::to_string_pretty(&whole)?);
            return Ok(());
        }
        for it in decided {
            let record = &it.evaluated.record;
            print!("{} on {}", record.occasion.as_str(), it.number);
            match &it.text {
                Some(text) => println!(": {text:?}"),
                None => println!(),
            }
            println!("{}", explained(&it.evaluated));
        }
        for why in passed_over {
            println!("no occasion: {why}");
        }
        Ok(())
    }
}

impl Decided {
    fn json(&self) -> serde_json::Value {
        let elapsed: BTreeMap<_, _> = (self.evaluated.elapsed.iter())
            .map(|(module, time)| (module.as_str(), time.as_micros() as u64))
            .collect();
        json!({
            "number": self.number,
            "record": self.evaluated.record,
            "elapsed_us": elapsed,
        })
    }
}

/// What became of an update.
enum Taken {
    Decided(Vec<Decided>),
    NoOccasion(String),
}

/// Folds updates onto the customers they are about and decides on them.
struct Desk<'a> {
    known: &'a KnownFacts,
    profile: Arc<TenantProfile>,
    release: ActiveRelease,
    states: Vec<(CustomerAddress, Arc<CustomerState>)>,
}

impl Desk<'_> {
    fn take(&mut self, update: &Update) -> anyhow::Result<Taken> {
        let Some(number) = &update.number else {
            return Ok(Taken::NoOccasion(format!(
                "`{}` names no business number",
                update.field
            )));
        };
        if !self.known.tenant.numbers.iter().any(|it| it.id == *number) {
            bail!("number {number} belongs to no tenant: add it to tenant.numbers in the facts");
        }
        let Some(address) = &update.address else {
            return Ok(Taken::NoOccasion(format!(
                "`{}` is about no customer",
                update.field
            )));
        };
        // A file has no time of arrival; WhatsApp's own clock must do.
        let Some(now) = update.occurred_at else {
            return Ok(Taken::NoOccasion(format!(
                "`{}` tells no time",
                update.field
            )));
        };
        let mut decided = Vec::new();
        for event in events(update, now) {
            let state = self.state_of(address, now)?;
            Arc::make_mut(state).apply(&event);
            let state = state.clone();
            decided.extend(self.decide(&event, state));
        }
        let is_none = decided.is_empty();
        let why = || format!("`{}` is kept, and rules do not run on it", update.field);
        Ok(if is_none {
            Taken::NoOccasion(why())
        } else {
            Taken::Decided(decided)
        })
    }

    fn decide(&self, event: &Event, state: Arc<CustomerState>) -> Option<Decided> {
        let occasion = Occasion::of(event, &state)?;
        let number = occasion.number.clone();
        let text = occasion.message.as_ref().and_then(|it| it.text.clone());
        let facts = Arc::new(Facts::new(state, occasion, self.profile.clone()));
        Some(Decided {
            number,
            text,
            evaluated: evaluate(&self.release, &facts),
        })
    }

    fn state_of(
        &mut self,
        address: &CustomerAddress,
        now: Timestamp,
    ) -> anyhow::Result<&mut Arc<CustomerState>> {
        let known = self.states.iter().position(|(it, _)| it == address);
        let at = match known {
            Some(at) => at,
            None => {
                let state = self.initial_state(address, now)?;
                self.states.push((address.clone(), Arc::new(state)));
                self.states.len() - 1
            }
        };
        Ok(&mut self.states[at].1)
    }

    /// The fold of the known facts, when they are about this customer.
    fn initial_state(
        &self,
        address: &CustomerAddress,
        now: Timestamp,
    ) -> anyhow::Result<CustomerState> {
        let mut state = CustomerState::default();
        if !self.is_about(address)? {
            return Ok(state);
        }
        for event in self.earlier_events(now)? {
            state.apply(&event);
        }
        Ok(state)
    }

    /// Messages and facts in the order in which they happened.
    fn earlier_events(&self, now: Timestamp) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::new();
        for (place, message) in self.known.thread.iter().enumerate() {
            events.push(
                message
                    .event(place)
                    .with_context(|| format!("thread[{place}]"))?,
            );
        }
        for (place, fact) in self.known.facts.iter().enumerate() {
            events.push(fact.event(now).with_context(|| format!("facts[{place}]"))?);
        }
        events.sort_by_key(|event| event.at);
        Ok(events)
    }

    fn is_about(&self, address: &CustomerAddress) -> anyhow::Result<bool> {
        let customer = &self.known.customer;
        if *customer == CustomerRef::default() {
            return Ok(true);
        }
        let phone = customer.phone_digits()?;
        let is_phone = address
            .phone()
            .is_some_and(|it| Some(it.as_str()) == phone.as_deref());
        let user_id = customer.user_id.as_deref();
        let is_user = address
            .user_id()
            .is_some_and(|it| Some(it.as_str()) == user_id);
        Ok(is_phone || is_user)
    }
}
