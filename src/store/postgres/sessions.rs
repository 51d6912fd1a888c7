//! Sessions on PostgreSQL.
//!
//! A session is one row, so each step is one statement: no two can wait for each other, and what is
//! slow is the way there and back, of which each step takes one.

use std::time::Duration;

use sqlx::Postgres;

use super::{PostgresStore, is_storable, within};
use crate::store::sql::seconds;
use crate::store::sql::sessions::{
    END_SESSION, END_SESSION_OF, FIND_SESSION, ROTATE_TOKEN, SESSIONS_OF, SessionRow, columns,
    session_and_token, sessions,
};
use crate::store::{RefreshStore, Session, StoreError, StoredToken};

impl RefreshStore for PostgresStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        // Both parts see the table as it was before. Those that go are locked in one order, as by all
        // that end several.
        let insert = sqlx::query_scalar(concat!(
            "WITH inserted AS (INSERT INTO tower_bearer_sessions (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)) \
             DELETE FROM tower_bearer_sessions WHERE id IN ( \
                 SELECT id FROM tower_bearer_sessions WHERE id IN ( \
                     SELECT id FROM tower_bearer_sessions WHERE user_id = $2 \
                     ORDER BY last_used_at DESC, id OFFSET $13) \
                 ORDER BY id FOR UPDATE) \
             RETURNING id"
        ))
        .bind(&session.id)
        .bind(&session.user_id)
        .bind(&session.client_id)
        .bind(&session.scope)
        .bind(&session.device)
        .bind(seconds(session.created_at))
        .bind(seconds(session.last_used_at))
        .bind(seconds(session.expires_at))
        .bind(token.family_hash.as_slice())
        .bind(token.secret_hash.as_slice())
        .bind(token.salt.as_ref().map(<[u8; 32]>::as_slice))
        .bind(seconds(token.expires_at))
        .bind(i64::try_from(most.saturating_sub(1)).unwrap_or(i64::MAX))
        .fetch_all(&self.pool);
        within(async { Ok(insert.await?) }).await
    }

    async fn find_session(&self, id: &str) -> Result<Option<(Session, StoredToken)>, StoreError> {
        if !is_storable(id) {
            return Ok(None);
        }
        let row = sqlx::query_as::<Postgres, SessionRow>(FIND_SESSION)
            .bind(id)
            .fetch_optional(&self.pool);
        within(async { row.await?.map(session_and_token).transpose() }).await
    }

    async fn rotate_token(
        &self,
        session_id: &str,
        old: &[u8; 32],
        new: &StoredToken,
        now: Duration,
    ) -> Result<bool, StoreError> {
        if !is_storable(session_id) {
            return Ok(false);
        }
        let rotate = sqlx::query(ROTATE_TOKEN)
            .bind(session_id)
            .bind(old.as_slice())
            .bind(new.secret_hash.as_slice())
            .bind(new.salt.as_ref().map(<[u8; 32]>::as_slice))
            .bind(seconds(new.expires_at))
            .bind(seconds(now))
            .execute(&self.pool);
        within(async { Ok(rotate.await?.rows_affected() == 1) }).await
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        if !is_storable(id) {
            return Ok(false);
        }
        let end = sqlx::query(END_SESSION).bind(id).execute(&self.pool);
        within(async { Ok(end.await?.rows_affected() == 1) }).await
    }

    async fn end_session_of(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        if !is_storable(user_id) || !is_storable(id) {
            return Ok(false);
        }
        let end = sqlx::query(END_SESSION_OF).bind(user_id).bind(id).execute(&self.pool);
        within(async { Ok(end.await?.rows_affected() == 1) }).await
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        if !is_storable(user_id) {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as::<Postgres, SessionRow>(SESSIONS_OF)
            .bind(user_id)
            .bind(seconds(now))
            .fetch_all(&self.pool);
        within(async { sessions(rows.await?) }).await
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
        self.delete_in_batches(
            "DELETE FROM tower_bearer_sessions WHERE id IN ( \
                 SELECT id FROM tower_bearer_sessions WHERE token_expires_at <= $1 \
                 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            now,
        )
        .await
    }
}
