//! What must hold between limits, checked when they are compiled.

#![allow(
    clippy::wildcard_imports,
    reason = "every limit may stand in a relation"
)]

use super::*;

const _: () = assert!(CLIENT_IDLE_SECONDS_MAX < HEADER_SECONDS_MAX);

const _: () = {
    // ITU-T E.164: 15 digits at most.
    assert!(REQUEST_ID_CHARS_MIN > 15 && REQUEST_ID_CHARS_MIN < REQUEST_ID_CHARS_MAX);
    assert!(COMMIT_EVENTS_MAX >= WEBHOOK_ITEMS_MAX);
    assert!(COMMIT_ROWS_MAX >= WEBHOOK_ITEMS_MAX);
    assert!(BATCH_BYTES_MAX < COMMIT_BYTES_MAX);
    assert!(BATCH_COMMITS_MAX <= COMMITS_WAITING_MAX);
    assert!(QUARANTINE_BYTES_MAX > 2 * WEBHOOK_BODY_BYTES_MAX);
    assert!(WEBHOOK_BODY_BYTES_MAX < COMMIT_BYTES_MAX);
    assert!(IDENTITY_DAYS_MIN > 7);
    assert!(STATE_EVENTS_MAX >= 1);
    assert!(DOCTOR_ROWS_AT_ONCE <= LIST_ITEMS_MAX);
    assert!(DIRECTORY_DOCUMENT_BYTES_MAX < COMMIT_BYTES_MAX);
    assert!(EXPORT_CHUNK_BYTES < EXPORT_LINE_BYTES_MAX);
};

const _: () = {
    assert!(CONNECTIONS_MAX <= CONFIGURED_CONNECTIONS_MAX);
    // 2,000 who dribble leave as much room for those who do not.
    assert!(CONNECTIONS_MAX >= 2 * 2_000);
    // Who may be served may knock at once.
    assert!(CONNECTIONS_BACKLOG_MAX as usize >= CONNECTIONS_MAX);
    assert!(REFUSALS_AT_ONCE_MAX < CONNECTIONS_MAX);
    assert!(REFUSAL_SECONDS_MAX < HEADER_SECONDS_MAX);
    assert!(HEADER_BYTES_MAX <= CONNECTION_BUFFER_BYTES_MAX);
    assert!(API_BODY_BYTES_MAX < WEBHOOK_BODY_BYTES_MAX);
    assert!(UNWANTED_BODY_BYTES_MAX >= 2 * WEBHOOK_BODY_BYTES_MAX);
    // The body comes, the rules take what they may at most, commits are tried.
    assert!(REQUEST_SECONDS_MAX >= BODY_SECONDS_MAX + 2 * EVALUATION_BUDGET_SECONDS_MAX);
    assert!(DRAIN_SECONDS_MAX > REQUEST_SECONDS_MAX);
    assert!(WEBHOOKS_SHED_STATUSES_MIN < WEBHOOKS_IN_FLIGHT_MAX);
    assert!(WEBHOOKS_SHED_STATUSES_BYTES_MIN < WEBHOOKS_IN_FLIGHT_BYTES_MAX);
    // One webhook alone is never shed for its size.
    assert!(WEBHOOKS_SHED_STATUSES_BYTES_MIN > WEBHOOK_BODY_BYTES_MAX);
    // Bodies that are still coming never keep out those that have come.
    assert!(WEBHOOKS_IN_FLIGHT_BYTES_MAX < BODIES_BYTES_MAX);
    assert!(WEBHOOKS_IN_FLIGHT_MAX <= CONNECTIONS_MAX);
    assert!(API_REQUESTS_IN_FLIGHT_MAX * API_BODY_BYTES_MAX <= BODIES_BYTES_MAX);
};

