//! What is particular to SQLite: several at one file, and what lies on the disk.

use std::error::Error;
use std::fs;

use tempfile::tempdir;
use tower_bearer::{
    InsertUserError, OneTimePurpose, OneTimeTokens, RefreshError, RefreshStore, RefreshTokens,
    SqliteStore, UserStore,
};

use crate::support::{NOW, base64_url, email, exchange, issue, new_user, url, username, verify};

#[tokio::test]
async fn r119_the_files_hold_no_usable_token() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let reset = OneTimePurpose::ResetPassword;
    let mailed = OneTimeTokens::new().issue(&store, reset, "alice", "payload", NOW).await.unwrap();
    store.pool().close().await;

    let on_disk: Vec<u8> = fs::read_dir(directory.path())
        .unwrap()
        .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    let holds = |text: &str| on_disk.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("reset_password") && holds("payload"));
    assert!(!holds(&mailed.as_str()["reset_".len()..]));
    for token in [first.token.as_str(), second.token.as_str()] {
        let (id, secret) = token.split_once('.').unwrap();
        // The ID is there, so the search works and this is the right file.
        assert!(holds(id));
        assert!(!holds(secret));
        let bytes = base64_url(secret);
        for part in [&bytes[..16], &bytes[16..]] {
            assert!(!on_disk.windows(part.len()).any(|window| window == part));
        }
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
        assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
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

/// As two processes do, which have no queue in common.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r111_two_stores_on_one_file_let_one_of_50_uses_succeed() {
    let directory = tempdir().unwrap();
    let one = SqliteStore::connect(&url(&directory)).await.unwrap();
    let other = SqliteStore::connect(&url(&directory)).await.unwrap();
    let token = issue(&one, "alice").await.token.into_string();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { other.clone() };
            let token = token.clone();
            tokio::spawn(async move { exchange(&store, &token, NOW).await })
        })
        .collect();
    let mut successes = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => successes += 1,
            Err(RefreshError::Reused(_) | RefreshError::Invalid) => {}
            Err(error) => panic!("{}", whole(&error)),
        }
    }
    assert_eq!(successes, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r108_two_stores_on_one_file_register_a_name_once() {
    let directory = tempdir().unwrap();
    let one = SqliteStore::connect(&url(&directory)).await.unwrap();
    let other = SqliteStore::connect(&url(&directory)).await.unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { other.clone() };
            let user = new_user(&format!("user{}", number / 2));
            tokio::spawn(async move { store.insert_user(user, NOW).await })
        })
        .collect();
    let mut stored = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => stored += 1,
            Err(InsertUserError::UsernameTaken) => {}
            Err(error) => panic!("{}", whole(&error)),
        }
    }
    assert_eq!(stored, 20);
}

#[tokio::test]
async fn abandoned_calls_leave_no_lock_and_no_half() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let token = issue(&store, "alice").await.token.into_string();
    // Dropped a little later each time: before, inside and after the transaction.
    for yields in 0..40 {
        let verified = verify(&store, &token, NOW).await;
        let Ok(verified) = verified else { break };
        let rotating = store.clone();
        let task = tokio::spawn(async move {
            RefreshTokens::new().rotate(&rotating, verified, NOW).await.map(drop)
        });
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        store.insert_user(new_user(&format!("user{yields}")), NOW).await.unwrap();
        assert!(count(&store, "SELECT count(*) FROM tower_bearer_sessions").await <= 1);
    }
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
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_sessions").await, 1);
}

#[tokio::test]
async fn a_session_is_one_row_and_leaves_none() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let first = issue(&store, "alice").await;
    let mut latest = first.clone();
    for _ in 0..10 {
        latest = exchange(&store, latest.token.as_str(), NOW).await.unwrap();
    }
    assert_eq!(count(&store, "SELECT count(*) FROM tower_bearer_sessions").await, 1);
    exchange(&store, first.token.as_str(), NOW).await.unwrap_err();
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

async fn count(store: &SqliteStore, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

/// The tables as the first version made them, with a user who is logged in.
const FIRST: [&str; 3] = [
    include_str!("../../migrations/sqlite/0001_users_and_sessions.sql"),
    "INSERT INTO tower_bearer_users (id, username, username_key, password_hash, created_at) \
     VALUES ('7', 'Alice', 'alice', 'hash', 0)",
    "INSERT INTO tower_bearer_sessions VALUES ('s', '7', 'c', '', 0, 9223372036854775807); \
     INSERT INTO tower_bearer_refresh_tokens VALUES ('t', 's', zeroblob(32), 9, 0)",
];

#[tokio::test]
async fn users_of_the_first_version_log_in_again() {
    let directory = tempdir().unwrap();
    let new = SqliteStore::connect(&url(&directory)).await.unwrap();
    let record = "SELECT checksum FROM tower_bearer_migrations WHERE version = 1";
    let checksum: Vec<u8> = sqlx::query_scalar(record).fetch_one(new.pool()).await.unwrap();

    let old = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    for sql in FIRST {
        sqlx::raw_sql(sql).execute(&old).await.unwrap();
    }
    let table: String =
        sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = 'tower_bearer_migrations'")
            .fetch_one(new.pool())
            .await
            .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(table)).execute(&old).await.unwrap();
    let insert = "INSERT INTO tower_bearer_migrations \
                  (version, description, success, checksum, execution_time) VALUES (1, 'x', 1, ?, 0)";
    sqlx::query(insert).bind(checksum).execute(&old).await.unwrap();

    let store = SqliteStore::from_pool(old).await.unwrap();
    let alice = store.find_user_by_username(&username("alice")).await.unwrap().unwrap();
    assert_eq!(alice.id, "7");
    assert_eq!(store.sessions_of("7", NOW).await.unwrap(), []);
    let issued = issue(&store, "7").await;
    let delete = "DELETE FROM tower_bearer_users WHERE id = '7'";
    sqlx::query(delete).execute(store.pool()).await.unwrap();
    let dead = verify(&store, issued.token.as_str(), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "the trigger is there: {dead:?}");
}

#[tokio::test]
async fn users_of_the_first_version_are_unverified_and_have_no_profile() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    let alice = new_user("alice").email(email("alice@example.com"));
    let alice = store.insert_user(alice, NOW).await.unwrap();
    for back in [
        "ALTER TABLE tower_bearer_users DROP COLUMN email_verified",
        "ALTER TABLE tower_bearer_users DROP COLUMN pending_email",
        "ALTER TABLE tower_bearer_users DROP COLUMN profile",
        "DELETE FROM tower_bearer_migrations WHERE version = 9",
    ] {
        sqlx::query(back).execute(store.pool()).await.unwrap();
    }
    store.pool().close().await;
    let store = SqliteStore::connect(&url(&directory)).await.unwrap();
    assert_eq!(store.find_user(&alice.id).await.unwrap(), Some(alice));
}

/// The error with its sources.
fn whole(error: &dyn Error) -> String {
    let cause = error.source().map(whole).unwrap_or_default();
    format!("{error}: {cause}")
}
