//! The tables, and how they come to be.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType};
use sqlx::{Executor, SqlSafeStr, SqliteConnection};

use crate::store::StoreError;

/// The usual `_sqlx_migrations` is the application's.
const TABLE: &str = "tower_bearer_migrations";

/// Applies what is missing, inside the caller's transaction.
///
/// Done by hand, since the future of sqlx's `Migrator::run` on one connection is not `Send`.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let migrations = all();
    connection.ensure_migrations_table(TABLE).await?;
    let applied = connection.list_applied_migrations(TABLE).await?;
    for old in &applied {
        match migrations.iter().find(|migration| migration.version == old.version) {
            Some(known) if known.checksum == old.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(old.version).into()),
            None => return Err(MigrateError::VersionMissing(old.version).into()),
        }
    }
    for migration in &migrations {
        if !applied.iter().any(|old| old.version == migration.version) {
            connection.apply(TABLE, migration).await?;
        }
    }
    // Deletes nothing. `BEGIN IMMEDIATE` succeeds on a read-only file, and so does all the above
    // when the tables are there: without this, the first register would find out.
    connection.execute("DELETE FROM tower_bearer_migrations WHERE version < 0").await?;
    Ok(())
}

fn all() -> [Migration; 1] {
    [simple(
        1,
        "users and sessions",
        include_str!("../../../migrations/sqlite/0001_users_and_sessions.sql"),
    )]
}

fn simple(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let kind = MigrationType::Simple;
    Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
}
