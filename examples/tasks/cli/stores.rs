//! The stores of the service, opened by its settings.

use std::time::Duration;

use tower_bearer::{
    AccountStore, Clock, LoginName, RedisStore, RefreshStore, RevocationStore, Settings, User,
};

use super::answer::Failure;
use crate::database::Database;
use crate::settings;

/// The longest that an access token may last, and by how much clocks may differ: what the settings
/// of any node allow.
const LONGEST_TOKEN: Duration = Duration::from_secs(24 * 3600 + 300);

pub(super) struct Opened {
    pub(super) settings: Settings,
    pub(super) database: Database,
    /// Where sessions are, if not in the database.
    pub(super) redis: Option<RedisStore>,
}

/// Calls something with the store of users, and that of sessions, whichever they are.
macro_rules! with_stores {
    ($opened:expr, |$users:ident, $sessions:ident| $call:expr) => {
        match (&$opened.database, &$opened.redis) {
            (crate::database::Database::Sqlite($users), None) => {
                let $sessions = $users;
                $call
            }
            (crate::database::Database::Postgres($users), None) => {
                let $sessions = $users;
                $call
            }
            (crate::database::Database::Sqlite($users), Some($sessions)) => $call,
            (crate::database::Database::Postgres($users), Some($sessions)) => $call,
        }
    };
}
pub(super) use with_stores;

/// The same with the store of users alone.
macro_rules! with_users {
    ($opened:expr, |$users:ident| $call:expr) => {
        match &$opened.database {
            crate::database::Database::Sqlite($users) => $call,
            crate::database::Database::Postgres($users) => $call,
        }
    };
}
pub(super) use with_users;

impl Opened {
    pub(super) async fn open(makes_users: bool) -> Result<Self, Failure> {
        let settings = settings::of_commands(makes_users)?;
        let at = |variable: &'static str| {
            move |error| Failure::new("store", format!("{variable}: {error}"))
        };
        let database = Database::open(settings.database_url()).await.map_err(at("DATABASE_URL"))?;
        let redis = match settings.redis_url() {
            Some(url) => Some(RedisStore::connect(url).await.map_err(at("REDIS_URL"))?),
            None => None,
        };
        Ok(Self { settings, database, redis })
    }

    /// The user of this name, e-mail address or ID.
    pub(super) async fn find<U: AccountStore>(
        &self,
        users: &U,
        named: &str,
    ) -> Result<User, Failure> {
        let by_login = match LoginName::new(named) {
            Some(login) => users.find_user_by_login(&login).await?,
            None => None,
        };
        let found = match by_login {
            Some(user) => Some(user),
            None => users.find_user(named).await?,
        };
        found.ok_or_else(|| {
            let place = self.database.place(self.settings.database_url());
            Failure::new("not_found", format!("no user {named:?} in {place}"))
        })
    }
}

/// Which access tokens are to end: their `iat` has whole seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Older {
    BeforeThisSecond,
    /// And waits for its end, so that a token which comes after the answer is good.
    WithThisSecond,
}

/// Refuses the access tokens of a user that are out.
pub(super) async fn revoke_older<R: RevocationStore>(
    sessions: &R,
    user: &User,
    older: Older,
) -> Result<(), Failure> {
    let now = Clock::system().now();
    let not_before = now.as_secs() + u64::from(older == Older::WithThisSecond);
    let not_before = Duration::from_secs(not_before);
    sessions.revoke_tokens_before(&user.id, not_before, not_before + LONGEST_TOKEN, now).await?;
    tokio::time::sleep(not_before.saturating_sub(Clock::system().now())).await;
    Ok(())
}

/// How many sessions there were.
pub(super) async fn end_sessions<R: RefreshStore>(
    sessions: &R,
    user: &User,
) -> Result<usize, Failure> {
    Ok(sessions.end_sessions_of(&user.id, None).await?.len())
}
