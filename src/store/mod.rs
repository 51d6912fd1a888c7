//! Users and sessions: what is stored, and what a store promises.
//!
//! [`UserStore`] and [`RefreshStore`] are two traits, so that users can stay in a table of the
//! application's own while sessions live elsewhere. Each store that is shipped implements both, and
//! [`ThrottleStore`], for what limits of attempts count. [`AccountStore`] is what a store of users
//! can do beyond finding them; [`ApiKeyStore`] lives with the users, since a key depends on its owner.

mod account_store;
mod api_key;
mod api_key_store;
mod email;
mod error;
mod housekeeping;
mod memory;
mod name;
mod one_time_store;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod refresh_store;
mod revocation_store;
mod session;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod subject;
mod throttle_store;
mod user;
mod user_store;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use account_store::{AccountStore, ConfirmEmailError, UserChange};
pub use api_key::{ApiKeyOwner, StoredApiKey};
pub use api_key_store::ApiKeyStore;
pub use email::{Email, EmailError};
pub use error::StoreError;
pub use housekeeping::Housekeeping;
pub use memory::MemoryStore;
pub use name::{LoginName, Username, UsernameError};
pub use one_time_store::{OneTimeTokenStore, StoredOneTimeToken};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use refresh_store::{RefreshStore, SessionUser};
pub use revocation_store::RevocationStore;
use session::by_last_use;
pub use session::{NewSession, Session, StoredToken};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use throttle_store::{ThrottleState, ThrottleStore};
pub use user::{NewUser, User};
pub use user_store::{InsertUserError, UserStore};
