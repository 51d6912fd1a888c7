//! Faults of any database; what the codes of one mean is told by its own store.

use sqlx::migrate::MigrateError;

use crate::store::{InsertUserError, StoreError};

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        #[cfg(feature = "sqlite")]
        if let Some(code) = crate::store::sqlite::code(&error) {
            return crate::store::sqlite::from_code(code, error);
        }
        #[cfg(feature = "postgres")]
        if let Some(state) = crate::store::postgres::state(&error) {
            return crate::store::postgres::from_state(&state, error);
        }
        match error {
            sqlx::Error::Configuration(_) => {
                Self::new(error).with_reason("the database URL can't be read")
            }
            sqlx::Error::Tls(_) => {
                Self::new(error).with_reason("the database and this end agree on no TLS")
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
