//! The database: the crate's tables and our own, in one place and on one pool.

use std::path;
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use tower_bearer::{Clock, PostgresStore, RefreshStore, SqliteStore, StoreError};

/// Longer than the limits of the pools: what takes longer waits for a server that has gone without
/// a word.
const PATIENCE: Duration = Duration::from_secs(15);

/// One of two. A statement of ours is written once, with `$1` for its parameters, which both
/// understand, and run with `query!`.
///
/// The pool is the store's: what a client was told is stored is on the disk.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Runs a call of sqlx on the pool of either database: `query!(database, |pool| ..)`.
macro_rules! query {
    ($database:expr, |$pool:ident| $call:expr) => {
        match &$database {
            $crate::database::Database::Sqlite(store) => {
                let $pool = store.pool();
                $crate::database::within($call).await
            }
            $crate::database::Database::Postgres(store) => {
                let $pool = store.pool();
                $crate::database::within($call).await
            }
        }
    };
}
pub(crate) use query;

impl Database {
    /// Opens the database and brings all tables up to date. Two processes may do so at once.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if is_postgres(url) {
            let store = PostgresStore::connect(url).await?;
            migrate_postgres(store.pool()).await?;
            return Ok(Self::Postgres(store));
        }
        let store = SqliteStore::connect(url).await?;
        migrate_sqlite(store.pool()).await?;
        // The first thing that writes even where all tables are there: a database that is read-only
        // is found out now and not by the first who registers.
        store.delete_expired_sessions(Clock::system().now()).await?;
        Ok(Self::Sqlite(store))
    }

    /// Waits until all connections are closed, which folds the log of SQLite into its file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.pool().close().await,
            Self::Postgres(store) => store.pool().close().await,
        }
    }

    /// Where the data of this URL is, to show: nothing secret.
    pub(crate) fn place(&self, url: &str) -> String {
        match self {
            Self::Sqlite(_) if url.contains(":memory:") || url.contains("mode=memory") => {
                "memory".to_owned()
            }
            Self::Sqlite(store) => {
                let options = store.pool().connect_options();
                let file = options.get_filename();
                path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
            }
            Self::Postgres(store) => {
                let options = store.pool().connect_options();
                let place = match options.get_socket() {
                    Some(directory) => directory.display().to_string(),
                    None => format!("{}:{}", options.get_host(), options.get_port()),
                };
                format!("{} on PostgreSQL at {place}", options.get_database().unwrap_or("postgres"))
            }
        }
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// Gives up what takes too long.
pub(crate) async fn within<T>(
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(result) => Ok(result?),
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// The number of a new row, from `INSERT .. RETURNING id`, run with `fetch_all`: with `fetch_one`,
/// sqlx answers before SQLite has committed.
pub(crate) fn inserted(rows: Vec<(i64,)>) -> Result<i64, StoreError> {
    match rows.as_slice() {
        [(id,)] => Ok(*id),
        _ => Err(sqlx::Error::RowNotFound.into()),
    }
}

async fn migrate_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    // Locked from the start, so that two processes that start at once don't migrate twice.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrations(include_str!("schema/sqlite.sql")).run(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

async fn migrate_postgres(pool: &PgPool) -> Result<(), StoreError> {
    // The migrator takes a lock of its own, which ends with the connection at the latest.
    Ok(migrations(include_str!("schema/postgres.sql")).run(pool).await?)
}

fn migrations(tables: &'static str) -> Migrator {
    Migrator::with_migrations(vec![Migration::new(
        1,
        "tasks and items".into(),
        MigrationType::Simple,
        tables.into_sql_str(),
        false,
    )])
}
