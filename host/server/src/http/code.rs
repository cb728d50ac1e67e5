//! Every stable error code there is, with its status and meaning. Programs
//! may rely on them: a code is never renamed, and a new one is a row here,
//! which also puts it into the OpenAPI document.

use axum::http::StatusCode;
use baton_whatsapp::signature::SignatureError;

macro_rules! codes {
    ($($name:ident $code:literal $status:ident $meaning:literal;)+) => {
        /// Why a request could not be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        #[allow(missing_docs, reason = "each has its meaning in the table")]
        pub enum Code {
            $(#[serde(rename = $code)] $name,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As programs read it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// What it means and what to do.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }
        }
    };
}

codes! {
    BodyUnreadable "body_unreadable" BAD_REQUEST "The body broke off or is not JSON.";
    QueryInvalid "query_invalid" BAD_REQUEST "A query parameter is not of its type.";
    IdempotencyKeyMissing "idempotency_key_missing" BAD_REQUEST "Send an `Idempotency-Key` of 1 to 256 visible characters.";
    Unauthorized "unauthorized" UNAUTHORIZED "There is no valid key of the right kind: `Authorization: Bearer <key>`.";
    UnknownApp "unknown_app" UNAUTHORIZED "No app of this name signs here.";
    SignatureMissing "signature_missing" UNAUTHORIZED "There is no `X-Hub-Signature-256`.";
    SignatureScheme "signature_scheme" UNAUTHORIZED "The signature does not begin with `sha256=`.";
    SignatureLength "signature_length" UNAUTHORIZED "The signature has not 64 digits.";
    SignatureNotHex "signature_not_hex" UNAUTHORIZED "The signature is not hexadecimal.";
    SignatureMismatch "signature_mismatch" UNAUTHORIZED "The signature was made with another secret or over other bytes.";
    Forbidden "forbidden" FORBIDDEN "The role of this key does not allow it.";
    HandshakeRefused "handshake_refused" FORBIDDEN "The subscription handshake does not fit this app.";
    NotFound "not_found" NOT_FOUND "There is no such thing, or it is another tenant's.";
    NoSuchRoute "no_such_route" NOT_FOUND "Nothing is served at this path.";
    NoConversation "no_conversation" NOT_FOUND "The customer has not written yet: nothing can be sent.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The path does not serve this method; `Allow` names those it does.";
    ChangedMeanwhile "changed_meanwhile" CONFLICT "Others changed it meanwhile: read it again.";
    ExportRunning "export_running" CONFLICT "An export is running: wait until it has ended.";
    UngrantedFields "ungranted_fields" CONFLICT "A module reads fields that are not granted to it: `problems` names them; grant them first.";
    PublisherChanged "publisher_changed" CONFLICT "The module's name belongs to another publisher, or to the tenant.";
    RolloutRefused "rollout_refused" CONFLICT "The releases do not stand so that this could be done; the message says why.";
    NoHandoff "no_handoff" CONFLICT "There is no handoff that could be flagged.";
    NotReplayable "not_replayable" CONFLICT "The message is no notice, or its endpoint is disabled: a message to a customer is never sent a second time.";
    NotMoved "not_moved" CONFLICT "It changed nothing: someone else has the next step, or nobody took it.";
    BotUnavailable "bot_unavailable" CONFLICT "The bot has no key, or was not heard of late, so it cannot take the conversation: let it call `POST /v1/bot/heartbeat`, or keep the conversation.";
    AgentUnfit "agent_unfit" CONFLICT "The agent cannot take conversations: `why` says whether they are frozen, their role does not let them, or which training is wanted.";
    SuccessorWanted "successor_wanted" CONFLICT "Somebody owns conversations: name a `successor` who takes them.";
    InUse "in_use" CONFLICT "Others rest on it; the message says who.";
    OutsideServiceWindow "outside_service_window" CONFLICT "The customer wrote more than 24 hours ago: send an approved template.";
    NumberFrozen "number_frozen" CONFLICT "The number is frozen: nothing leaves from it until it is thawed.";
    PeopleOwn "people_own" CONFLICT "People own the conversation: the bot is silent until they return it.";
    Erased "erased" GONE "The customer was erased on request.";
    Stale "stale" PRECONDITION_FAILED "It was changed since you read it, or `If-Match` is missing: read it again.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than this path takes.";
    MediaTypeUnsupported "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "Send `Content-Type: application/json`.";
    BodyInvalid "body_invalid" UNPROCESSABLE_ENTITY "The JSON has not the members or types that are wanted.";
    InvalidValue "invalid_value" UNPROCESSABLE_ENTITY "A value cannot be taken; `place` or the message names it.";
    ModuleRefused "module_refused" UNPROCESSABLE_ENTITY "The module is not admitted: `reason` says why in one word, the message in a sentence.";
    PackageRefused "package_refused" UNPROCESSABLE_ENTITY "The package is not taken: `reason` says why in one word, the message in a sentence.";
    ReleaseUnfit "release_unfit" UNPROCESSABLE_ENTITY "Modules of the release cannot run: `problems` names them, each with a stable code.";
    TooManyCompiles "too_many_compiles" TOO_MANY_REQUESTS "Too many modules were compiled for you lately: come again after `Retry-After` seconds.";
    BodyTimedOut "body_timed_out" REQUEST_TIMEOUT "The whole body did not come in time.";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong in Baton: try again.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Too much is in work, nothing of it was begun: come again after `Retry-After` seconds.";
    TimedOut "timed_out" SERVICE_UNAVAILABLE "It takes too long to be waited for; it may still be done, so ask again.";
    TooManyConnections "too_many_connections" SERVICE_UNAVAILABLE "Too many connections are open: come again after `Retry-After` seconds.";
    QuarantineFull "quarantine_full" SERVICE_UNAVAILABLE "There is no room for input that cannot be processed: try again later.";
    StoreFailed "store_failed" SERVICE_UNAVAILABLE "A write to the store failed: the host ends, and a restart tells what is on the disk.";
    Unavailable "unavailable" SERVICE_UNAVAILABLE "Not done for now: try again after `Retry-After` seconds.";
}

impl From<SignatureError> for Code {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Missing => Self::SignatureMissing,
            SignatureError::Scheme => Self::SignatureScheme,
            SignatureError::Length { .. } => Self::SignatureLength,
            SignatureError::NotHex => Self::SignatureNotHex,
            SignatureError::Mismatch => Self::SignatureMismatch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_and_each_stands_for_one_thing() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }
}
