//! How often somebody may try: limits per account and per address.

mod key;
mod limiter;
mod pending;
mod rule;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use key::Key;
pub(crate) use limiter::{Attempt, Limiter, Throttled};
pub(crate) use store::AnyThrottleStore;

use crate::rate::Rate;

/// How many attempts to log in may fail.
///
/// | limit | default | what counts | what ends it |
/// |---|---|---|---|
/// | [`per_account`](Self::per_account) | `5/minute` | failed attempts at one account | time, or a success |
/// | [`per_address`](Self::per_address) | `20/minute` | failed attempts from one address | time |
/// | [`registrations`](Self::registrations) | `600/minute` | registrations and requests for mails from one address | time |
/// | [`mails`](Self::mails) | `5/hour` | mails of one kind to one e-mail address | time |
///
/// Both limits are asked before a password is looked at. An attempt beyond one is a 429 with
/// `Retry-After`, whether the password is right or wrong and whether the account exists or not, and
/// costs no hash. Refreshing and logging out are not limited: who is logged in stays so while
/// somebody else tries passwords.
///
/// **Pauses.** When a limit is used up, nothing passes for as long as the period of its rate, the
/// next time for twice as long, and so on up to 15 minutes; after an hour without a pause the first
/// length comes again. [`backoff(false)`](Self::backoff) leaves the rate alone. 100 failures at one
/// account without a success or a quiet day, however slow, and every further one, bring a pause of
/// 15 minutes in either case (NIST SP 800-63B-4, section 3.2.2).
///
/// **Accounts.** User name and e-mail address of an account count together. A name that nobody has
/// is counted in the same way, so that a limit tells nothing of a name; who uses up the limit of
/// one name of an account can see that another name belongs to it.
///
/// **Addresses.** IPv4 addresses count each, IPv6 addresses with their network of 64 bits. Where
/// the server tells no address, all clients together have one limit, and the log says so: see
/// [`LoginRouter::client_address`](crate::LoginRouter::client_address).
///
/// **Attempts at once.** An attempt counts as failed from its beginning until it succeeds, so that
/// no number of attempts at once gets past a limit. In one process those wait for each other that
/// would be refused for what is not decided yet.
///
/// # Examples
///
/// ```
/// use tower_bearer::{ConfigError, Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
///
/// # fn main() -> Result<(), ConfigError> {
/// let (sender, receiver) = std::sync::mpsc::sync_channel(64);
/// let throttle = LoginThrottle::new()
///     .per_account("10/hour".parse::<Rate>()?)
///     .per_address(Rate::or_off("off")?)
///     .on_lock(move |notice| {
///         // Another task tells the user.
///         let _ = sender.try_send(notice);
///     });
/// let router =
///     LoginRouter::new(MemoryStore::new(), Issuer::for_tests()).throttle(throttle).into_router();
/// # let _ = (router, receiver);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct LoginThrottle {
    per_account: Option<Rate>,
    per_address: Option<Rate>,
    registrations: Option<Rate>,
    mails: Option<Rate>,
    backoff: bool,
    on_lock: Option<Arc<OnLock>>,
}

type OnLock = dyn Fn(LockNotice) + Send + Sync;

const FIVE: NonZeroU32 = NonZeroU32::new(5).expect("not zero");
const TWENTY: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
const SIX_HUNDRED: NonZeroU32 = NonZeroU32::new(600).expect("not zero");

impl LoginThrottle {
    /// The defaults, with pauses that double.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{LoginThrottle, Rate};
    ///
    /// let throttle = LoginThrottle::new();
    /// let as_written = LoginThrottle::new()
    ///     .per_account("5/minute".parse::<Rate>()?)
    ///     .per_address("20/minute".parse::<Rate>()?)
    ///     .registrations("600/minute".parse::<Rate>()?)
    ///     .mails("5/hour".parse::<Rate>()?)
    ///     .backoff(true);
    /// assert_eq!(format!("{throttle:?}"), format!("{as_written:?}"));
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn new() -> Self {
        Self {
            per_account: Some(Rate::per_minute(FIVE)),
            per_address: Some(Rate::per_minute(TWENTY)),
            registrations: Some(Rate::per_minute(SIX_HUNDRED)),
            mails: Some(Rate::per_hour(FIVE)),
            backoff: true,
            on_lock: None,
        }
    }

