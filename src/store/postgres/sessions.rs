//! Sessions on PostgreSQL.
//!
//! Whatever changes a session or its tokens locks the session's row first: no two can wait for
//! each other, and what a rotation finds after that lock stays as it is until it is done.

use std::time::Duration;

use sqlx::{Executor, Postgres};

use super::{PostgresStore, is_storable, within};
use crate::store::sql::{
    FIND_TOKEN, INSERT_SESSION, INSERT_TOKEN, SessionRow, TokenRow, seconds, sessions, sessions_of,
    token_and_session,
};
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken};

/// How many sessions one statement of housekeeping deletes: few enough for the time limit.
const BATCH: i64 = 1000;

impl RefreshStore for PostgresStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        within(async {
            let mut transaction = self.begin().await?;
            sqlx::query(INSERT_SESSION)
                .bind(&session.id)
                .bind(&session.user_id)
                .bind(&session.client_id)
                .bind(&session.scope)
                .bind(&session.device)
                .bind(seconds(session.created_at))
                .bind(seconds(session.expires_at))
                .execute(&mut *transaction)
                .await?;
            insert_token(&mut *transaction, token).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn find_token(
        &self,
        selector: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        if !is_storable(selector) {
            return Ok(None);
        }
        let row = sqlx::query_as::<Postgres, TokenRow>(FIND_TOKEN)
            .bind(selector)
            .fetch_optional(&self.pool);
        within(async { row.await?.map(|row| token_and_session(selector, row)).transpose() }).await
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        within(async {
            let mut transaction = self.begin().await?;
            let session: Option<String> = sqlx::query_scalar(
                "SELECT s.id FROM tower_bearer_sessions s \
                 JOIN tower_bearer_refresh_tokens t ON t.session_id = s.id \
                 WHERE t.selector = $1 FOR UPDATE OF s",
            )
            .bind(selector)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some(session) = session else { return Ok(Rotation::Unknown) };
            let spent = sqlx::query(
                "UPDATE tower_bearer_refresh_tokens SET used = TRUE \
                 WHERE selector = $1 AND NOT used",
            )
            .bind(selector)
            .execute(&mut *transaction)
            .await?;
            let rotation = if spent.rows_affected() == 1 {
                insert_token(&mut *transaction, successor).await?;
                Rotation::Rotated
            } else {
                delete_session(&mut *transaction, &session).await?;
                Rotation::Reused
            };
            transaction.commit().await?;
            Ok(rotation)
        })
        .await
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        if !is_storable(id) {
            return Ok(false);
        }
        within(delete_session(&self.pool, id)).await
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        if !is_storable(user_id) {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as::<Postgres, SessionRow>(sessions_of!("NOT t.used"))
            .bind(user_id)
            .bind(seconds(now))
            .fetch_all(&self.pool);
        within(async { Ok(sessions(rows.await?)) }).await
    }

    async fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        if !is_storable(user_id) {
            return Ok(Vec::new());
        }
        // Locked in one order, so that two who end them at once don't wait for each other.
        let ended = sqlx::query_scalar(
            "DELETE FROM tower_bearer_sessions WHERE id IN ( \
                 SELECT id FROM tower_bearer_sessions \
                 WHERE user_id = $1 AND id IS DISTINCT FROM $2 ORDER BY id FOR UPDATE) \
             RETURNING id",
        )
        .bind(user_id)
        .bind(except.filter(|id| is_storable(id)))
        .fetch_all(&self.pool);
        within(async { Ok(ended.await?) }).await
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        self.delete_expired_revocations(now).await?;
        let mut total = 0;
        loop {
            // Nodes that clean up at once take different rows, and none waits for a request.
            let delete = sqlx::query(
                "DELETE FROM tower_bearer_sessions WHERE id IN ( \
                     SELECT s.id FROM tower_bearer_sessions s \
                     WHERE s.expires_at <= $1 OR NOT EXISTS ( \
                         SELECT 1 FROM tower_bearer_refresh_tokens t \
                         WHERE t.session_id = s.id AND NOT t.used AND t.expires_at > $1) \
                     LIMIT $2 FOR UPDATE OF s SKIP LOCKED)",
            )
            .bind(seconds(now))
            .bind(BATCH)
            .execute(&self.pool);
            let deleted = within(async { Ok::<_, StoreError>(delete.await?.rows_affected()) });
            let deleted = deleted.await?;
            total += deleted;
            if deleted < BATCH.unsigned_abs() {
                return Ok(total);
            }
        }
    }
}

async fn insert_token(
    executor: impl Executor<'_, Database = Postgres>,
    token: &StoredToken,
) -> Result<(), StoreError> {
    sqlx::query(INSERT_TOKEN)
        .bind(&token.selector)
        .bind(&token.session_id)
        .bind(token.secret_hash.as_slice())
        .bind(seconds(token.issued_at))
        .bind(seconds(token.expires_at))
        .bind(token.used)
        .execute(executor)
        .await?;
    Ok(())
}

async fn delete_session(
    executor: impl Executor<'_, Database = Postgres>,
    id: &str,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query("DELETE FROM tower_bearer_sessions WHERE id = $1")
        .bind(id)
        .execute(executor)
        .await?;
    Ok(deleted.rows_affected() == 1)
}
