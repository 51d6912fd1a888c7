//! Every metric: its name, its labels, and what it means. `docs/TELEMETRY.md` has the same table, which
//! a test holds against this one.

#![allow(dead_code, reason = "which are counted depends on the features")]

/// A metric, as operators know it.
pub(crate) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [Label],
    pub(super) help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    /// Of seconds.
    Histogram,
}

pub(super) struct Label {
    pub(super) name: &'static str,
    pub(super) values: Values,
}

/// Nothing that came with a request is ever one.
pub(super) enum Values {
    These(&'static [&'static str]),
    /// Those of [`AuthErrorKind`](crate::AuthErrorKind), and two that have none.
    ErrorCodes,
    /// The names of the audit trail.
    AuditEvents,
}

/// Who refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusedBy {
    Layer,
    Policy,
    Extractor,
    Router,
    Https,
}

impl RefusedBy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Policy => "policy",
            Self::Extractor => "extractor",
            Self::Router => "router",
            Self::Https => "https",
        }
    }
}

/// What a request was authenticated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Token,
    ApiKey,
    Nobody,
}

impl Credential {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ApiKey => "api_key",
            Self::Nobody => "none",
        }
    }
}

/// What came of looking a token up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Hit,
    Miss,
}

impl Lookup {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
        }
    }
}

/// The `reason` of a request without credentials, which has no code for clients.
pub(crate) const NO_CREDENTIALS: &str = "missing_credentials";
/// The `reason` of a request over plain HTTP.
pub(crate) const NO_HTTPS: &str = "https_required";

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal { $($label:ident: $values:expr),* } $help:literal;)*) => {
        $(pub(crate) static $constant: Metric = Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$(Label { name: stringify!($label), values: $values }),*],
            help: $help,
        };)*

        /// In the order of the documentation.
        pub(super) static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

use Values::{AuditEvents, ErrorCodes, These};

metrics! {
    ACCEPTED: Counter "tower_bearer_requests_authenticated_total" {
        credential: These(&["token", "api_key", "none"])
    } "Requests that a JwtAuthLayer took for authenticated, or let through as anonymous.";
    REFUSED: Counter "tower_bearer_requests_refused_total" {
        reason: ErrorCodes,
        by: These(&["layer", "policy", "extractor", "router", "https"])
    } "Requests that were refused.";
    VERIFY_SECONDS: Histogram "tower_bearer_verify_seconds" {
    } "Time to verify a token in full, without waiting for keys.";
    CACHE_LOOKUPS: Counter "tower_bearer_token_cache_lookups_total" {
        result: These(&["hit", "miss"])
    } "Tokens that were looked up among those verified before.";
    CACHE_EVICTIONS: Counter "tower_bearer_token_cache_evictions_total" {
    } "Tokens that were pushed out of the cache by others.";
    CACHE_TOKENS: Gauge "tower_bearer_token_cache_tokens" {
    } "Tokens that are remembered.";
    JWKS_FETCHES: Counter "tower_bearer_jwks_fetches_total" {
        outcome: These(&["fetched", "not_modified", "unreachable", "bad_answer"])
    } "Fetches of key sets of other issuers.";
    JWKS_SETS: Gauge "tower_bearer_jwks_key_sets" {
        state: These(&["fresh", "failing", "none"])
    } "Key sets of other issuers, by what came of the last fetch.";
    JWKS_KEYS: Gauge "tower_bearer_jwks_keys" {
    } "Keys of other issuers.";
    JWKS_UPDATED: Gauge "tower_bearer_jwks_fetched_timestamp_seconds" {
    } "When a key set was last fetched or found unchanged, in seconds since the Unix epoch.";
    INTROSPECTIONS: Counter "tower_bearer_introspections_total" {
        outcome: These(&["active", "inactive", "refused", "unavailable", "busy"])
    } "Questions to an introspection endpoint.";
    INTROSPECTION_SECONDS: Histogram "tower_bearer_introspection_seconds" {
    } "Time until an introspection endpoint answered or was given up.";
    AUDIT_EVENTS: Counter "tower_bearer_audit_events_total" {
        event: AuditEvents,
        reason: These(&[
            "none", "unknown_user", "wrong_password", "disabled", "unverified", "invalid_scope",
            "logout", "ended_by_user", "ended_by_admin", "revoked", "reuse", "password_change",
            "user_gone", "displaced", "replaced"
        ])
    } "Events of the audit trail: logins, refreshes, sessions, accounts, API keys.";
    HASH_WAITING: Gauge "tower_bearer_hash_queue_jobs" {
    } "Passwords that wait for a thread to hash them.";
    HASH_CAPACITY: Gauge "tower_bearer_hash_queue_capacity" {
    } "Passwords that may wait for a thread to hash them.";
    HASH_WAIT_SECONDS: Histogram "tower_bearer_hash_wait_seconds" {
    } "Time that passwords waited for a thread to hash them.";
    HASH_SECONDS: Histogram "tower_bearer_hash_seconds" {
    } "Time to hash a password or to compare it with its hash.";
    HASH_REFUSED: Counter "tower_bearer_hash_refused_total" {
        reason: These(&["queue_full", "waited_too_long"])
    } "Passwords that were not hashed as there were too many.";
    MAILS: Counter "tower_bearer_mails_total" {
        outcome: These(&["sent", "failed", "queue_full", "throttled"])
    } "Mails that were sent, or were not.";
    MAILS_WAITING: Gauge "tower_bearer_mail_queue_mails" {
    } "Mails that wait or are being sent.";
    STORE_ERRORS: Counter "tower_bearer_store_errors_total" {
        work: These(&[
            "api_keys", "housekeeping", "login", "mails", "revocations", "throttles", "users"
        ])
    } "Questions that a store failed to answer.";
    HOUSEKEEPING: Counter "tower_bearer_housekeeping_deleted_total" {
        what: These(&["sessions", "throttles", "one_time_tokens", "api_keys"])
    } "What was deleted from stores as it had expired.";
}
