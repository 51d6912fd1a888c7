//! The store of sessions on Redis.

mod error;
mod one_time;
mod revocations;
mod sessions;
mod throttles;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, Script, ScriptInvocation};

use super::StoreError;

/// How long a command may take, and how long the making of a connection.
const PATIENCE: Duration = Duration::from_secs(3);

const PREFIX: &str = "tower_bearer:";

/// A script with what they all share before it.
macro_rules! script {
    ($name:literal) => {
        LazyLock::new(|| Script::new(concat!(include_str!("prelude.lua"), include_str!($name))))
    };
}
use script;

/// Sessions, one-time tokens, and what throttles count, in Redis 6 or newer, or in Valkey, for any number of nodes; users
/// are kept elsewhere:
/// [`LoginRouter::with_stores`](crate::LoginRouter::with_stores) takes both.
///
/// Each session is one hash, `tower_bearer:session:<id>`, however often it is refreshed;
/// `tower_bearer:sessions_of:<user>` is the sorted set of a user's sessions; what a
/// throttle counts is `tower_bearer:throttle:<hash>`; a one-time token is
/// `tower_bearer:one_time:<hash>`, and those of a user are listed in
/// `tower_bearer:one_time_of:<purpose>:<id>`. Redis
/// expires them when the session is over: there is nothing to clean up. Deleting a user
/// ends no session here by itself; a refresh finds out that the user
/// is gone. Redis Cluster is not supported, as a session's keys lie in different slots, and no primary is
/// asked of Sentinel.
///
/// # Connections
///
/// One connection carries all commands at once and is made anew when it breaks. A command may
/// take 3 seconds; until the server answers again, calls fail as
/// [unavailable](StoreError::is_unavailable). `rediss://` encrypts and checks the certificate
/// against the roots of the system. Where the process has no rustls provider by then, that of
/// aws-lc-rs becomes it.
///
/// # Round trips
///
/// Whatever is done is one script or command, which is one round trip; the first use of a script since the
/// server's start takes two more. A refresh takes two, and one to where the users are; a request under
/// [`revocations`](crate::JwtAuthLayer::revocations) takes one.
///
/// # Durability
///
/// What Redis loses, it logs out. What it takes back, such as the last second before a crash with
/// `appendfsync everysec` or what a replica had not got before a failover, may bring back a
/// session that had ended or a token that was used, and makes its successor unknown. Use `appendonly
/// yes`, and `appendfsync always` where that must not be. `maxmemory-policy` must be `noeviction`:
/// any other throws sessions out when memory is short, and is warned of.
///
/// # Examples
///
/// ```no_run
/// use tower_bearer::{Issuer, PostgresStore, RedisStore};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = RedisStore::connect("rediss://service:secret@redis.example.org").await?;
/// # #[cfg(all(feature = "login", feature = "postgres"))] {
/// use tower_bearer::LoginRouter;
///
/// let users = PostgresStore::connect("postgres://db.example.org/app").await?;
/// let router = LoginRouter::with_stores(users, sessions, Issuer::for_tests()).into_router();
/// # let _ = router; }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: Arc<str>,
}

impl RedisStore {
    /// Connects: `redis://`, `rediss://` or `redis+unix://`, as the crate `redis` reads them.
    ///
    /// # Errors
    ///
    /// When the URL can't be read, or the server can't be reached within 3 seconds or refuses the
    /// user.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tower_bearer::{RedisStore, RefreshStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
    /// assert_eq!(store.find_session("no such session").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let info = url.into_connection_info()?;
        if url.starts_with("rediss:") || url.starts_with("valkeys:") {
            // Without one, or with two to choose from, rustls would panic. An error says that
            // somebody else was faster.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = ConnectionManager::new_with_config(Client::open(info)?, config).await?;
        Self::from_connection(connection).await
    }

    /// Uses a connection of an application. Its limits of time are the connection's.
    ///
    /// # Errors
    ///
    /// When the server can't be reached.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use redis::{Client, aio::ConnectionManager};
    /// use tower_bearer::RedisStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // The connection that the application has for its cache.
    /// let connection = ConnectionManager::new(Client::open("redis://127.0.0.1:6379")?).await?;
    /// let sessions = RedisStore::from_connection(connection).await?.prefix("shop:");
    /// # let _ = sessions;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_connection(connection: ConnectionManager) -> Result<Self, StoreError> {
        let store = Self { connection, prefix: PREFIX.into() };
        store.warn_of_eviction().await?;
        Ok(store)
    }

    /// Begins the names of all keys with this instead of `tower_bearer:`, so that two services can
    /// share a server.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// use tower_bearer::{NewSession, RedisStore, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let now = Duration::from_secs(1_700_000_000);
    /// let server = RedisStore::connect("redis://127.0.0.1:6379").await?;
    /// let (shop, blog) = (server.clone().prefix("shop:"), server.prefix("blog:"));
    /// let new = NewSession::new("alice", "first-party", "me");
    /// let session = RefreshTokens::new().issue(&shop, new, now).await?.session;
    /// assert_eq!(blog.find_session(&session.id).await?, None); // the other service's
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The connection, for the application's own keys on the same server.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use redis::AsyncCommands;
    /// use tower_bearer::RedisStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
    /// let mut connection = store.connection().clone();
    /// let visits: u64 = connection.incr("visits", 1).await?;
    /// println!("{visits}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn connection(&self) -> &ConnectionManager {
        &self.connection
    }

    fn call(&self, script: &'static Script) -> ScriptInvocation<'static> {
        script.arg(&*self.prefix)
    }

    async fn warn_of_eviction(&self) -> Result<(), StoreError> {
        let info = redis::cmd("INFO").arg("memory").query_async(&mut self.connection.clone()).await;
        let info: String = match info {
            Ok(info) => info,
            // Not everybody may ask.
            Err(error) if error.code() == Some("NOPERM") => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let policy = info.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"));
        if policy.is_some_and(|policy| policy != "noeviction") {
            crate::trace::warn!(
                target: "tower_bearer::store",
                "the maxmemory-policy of Redis is not noeviction: when memory is short, it forgets \
                 sessions"
            );
        }
        Ok(())
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
