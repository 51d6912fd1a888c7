//! The store on SQLite.

mod accounts;
mod api_keys;
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

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::{StoreError, UserStore};

pub(super) use error::{code, from_code};

/// How long a call waits for its turn to write, and for another process to release the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Users, sessions and API keys in an SQLite database.
///
/// The tables are named `tower_bearer_*`, the record of migrations included, so that they can
/// stand beside an application's own, in one file and on one [pool](Self::pool).
/// An administrator may change `name`, `is_active`, `roles` and `scopes` (JSON arrays) of
/// `tower_bearer_users` with SQL, and delete users: that ends their sessions too, and revokes
/// their API keys.
///
/// # Durability
///
/// What a call has done is on the disk when it returns, and survives `kill -9` and a power cut:
/// [`connect`](Self::connect) sets `synchronous=FULL`, since with `NORMAL` in WAL mode a power
/// cut takes back the latest commits. A rotation taken back would hand the client a token that
/// the store has never heard of, and make the old one good again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{NewUser, SqliteStore, UserStore, Username};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A file in practice: "sqlite://app.db?mode=rwc".
/// let store = SqliteStore::connect("sqlite::memory:").await?;
/// let user = NewUser::new(Username::new("Alice")?, "$argon2id$...").roles(["editor"]);
/// let id = store.insert_user(user, Duration::from_secs(1_700_000_000)).await?.id;
///
/// sqlx::query("UPDATE tower_bearer_users SET is_active = 0 WHERE id = ?")
///     .bind(&id)
///     .execute(store.pool())
///     .await?;
/// assert!(store.find_user(&id).await?.is_some_and(|user| !user.is_active));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    /// SQLite has one writer at a time and lets the others poll. Waiting here instead is in
    /// order of arrival, and holds no connection that a reader could use.
    turn: Arc<Mutex<()>>,
}

impl SqliteStore {
    /// Opens a database and brings its tables up to date.
    ///
    /// `sqlite://app.db?mode=rwc` makes the file if need be, `sqlite://app.db` does not, and
    /// `sqlite::memory:` lasts as long as the store. Sets WAL mode, `foreign_keys=ON`,
    /// `synchronous=FULL` and a `busy_timeout` of 5 seconds.
    ///
    /// # Errors
    ///
    /// When the URL can't be read, the file can't be opened, written or locked within
    /// 5 seconds, or the tables are of a newer version.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::SqliteStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("app.db");
    /// # let path = path.display();
    /// let missing = SqliteStore::connect(&format!("sqlite://{path}")).await;
    /// assert!(missing.is_err(), "it makes no file unless told to");
    /// SqliteStore::connect(&format!("sqlite://{path}?mode=rwc")).await?;
    /// SqliteStore::connect(&format!("sqlite://{path}")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if !url.starts_with("sqlite:") {
            return Err(StoreError::new("the scheme is not sqlite")
                .with_reason("the database URL does not start with `sqlite:`"));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new().acquire_timeout(PATIENCE);
        let pool = if url.contains(":memory:") || url.contains("mode=memory") {
            // The last connection takes the data with it, and two would lock each other out.
            pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
        } else {
            pool
        };
        let pool = pool.connect_with(options).await?;
        switch_to_wal(&pool).await?;
        Self::from_pool(pool).await
    }

    /// Uses the pool of an application and brings the tables up to date.
    ///
    /// Journal mode, `synchronous` and time limits are the pool's. A database in memory needs a
    /// pool of one connection that never ends.
    ///
    /// # Errors
    ///
    /// When `foreign_keys` is off, the database can't be written or locked, or the tables are of
    /// a newer version.
    ///
    /// # Examples
    ///
    /// ```
    /// use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    /// use tower_bearer::{AccountStore, SqliteStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let options: SqliteConnectOptions = "sqlite::memory:".parse()?;
    /// let pool = SqlitePoolOptions::new()
    ///     .max_connections(1) // in memory each connection would have a database of its own
    ///     .connect_with(options.foreign_keys(true))
    ///     .await?;
    /// let store = SqliteStore::from_pool(pool.clone()).await?;
    /// assert!(store.list_users(None, 10).await?.is_empty());
    /// # drop(pool);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_pool(pool: SqlitePool) -> Result<Self, StoreError> {
        let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&pool).await?;
        if foreign_keys == 0 {
            return Err(StoreError::new("PRAGMA foreign_keys is 0").with_reason(
                "foreign keys are off, so that ended sessions would keep their tokens; \
                 turn them on for every connection of the pool",
            ));
        }
        let store = Self { pool, turn: Arc::default() };
        // In one transaction, so that two processes that start at once don't migrate twice.
        let mut write = store.write().await?;
        migrations::run(&mut write.transaction).await?;
        write.commit().await?;
        Ok(store)
    }

    /// The pool, for the application's own tables in the same database.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{NewUser, SqliteStore, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = SqliteStore::connect("sqlite::memory:").await?;
    /// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// store.insert_user(alice, Duration::from_secs(1_700_000_000)).await?;
    ///
    /// let users: i64 = sqlx::query_scalar("SELECT count(*) FROM tower_bearer_users")
    ///     .fetch_one(store.pool())
    ///     .await?;
    /// assert_eq!(users, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Whether these users are in the same database: it is the same pool, in whatever handle.
    fn keeps<U: UserStore>(&self, users: &U) -> bool {
        let users: &dyn Any = users;
        users.downcast_ref::<Self>().is_some_and(|users| {
            Arc::ptr_eq(&users.pool.connect_options(), &self.pool.connect_options())
        })
    }

    /// Begins a transaction that may write from its first statement on: one that reads first and
    /// locks later can be refused half-way.
    async fn write(&self) -> Result<Write<'_>, StoreError> {
        let turn = tokio::time::timeout(PATIENCE, self.turn.lock()).await.map_err(error::busy)?;
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Write { transaction, _turn: turn })
    }
}

/// A transaction whose turn it is. Dropped without [`commit`](Write::commit), it rolls back.
struct Write<'a> {
    transaction: Transaction<'static, Sqlite>,
    _turn: MutexGuard<'a, ()>,
}

impl Write<'_> {
    async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// Once a file, which then stays in that mode.
///
/// SQLite does not wait for the lock that the switch takes, so that two processes that start at
/// once on a new file would see it refused.
async fn switch_to_wal(pool: &SqlitePool) -> Result<(), StoreError> {
    let switch = async {
        loop {
            match sqlx::query("PRAGMA journal_mode = WAL").execute(pool).await {
                Err(error) if error::is_busy(&error) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => return Ok(other.map(drop)?),
            }
        }
    };
    tokio::time::timeout(PATIENCE, switch).await.unwrap_or_else(|elapsed| Err(error::busy(elapsed)))
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
