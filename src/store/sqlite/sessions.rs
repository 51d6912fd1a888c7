//! Sessions on SQLite.

use std::time::Duration;

use sqlx::Sqlite;

use super::SqliteStore;
use super::users::texts;
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

/// How many sessions one statement of housekeeping deletes: few enough for others to have a turn.
const BATCH: i64 = 1000;

impl RefreshStore for SqliteStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut write = self.write().await?;
        sqlx::query(concat!(
            "INSERT INTO tower_bearer_sessions (",
            columns!(),
            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
        .execute(&mut *write.transaction)
        .await?;
        let ended = sqlx::query_scalar(
            "DELETE FROM tower_bearer_sessions WHERE id IN ( \
                 SELECT id FROM tower_bearer_sessions WHERE user_id = ? AND id <> ? \
                 ORDER BY last_used_at DESC, id LIMIT -1 OFFSET ?) \
             RETURNING id",
        )
        .bind(&session.user_id)
        .bind(&session.id)
        .bind(i64::try_from(most.saturating_sub(1)).unwrap_or(i64::MAX))
        .fetch_all(&mut *write.transaction)
        .await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn find_session(&self, id: &str) -> Result<Option<(Session, StoredToken)>, StoreError> {
        let row = sqlx::query_as::<Sqlite, SessionRow>(FIND_SESSION)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(session_and_token).transpose()
    }

    async fn find_session_with_user<U: UserStore>(
        &self,
        users: &U,
        id: &str,
    ) -> Result<Option<(Session, StoredToken, SessionUser)>, StoreError> {
        if !self.keeps(users) {
            return without_user(self, id).await;
        }
        let row = sqlx::query_as::<Sqlite, SessionWithUser<String>>(FIND_SESSION_WITH_USER)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| session_with_user(row, texts)).transpose()
    }

    async fn rotate_token(
        &self,
        session_id: &str,
        old: &[u8; 32],
        new: &StoredToken,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let rotated = sqlx::query(ROTATE_TOKEN)
            .bind(session_id)
            .bind(old.as_slice())
            .bind(new.secret_hash.as_slice())
            .bind(new.salt.as_ref().map(<[u8; 32]>::as_slice))
            .bind(seconds(new.expires_at))
            .bind(seconds(now))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(rotated.rows_affected() == 1)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let ended = sqlx::query(END_SESSION).bind(id).execute(&mut *write.transaction).await?;
        write.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    async fn end_session_of(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let ended = sqlx::query(END_SESSION_OF)
            .bind(user_id)
            .bind(id)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query_as::<Sqlite, SessionRow>(SESSIONS_OF)
            .bind(user_id)
            .bind(seconds(now))
            .fetch_all(&self.pool)
            .await?;
        sessions(rows)
    }

    async fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let mut write = self.write().await?;
        let ended = sqlx::query_scalar(
            "DELETE FROM tower_bearer_sessions WHERE user_id = ? AND id IS NOT ? RETURNING id",
        )
        .bind(user_id)
        .bind(except)
        .fetch_all(&mut *write.transaction)
        .await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let mut write = self.write().await?;
            let deleted = sqlx::query(
                "DELETE FROM tower_bearer_sessions WHERE id IN ( \
                     SELECT id FROM tower_bearer_sessions WHERE token_expires_at <= ? LIMIT ?)",
            )
            .bind(seconds(now))
            .bind(BATCH)
            .execute(&mut *write.transaction)
            .await?
            .rows_affected();
            total += deleted;
            if deleted < BATCH.unsigned_abs() {
                write.delete_expired_revocations(now).await?;
                write.commit().await?;
                return Ok(total);
            }
            write.commit().await?;
        }
    }
}
