//! The database: the crate's tables and our own, in one file and on one pool.

use std::borrow::Cow;
use std::path;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use tower_bearer::{Clock, RefreshStore, SqliteStore, StoreError};

/// Opens the database and brings all tables up to date.
///
/// The pool is the store's: it commits with `synchronous=FULL`, so what a client was told is
/// stored is on the disk.
pub(crate) async fn open(url: &str) -> Result<SqliteStore, StoreError> {
    let store = SqliteStore::connect(url).await?;
    let migrations = Migrator::with_migrations(vec![Migration::new(
        1,
        Cow::Borrowed("tasks and items"),
        MigrationType::Simple,
        include_str!("schema.sql").into_sql_str(),
        false,
    )]);
    // Locked from the start, so that two processes that start at once don't migrate twice.
    let mut transaction = store.pool().begin_with("BEGIN IMMEDIATE").await?;
    migrations.run(&mut *transaction).await?;
    transaction.commit().await?;
    // The first thing that writes even where all tables are there: a database that is read-only
    // is found out now and not by the first who registers.
    store.delete_expired_sessions(Clock::system().now()).await?;
    Ok(store)
}

/// Where the data is, to show.
pub(crate) fn place(url: &str, store: &SqliteStore) -> String {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return "memory".to_owned();
    }
    let options = store.pool().connect_options();
    let file = options.get_filename();
    path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
}
