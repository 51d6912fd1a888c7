//! The store on PostgreSQL.

mod accounts;
mod api_keys;
mod connection;
mod error;
mod migrations;
mod one_time;
mod revocations;
mod sessions;
mod throttles;
mod users;

use std::any::Any;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};

use super::{StoreError, UserStore, sql};
use connection::{test_if_idle, within};

pub(super) use error::{from_state, state};

/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many rows one statement of housekeeping deletes: few enough for the time limit.
const BATCH: i64 = 1000;

/// What is set on each connection, unless the URL sets it.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "15s"),
];

/// Users, sessions and API keys in a PostgreSQL database, version 13 or newer, for any number of nodes.
///
/// The tables are named `tower_bearer_*`, the record of migrations included, and stand in the
/// first schema of the search path: beside an application's own, or in a schema of their own with
/// `?options[search_path]=auth` in the URL. An administrator may change `name`, `is_active`,
/// `roles` and `scopes` (arrays) of `tower_bearer_users` with SQL, and delete users: that ends
/// their sessions too, and revokes their API keys.
///
/// # Connections
///
/// [`connect`](Self::connect) makes a pool of at most 10 connections, replaced when broken or after
/// 30 minutes, so that the server may be restarted or fail over
/// while the service runs; until it answers, calls fail as
/// [unavailable](StoreError::is_unavailable) within 3 seconds, or 15 where the server vanished without
/// a word under a connection in use. A connection that was idle for 30
/// seconds is tested before its use. Where one that was not has ended, questions and rotations of refresh
/// tokens are put again on another; other changes fail as unavailable, as do statements of your own
/// on the [pool](Self::pool). A statement ends after 5 seconds,
/// as does the wait for a lock; a transaction that idles for 15 is rolled back; a server that
/// is silent for 15 is given up. `statement_timeout`, `lock_timeout` and
/// `idle_in_transaction_session_timeout` are those of the URL, if it sets them:
/// `?options[statement_timeout]=2s`.
///
/// The limits are parameters of the connection's start, which a pooler such as PgBouncer may
/// refuse. Behind one, hand in a pool with [`from_pool`](Self::from_pool), without them and with a
/// `statement_cache_capacity` of 0 where the pooler does not know prepared statements.
///
/// Without `sslmode` the connection is encrypted if the server offers it, and its certificate is
/// not checked: over a network that others are in, write `?sslmode=verify-full`.
///
/// # Round trips
///
/// Whatever finds, rotates, ends or asks is one statement, which is one round trip on a connection that has
/// run it before: a refresh takes two, a request under
/// [`revocations`](crate::JwtAuthLayer::revocations) or [`users`](crate::JwtAuthLayer::users) one each.
/// The pool takes one more behind each, that no answer waits for. A pool of your own tests its
/// connections before each use too, unless it is told `test_before_acquire(false)`.
///
/// # Durability
///
/// What a call has done is as durable as the server's `synchronous_commit` makes it: leave it on.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use tower_bearer::{Issuer, LoginRouter, PostgresStore};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let url = "postgres://service:secret@db.example.org/app?sslmode=verify-full";
/// let store = PostgresStore::connect(url).await?;
/// # #[cfg(feature = "login")] {
/// let router = LoginRouter::new(store.clone(), Issuer::for_tests()).into_router();
/// # let _ = router; }
///
/// sqlx::query("UPDATE tower_bearer_users SET roles = $1 WHERE username_key = 'alice'")
///     .bind(["admin"])
///     .execute(store.pool())
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date. Several nodes may do so at once.
    ///
    /// # Errors
    ///
    /// When the URL can't be read, the server can't be reached within 3 seconds, refuses the
    /// user, is read-only or not in UTF-8, or the tables are of a newer version.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tower_bearer::{AccountStore, PostgresStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let url = "postgres://app:secret@db.example.org/app?sslmode=verify-full";
    /// let store = match PostgresStore::connect(url).await {
    ///     Ok(store) => store,
    ///     Err(error) if error.is_unavailable() => return Err("start the database first".into()),
    ///     Err(error) => return Err(error.into()),
    /// };
    /// println!("{:?}", store.list_users(None, 10).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(StoreError::new("the scheme is not postgres")
                .with_reason("the database URL does not start with `postgres:`"));
        }
        let options = PgConnectOptions::from_str(url)?;
        let given = options.get_options().unwrap_or_default().to_owned();
        let limits = LIMITS.into_iter().filter(|(name, _)| !is_set(&given, name));
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, been| Box::pin(test_if_idle(connection, been)))
            .connect_with(options.options(limits))
            .await?;
        Self::from_pool(pool).await
    }

    /// Uses the pool of an application and brings the tables up to date. Limits of time and number
    /// are the pool's.
    ///
    /// # Errors
    ///
    /// As those of [`connect`](Self::connect).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use sqlx::postgres::PgPoolOptions;
    /// use tower_bearer::PostgresStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = PgPoolOptions::new()
    ///     .max_connections(20)
    ///     .test_before_acquire(false)
    ///     .connect("postgres://app:secret@db.example.org/app")
    ///     .await?;
    /// let store = PostgresStore::from_pool(pool).await?;
    /// assert_eq!(store.pool().options().get_max_connections(), 20);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        let store = Self { pool };
        let mut transaction = store.begin().await?;
        let (encoding, read_only): (String, String) = sqlx::query_as(
            "SELECT current_setting('server_encoding'), current_setting('transaction_read_only')",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if encoding != "UTF8" {
            return Err(StoreError::new("server_encoding is not UTF8")
                .with_reason("the database does not keep every text; its encoding must be UTF8"));
        }
        if read_only == "on" {
            return Err(StoreError::unavailable("transaction_read_only is on")
                .with_reason("the database is read-only; connect to the primary"));
        }
        migrations::run(&mut transaction).await?;
        transaction.commit().await?;
        Ok(store)
    }

    /// The pool, for the application's own tables in the same database. Its connections are tested
    /// before their use only after 30 seconds without any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tower_bearer::PostgresStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = PostgresStore::connect("postgres://localhost/app").await?;
    /// let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM tower_bearer_sessions")
    ///     .fetch_one(store.pool())
    ///     .await?;
    /// println!("{sessions} sessions");
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether these users are in the same database: it is the same pool, in whatever handle.
    fn keeps<U: UserStore>(&self, users: &U) -> bool {
        let users: &dyn Any = users;
        users.downcast_ref::<Self>().is_some_and(|users| {
            Arc::ptr_eq(&users.pool.connect_options(), &self.pool.connect_options())
        })
    }

    /// Runs a statement with the time and a number of rows until it finds fewer than that many. What it
    /// takes are rows that nobody holds (`SKIP LOCKED`): nodes that clean up at once take different ones,
    /// and none waits for a request, or the other way.
    async fn delete_in_batches(
        &self,
        statement: &'static str,
        now: Duration,
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let delete =
                sqlx::query(statement).bind(sql::seconds(now)).bind(BATCH).execute(&self.pool);
            let deleted = within(async { Ok::<_, StoreError>(delete.await?.rows_affected()) });
            let deleted = deleted.await?;
            total += deleted;
            if deleted < BATCH.unsigned_abs() {
                return Ok(total);
            }
        }
    }

    /// Begins a transaction in which each statement sees what others have committed by then, as
    /// those here rely on, whatever the default of the database.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
    }
}

/// Whether the options of a URL set this: `-c name=value`, `-cname=value` or `--name=value`.
fn is_set(options: &str, name: &str) -> bool {
    let mut words = options.split_ascii_whitespace();
    words.any(|word| {
        let word = word.strip_prefix("--").or(word.strip_prefix("-c")).unwrap_or(word);
        word.split('=').next() == Some(name)
    })
}

/// PostgreSQL keeps no NUL in texts: nothing with one is stored, so nothing is found by it.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
