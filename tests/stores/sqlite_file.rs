//! What is particular to SQLite: files, locks, migrations, and what lies on the disk.

use std::error::Error;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::{TempDir, tempdir};
use tower_bearer::{RefreshError, SqliteStore, StoreError, UserStore};

use crate::support::{NOW, email, exchange, issue, new_user, url, username, verify};

#[tokio::test]
async fn r119_the_files_hold_no_usable_token() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    store.pool().close().await;

    let on_disk: Vec<u8> = fs::read_dir(directory.path())
        .unwrap()
        .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    let holds = |text: &str| on_disk.windows(text.len()).any(|window| window == text.as_bytes());
    for token in [first.token.as_str(), second.token.as_str()] {
        let (selector, secret) = token.split_once('.').unwrap();
        // The selector is there, so the search works and this is the right file.
        assert!(holds(selector));
        assert!(!holds(secret));
        let bytes = base64_url(secret);
        assert!(!on_disk.windows(32).any(|window| window == bytes));
    }
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let alice = new_user("Alice").email(email("a@b.c")).roles(["x"]).scopes(["y"]);
    let alice = store.insert_user(alice, NOW).await.unwrap();
    let first = issue(&store, &alice.id).await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    // As after `kill -9`: the files as they are, without a clean end.
    let copy = tempdir().unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    store.pool().close().await;

    for directory in [&directory, &copy] {
        let store = SqliteStore::connect(&url(directory)).await.unwrap();
        let found = store.find_user_by_username(&username("alice")).await.unwrap();
        assert_eq!(found.as_ref(), Some(&alice));
        exchange(&store, second.token.as_str(), NOW).await.unwrap();
        let reused = exchange(&store, first.token.as_str(), NOW).await;
        assert!(matches!(reused, Err(RefreshError::Reused)), "{reused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_may_open_a_new_file_at_once() {
    let directory = tempdir().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let url = url(&directory);
            tokio::spawn(async move { SqliteStore::connect(&url).await })
        })
        .collect();
    let mut stores = Vec::new();
    for task in tasks {
        stores.push(task.await.unwrap().unwrap_or_else(|error| panic!("{}", whole(&error))));
    }
    stores[0].insert_user(new_user("alice"), NOW).await.unwrap();
    let found = stores[7].find_user_by_username(&username("alice")).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn r111_two_stores_on_one_file_let_one_use_succeed() {
    let directory = tempdir().unwrap();
    let one = SqliteStore::connect(&url(&directory)).await.unwrap();
    let other = SqliteStore::connect(&url(&directory)).await.unwrap();
    let issued = issue(&one, "alice").await;
    let results = tokio::join!(
        exchange(&one, issued.token.as_str(), NOW),
        exchange(&other, issued.token.as_str(), NOW),
    );
    assert!(results.0.is_ok() != results.1.is_ok(), "{results:?}");
}

#[tokio::test]
async fn deleting_a_user_ends_the_sessions() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let bob = store.insert_user(new_user("bob"), NOW).await.unwrap();
    let (of_alice, of_bob) = (issue(&store, &alice.id).await, issue(&store, &bob.id).await);
    let delete = "DELETE FROM tower_bearer_users WHERE id = ?";
    sqlx::query(delete).bind(&alice.id).execute(store.pool()).await.unwrap();

    let dead = verify(&store, of_alice.token.as_str(), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
    verify(&store, of_bob.token.as_str(), NOW).await.unwrap();
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_refresh_tokens").await, 1);
}

#[tokio::test]
async fn ending_a_session_leaves_no_row() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let first = issue(&store, "alice").await;
    exchange(&store, first.token.as_str(), NOW).await.unwrap();
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_refresh_tokens").await, 2);
    exchange(&store, first.token.as_str(), NOW).await.unwrap_err();
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_refresh_tokens").await, 0);
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_sessions").await, 0);
}

#[tokio::test]
async fn commits_are_on_the_disk_before_they_are_acknowledged() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    assert_eq!(count(&store, "PRAGMA synchronous").await, 2);
    assert_eq!(count(&store, "PRAGMA foreign_keys").await, 1);
    assert_eq!(count(&store, "PRAGMA busy_timeout").await, 5000);
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(store.pool()).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn lives_beside_the_migrations_of_an_application() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let mut migrator = sqlx::migrate::Migrator::with_migrations(vec![]);
    migrator.set_ignore_missing(false).run(store.pool()).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(store.pool())
            .await
            .unwrap();
    for table in tables {
        assert!(table.starts_with("tower_bearer_") || table == "_sqlx_migrations", "{table}");
    }
    SqliteStore::from_pool(store.pool().clone()).await.unwrap();
}

#[tokio::test]
async fn refuses_tables_of_a_newer_version() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let newer = "INSERT INTO tower_bearer_migrations VALUES (999, 'x', 0, 1, x'00', 0)";
    sqlx::query(newer).execute(store.pool()).await.unwrap();
    let error = SqliteStore::from_pool(store.pool().clone()).await.unwrap_err();
    assert!(error.to_string().contains("another version"), "{error}");
    assert!(!error.is_unavailable());
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
    let tower_bearer::InsertUserError::Store(error) = error else { panic!("{error:?}") };
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

async fn count(store: &SqliteStore, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

fn base64_url(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The error with its sources.
fn whole(error: &dyn Error) -> String {
    let cause = error.source().map(whole).unwrap_or_default();
    format!("{error}: {cause}")
}
