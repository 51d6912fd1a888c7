//! A table of accounts that was there first, as a [`UserStore`].
//!
//! Names and addresses are compared by their keys, and it is the database that keeps them unique.

use std::time::Duration;

use sqlx::SqlitePool;
use tower_bearer::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(crate) const TABLE: &str = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, \
    login TEXT NOT NULL UNIQUE, mail TEXT UNIQUE, hash TEXT NOT NULL)";

#[derive(Clone)]
pub(crate) struct Accounts(pub(crate) SqlitePool);

impl UserStore for Accounts {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let mail = new.email.as_ref().map(Email::key);
        let query = sqlx::query("INSERT INTO accounts (login, mail, hash) VALUES (?, ?, ?)");
        let query = query.bind(new.username.key()).bind(mail).bind(new.password_hash());
        match query.execute(&self.0).await.map_err(|error| (error.to_string(), error)) {
            Ok(done) => Ok(new.into_user(done.last_insert_rowid().to_string(), now)),
            Err((text, _)) if text.contains(".login") => Err(InsertUserError::UsernameTaken),
            Err((text, _)) if text.contains(".mail") => Err(InsertUserError::EmailTaken),
            Err((_, error)) => Err(error.into()),
        }
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>> {
        self.find(Some(id), None, None).await
    }

    async fn find_user_by_username(&self, name: &Username) -> Result<Option<User>> {
        self.find(None, Some(name.key()), None).await
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>> {
        self.find(None, None, Some(email.key())).await
    }

    async fn replace_password_hash(&self, id: &str, old: &str, new: &str) -> Result<bool> {
        let query = sqlx::query("UPDATE accounts SET hash = ? WHERE id = ? AND hash = ?");
        let done = query.bind(new).bind(id).bind(old).execute(&self.0).await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Accounts {
    /// By one of the three. What is absent is equal to nothing in SQL.
    async fn find(
        &self,
        id: Option<&str>,
        login: Option<&str>,
        mail: Option<&str>,
    ) -> Result<Option<User>> {
        let find = "SELECT id, login, hash FROM accounts WHERE id = ? OR login = ? OR mail = ?";
        let row = sqlx::query_as(find).bind(id).bind(login).bind(mail).fetch_optional(&self.0);
        let row: Option<(i64, String, String)> = row.await?;
        Ok(row.map(|(id, login, hash)| User::new(id.to_string(), login, hash)))
    }
}
