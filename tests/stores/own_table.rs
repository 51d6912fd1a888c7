//! An application's own table as a `UserStore`, beside sessions in a `SqliteStore`.

use std::time::Duration;

use sqlx::SqlitePool;
use tower_bearer::{
    Email, InsertUserError, NewSession, NewUser, RefreshTokens, SqliteStore, StoreError, User,
    UserStore, Username,
};

use crate::support::{CLIENT, HASH, NOW, email, exchange, new_user, username};

#[derive(Clone)]
struct Accounts(SqlitePool);

impl Accounts {
    async fn find(&self, filter: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        let row: Option<(i64, String, String)> =
            sqlx::query_as(filter).bind(value).fetch_optional(&self.0).await?;
        Ok(row.map(|(id, login, hash)| User::new(id.to_string(), login, hash)))
    }
}

impl UserStore for Accounts {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let mail = new.email.as_ref().map(Email::key);
        let insert = "INSERT INTO accounts (login, mail, hash) VALUES (?, ?, ?)";
        let query = sqlx::query(insert).bind(new.username.key()).bind(mail);
        match query.bind(new.password_hash()).execute(&self.0).await {
            Ok(done) => Ok(new.into_user(done.last_insert_rowid().to_string(), now)),
            Err(sqlx::Error::Database(error)) if error.message().contains("accounts.login") => {
                Err(InsertUserError::UsernameTaken)
            }
            Err(sqlx::Error::Database(error)) if error.message().contains("accounts.mail") => {
                Err(InsertUserError::EmailTaken)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.find("SELECT id, login, hash FROM accounts WHERE id = ?", id).await
    }

    async fn find_user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError> {
        self.find("SELECT id, login, hash FROM accounts WHERE login = ?", name.key()).await
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.find("SELECT id, login, hash FROM accounts WHERE mail = ?", email.key()).await
    }

    async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE accounts SET hash = ? WHERE id = ? AND hash = ?";
        let done = sqlx::query(update).bind(new).bind(id).bind(old).execute(&self.0).await?;
        Ok(done.rows_affected() == 1)
    }
}

#[tokio::test]
async fn an_own_table_holds_the_users_and_the_store_their_sessions() {
    let sessions = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let table = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, \
                 mail TEXT UNIQUE, hash TEXT NOT NULL)";
    sqlx::query(table).execute(sessions.pool()).await.unwrap();
    let users = Accounts(sessions.pool().clone());

    let alice = new_user("Alice").email(email("alice@example.com"));
    let alice = users.insert_user(alice, NOW).await.unwrap();
    let same_name = users.insert_user(new_user("ALICE"), NOW).await;
    assert!(matches!(same_name, Err(InsertUserError::UsernameTaken)), "{same_name:?}");
    let same_email = new_user("bob").email(email("ALICE@example.com"));
    let same_email = users.insert_user(same_email, NOW).await;
    assert!(matches!(same_email, Err(InsertUserError::EmailTaken)), "{same_email:?}");
    let found = users.find_user_by_username(&username("alice")).await.unwrap().unwrap();
    assert_eq!(found.id, alice.id);
    assert!(users.replace_password_hash(&alice.id, HASH, "new").await.unwrap());
    assert!(!users.replace_password_hash(&alice.id, HASH, "newer").await.unwrap());

    let refresh = RefreshTokens::new();
    let issued =
        refresh.issue(&sessions, NewSession::new(&alice.id, CLIENT, "me"), NOW).await.unwrap();
    exchange(&sessions, issued.token.as_str(), NOW).await.unwrap();
}
