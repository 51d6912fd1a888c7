//! Users on SQLite.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

use super::SqliteStore;
use crate::random;
use crate::store::sql::seconds;
use crate::store::sql::users::{UserRow, insert_user, user, user_columns};
use crate::store::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

impl UserStore for SqliteStore {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let mut write = self.write().await?;
        let user = insert(&mut write.transaction, new, now).await?;
        write.commit().await?;
        Ok(user)
    }

    async fn insert_users(
        &self,
        users: Vec<NewUser>,
        now: Duration,
    ) -> Result<Vec<Result<User, InsertUserError>>, StoreError> {
        let mut write = self.write().await?;
        let mut stored = Vec::with_capacity(users.len());
        for user in users {
            match insert(&mut write.transaction, user, now).await {
                Err(InsertUserError::Store(error)) => return Err(error),
                outcome => stored.push(outcome),
            }
        }
        write.commit().await?;
        Ok(stored)
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

async fn insert(
    connection: &mut SqliteConnection,
    new: NewUser,
    now: Duration,
) -> Result<User, InsertUserError> {
    let id = random::id().map_err(StoreError::new)?;
    let username_key = new.username.key().to_owned();
    let email_key = new.email.as_ref().map(|email| email.key().to_owned());
    let user = new.into_user(id, now);
    // Asked, not read from the text of a failed INSERT; nobody can write in between.
    let (username_taken, email_taken): (bool, bool) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM tower_bearer_users WHERE username_key = ?1), \
                EXISTS (SELECT 1 FROM tower_bearer_users WHERE email_key = ?2)",
    )
    .bind(&username_key)
    .bind(&email_key)
    .fetch_one(&mut *connection)
    .await
    .map_err(StoreError::from)?;
    if username_taken {
        return Err(InsertUserError::UsernameTaken);
    }
    if email_taken {
        return Err(InsertUserError::EmailTaken);
    }
    sqlx::query(insert_user!("$8"))
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
        .bind(list(&user.roles)?)
        .bind(list(&user.scopes)?)
        .bind(seconds(user.created_at))
        .execute(connection)
        .await
        .map_err(StoreError::from)?;
    Ok(user)
}

impl SqliteStore {
    async fn find_by(&self, column: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        // Safe: made of constants alone.
        let columns = user_columns!();
        let sql = format!("SELECT {columns} FROM tower_bearer_users WHERE {column} = ?");
        let row = sqlx::query_as::<Sqlite, UserRow<String>>(AssertSqlSafe(sql))
            .bind(value)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| user(row, texts)).transpose()
    }
}

/// As the store keeps a list of texts.
pub(super) fn list(texts: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(texts).map_err(StoreError::new)
}

pub(super) fn texts(list: String) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(&list).map_err(StoreError::new)
}
