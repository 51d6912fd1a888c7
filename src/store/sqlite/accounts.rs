//! Changes of users on SQLite.

use sqlx::Sqlite;

use super::SqliteStore;
use super::users::{list, texts};
use crate::store::sql::users::{
    CONFIRM_EMAIL, DELETE_USER, PAGE_OF_USERS, UserRow, update_user, user,
};
use crate::store::{AccountStore, ConfirmEmailError, Email, StoreError, User, UserChange};

impl AccountStore for SqliteStore {
    async fn update_user(&self, id: &str, change: &UserChange) -> Result<Option<User>, StoreError> {
        let roles = change.roles.as_deref().map(list).transpose()?;
        let scopes = change.scopes.as_deref().map(list).transpose()?;
        let mut write = self.write().await?;
        let row = sqlx::query_as::<Sqlite, UserRow<String>>(update_user!("$6"))
            .bind(id)
            .bind(change.name.is_some())
            .bind(change.name.as_ref().and_then(Option::as_deref))
            .bind(change.pending_email.is_some())
            .bind(change.pending_email.as_ref().and_then(Option::as_ref).map(Email::as_str))
            .bind(change.profile.as_ref().map(ToString::to_string))
            .bind(change.is_active)
            .bind(roles)
            .bind(scopes)
            .fetch_optional(&mut *write.transaction)
            .await?;
        write.commit().await?;
        row.map(|row| user(row, texts)).transpose()
    }

    async fn confirm_email(&self, id: &str, email: &Email) -> Result<bool, ConfirmEmailError> {
        let mut write = self.write().await?;
        // Asked, as for a new user; nobody can write in between.
        let (is_theirs, is_taken): (bool, bool) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM tower_bearer_users \
                            WHERE id = ?1 AND (pending_email = ?2 OR email_key = ?3)), \
                    EXISTS (SELECT 1 FROM tower_bearer_users WHERE email_key = ?3 AND id <> ?1)",
        )
        .bind(id)
        .bind(email.as_str())
        .bind(email.key())
        .fetch_one(&mut *write.transaction)
        .await
        .map_err(StoreError::from)?;
        if is_theirs && is_taken {
            return Err(ConfirmEmailError::EmailTaken);
        }
        let confirmed = sqlx::query(CONFIRM_EMAIL)
            .bind(id)
            .bind(email.as_str())
            .bind(email.key())
            .execute(&mut *write.transaction)
            .await
            .map_err(StoreError::from)?;
        write.commit().await?;
        Ok(confirmed.rows_affected() == 1)
    }

    async fn delete_user(&self, id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query(DELETE_USER).bind(id).execute(&mut *write.transaction).await?;
        write.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn list_users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query_as::<Sqlite, UserRow<String>>(PAGE_OF_USERS)
            .bind(after.unwrap_or_default())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|row| user(row, texts)).collect()
    }
}
