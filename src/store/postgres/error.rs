//! What PostgreSQL's SQLSTATE codes mean to the one who runs the service.

use sqlx::postgres::PgDatabaseError;

use crate::store::StoreError;

/// The unique constraint that an INSERT broke.
pub(super) fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    database_error(error)?.constraint()
}

pub(in crate::store) fn state(error: &sqlx::Error) -> Option<String> {
    Some(database_error(error)?.code().to_owned())
}

/// Whether the connection is no longer one: the server, or what lies between, has hung up on it.
pub(super) fn has_ended(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // An administrator, a crash, or `idle_session_timeout`, told as the last word.
        _ => matches!(state(error).as_deref(), Some("57P01" | "57P02" | "57P05")),
    }
}

fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()
}

// From <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
pub(in crate::store) fn from_state(state: &str, error: sqlx::Error) -> StoreError {
    let class = state.get(..2).unwrap_or_default();
    match (class, state) {
        (_, "25006") => StoreError::unavailable(error)
            .with_reason("the database is read-only; connect to the primary"),
        (_, "53100") => StoreError::unavailable(error).with_reason("the disk is full"),
        (_, "53300") => StoreError::unavailable(error).with_reason(
            "the database has no connection left; raise its max_connections or make pools smaller",
        ),
        (_, "57014") => StoreError::unavailable(error)
            .with_reason("the database took longer than its statement_timeout"),
        (_, "55P03") => StoreError::unavailable(error).with_reason("a lock was held for too long"),
        ("28", _) => StoreError::new(error)
            .with_reason("the database refused the user or the password of the URL"),
        ("3D", _) => StoreError::new(error).with_reason("the database of the URL does not exist"),
        (_, "42501") => StoreError::new(error).with_reason(
            "the database user lacks a right; it must own the tables, or have SELECT, INSERT, \
             UPDATE and DELETE on them",
        ),
        (_, "42P01") => StoreError::new(error)
            .with_reason("a table is missing; is the search_path the one it was made under?"),
        // Connections, resources, operators, transactions that can be tried again.
        ("08" | "53" | "57" | "40", _) => StoreError::unavailable(error),
        ("58" | "XX", _) => {
            StoreError::unavailable(error).with_reason("the database has a fault of its own")
        }
        _ => StoreError::new(error),
    }
}
