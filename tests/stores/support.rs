//! What the contract tests share.

use std::time::Duration;

use tower_bearer::{
    Email, IssuedRefresh, NewSession, NewUser, RefreshError, RefreshRequest, RefreshStore,
    RefreshTokens, Username, VerifiedRefresh,
};

pub(crate) const NOW: Duration = Duration::from_secs(1_700_000_000);
pub(crate) const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
pub(crate) const CLIENT: &str = "first-party";

/// Runs each test on every store that keeps sessions.
macro_rules! on_every_session_store {
    ($($test:ident)*) => {
        crate::support::on_every_store! { $($test)* }

        #[cfg(all(feature = "postgres", feature = "redis"))]
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let Some(server) = crate::servers::redis() else { return };
                let store = tower_bearer::RedisStore::connect(&server.url()).await.unwrap();
                super::$test(store.prefix(concat!(stringify!($test), ":"))).await;
            })*
        }
    };
}
pub(crate) use on_every_session_store;

/// Runs each test on every store that keeps both users and sessions.
macro_rules! on_every_store {
    ($($test:ident)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                super::$test(tower_bearer::MemoryStore::new()).await;
            })*
        }

        #[cfg(feature = "sqlite")]
        mod sqlite_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let directory = tempfile::tempdir().unwrap();
                let url = crate::support::url(&directory);
                super::$test(tower_bearer::SqliteStore::connect(&url).await.unwrap()).await;
            })*
        }

        #[cfg(feature = "sqlite")]
        mod sqlite_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let store = tower_bearer::SqliteStore::connect("sqlite::memory:").await.unwrap();
                super::$test(store).await;
            })*
        }

        #[cfg(all(feature = "postgres", feature = "redis"))]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let Some(server) = crate::servers::postgres() else { return };
                let url = server.database().await;
                super::$test(tower_bearer::PostgresStore::connect(&url).await.unwrap()).await;
            })*
        }
    };
}
pub(crate) use on_every_store;

/// The URL of a new database file in this directory.
#[cfg(feature = "sqlite")]
pub(crate) fn url(directory: &tempfile::TempDir) -> String {
    format!("sqlite://{}?mode=rwc", directory.path().join("test.db").display())
}

pub(crate) fn username(text: &str) -> Username {
    Username::new(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(crate) fn email(text: &str) -> Email {
    Email::new(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser::new(username(name), HASH)
}

pub(crate) async fn issue(store: &impl RefreshStore, user_id: &str) -> IssuedRefresh {
    RefreshTokens::new()
        .issue(store, NewSession::new(user_id, CLIENT, "me items:read"), NOW)
        .await
        .unwrap()
}

pub(crate) async fn verify(
    store: &impl RefreshStore,
    token: &str,
    now: Duration,
) -> Result<VerifiedRefresh, RefreshError> {
    RefreshTokens::new().verify(store, by_client(token), now).await
}

/// What a client asks that names itself.
pub(crate) fn by_client(token: &str) -> RefreshRequest<'_> {
    RefreshRequest::new(token).client_id(CLIENT)
}

/// The ID of the session whose token this is.
pub(crate) fn session_id(token: &str) -> &str {
    token.split_once('.').unwrap().0
}

/// Verifies and rotates.
pub(crate) async fn exchange(
    store: &impl RefreshStore,
    token: &str,
    now: Duration,
) -> Result<IssuedRefresh, RefreshError> {
    let verified = verify(store, token, now).await?;
    RefreshTokens::new().rotate(store, verified, now).await
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn base64_url(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
