//! Every bound that Baton puts on a list, a string, a wait or a retry, with
//! its unit last in the name. The assertions at the end hold them against
//! each other; the build fails when they disagree.

mod admission;
mod author;
mod care;
mod coexist;
mod follow_ups;
mod front_door;
mod notify;
mod people;
mod relations;
mod releases;
mod script;

pub use admission::*;
pub use author::*;
pub use care::*;
pub use coexist::*;
pub use follow_ups::*;
pub use front_door::*;
pub use notify::*;
pub use people::*;
pub use releases::*;
pub use script::*;

/// A limit and its name here, which the error of whoever passes it tells.
pub type Limit = (&'static str, usize);

/// The [`Limit`](limits::Limit) of a constant of `limits`.
#[macro_export]
macro_rules! limit {
    ($name:ident) => {
        (stringify!($name), $name)
    };
}

// ---- identifiers -----------------------------------------------------------

/// Length of a tenant's, team's, agent's or module's name.
pub const NAME_CHARS_MAX: usize = 64;
/// Length of ids that other systems give: orders, products, payments.
pub const FOREIGN_ID_CHARS_MAX: usize = 256;
/// Length of a WhatsApp message id (seen: under 100).
pub const MESSAGE_ID_CHARS_MAX: usize = 256;

// ---- a customer's state ----------------------------------------------------

/// Messages kept in the state of one conversation; the log holds the rest.
pub const THREAD_MESSAGES_MAX: usize = 40;
/// Edited messages whose latest text is kept for one conversation.
pub const THREAD_EDITS_MAX: usize = 40;
/// Revokes kept for one conversation: more than messages, since a revoke of an
/// older message must not push out one that still hides a text.
pub const THREAD_REVOKES_MAX: usize = 120;
/// Statuses kept for one conversation: three for each message.
pub const THREAD_RECEIPTS_MAX: usize = 120;
/// Outcomes of sends kept for one conversation: two for each message.
pub const THREAD_OUTCOMES_MAX: usize = 80;
/// Length of one message's text in the state; the log holds all of it.
pub const THREAD_TEXT_CHARS_MAX: usize = 1_000;
/// Length of one message's text: WhatsApp's own limit.
pub const MESSAGE_TEXT_CHARS_MAX: usize = 4_096;
/// Currencies in which one customer's totals are kept.
pub const CURRENCIES_MAX: usize = 8;
/// Business numbers that one customer may talk to.
pub const CONVERSATIONS_MAX: usize = 16;
/// Orders kept in the state, to know them when they come again; totals count
/// all of them.
pub const ORDERS_MAX: usize = 100;
/// Latest orders kept with their lines and tracking.
pub const ORDERS_DETAILED_MAX: usize = 5;
/// Payments kept in the state.
pub const PAYMENTS_MAX: usize = 20;
/// Questions in a row that the bot failed, as far as they are counted.
pub const MISSES_MAX: usize = 16;
/// Length of the key of a send: what WhatsApp gives back with a status
/// (WhatsApp documentation, `biz_opaque_callback_data`).
pub const SEND_KEY_CHARS_MAX: usize = 512;
/// Lines of a basket or an order.
pub const LINES_MAX: usize = 50;
/// Attributes of one line.
pub const ATTRIBUTES_MAX: usize = 8;
/// Tags of a customer or an episode.
pub const TAGS_MAX: usize = 32;
/// Changes of owner kept for one episode.
pub const OWNER_SPANS_MAX: usize = 16;
/// Spent signals remembered for one episode.
pub const SPENT_SIGNALS_MAX: usize = 64;
/// Length of short free text: names, reasons, notes on a line.
pub const SHORT_TEXT_CHARS_MAX: usize = 280;

/// Size of a whole state as JSON, whatever anybody sent: every text as long and
/// every list as full as the limits above allow.
pub const CUSTOMER_STATE_BYTES_MAX: usize = 32 * 1024 * 1024;

// ---- facts -----------------------------------------------------------------

/// Messages in the field `message.recent`.
pub const RECENT_MESSAGES_MAX: usize = 20;

// ---- what modules say ------------------------------------------------------

/// Signals that one rule may emit for one occasion.
pub const SIGNALS_MAX: usize = 8;
/// Length of a signal's or a decision's reason.
pub const REASON_CHARS_MAX: usize = 280;
/// Pairs in `extra`.
pub const EXTRA_PAIRS_MAX: usize = 8;
/// Length of a key or a value in `extra`.
pub const EXTRA_CHARS_MAX: usize = 280;
/// Tags of a decision.
pub const DECISION_TAGS_MAX: usize = 8;
/// Reasons of a decision.
pub const DECISION_REASONS_MAX: usize = 8;
/// Text of one module's answer in all, in bytes.
pub const MODULE_OUTPUT_BYTES_MAX: usize = 16 * 1024;
/// Signals, tags, next steps or settings that one module may declare, each.
pub const DECLARED_MAX: usize = 64;
/// Size of the declaration that a module carries.
pub const DECLARATION_BYTES_MAX: usize = 32 * 1024;
/// Texts in one setting.
pub const SETTING_TEXTS_MAX: usize = 512;

// ---- rules without code ----------------------------------------------------

/// The document of one rule.
pub const NO_CODE_DOCUMENT_BYTES_MAX: usize = 32 * 1024;
/// Length of one expression.
pub const NO_CODE_EXPRESSION_CHARS_MAX: usize = 2_000;
/// Length of the template of a reason; what it makes is cut to a reason's.
pub const NO_CODE_TEMPLATE_CHARS_MAX: usize = 1_000;
/// Operations inside each other.
pub const NO_CODE_DEPTH_MAX: usize = 32;
/// Entries of a list that is written in an expression.
pub const NO_CODE_LIST_ITEMS_MAX: usize = 200;
/// Names in use at once inside `exists`, `map` and the like.
pub const NO_CODE_NAMES_MAX: usize = 4;
/// A rule as the evaluator carries it.
pub const NO_CODE_TREE_BYTES_MAX: usize = 8 * 1024;
/// Stack of the thread that parses a document: the parser recurses over each
/// character of an expression at worst.
pub const NO_CODE_PARSER_STACK_BYTES: usize = 32 * 1024 * 1024;

// ---- what one evaluation may use -------------------------------------------

/// Fuel for one evaluation, native tier (about one a wasm instruction).
pub const EVALUATION_FUEL_MAX: u64 = 10_000_000;
/// Wall-clock backstop of one evaluation.
pub const EVALUATION_WALL_MS_MAX: u64 = 100;
/// Period of the epoch clock that enforces the backstop.
pub const EVALUATION_EPOCH_MS: u64 = 5;
/// All linear memories of one instance together.
pub const EVALUATION_MEMORY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Table elements of one instance.
pub const EVALUATION_TABLE_ELEMENTS_MAX: usize = 10_000;
/// Native stack that one evaluation may use.
pub const EVALUATION_STACK_BYTES_MAX: usize = 512 * 1024;
/// Bytes that may cross from a guest to the host in one evaluation.
pub const EVALUATION_HOSTCALL_BYTES_MAX: usize = 1024 * 1024;
/// Calls of field functions in one evaluation.
pub const EVALUATION_READS_MAX: u32 = 10_000;
/// Core instances inside one component.
pub const COMPONENT_CORE_INSTANCES_MAX: u32 = 16;
/// Linear memories inside one component (QuickJS guests use 3).
pub const COMPONENT_MEMORIES_MAX: u32 = 4;
/// Tables inside one component.
pub const COMPONENT_TABLES_MAX: u32 = 4;
/// Different settings that one evaluation may ask for.
pub const EVALUATION_SETTINGS_READ_MAX: usize = 2 * DECLARED_MAX;
/// Threads that evaluate at the same time; the pool of instances is sized
/// for them.
pub const EVALUATION_THREADS_MAX: usize = 64;
/// Native stack of a thread that evaluates: the guest's part and the host's.
pub const EVALUATION_THREAD_STACK_BYTES: usize = 2 * 1024 * 1024;
/// Evaluations that wait for a thread.
pub const EVALUATION_QUEUE_MAX: usize = 1_024;
/// Of these, evaluations of one tenant.
pub const EVALUATION_LANE_MAX: usize = 256;
/// Runs of modules that are remembered so that they need not be made again,
/// all together.
pub const MEMO_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// One remembered run; a larger one is made each time.
pub const MEMO_RUN_BYTES_MAX: u64 = 16 * 1024;

// ---- conversations ---------------------------------------------------------

/// Silence that closes an episode, and WhatsApp's window for free-form
/// messages (WhatsApp documentation, "Customer service windows").
pub const SERVICE_WINDOW_HOURS: i64 = 24;
/// Phrases that count as a request for a person.
pub const PERSON_PHRASES_MAX: usize = 64;

// ---- WhatsApp --------------------------------------------------------------

/// Items that one webhook POST may carry. Meta promises at most 1,000 updates;
/// a chunk of history holds thousands of messages, each over 100 bytes long.
pub const WEBHOOK_ITEMS_MAX: usize = 30_000;
/// Length of the challenge that a webhook handshake may ask to have echoed.
pub const HANDSHAKE_CHALLENGE_CHARS_MAX: usize = 128;
/// Length of an app secret or a verify token.
pub const SECRET_CHARS_MAX: usize = 256;
/// Text below buttons and lists, and below pictures and files.
pub const SEND_BODY_CHARS_MAX: usize = 1_024;
/// Buttons of one message.
pub const SEND_BUTTONS_MAX: usize = 3;
/// What a button, or the opener of a list or a link, says.
pub const SEND_BUTTON_TITLE_CHARS_MAX: usize = 20;
/// Id of a button.
pub const SEND_BUTTON_ID_CHARS_MAX: usize = 256;
/// Rows of one list.
pub const SEND_ROWS_MAX: usize = 10;
/// What a row says.
pub const SEND_ROW_TITLE_CHARS_MAX: usize = 24;
/// What a row says below.
pub const SEND_ROW_DESCRIPTION_CHARS_MAX: usize = 72;
/// Id of a row.
pub const SEND_ROW_ID_CHARS_MAX: usize = 200;
/// A link that is sent.
pub const SEND_URL_CHARS_MAX: usize = 2_000;
/// Name of a file that is sent.
pub const SEND_FILENAME_CHARS_MAX: usize = 240;
/// Name of a template.
pub const SEND_TEMPLATE_NAME_CHARS_MAX: usize = 512;
/// Parameters of a template's body, header and buttons together.
pub const SEND_TEMPLATE_PARAMETERS_MAX: usize = 64;
/// Length of an access token (seen: under 300).
pub const ACCESS_TOKEN_CHARS_MAX: usize = 2_048;
/// Answer of the Graph API; the rest is not read.
pub const GRAPH_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long a connection to the Graph API may take.
pub const GRAPH_CONNECT_SECONDS_MAX: u64 = 5;
/// How long a whole request to the Graph API may take; past it nobody knows
/// whether the message was taken.
pub const GRAPH_REQUEST_SECONDS_MAX: u64 = 15;

// ---- the store -------------------------------------------------------------

/// Events of one commit. A merge carries the whole log of the younger customer.
pub const COMMIT_EVENTS_MAX: usize = 100_000;
/// Identities, links and changes of work of one commit, each.
pub const COMMIT_ROWS_MAX: usize = 100_000;
/// All that one commit writes.
pub const COMMIT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Commits that wait for the committer; more wait outside of it.
pub const COMMITS_WAITING_MAX: usize = 1_024;
/// Commits that share one sync.
pub const BATCH_COMMITS_MAX: usize = 256;
/// Rows that share one sync, give or take one commit.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long the committer waits for company when it is saturated.
pub const BATCH_LINGER_US_MAX: u64 = 1_000;
/// Links by which one customer is found.
pub const CUSTOMER_LINKS_MAX: usize = 64;
/// Entries of one page of a list; more are not given, however many are asked
/// for.
pub const LIST_ITEMS_MAX: usize = 1_000;
/// Rows that one page of a list looks at; when few of them fit, the page is short
/// and says where to go on.
pub const LIST_LOOKS_MAX: usize = 4_096;
/// Events of a log that are given at once; ask again for more.
pub const EVENTS_AT_ONCE_MAX: usize = 10_000;
/// Rows of work leased at once.
pub const LEASES_MAX: usize = 1_000;
/// Days for which an identity is kept that does not live as long as its
/// customer. Meta redelivers for 7.
pub const IDENTITY_DAYS_MIN: i64 = 30;
/// Events between two stored states of a customer; the fold of those after it
/// is made when the state is loaded. The state of a full thread is some twenty
/// times as large as an event, so that storing it costs more than folding twice
/// as many events once, as soon as a customer who was not in memory brings more
/// than half a dozen.
pub const STATE_EVENTS_MAX: u64 = 16;
/// States kept in memory, by their size.
pub const HOT_STATES_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Identities of a customer kept in memory with the state, of 8 bytes each; of
/// whoever has more, each new one is looked for among the rows.
pub const HOT_IDENTITIES_MAX: usize = 512;
/// Heads of customers kept in memory, of some 400 bytes each.
pub const HOT_HEADS_MAX: usize = 65_536;
/// Links of customers kept in memory, of some 150 bytes each.
pub const HOT_LINKS_MAX: usize = 131_072;
/// Pages of the backend kept in memory.
pub const BACKEND_CACHE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Keys of customers that are made durable ahead of their use, at once.
pub const KEYS_AHEAD: usize = 1_024;
/// Items in quarantine.
pub const QUARANTINE_ITEMS_MAX: usize = 10_000;
/// All items in quarantine together.
pub const QUARANTINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Documents of the directory, of each kind.
pub const DIRECTORY_DOCUMENTS_MAX: usize = 10_000;
/// One document of the directory.
pub const DIRECTORY_DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// Findings that `baton doctor` names; the others it counts.
pub const DOCTOR_FINDINGS_MAX: usize = 1_000;
/// Rows that `baton doctor` reads at once.
pub const DOCTOR_ROWS_AT_ONCE: usize = 512;
/// Rows that an export reads in one turn of the committer, but for the last
/// customer's: commits wait meanwhile.
pub const EXPORT_ROWS_A_TURN: usize = 256;
/// Documents that an export reads at once.
pub const EXPORT_DOCUMENTS_AT_ONCE: usize = 16;
/// Lines of an export handed on at once.
pub const EXPORT_CHUNK_BYTES: usize = 64 * 1024;
/// How long whoever reads an export may read nothing of it.
pub const EXPORT_STALL_SECONDS_MAX: u64 = 60;
/// A line of an export: a record in base64, and what stands around it.
pub const EXPORT_LINE_BYTES_MAX: usize = 2 * COMMIT_BYTES_MAX;
/// What an import writes at once.
pub const IMPORT_BATCH_BYTES: usize = 4 * 1024 * 1024;

// ---- the running host ------------------------------------------------------

/// How often a change is done again because others changed the customer.
pub const COMMIT_TRIES_MAX: u32 = 32;
/// Customers of one webhook that are processed at once.
pub const CUSTOMERS_AT_ONCE_MAX: usize = 64;
/// Rows of work that are leased at once.
pub const WORK_AT_ONCE_MAX: usize = 32;
/// Rows that are held behind the running one of a customer; more are left to be
/// leased again.
pub const WORK_BEHIND_MAX: usize = 64;
/// How long a row of work is held by whoever performs it.
pub const WORK_LEASE_SECONDS: i64 = 60;
/// What must be left of the lease of a row that waited for it to be begun.
pub const WORK_START_SECONDS_MIN: i64 = 30;
/// How long no more is leased when one customer has more than is held.
pub const WORK_PAUSE_SECONDS: i64 = 1;
/// What the configuration may allow the rules of one webhook before the answer.
pub const EVALUATION_BUDGET_SECONDS_MAX: u64 = 5;
/// How long the evaluation of one occasion may wait once its webhook was
/// answered.
pub const DEFERRED_EVALUATION_SECONDS_MAX: u64 = 30;
/// How often the host may die of an evaluation before it is not made any
/// more.
pub const EVALUATION_KILLS_MAX: u32 = 2;
/// Evaluations that are remembered since the host died of them.
pub const SUSPECTS_MAX: usize = 1_024;
/// Computing time that each tenant's rules may use before its webhooks are
/// answered: for each second and each thread that evaluates.
pub const TENANT_EVALUATION_MS_PER_SECOND: u32 = 500;
/// For how long it may be saved up and used at once.
pub const TENANT_EVALUATION_BURST_SECONDS: i64 = 1;
/// Computing time of one evaluation from which on its tenant's are made on
/// threads that stand aside for those of others, in microseconds. Eight stock
/// rules and their policy take 150, and in an unoptimised host many times that.
pub const SLOW_EVALUATION_US_MIN: u64 = if cfg!(debug_assertions) {
    90_000
} else {
    2_000
};
/// For how long they are, since the last one that took as long.
pub const SLOW_TENANT_SECONDS: u64 = 60;
/// Tries of a deferred evaluation before the tenant's default applies.
pub const EVALUATION_TRIES_MAX: u32 = 3;
/// How often the clock is looked at, whether it was set back.
pub const CLOCK_LOOK_SECONDS: i64 = 60;
/// Clocks of hosts that share a store may differ by so much; what was put off by
/// one that is further ahead waits anew.
pub const CLOCKS_DIFFER_MINUTES: i64 = 10;
/// How often identities that have outlived their use are swept out.
pub const SWEEP_MINUTES: i64 = 60;
/// Rows that one sweep removes at a time.
pub const SWEEP_ROWS_MAX: usize = 1_000;
/// How long a message waits while its number cannot send, and how often.
pub const STOPPED_NUMBER_MINUTES: i64 = 10;
/// Tries of a message while its number cannot send: half a day.
pub const STOPPED_NUMBER_TRIES_MAX: u32 = 72;
/// How long a message whose fate is not known waits for a status before it is
/// a dead letter.
pub const SEND_FATE_MINUTES_MAX: i64 = 10;
/// Tries of one message to a customer that certainly was not sent.
pub const SEND_TRIES_MAX: u32 = 8;
/// How long a follow-up waits at a time while people own the conversation.
pub const FOLLOW_UP_WAIT_MINUTES: i64 = 15;
/// Facts in one request.
pub const FACTS_MAX: usize = 100;
/// Entries of a page of a list.
pub const PAGE_ITEMS_MAX: usize = 200;

// ---- observability ---------------------------------------------------------

/// Length of an `X-Request-Id` that is taken from the caller, at least: longer
/// than any phone number, since it is logged.
pub const REQUEST_ID_CHARS_MIN: usize = 16;
/// Length of an `X-Request-Id` that is taken from the caller, at most.
pub const REQUEST_ID_CHARS_MAX: usize = 64;
/// Tenants, and modules, that have a label of their own in metrics; all later
/// ones share one.
pub const METRIC_NAMES_MAX: usize = 200;
/// How often what was recorded is sorted into the buckets of histograms.
pub const METRICS_UPKEEP_SECONDS: u64 = 5;
