//! Every metric there is: name, kind, unit, labels and meaning. Nothing else
//! names a metric; a test holds that what is exposed and what the dashboard
//! shows is exactly this.

use metrics::Unit;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts into buckets of these upper bounds.
    Histogram(&'static [f64]),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name, unit last.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// Its label, when it has one.
    pub label: Option<&'static str>,
    /// The values of the label; `other` stands for all that are added later.
    /// Empty when they are known only at run time.
    pub values: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

const SECONDS: Kind = Kind::Histogram(&[
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
]);
const CHANGES: Kind = Kind::Histogram(&[
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
]);
const BYTES: Kind = Kind::Histogram(&[1e3, 4e3, 16e3, 64e3, 256e3, 1e6, 4e6, 16e6]);

macro_rules! catalogue {
    ($($id:ident $name:literal $kind:ident $unit:ident $([$label:literal: $($value:literal)*])? $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $id: Row = Row {
                name: $name,
                kind: catalogue!(@kind $kind),
                unit: Unit::$unit,
                label: catalogue!(@label $($label)?),
                values: &[$($($value),*)?],
                help: $help,
            };
        )+

        /// All of them.
        pub const ALL: &[Row] = &[$($id),+];
    };
    (@kind Counter) => { Kind::Counter };
    (@kind Gauge) => { Kind::Gauge };
    (@kind $buckets:ident) => { $buckets };
    (@label) => { None };
    (@label $label:literal) => { Some($label) };
}

catalogue! {
    BUILD "baton_build_info" Gauge Count ["version":] "1, with the version that runs.";
    MEMORY "process_resident_memory_bytes" Gauge Bytes "Memory of the process that is in RAM.";
    FILES "process_open_fds" Gauge Count "Open file descriptors.";

    CONNECTIONS "baton_connections" Gauge Count "Connections that are open.";
    DOOR "baton_front_door_total" Counter Count ["what": "connections_accepted" "connections_refused" "accepts_failed" "handshakes_failed" "handshakes_timed_out" "headers_timed_out" "headers_too_large" "malformed" "bodies_timed_out" "bodies_shed" "requests_timed_out" "requests_panicked" "writes_stalled" "webhooks_shed" "statuses_shed" "api_requests_shed" "drains_cut"] "What the front door took, closed, refused and shed; each is described in `host/server/src/accept/counts.rs`.";

    HTTP "baton_http_requests_total" Counter Count ["status": "1xx" "2xx" "3xx" "4xx" "5xx"] "Requests answered, by class of status.";
    HTTP_SECONDS "baton_http_request_seconds" SECONDS Seconds "From the head of a request to the head of its answer.";

    WEBHOOKS "baton_webhooks_total" Counter Count ["outcome": "taken" "signature" "unknown_app" "store" "contended" "shed" "other"] "Webhook POSTs, by what became of them: everything but `taken` was not acknowledged.";
    WEBHOOK_BYTES "baton_webhook_bytes_total" Counter Bytes "Bytes of verified webhook bodies.";
    WEBHOOK_SECONDS "baton_webhook_seconds" SECONDS Seconds "From the read body to its outcome, durable when it is taken.";
    SIGNATURES "baton_signature_refusals_total" Counter Count ["why": "signature_missing" "signature_scheme" "signature_length" "signature_not_hex" "signature_mismatch" "other"] "Webhook POSTs whose signature does not hold.";
    ITEMS "baton_webhook_items_total" Counter Count ["kind": "message" "echo" "edit" "revoke" "status" "payment" "history" "profile" "call" "notice" "unknown" "unreadable" "other"] "Items of webhooks, by kind.";
    PLACED "baton_items_total" Counter Count ["outcome": "news" "known"] "Items and facts placed with a customer: news, or known already (redelivered).";
    QUARANTINED "baton_quarantined_total" Counter Count ["why": "not_webhook_shape" "not_webhook_object" "not_webhook_entries" "too_many_items" "unknown_number" "unknown_kind" "shape" "no_number" "no_id" "no_address" "not_a_list" "not_an_object" "empty" "other"] "Signed input that could not be processed, by reason.";
    DISCREPANCIES "baton_discrepancies_total" Counter Count ["cause": "missing_here" "written_on_unlinked_device" "missing_in_app" "text_differs" "revoked_there" "revoked_here" "time_differs" "other"] "Messages that are not the same in Baton and on the Business App, as comparisons found them, by cause.";
    QUARANTINE_ITEMS "baton_quarantine_items" Gauge Count "Items in quarantine.";
    QUARANTINE_BYTES "baton_quarantine_bytes" Gauge Bytes "Bytes in quarantine.";

    EVALUATIONS "baton_evaluations_total" Counter Count ["outcome": "inline" "deferred" "finished" "unheard"] "Occasions: decided before the answer, deferred, decided after it, or given the tenant's default since they cannot be evaluated.";
    EVALUATION_SECONDS "baton_evaluation_seconds" SECONDS Seconds "Computing time of one evaluation, from the first module to the record; waiting for a thread is not in it.";
    EVALUATIONS_WAITING "baton_evaluations_waiting" Gauge Count "Evaluations that wait for a thread.";
    MODULE_RUNS "baton_module_runs_total" Counter Count ["outcome": "run" "skipped"] "Runs of modules: made, or spared since nothing that they read has changed.";
    MODULE_FAILURES "baton_module_failures_total" Counter Count ["why": "module_trapped" "module_out_of_fuel" "module_overran" "module_out_of_memory" "module_too_many_reads" "module_output_too_large" "module_output_invalid" "module_quarantined" "module_suspended" "module_not_granted" "module_not_started" "other"] "Runs of modules whose answer does not count.";
    DECISIONS "baton_decisions_total" Counter Count ["outcome": "stay" "hand_off" "advice"] "Decisions; advice while people own the conversation.";
    DEGRADED "baton_decisions_degraded_total" Counter Count "Decisions that rest on less than they should, since a module failed.";
    HANDOFFS "baton_handoffs_total" Counter Count ["basis": "policy" "explicit_request" "default"] "Conversations passed to people, by what that rests on.";
    ALERTS "baton_people_alerts_total" Counter Count ["what": "queued" "escalated" "returned"] "Conversations that nobody could take when they were handed off, that went up, and that policy gave back to the bot.";
    SHADOWS "baton_shadow_decisions_total" Counter Count ["outcome": "same" "different" "shed" "lost" "over"] "Decisions of shadow releases, beside those that were made; `shed` and `lost` ones are not recorded.";
    GUARDRAILS "baton_releases_taken_back_total" Counter Count "Releases that guardrails took back.";
    RESIDENTS "baton_resident_tenants" Gauge Count "Tenants whose releases are in memory, ready to run.";
    RESIDENT_BYTES "baton_resident_modules_bytes" Gauge Bytes "Memory of their modules, about; a module that several tenants have counts for each.";
    RESIDENCY "baton_residency_changes_total" Counter Count ["what": "loaded" "evicted"] "Tenants whose releases were made ready when they were needed, and that made room for others.";
    ARTEFACTS "baton_artefacts_total" Counter Count ["what": "found" "missed" "removed" "unwritten"] "Compiled modules on disk: found, not there, damaged or of another engine and so removed, and such as could not be written.";
    DEFERRALS "baton_tenant_deferrals_total" Counter Count ["tenant":] "Evaluations deferred, by tenant; tenants beyond the first of a host's life count as `_other`.";

    RUNS_BY_MODULE "baton_runs_by_module_total" Counter Count ["module":] "Runs of modules, those that were spared among them, by name; those beyond the first of a host's life count as `_other`.";
    SIGNALS_BY_MODULE "baton_signals_by_module_total" Counter Count ["module":] "Signals of rules, by name of the module.";
    FAILURES_BY_MODULE "baton_failures_by_module_total" Counter Count ["module":] "Runs of modules whose answer does not count, by name.";

    COMMITS "baton_commits_total" Counter Count ["outcome": "durable" "retried" "failed"] "Commits of customers: durable, made again since others were first, or failed.";
    BATCH_CHANGES "baton_commit_batch_changes" CHANGES Count "Changes that became durable with one sync.";
    BATCH_BYTES "baton_commit_batch_bytes" BYTES Bytes "Bytes of keys and values written with one sync.";
    BATCH_SECONDS "baton_commit_batch_seconds" SECONDS Seconds "From the first change of a batch until it was durable.";
    SYNC_SECONDS "baton_sync_seconds" SECONDS Seconds "One sync of the disk.";

    SENDS "baton_sends_total" Counter Count ["outcome": "accepted" "suppressed" "again" "awaits_status" "number_stopped" "dead"] "Steps of messages out: taken by WhatsApp, suppressed, to be tried again, of unknown fate, held since the number cannot send, given up.";
    GRAPH_SECONDS "baton_graph_request_seconds" SECONDS Seconds "One request of the Graph API.";
    DELIVERIES "baton_deliveries_total" Counter Count ["outcome": "webhook_delivered" "email_delivered" "whatsapp_delivered" "again" "crowded" "dead" "suppressed"] "Notices out: taken by an endpoint, the mail server or WhatsApp; to be tried again; held back since many of the tenant are on their way; given up; nobody's business any more.";
    DELIVERY_SECONDS "baton_delivery_seconds" SECONDS Seconds "One try to deliver a notice.";
    ENDPOINTS_DISABLED "baton_endpoints_disabled_total" Counter Count ["why": "failing" "gone"] "Endpoints that the host disabled: each failed for days, or said that it is gone.";
    WORK "baton_work_total" Counter Count ["kind": "effect" "timer" "evaluate" "notify"] "Rows of work performed, by kind.";
    WORK_FAILURES "baton_work_failures_total" Counter Count ["kind": "effect" "timer" "evaluate" "notify"] "Rows of work that failed and are tried again when their lease ends.";
    WORK_LAG "baton_work_lag_seconds" Gauge Seconds ["kind": "effect" "timer" "evaluate" "notify"] "Age of the oldest row of work that is due: effects are the outbox.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_unit_and_kind() {
        let mut seen = std::collections::HashSet::new();
        for row in ALL {
            assert!(seen.insert(row.name), "{} twice", row.name);
            let is_total = row.name.ends_with("_total");
            assert_eq!(is_total, row.kind == Kind::Counter, "{}", row.name);
            let unit = row.name.trim_end_matches("_total");
            match row.unit {
                Unit::Seconds => assert!(unit.ends_with("_seconds"), "{}", row.name),
                Unit::Bytes => assert!(unit.ends_with("_bytes"), "{}", row.name),
                _ => {}
            }
            assert!(row.help.ends_with('.'), "{}", row.name);
            assert!(row.label.is_some() || row.values.is_empty(), "{}", row.name);
        }
    }
}
