//! Users on PostgreSQL.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Postgres};

use super::error::broken_constraint;
use super::{PostgresStore, is_storable, within};
use crate::random;
use crate::store::sql::{seconds, time};
use crate::store::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

impl UserStore for PostgresStore {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let id = random::id().map_err(StoreError::new)?;
        let username_key = new.username.key().to_owned();
        let email_key = new.email.as_ref().map(|email| email.key().to_owned());
        let user = new.into_user(id, now);
        let insert = sqlx::query(
            "INSERT INTO tower_bearer_users (id, username, username_key, email, email_key, name, \
             password_hash, is_active, roles, scopes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&user.id)
        .bind(&user.username)
        .bind(&username_key)
        .bind(&user.email)
        .bind(&email_key)
        .bind(&user.name)
        .bind(user.password_hash())
        .bind(user.is_active)
        .bind(&user.roles)
        .bind(&user.scopes)
        .bind(seconds(user.created_at))
        .execute(&self.pool);
        within(async {
            insert.await.map_err(|error| match broken_constraint(&error) {
                Some("tower_bearer_users_username") => InsertUserError::UsernameTaken,
                Some("tower_bearer_users_email") => InsertUserError::EmailTaken,
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

/// The columns of [`COLUMNS`], in their order.
type Row =
    (String, String, Option<String>, Option<String>, String, bool, Vec<String>, Vec<String>, i64);

const COLUMNS: &str =
    "id, username, email, name, password_hash, is_active, roles, scopes, created_at";

impl PostgresStore {
    async fn find_by(&self, column: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        if !is_storable(value) {
            return Ok(None);
        }
        // Safe: made of constants alone.
        let sql = format!("SELECT {COLUMNS} FROM tower_bearer_users WHERE {column} = $1");
        let row = sqlx::query_as::<Postgres, Row>(AssertSqlSafe(sql))
            .bind(value)
            .fetch_optional(&self.pool);
        within(async { Ok(row.await?.map(user)) }).await
    }
}

fn user(row: Row) -> User {
    let (id, username, email, name, password_hash, is_active, roles, scopes, created_at) = row;
    let mut user = User::new(id, username, password_hash);
    user.email = email;
    user.name = name;
    user.is_active = is_active;
    user.roles = roles;
    user.scopes = scopes;
    user.created_at = time(created_at);
    user
}
