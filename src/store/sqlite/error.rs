//! What SQLite's error codes mean to the one who runs the service.

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

use crate::store::{InsertUserError, StoreError};

pub(super) const BUSY: &str =
    "the database is locked; something else has been writing to it for too long";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                // Extended codes keep the primary one in the low byte.
                let code = database
                    .try_downcast_ref::<SqliteError>()
                    .and_then(|error| sqlx::error::DatabaseError::code(error)?.parse::<i32>().ok())
                    .map(|code| code & 0xff);
                match code {
                    Some(code) => from_code(code, error),
                    None => Self::new(error),
                }
            }
            sqlx::Error::Configuration(_) => {
                Self::new(error).with_reason("the database URL can't be read")
            }
            sqlx::Error::PoolTimedOut => Self::unavailable(error)
                .with_reason("no connection to the database became free in time"),
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::unavailable(error)
            }
            _ => Self::new(error),
        }
    }
}

impl From<sqlx::Error> for InsertUserError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => Self::new(error)
                .with_reason("the tables were made by another version of tower-bearer"),
            _ => Self::new(error),
        }
    }
}

/// The primary result codes, from <https://www.sqlite.org/rescode.html>.
fn from_code(code: i32, error: sqlx::Error) -> StoreError {
    match code {
        // BUSY, LOCKED
        5 | 6 => StoreError::unavailable(error).with_reason(BUSY),
        // PERM, CANTOPEN
        3 | 14 => StoreError::unavailable(error).with_reason(
            "the database file can't be opened; its directory must exist and be writable, and \
             the URL needs `?mode=rwc` to make a new file",
        ),
        // READONLY
        8 => StoreError::unavailable(error)
            .with_reason("the database is read-only; the file and its directory must be writable"),
        // IOERR
        10 => StoreError::unavailable(error).with_reason("the disk failed"),
        // FULL
        13 => StoreError::unavailable(error).with_reason("the disk is full"),
        // CORRUPT, NOTADB
        11 | 26 => {
            StoreError::new(error).with_reason("the file is damaged, or is no SQLite database")
        }
        _ => StoreError::new(error),
    }
}
