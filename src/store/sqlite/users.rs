//! Users on SQLite.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Sqlite};

use super::SqliteStore;
use crate::random;
use crate::store::sql::{seconds, time};
use crate::store::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

impl UserStore for SqliteStore {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let id = random::id().map_err(StoreError::new)?;
        let username_key = new.username.key().to_owned();
        let email_key = new.email.as_ref().map(|email| email.key().to_owned());
        let user = new.into_user(id, now);

        let mut write = self.write().await?;
        // Asked, not read from the text of a failed INSERT; nobody can write in between.
        let (username_taken, email_taken): (bool, bool) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM tower_bearer_users WHERE username_key = ?1), \
                    EXISTS (SELECT 1 FROM tower_bearer_users WHERE email_key = ?2)",
        )
        .bind(&username_key)
        .bind(&email_key)
        .fetch_one(&mut *write.transaction)
        .await?;
        if username_taken {
            return Err(InsertUserError::UsernameTaken);
        }
        if email_taken {
            return Err(InsertUserError::EmailTaken);
        }
        sqlx::query(
            "INSERT INTO tower_bearer_users (id, username, username_key, email, email_key, name, \
             password_hash, is_active, roles, scopes, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&user.id)
        .bind(&user.username)
        .bind(&username_key)
        .bind(&user.email)
        .bind(&email_key)
        .bind(&user.name)
        .bind(user.password_hash())
        .bind(user.is_active)
        .bind(serde_json::to_string(&user.roles).map_err(StoreError::new)?)
        .bind(serde_json::to_string(&user.scopes).map_err(StoreError::new)?)
        .bind(seconds(user.created_at))
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await?;
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
        let mut write = self.write().await?;
        let done = sqlx::query(
            "UPDATE tower_bearer_users SET password_hash = ? WHERE id = ? AND password_hash = ?",
        )
        .bind(new)
        .bind(id)
        .bind(old)
        .execute(&mut *write.transaction)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The columns of [`COLUMNS`], in their order.
type Row = (String, String, Option<String>, Option<String>, String, bool, String, String, i64);

const COLUMNS: &str =
    "id, username, email, name, password_hash, is_active, roles, scopes, created_at";

impl SqliteStore {
    async fn find_by(&self, column: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        // Safe: made of constants alone.
        let sql = format!("SELECT {COLUMNS} FROM tower_bearer_users WHERE {column} = ?");
        let row = sqlx::query_as::<Sqlite, Row>(AssertSqlSafe(sql))
            .bind(value)
            .fetch_optional(&self.pool)
            .await?;
        row.map(user).transpose()
    }
}

fn user(row: Row) -> Result<User, StoreError> {
    let (id, username, email, name, password_hash, is_active, roles, scopes, created_at) = row;
    let mut user = User::new(id, username, password_hash);
    user.email = email;
    user.name = name;
    user.is_active = is_active;
    user.roles = serde_json::from_str(&roles).map_err(StoreError::new)?;
    user.scopes = serde_json::from_str(&scopes).map_err(StoreError::new)?;
    user.created_at = time(created_at);
    Ok(user)
}
