//! The example's table of accounts as a `UserStore`, beside sessions in a `SqliteStore`.

#[path = "../../examples/own_users/accounts.rs"]
mod accounts;

use tower_bearer::{InsertUserError, NewSession, RefreshTokens, SqliteStore, UserStore};

use crate::support::{CLIENT, HASH, NOW, email, exchange, new_user, username};
use accounts::Accounts;

#[tokio::test]
async fn an_own_table_holds_the_users_and_the_store_their_sessions() {
    let sessions = SqliteStore::connect("sqlite::memory:").await.unwrap();
    sqlx::query(accounts::TABLE).execute(sessions.pool()).await.unwrap();
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
    let found = users.find_user_by_email(&email("Alice@Example.com")).await.unwrap().unwrap();
    assert_eq!(found.id, alice.id);
    assert_eq!(users.find_user(&alice.id).await.unwrap().unwrap().password_hash(), HASH);
    assert!(users.find_user("alice").await.unwrap().is_none());
    // A user without an address isn't found by having none.
    users.insert_user(new_user("carol"), NOW).await.unwrap();
    assert!(users.find_user_by_email(&email("x@example.com")).await.unwrap().is_none());
    assert!(users.replace_password_hash(&alice.id, HASH, "new").await.unwrap());
    assert!(!users.replace_password_hash(&alice.id, HASH, "newer").await.unwrap());

    let refresh = RefreshTokens::new();
    let issued =
        refresh.issue(&sessions, NewSession::new(&alice.id, CLIENT, "me"), NOW).await.unwrap();
    exchange(&sessions, issued.token.as_str(), NOW).await.unwrap();
}