const _: () = {
    assert!(WEBHOOK_ITEMS_MAX * 100 <= WEBHOOK_BODY_BYTES_MAX);
    assert!(THREAD_REVOKES_MAX > THREAD_MESSAGES_MAX);
    assert!(ORDERS_DETAILED_MAX < ORDERS_MAX);
    // What is counted by a cap is kept.
    assert!((CAP_MESSAGES_MAX as usize) < PROMOTIONS_MAX);
    assert!(RECENT_MESSAGES_MAX <= THREAD_MESSAGES_MAX);
    assert!(THREAD_RECEIPTS_MAX >= 3 * THREAD_MESSAGES_MAX);
    assert!(THREAD_OUTCOMES_MAX >= 2 * THREAD_MESSAGES_MAX);
    assert!(THREAD_TEXT_CHARS_MAX <= MESSAGE_TEXT_CHARS_MAX);
    assert!(EVALUATION_STACK_BYTES_MAX * 2 <= EVALUATION_THREAD_STACK_BYTES);
    assert!(WORK_LEASE_SECONDS > DEFERRED_EVALUATION_SECONDS_MAX as i64);
    // What is begun late is still done under its lease.
    assert!(WORK_START_SECONDS_MIN >= DEFERRED_EVALUATION_SECONDS_MAX as i64);
    assert!(WORK_START_SECONDS_MIN > DELIVERY_SECONDS_MAX as i64 + 10);
    assert!(WORK_START_SECONDS_MIN > GRAPH_REQUEST_SECONDS_MAX as i64 + 10);
    assert!(WORK_START_SECONDS_MIN < WORK_LEASE_SECONDS);
    assert!(SEND_FATE_MINUTES_MAX * 60 > WORK_LEASE_SECONDS);
    assert!(EVALUATION_LANE_MAX * 2 <= EVALUATION_QUEUE_MAX);
    assert!(EVALUATION_LANE_MAX >= CUSTOMERS_AT_ONCE_MAX);
    assert!(SUSPECTS_MAX >= EVALUATION_THREADS_MAX);
    assert!(TENANT_EVALUATION_MS_PER_SECOND as u64 >= EVALUATION_WALL_MS_MAX);
    assert!(EVALUATION_EPOCH_MS * 2 <= EVALUATION_WALL_MS_MAX);
    assert!(SLOW_EVALUATION_US_MIN < EVALUATION_WALL_MS_MAX * 1_000);
    assert!(MODULE_OUTPUT_BYTES_MAX < EVALUATION_HOSTCALL_BYTES_MAX);
    assert!(MEMO_RUN_BYTES_MAX * 64 <= MEMO_BYTES_MAX);
    assert!(SIGNALS_MAX * REASON_CHARS_MAX < MODULE_OUTPUT_BYTES_MAX);
    assert!(SPENT_SIGNALS_MAX >= SIGNALS_MAX);
    assert!(OPENING_DAYS_MAX < LOOK_AHEAD_DAYS_MAX);
    // Somebody who is off all days they may be is still found to come back.
    assert!(LOOK_AHEAD_DAYS_MAX > DAYS_OFF_MAX + 7);
    assert!(BOT_SILENCE_MINUTES <= PROMISE_MINUTES_MAX);
};

const _: () = {
    assert!(FUNCTION_LOCALS_MAX <= COMPONENT_LOCALS_MAX);
    assert!(FUNCTION_BYTES_MAX < COMPONENT_BYTES_MAX as u64);
    assert!(COMPONENT_ELEMENTS_MAX <= EVALUATION_TABLE_ELEMENTS_MAX as u64);
    assert!(COMPONENT_DEPTH_MAX <= COMPONENT_NESTED_MAX as u64);
    assert!(DECLARATION_BYTES_MAX * 4 <= COMPONENT_BYTES_MAX);
};

// Whatever fits the native tier fits the script tier.
const _: () = {
    assert!(SCRIPT_COMPONENT_BYTES_MAX > COMPONENT_BYTES_MAX);
    assert!(SCRIPT_COMPONENT_NESTED_MAX > COMPONENT_NESTED_MAX);
    assert!(SCRIPT_FUNCTION_BYTES_MAX > FUNCTION_BYTES_MAX);
    assert!(SCRIPT_FUNCTION_BYTES_MAX < SCRIPT_COMPONENT_BYTES_MAX as u64);
    assert!(SCRIPT_FUNCTION_BLOCKS_MAX > FUNCTION_BLOCKS_MAX);
    assert!(SCRIPT_DATA_SEGMENTS_MAX > COMPONENT_DATA_SEGMENTS_MAX);
    assert!(SCRIPT_EVALUATION_FUEL_MAX > EVALUATION_FUEL_MAX);
    assert!(SCRIPT_COMPONENT_BYTES_MAX as u64 * 7 < ARTEFACT_BYTES_MAX);
};

