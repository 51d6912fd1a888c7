//! Sessions on PostgreSQL.
//!
//! A session is one row, so each step is one statement: no two can wait for each other, and what is
//! slow is the way there and back, of which each step takes one.

use std::time::Duration;

use sqlx::Postgres;

use super::error::has_ended;
use super::{PostgresStore, is_storable, within};
use crate::store::refresh_store::without_user;
use crate::store::sql::seconds;
use crate::store::sql::session_with_user::{
    FIND_SESSION_WITH_USER, SessionWithUser, session_with_user,
};
use crate::store::sql::sessions::{
    END_SESSION, END_SESSION_OF, FIND_SESSION, ROTATE_TOKEN, SESSIONS_OF, SessionRow, columns,
    session_and_token, sessions,
};
use crate::store::{RefreshStore, Session, SessionUser, StoreError, StoredToken, UserStore};

/// The same for one that was rotated to this already.
const ROTATE_TOKEN_AGAIN: &str = "UPDATE tower_bearer_sessions \
     SET secret_hash = $3, salt = $4, token_expires_at = $5, last_used_at = $6 \
     WHERE id = $1 AND secret_hash IN ($2, $3)";

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
        let row: Option<SessionRow> = self.read(|| sqlx::query_as(FIND_SESSION).bind(id)).await?;
        row.map(session_and_token).transpose()
    }

    async fn find_session_with_user<U: UserStore>(
        &self,
        users: &U,
        id: &str,
    ) -> Result<Option<(Session, StoredToken, SessionUser)>, StoreError> {
        if !is_storable(id) {
            return Ok(None);
        }
        if !self.keeps(users) {
            return without_user(self, id).await;
        }
        let row: Option<SessionWithUser<Vec<String>>> =
            self.read(|| sqlx::query_as(FIND_SESSION_WITH_USER).bind(id)).await?;
        row.map(|row| session_with_user(row, Ok)).transpose()
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
        let rotate = |statement: &'static str| {
            sqlx::query(statement)
                .bind(session_id)
                .bind(old.as_slice())
                .bind(new.secret_hash.as_slice())
                .bind(new.salt.as_ref().map(<[u8; 32]>::as_slice))
                .bind(seconds(new.expires_at))
                .bind(seconds(now))
        };
        within(async {
            let rotated = match rotate(ROTATE_TOKEN).execute(&self.pool).await {
                // It may have been done all the same. Then the new hash is there, which nobody else has.
                Err(error) if has_ended(&error) => {
                    let mut connection = self.tested_connection().await?;
                    rotate(ROTATE_TOKEN_AGAIN).execute(&mut *connection).await?
                }
                rotated => rotated?,
            };
            Ok(rotated.rows_affected() == 1)
        })
        .await
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
