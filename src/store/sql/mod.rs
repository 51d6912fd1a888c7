//! What the stores on SQL databases share: statements, rows, faults, and how tables come to be.

pub(super) mod api_keys;
mod error;
pub(super) mod migrations;
pub(super) mod one_time;
pub(super) mod revocations;
pub(super) mod session_with_user;
pub(super) mod sessions;
pub(super) mod users;

use std::time::Duration;

use crate::store::revocation_store;

/// The parameters are numbered with `$`, which both databases know.
pub(super) const FIND_THROTTLE: &str =
    "SELECT state FROM tower_bearer_throttles WHERE key_hash = $1";

pub(super) const INSERT_THROTTLE: &str = "INSERT INTO tower_bearer_throttles \
     (key_hash, state, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

pub(super) const UPDATE_THROTTLE: &str = "UPDATE tower_bearer_throttles \
     SET state = $3, expires_at = $4 WHERE key_hash = $1 AND state = $2";

pub(super) const DELETE_THROTTLE: &str =
    "DELETE FROM tower_bearer_throttles WHERE key_hash = $1 AND state = $2";

pub(super) use revocation_store::seconds;

/// A time before 1970, which nothing here writes, reads as zero: long expired.
pub(super) fn time(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