const _: () = {
    assert!(COMPILE_WALL_SECONDS_MAX >= COMPILE_CPU_SECONDS_MAX);
    // At least one that goes before is done by then.
    assert!(COMPILE_WAIT_SECONDS_MAX > COMPILE_WALL_SECONDS_MAX);
    assert!(ARTEFACT_BYTES_MAX < COMPILE_ADDRESS_SPACE_BYTES_MAX);
    assert!(ARTEFACT_BYTES_MAX * 4 <= ARTEFACT_CACHE_BYTES_MAX);
};

const _: () = {
    assert!(TENANT_MODULES_MAX >= RELEASE_MODULES_MAX);
    // Whoever waits for a release still holds its row when it stands aside.
    assert!(RELEASE_WAIT_SECONDS < WORK_LEASE_SECONDS);
    assert!(COMPILED_BYTES_MAX >= ARTEFACT_BYTES_MAX);
    assert!(TENANT_COMPILES_MAX > 0 && TENANT_COMPILE_SECONDS > 0);
    assert!(ROLLBACKS_MAX < TENANT_RELEASES_MAX);
    assert!(RELEASE_KEYS_MAX <= TENANT_RELEASES_MAX);
    assert!(GUARDRAIL_WINDOW_MIN < GUARDRAIL_WINDOW_MAX);
    // A suspended module is tried again while what it spoiled is still fresh.
    assert!(BREAKER_SECONDS as u64 * 1_000 > EVALUATION_WALL_MS_MAX * BREAKER_FAILURES as u64);
};

const _: () = {
    // A delivery ends before its lease, so that none is made twice for its time.
    assert!(WORK_LEASE_SECONDS > DELIVERY_SECONDS_MAX as i64 + 10);
    assert!(WORK_LEASE_SECONDS > MAIL_SECONDS_MAX as i64 + 10);
    assert!(TENANT_DELIVERIES_AT_ONCE_MAX < WORK_AT_ONCE_MAX);
    assert!(DELIVERY_CONNECT_SECONDS_MAX < DELIVERY_SECONDS_MAX);
    assert!(FLAG_RULES_MAX >= RELEASE_MODULES_MAX);
    assert!(FLAG_EVENTS_SEARCHED_MAX <= EVENTS_AT_ONCE_MAX);
    assert!(AUDIT_EVENTS_AT_ONCE <= EVENTS_AT_ONCE_MAX);
    assert!(AUDIT_EVENTS_AT_ONCE <= AUDIT_EVENTS_SEEN_MAX);
    // The rules of a release, those of its shadow, and the policy.
    assert!(AUDIT_MODULE_READS_MAX > 2 * RELEASE_MODULES_MAX);
    assert!(REPLAYED_AT_ONCE_MAX <= LIST_ITEMS_MAX);
};

const _: () = {
    assert!(COMPARISON_EVENTS_AT_ONCE <= EVENTS_AT_ONCE_MAX);
    assert!(COMPARISON_TOLERANCE_SECONDS < COMPARISON_DRIFT_HOURS * 3_600);
    // It is looked often enough to end one on time, and to ask on the day.
    assert!(COMPARISON_LOOK_MINUTES * 10 < COMPARISON_OPEN_HOURS * 60);
    assert!(COMPARISON_GRACE_MINUTES < COMPARISON_OPEN_HOURS * 60);
    assert!(DISCREPANCIES_MAX * 256 < DIRECTORY_DOCUMENT_BYTES_MAX);
    assert!(SYNC_PHASES_MAX * SYNC_CHUNKS_MAX * 16 < DIRECTORY_DOCUMENT_BYTES_MAX);
};
