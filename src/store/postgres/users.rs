//! Users on PostgreSQL.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::error::broken_constraint;
use super::{PostgresStore, is_storable, within};
use crate::random;
use crate::store::sql::seconds;
use crate::store::sql::users::{UserRow, insert_user, user, user_columns};
use crate::store::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

/// The constraint that keeps addresses unique.
pub(super) const EMAIL: &str = "tower_bearer_users_email";

impl UserStore for PostgresStore {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let id = random::id().map_err(StoreError::new)?;
        let username_key = new.username.key().to_owned();
        let email_key = new.email.as_ref().map(|email| email.key().to_owned());
        let user = new.into_user(id, now);
        let insert = sqlx::query(insert_user!("CAST($8 AS JSONB)"))
            .bind(&user.id)
            .bind(&user.username)
            .bind(&username_key)
            .bind(&user.email)
            .bind(&email_key)
            .bind(user.email_verified)
            .bind(&user.name)
            .bind(user.profile.to_string())
            .bind(user.password_hash())
            .bind(user.is_active)
            .bind(&user.roles)
            .bind(&user.scopes)
            .bind(seconds(user.created_at))
            .execute(&self.pool);
        within(async {
            insert.await.map_err(|error| match broken_constraint(&error) {
                Some("tower_bearer_users_username") => InsertUserError::UsernameTaken,
                Some(EMAIL) => InsertUserError::EmailTaken,
                _ => error.into(),
            })
        })
        .await?;
        Ok(user)
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.find_by("id", id).await
    }

    async fn find_user_by_username(&self, username: &Username) -> Result<Option<User>, StoreError> {
        self.find_by("username_key", username.key()).await
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.find_by("email_key", email.key()).await
    }

    async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let update = sqlx::query(
            "UPDATE tower_bearer_users SET password_hash = $1 WHERE id = $2 AND password_hash = $3",
        )
        .bind(new)
        .bind(id)
        .bind(old)
        .execute(&self.pool);
        within(async { Ok(update.await?.rows_affected() == 1) }).await
    }
}

impl PostgresStore {
    async fn find_by(&self, column: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        if !is_storable(value) {
            return Ok(None);
        }
        // Safe: made of constants alone.
        let columns = user_columns!();
        let sql = format!("SELECT {columns} FROM tower_bearer_users WHERE {column} = $1");
        let row: Option<UserRow<Vec<String>>> =
            self.read(|| sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(value)).await?;
        row.map(|row| user(row, Ok)).transpose()
    }
}
