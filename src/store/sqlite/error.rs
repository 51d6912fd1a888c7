//! What SQLite's error codes mean to the one who runs the service.

use std::error::Error;

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use crate::store::StoreError;

/// Somebody else has been writing for too long.
pub(super) fn busy(source: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::unavailable(source)
        .with_reason("the database is locked; something else has been writing to it for too long")
}

pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(BUSY | LOCKED))
}

/// SQLite's primary result code, which extended codes keep in the low byte.
pub(in crate::store) fn code(error: &sqlx::Error) -> Option<i32> {
    let error = error.as_database_error()?.try_downcast_ref::<SqliteError>()?;
    Some(error.code()?.parse::<i32>().ok()? & 0xff)
}

// From <https://www.sqlite.org/rescode.html>.
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

pub(in crate::store) fn from_code(code: i32, error: sqlx::Error) -> StoreError {
    match code {
        BUSY | LOCKED => busy(error),
        PERM | CANTOPEN => StoreError::unavailable(error).with_reason(
            "the database file can't be opened; its directory must exist and be writable, and \
             the URL needs `?mode=rwc` to make a new file",
        ),
        READONLY => StoreError::unavailable(error)
            .with_reason("the database is read-only; the file and its directory must be writable"),
        IOERR => StoreError::unavailable(error).with_reason("the disk failed"),
        FULL => StoreError::unavailable(error).with_reason("the disk is full"),
        CORRUPT | NOTADB => {
            StoreError::new(error).with_reason("the file is damaged, or is no SQLite database")
        }
        _ => StoreError::new(error),
    }
}
