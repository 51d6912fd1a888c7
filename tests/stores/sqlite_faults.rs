//! Databases that are missing, locked, read-only, damaged or not ours: a clear error each.

use std::error::Error;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::{TempDir, tempdir};
use tower_bearer::{InsertUserError, SqliteStore, StoreError, UserStore};

use crate::support::{NOW, new_user, url, username};

#[tokio::test]
async fn refuses_tables_of_another_version() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    for change in [
        "INSERT INTO tower_bearer_migrations VALUES (999, 'x', 0, 1, x'00', 0)",
        "UPDATE tower_bearer_migrations SET checksum = x'00' WHERE version = 1",
    ] {
        sqlx::query(change).execute(store.pool()).await.unwrap();
        let error = SqliteStore::from_pool(store.pool().clone()).await.unwrap_err();
        assert!(error.to_string().contains("another version"), "{error}");
        assert!(!error.is_unavailable());
        let newer = "DELETE FROM tower_bearer_migrations WHERE version = 999";
        sqlx::query(newer).execute(store.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn refuses_what_is_no_database() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("test.db");
    fs::write(&file, "no database, but long enough to be read as one".repeat(100)).unwrap();
    let error = connect_error(&url(&directory)).await;
    assert!(error.to_string().contains("no SQLite database"), "{error}");
    for url in ["postgres://u:geheim@h/d", "", "test.db", "sqlite://x.db?mode=geheim"] {
        let error = connect_error(url).await;
        assert!(error.to_string().contains("database URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
}

#[tokio::test]
async fn names_the_mend_for_a_file_that_is_missing() {
    let directory = tempdir().unwrap();
    let path = directory.path().display();
    for url in [format!("sqlite://{path}/a.db"), format!("sqlite://{path}/no/a.db?mode=rwc")] {
        let error = connect_error(&url).await;
        assert!(error.to_string().contains("?mode=rwc"), "{error}");
        assert!(error.to_string().contains("directory must exist"), "{error}");
    }
}

#[tokio::test]
async fn says_that_a_database_is_read_only() {
    let directory = tempdir().unwrap();
    SqliteStore::connect(&url(&directory)).await.unwrap().pool().close().await;
    let error = connect_error(&url(&directory).replace("mode=rwc", "mode=ro")).await;
    assert!(error.to_string().contains("read-only"), "{error}");
    assert!(error.is_unavailable());
}

#[tokio::test]
async fn a_lock_held_for_too_long_is_unavailable() {
    let (_directory, store) = impatient().await;
    let other = sqlx::SqlitePool::connect_with((*store.pool().connect_options()).clone()).await;
    let other = other.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.insert_user(new_user("alice"), NOW).await.unwrap_err();
    let InsertUserError::Store(error) = error else { panic!("{error:?}") };
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("locked"), "{error}");
    // Readers are not kept out.
    assert_eq!(store.find_user_by_username(&username("alice")).await.unwrap(), None);

    lock.rollback().await.unwrap();
    store.insert_user(new_user("alice"), NOW).await.unwrap();
}

#[tokio::test]
async fn a_closed_pool_is_unavailable() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    store.pool().close().await;
    assert!(store.find_user("1").await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn damaged_rows_are_errors() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let id = store.insert_user(new_user("alice"), NOW).await.unwrap().id;
    for damage in ["UPDATE tower_bearer_users SET roles = '{}'", "DROP TABLE tower_bearer_users"] {
        sqlx::query(damage).execute(store.pool()).await.unwrap();
        let error = store.find_user(&id).await.unwrap_err();
        assert!(!error.is_unavailable());
        assert!(error.source().is_some());
        assert_eq!(error.to_string(), "the store failed");
    }
}

#[tokio::test]
async fn refuses_a_pool_without_foreign_keys() {
    let options = SqliteConnectOptions::from_str("sqlite::memory:").unwrap().foreign_keys(false);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let error = SqliteStore::from_pool(pool).await.unwrap_err();
    assert!(error.to_string().contains("foreign keys are off"), "{error}");
}

/// A store that does not wait for locks.
async fn impatient() -> (TempDir, SqliteStore) {
    let directory = tempdir().unwrap();
    SqliteStore::connect(&url(&directory)).await.unwrap().pool().close().await;
    let options = SqliteConnectOptions::from_str(&url(&directory)).unwrap();
    let pool =
        SqlitePoolOptions::new().connect_with(options.busy_timeout(Duration::ZERO)).await.unwrap();
    (directory, SqliteStore::from_pool(pool).await.unwrap())
}

async fn connect_error(url: &str) -> StoreError {
    SqliteStore::connect(url).await.expect_err(url)
}
