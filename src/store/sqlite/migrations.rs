//! The tables on SQLite.

use sqlx::migrate::{Migrate, Migration};
use sqlx::{Executor, SqliteConnection};

use crate::store::StoreError;
use crate::store::sql::migrations::{TABLE, apply, simple};

/// Brings the tables up to date, inside the caller's transaction.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.ensure_migrations_table(TABLE).await?;
    apply(connection, &all()).await?;
    // Deletes nothing. `BEGIN IMMEDIATE` succeeds on a read-only file, and so does all the above
    // when the tables are there: without this, the first register would find out.
    connection.execute("DELETE FROM tower_bearer_migrations WHERE version < 0").await?;
    Ok(())
}

fn all() -> [Migration; 8] {
    [
        simple(
            1,
            "users and sessions",
            include_str!("../../../migrations/sqlite/0001_users_and_sessions.sql"),
        ),
        simple(
            2,
            "sessions to tell apart",
            include_str!("../../../migrations/sqlite/0002_sessions_to_tell_apart.sql"),
        ),
        simple(5, "API keys", include_str!("../../../migrations/sqlite/0005_api_keys.sql")),
        simple(6, "throttles", include_str!("../../../migrations/sqlite/0006_throttles.sql")),
        simple(7, "revocations", include_str!("../../../migrations/sqlite/0007_revocations.sql")),
        simple(
            8,
            "one row a session",
            include_str!("../../../migrations/sqlite/0008_one_row_a_session.sql"),
        ),
        simple(9, "accounts", include_str!("../../../migrations/sqlite/0009_accounts.sql")),
        simple(
            10,
            "one-time tokens",
            include_str!("../../../migrations/sqlite/0010_one_time_tokens.sql"),
        ),
    ]
}
