//! Changes of users on PostgreSQL.

use sqlx::Postgres;

use super::error::broken_constraint;
use super::users::EMAIL;
use super::{PostgresStore, is_storable, within};
use crate::store::sql::users::{
    CONFIRM_EMAIL, DELETE_USER, PAGE_OF_USERS, UserRow, update_user, user,
};
use crate::store::{AccountStore, ConfirmEmailError, Email, StoreError, User, UserChange};

type Row = UserRow<Vec<String>>;

impl AccountStore for PostgresStore {
    async fn update_user(&self, id: &str, change: &UserChange) -> Result<Option<User>, StoreError> {
        if !is_storable(id) {
            return Ok(None);
        }
        let row = sqlx::query_as::<Postgres, Row>(update_user!("CAST($6 AS JSONB)"))
            .bind(id)
            .bind(change.name.is_some())
            .bind(change.name.as_ref().and_then(Option::as_deref))
            .bind(change.pending_email.is_some())
            .bind(change.pending_email.as_ref().and_then(Option::as_ref).map(Email::as_str))
            .bind(change.profile.as_ref().map(ToString::to_string))
            .bind(change.is_active)
            .bind(change.roles.as_deref())
            .bind(change.scopes.as_deref())
            .fetch_optional(&self.pool);
        within(async { row.await?.map(|row| user(row, Ok)).transpose() }).await
    }

    async fn confirm_email(&self, id: &str, email: &Email) -> Result<bool, ConfirmEmailError> {
        if !is_storable(id) {
            return Ok(false);
        }
        let confirm = sqlx::query(CONFIRM_EMAIL)
            .bind(id)
            .bind(email.as_str())
            .bind(email.key())
            .execute(&self.pool);
        within(async {
            match confirm.await {
                Ok(confirmed) => Ok(confirmed.rows_affected() == 1),
                Err(error) if broken_constraint(&error) == Some(EMAIL) => {
                    Err(ConfirmEmailError::EmailTaken)
                }
                Err(error) => Err(StoreError::from(error).into()),
            }
        })
        .await
    }

    async fn delete_user(&self, id: &str) -> Result<bool, StoreError> {
        if !is_storable(id) {
            return Ok(false);
        }
        let delete = sqlx::query(DELETE_USER).bind(id).execute(&self.pool);
        within(async { Ok(delete.await?.rows_affected() == 1) }).await
    }

    async fn list_users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError> {
        // No ID has a NUL, so those after a text with one are those after what stands before it.
        let after = after.and_then(|after| after.split('\0').next()).unwrap_or_default();
        let rows = sqlx::query_as::<Postgres, Row>(PAGE_OF_USERS)
            .bind(after)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool);
        within(async { rows.await?.into_iter().map(|row| user(row, Ok)).collect() }).await
    }
}
