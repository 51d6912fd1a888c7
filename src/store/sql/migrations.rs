//! How the tables come to be: forward only, each migration once.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType};

use crate::store::StoreError;

/// The usual `_sqlx_migrations` is the application's.
pub(in crate::store) const TABLE: &str = "tower_bearer_migrations";

/// Applies what is missing, inside the caller's transaction, which locks others out. The table of
/// migrations must be there.
///
/// Done by hand, since the future of sqlx's `Migrator::run` on one connection is not `Send`.
pub(in crate::store) async fn apply(
    connection: &mut (impl Migrate + Send),
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let applied = connection.list_applied_migrations(TABLE).await?;
    for old in &applied {
        match migrations.iter().find(|migration| migration.version == old.version) {
            Some(known) if known.checksum == old.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(old.version).into()),
            None => return Err(MigrateError::VersionMissing(old.version).into()),
        }
    }
    for migration in migrations {
        if !applied.iter().any(|old| old.version == migration.version) {
            connection.apply(TABLE, migration).await?;
        }
    }
    Ok(())
}

pub(in crate::store) fn simple(
    version: i64,
    description: &'static str,
    sql: &'static str,
) -> Migration {
    let kind = MigrationType::Simple;
    Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
}
