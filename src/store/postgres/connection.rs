//! Connections that may have ended without a word, and what is done again then.

use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolConnectionMetadata};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{Connection, FromRow, PgConnection, Postgres};

use super::PostgresStore;
use super::error::has_ended;
use crate::store::StoreError;

/// How long a call may take at all. More than the server's own limits: they end what is slow, this
/// ends what waits for a server that has gone without a word.
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(15);

/// A connection that was in use this short a while ago is taken as it is, without a way there and back
/// to see whether it still is one. Networks forget what is silent for minutes.
const FRESH: Duration = Duration::from_secs(30);

/// Before the pool hands a connection out; one that gives no answer is replaced.
pub(super) async fn test_if_idle(
    connection: &mut PgConnection,
    been: PoolConnectionMetadata,
) -> Result<bool, sqlx::Error> {
    Ok(been.idle_for < FRESH || connection.ping().await.is_ok())
}

impl PostgresStore {
    /// Asks for a row, and asks again where the connection turns out to have ended: which is seen by
    /// using it, and a question may be put twice.
    pub(super) async fn read<'q, T>(
        &self,
        question: impl Fn() -> QueryAs<'q, Postgres, T, PgArguments>,
    ) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        within(async {
            match question().fetch_optional(&self.pool).await {
                Err(error) if has_ended(&error) => {
                    let mut connection = self.tested_connection().await?;
                    Ok(question().fetch_optional(&mut *connection).await?)
                }
                answer => Ok(answer?),
            }
        })
        .await
    }

    /// One that answers. What has ended beside it, as all have when the server was started anew, is
    /// thrown away on the way to it, so that the next call finds none of it.
    pub(super) async fn tested_connection(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        loop {
            let mut connection = self.pool.acquire().await?;
            if connection.ping().await.is_ok() {
                return Ok(connection);
            }
            connection.detach().close_hard().await.ok();
        }
    }
}

/// Gives up what takes too long.
pub(super) async fn within<T, E: From<StoreError>>(
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(PATIENCE_WITH_ALL, call).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::unavailable(elapsed)
            .with_reason("the database did not answer in time")
            .into()),
    }
}
