//! What the faults of Redis mean to the one who runs the service.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        if let Some(reason) = refusal(&error) {
            return Self::new(error).with_reason(reason);
        }
        match error.kind() {
            ErrorKind::Io => Self::unavailable(error).with_reason("Redis is out of reach"),
            ErrorKind::Server(ServerErrorKind::ReadOnly) => Self::unavailable(error)
                .with_reason("this Redis is read-only; connect to the primary"),
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::TryAgain,
            ) => Self::unavailable(error).with_reason("Redis is starting up or failing over"),
            ErrorKind::Server(
                ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot,
            ) => Self::new(error)
                .with_reason("this is a node of a Redis Cluster; sessions need a single server"),
            ErrorKind::InvalidClientConfig => {
                Self::new(error).with_reason("the Redis URL can't be read")
            }
            _ => Self::from_code(error),
        }
    }
}

impl StoreError {
    fn from_code(error: RedisError) -> Self {
        match error.code() {
            Some("OOM") => {
                Self::unavailable(error).with_reason("Redis has no memory left; raise maxmemory")
            }
            Some("MISCONF") => {
                Self::unavailable(error).with_reason("Redis can't write to its disk")
            }
            Some("BUSY") => {
                Self::unavailable(error).with_reason("Redis is busy with somebody's script")
            }
            _ => Self::new(error),
        }
    }
}

/// Told at any time, and no matter of trying again.
fn refusal(error: &RedisError) -> Option<&'static str> {
    let is = |code| error.code() == Some(code);
    if error.kind() == ErrorKind::AuthenticationFailed || is("WRONGPASS") || is("NOAUTH") {
        Some("Redis refused the user or the password of the URL")
    } else if is("NOPERM") {
        Some(
            "the Redis user lacks a right; it must run EVALSHA, SCRIPT LOAD and commands on its keys",
        )
    } else {
        None
    }
}