    /// No limit at all: for tests, and where something else in front of the service has them.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(LoginThrottle::off())
    ///     .into_router();
    /// for _ in 0..30 {
    ///     let guess = r#"{"username":"alice","password":"guess"}"#;
    ///     let answer = post(&router, "/login", guess).await;
    ///     assert_ne!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn off() -> Self {
        Self {
            per_account: None,
            per_address: None,
            registrations: None,
            mails: None,
            ..Self::new()
        }
    }

    /// Failed attempts at one account, those with its password at other endpoints included; `None`
    /// for no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(LoginThrottle::new().per_account("1/hour".parse::<Rate>()?))
    ///     .into_router();
    /// for (name, status) in [("alice", 400), ("alice", 429), ("bob", 400)] {
    ///     let body = format!(r#"{{"username":"{name}","password":"guess"}}"#);
    ///     assert_eq!(post(&router, "/login", &body).await.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_account(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.per_account = rate.into();
        self
    }

    /// Failed attempts from one address; `None` for no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let throttle = LoginThrottle::new().per_address("2/hour".parse::<Rate>()?);
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(throttle)
    ///     .into_router();
    /// // One guess at each of many accounts.
    /// for (name, status) in [("alice", 400), ("bob", 400), ("carol", 429)] {
    ///     let body = format!(r#"{{"username":"{name}","password":"guess"}}"#);
    ///     assert_eq!(post(&router, "/login", &body).await.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_address(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.per_address = rate.into();
        self
    }

    /// Registrations, changes of e-mail addresses and requests for mails from one address, whether
    /// they succeed or not; `None` for no limit. Its pauses don't double.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let throttle = LoginThrottle::new().registrations("1/hour".parse::<Rate>()?);
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(throttle)
    ///     .into_router();
    /// for (name, status) in [("alice", 201), ("bob", 429)] {
    ///     let body = format!(r#"{{"username":"{name}","password":"correct horse battery"}}"#);
    ///     let answer = post(&router, "/register", &body).await;
    ///     assert_eq!(answer.status(), status);
    ///     assert_eq!(answer.headers().contains_key("retry-after"), status == 429);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn registrations(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.registrations = rate.into();
        self
    }

    /// Mails of one kind to one e-mail address, so that nobody's is filled by others; `None` for no
    /// limit. A mail beyond it is not sent, and the log says so. The answer is the same, as it is for
    /// addresses without an account: see [`LoginRouter::mailer`](crate::LoginRouter::mailer). Its
    /// pauses don't double.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{LoginThrottle, Rate};
    ///
    /// // Where the mail server has limits of its own.
    /// let unlimited = LoginThrottle::new().mails(None);
    /// assert!(format!("{unlimited:?}").contains("mails: None"));
    /// let few = LoginThrottle::new().mails("2/day".parse::<Rate>()?);
    /// assert_ne!(format!("{few:?}"), format!("{unlimited:?}"));
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn mails(mut self, rate: impl Into<Option<Rate>>) -> Self {
        self.mails = rate.into();
        self
    }

    /// Whether each pause is twice as long as the one before. Default: yes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::LoginThrottle;
    ///
    /// let steady = LoginThrottle::new().backoff(false);
    /// assert!(format!("{steady:?}").contains("backoff: false"));
    /// assert!(format!("{:?}", LoginThrottle::new()).contains("backoff: true"));
    /// ```
    pub fn backoff(mut self, doubles: bool) -> Self {
        self.backoff = doubles;
        self
    }

    /// Is called when an account's attempts are used up for the first time in an hour, so that its
    /// user can be told: not at every further pause, and not for names that nobody has. The audit
    /// trail has them all. A second call replaces the first.
    ///
    /// It is called in the request and must not block: hand the notice to a channel, or spawn a
    /// task.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use tower_bearer::{NewUser, UserStore, Username};
    /// # let store = MemoryStore::new();
    /// # let alice = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// # let alice = store.insert_user(alice, std::time::Duration::ZERO).await?;
    /// let (sender, notices) = channel();
    /// let throttle = LoginThrottle::new().per_account("1/minute".parse::<Rate>()?).on_lock(
    ///     move |notice| {
    ///         let _ = sender.send(notice); // another task mails the user
    ///     },
    /// );
    /// let router = LoginRouter::new(store, Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(throttle)
    ///     .into_router();
    /// post(&router, "/login", r#"{"username":"alice","password":"guess"}"#).await;
    /// assert_eq!(notices.try_recv()?.user_id, alice.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_lock(mut self, hook: impl Fn(LockNotice) + Send + Sync + 'static) -> Self {
        self.on_lock = Some(Arc::new(hook));
        self
    }

    pub(crate) fn notify(&self, notice: LockNotice) {
        if let Some(hook) = &self.on_lock {
            hook(notice);
        }
    }
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LoginThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginThrottle")
            .field("per_account", &self.per_account)
            .field("per_address", &self.per_address)
            .field("registrations", &self.registrations)
            .field("mails", &self.mails)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

/// An account's attempts are used up.
///
/// # Examples
///
/// ```
/// use tower_bearer::{LockNotice, LoginThrottle};
///
/// fn text(notice: &LockNotice) -> String {
///     let minutes = notice.pause.as_secs().div_ceil(60);
///     let place = notice.address.map_or("somewhere".to_owned(), |address| address.to_string());
///     format!("Somebody at {place} guessed passwords; log in again in {minutes} minutes.")
/// }
/// let throttle = LoginThrottle::new().on_lock(|notice| println!("{}", text(&notice)));
/// # let _ = throttle;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockNotice {
    /// Whose account it is.
    pub user_id: String,
    /// How long nobody can log in to it.
    pub pause: Duration,
    /// Where the last attempt came from.
    pub address: Option<IpAddr>,
}

impl LockNotice {
    pub(crate) fn new(user_id: String, pause: Duration, address: Option<IpAddr>) -> Self {
        Self { user_id, pause, address }
    }
}

/// Whom an attempt is for.
#[derive(Clone, Copy)]
pub(crate) enum Account<'a> {
    /// By ID.
    User(&'a str),
    /// A name that no account has, in its normal form if it has one.
    Unknown(&'a str),
}
