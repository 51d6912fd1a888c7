//! Sessions on SQLite.

use std::time::Duration;

use sqlx::Sqlite;

use super::{SqliteStore, Write};
use crate::store::sql::{
    FIND_TOKEN, INSERT_SESSION, INSERT_TOKEN, SessionRow, TokenRow, seconds, sessions, sessions_of,
    token_and_session,
};
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken};

impl RefreshStore for SqliteStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(INSERT_SESSION)
            .bind(&session.id)
            .bind(&session.user_id)
            .bind(&session.client_id)
            .bind(&session.scope)
            .bind(&session.device)
            .bind(seconds(session.created_at))
            .bind(seconds(session.expires_at))
            .execute(&mut *write.transaction)
            .await?;
        write.insert_token(token).await?;
        write.commit().await
    }

    async fn find_token(
        &self,
        selector: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        let row = sqlx::query_as::<Sqlite, TokenRow>(FIND_TOKEN)
            .bind(selector)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| token_and_session(selector, row)).transpose()
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        let mut write = self.write().await?;
        let spent = sqlx::query(
            "UPDATE tower_bearer_refresh_tokens SET used = 1 WHERE selector = ? AND used = 0",
        )
        .bind(selector)
        .execute(&mut *write.transaction)
        .await?;
        let rotation = if spent.rows_affected() == 1 {
            write.insert_token(successor).await?;
            Rotation::Rotated
        } else {
            let ended = sqlx::query(
                "DELETE FROM tower_bearer_sessions WHERE id = \
                 (SELECT session_id FROM tower_bearer_refresh_tokens WHERE selector = ?)",
            )
            .bind(selector)
            .execute(&mut *write.transaction)
            .await?;
            if ended.rows_affected() == 1 { Rotation::Reused } else { Rotation::Unknown }
        };
        write.commit().await?;
        Ok(rotation)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let ended = sqlx::query("DELETE FROM tower_bearer_sessions WHERE id = ?")
            .bind(id)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query_as::<Sqlite, SessionRow>(sessions_of!("t.used = 0"))
            .bind(user_id)
            .bind(seconds(now))
            .fetch_all(&self.pool)
            .await?;
        Ok(sessions(rows))
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
        let mut write = self.write().await?;
        let deleted = sqlx::query(
            "DELETE FROM tower_bearer_sessions WHERE expires_at <= ?1 OR NOT EXISTS \
             (SELECT 1 FROM tower_bearer_refresh_tokens t \
              WHERE t.session_id = tower_bearer_sessions.id AND t.used = 0 AND t.expires_at > ?1)",
        )
        .bind(seconds(now))
        .execute(&mut *write.transaction)
        .await?;
        write.delete_expired_revocations(now).await?;
        write.commit().await?;
        Ok(deleted.rows_affected())
    }
}

impl Write<'_> {
    async fn insert_token(&mut self, token: &StoredToken) -> Result<(), StoreError> {
        sqlx::query(INSERT_TOKEN)
            .bind(&token.selector)
            .bind(&token.session_id)
            .bind(token.secret_hash.as_slice())
            .bind(seconds(token.issued_at))
            .bind(seconds(token.expires_at))
            .bind(token.used)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
