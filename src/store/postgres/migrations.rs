//! The tables on PostgreSQL.

use sqlx::migrate::{Migrate, Migration};
use sqlx::{Executor, PgConnection};

use crate::store::StoreError;
use crate::store::sql::migrations::{TABLE, apply, simple};

/// Brings the tables up to date, inside the caller's transaction.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), StoreError> {
    // A migration may take longer than a request, and so may waiting for that of another node.
    connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
    // The key is "tower_be" in ASCII: nobody else's, with luck. It goes with the transaction.
    connection.execute("SELECT pg_advisory_xact_lock(8390055908408779365)").await?;
    // In the first schema of the search path, where the other tables will stand: those of another
    // service may stand in the next. `CREATE TABLE IF NOT EXISTS` takes the right to create, which a service need not have once
    // the tables are there.
    let exists: bool = sqlx::query_scalar(
        "SELECT to_regclass(format('%I.%I', current_schema(), $1::text)) IS NOT NULL",
    )
    .bind(TABLE)
    .fetch_one(&mut *connection)
    .await?;
    if !exists {
        connection.ensure_migrations_table(TABLE).await?;
    }
    apply(connection, &all()).await
}

fn all() -> [Migration; 7] {
    [
        simple(
            1,
            "users and sessions",
            include_str!("../../../migrations/postgres/0001_users_and_sessions.sql"),
        ),
        simple(5, "API keys", include_str!("../../../migrations/postgres/0005_api_keys.sql")),
        simple(6, "throttles", include_str!("../../../migrations/postgres/0006_throttles.sql")),
        simple(7, "revocations", include_str!("../../../migrations/postgres/0007_revocations.sql")),
        simple(
            8,
            "one row a session",
            include_str!("../../../migrations/postgres/0008_one_row_a_session.sql"),
        ),
        simple(9, "accounts", include_str!("../../../migrations/postgres/0009_accounts.sql")),
        simple(
            10,
            "one-time tokens",
            include_str!("../../../migrations/postgres/0010_one_time_tokens.sql"),
        ),
    ]
}
