//! [`Settings`]: what the environment decides, with its rules and defaults.

mod admin;
mod env_file;
mod error;
mod files;
mod keys;
mod limits;
mod password;
mod read;
mod router;
#[cfg(test)]
mod tests;
mod variables;

use std::fmt;

pub use error::SettingsError;
pub use variables::Variables;

use crate::ConfigError;
use crate::issue::Issuer;
use crate::key::KeySet;
use crate::limit::LoginThrottle;
use crate::login::{Clients, RegisterMode};
use crate::mail::MailLinks;
use crate::password::{Hasher, HasherBuilder, PasswordPolicy};
use crate::peer::{AddressSource, TrustedProxies};
use crate::refresh::RefreshTokens;
use admin::FirstAdmin;

/// What the environment decides, read and checked in whole when the service starts.
///
/// | variable | default | what it is |
/// |---|---|---|
/// | `DATABASE_URL` (secret) | must be set | `sqlite:` or `postgres:` and what follows |
/// | `REDIS_URL` (secret) | none | `redis://`, `rediss://` or `redis+unix://` and what follows |
/// | `JWT_ALGORITHM` | `HS256` | the algorithm of the key that signs |
/// | `JWT_SECRET` (secret) | must be set for HMAC | random, at least 32, 48 or 64 bytes by the hash |
/// | `JWT_PRIVATE_KEY_FILE` | must be set for the others | the private key in PEM |
/// | `JWT_KEYS_FILE` | none | instead of the three above: a private key set, see [`SigningKeys`](crate::SigningKeys) |
/// | `JWT_TRUSTED_JWKS_FILE` | none | a key set of others who issue tokens for this service |
/// | `JWT_ISSUER` | must be set | the URL that names this service in `iss` |
/// | `JWT_AUDIENCE` | must be set | whom the tokens are for |
/// | `JWT_LEEWAY_SECONDS` | 30 | how far clocks may differ, 0 to 300 |
/// | `ACCESS_TOKEN_EXPIRE_MINUTES` | 15 | 1 to 1440 |
/// | `REFRESH_TOKEN_EXPIRE_DAYS` | 30 | how long a session lasts, 1 to 3650 |
/// | `REFRESH_IDLE_DAYS` | none | after how many days of rest it ends, 1 to 3650 |
/// | `REFRESH_REUSE_SECONDS` | 0 | for how long an exchanged refresh token may come again, 0 to 60: see [`RefreshTokens::reuse_interval`] |
/// | `LOGIN_RATE` | `5/minute` | failed logins of an account, a [`Rate`](crate::Rate) or `off` |
/// | `LOGIN_RATE_PER_ADDRESS` | `20/minute` | failed logins of an address; `off` ends the limit of its registrations, too |
/// | `LOGIN_BACKOFF` | `on` | whether the pauses double, `on` or `off` |
/// | `TRUSTED_PROXIES` | none | addresses and networks, with commas between |
/// | `TRUSTED_PROXY_HEADER` | `x-forwarded-for` | where they name the client, or `forwarded` |
/// | `PASSWORD_POLICY` | `nist` | or `nist-mfa`, `asvs`, `composition`: see [`PasswordPolicy`] |
/// | `PASSWORD_PEPPER` (secret) | none | `ID:SECRET`: see [`HasherBuilder::pepper`] |
/// | `PASSWORD_PREVIOUS_PEPPERS` (secret) | none | as many of them, with spaces or lines between |
/// | `HASHING_MEMORY` | `19MiB` | or `46MiB`, `12MiB`, `9MiB`, `7MiB`: see [`OwaspParameters`](crate::OwaspParameters) |
/// | `HASHING_THREADS` | half of the cores | 1 to 256 |
/// | `HASHING_QUEUE` | 64 for each thread | passwords that may wait, 1 to 65536 |
/// | `CLIENTS_FILE` | none | clients with a secret: see [`Clients::from_json`] |
/// | `ADMIN_USERNAME`, `ADMIN_PASSWORD` (secret) | nobody | see [`create_admin`](Self::create_admin) |
/// | `REGISTER_MODE` | `conflict` | or `private`, which needs a mailer: see [`RegisterMode`] |
/// | `PUBLIC_URL` | none | where users find the service, for the links in mails: see [`MailLinks::new`] |
///
/// A secret may come from a file instead, which the variable with `_FILE` behind its name has the
/// path of: `JWT_SECRET_FILE=/run/secrets/jwt`. Where variables come from, `.env` included, is for
/// [`Variables`] to say; so are defaults of the application's own.
///
/// # Examples
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use tower_bearer::{JwtAuthLayer, LoginRouter, Settings, Token};
/// # use tower_bearer::MemoryStore;
/// # struct SqliteStore;
/// # impl SqliteStore {
/// #     async fn connect(_: &str) -> Result<MemoryStore, std::io::Error> { Ok(MemoryStore::new()) }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = Settings::from_env()?;
/// let store = SqliteStore::connect(settings.database_url()).await?;
/// settings.create_admin(&store, |admin| admin.roles(["admin"])).await?;
/// let issuer = settings.issuer();
/// let auth = JwtAuthLayer::new(issuer.verifier_with(settings.trusted_keys())?);
/// let login = LoginRouter::new(store.clone(), issuer).settings(&settings)?.throttle_store(store);
/// let api = Router::new().route("/hello", get(|_: Token| async { "hello" }));
/// let app = Router::new()
///     .nest("/auth", login.auth(auth.clone()).into_router())
///     .merge(api.layer(auth));
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Settings {
    database_url: String,
    redis_url: Option<String>,
    public_url: Option<String>,
    mail_links: Option<MailLinks>,
    register_mode: RegisterMode,
    issuer: Issuer,
    trusted_keys: KeySet,
    refresh: RefreshTokens,
    policy: PasswordPolicy,
    hasher: HasherBuilder,
    throttle: LoginThrottle,
    addresses: AddressSource,
    clients: Option<Clients>,
    admin: Option<FirstAdmin>,
}

impl Settings {
    /// Reads the variables of the process, and the file `.env` for those that are not set.
    ///
    /// # Errors
    ///
    /// All faults at once.
    ///
    /// # Examples
    ///
    /// See [`Settings`].
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(Variables::from_env())
    }

    /// Reads these variables and no others, for tests.
    ///
    /// # Errors
    ///
    /// All faults at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// use tower_bearer::Settings;
    ///
    /// // The least that there is.
    /// let settings = Settings::from_vars([
    ///     ("DATABASE_URL", "sqlite://app.db?mode=rwc"),
    ///     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    ///     ("JWT_ISSUER", "https://me.example"),
    ///     ("JWT_AUDIENCE", "api"),
    /// ])?;
    /// assert_eq!(settings.issuer().identifier(), Some("https://me.example"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_vars<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError> {
        Self::read(Variables::from_pairs(pairs))
    }

    /// `DATABASE_URL`, for `connect` of the store.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let settings = Settings::from_vars(least)?; // what must be set, and nothing else
    /// assert_eq!(settings.database_url(), "sqlite://app.db");
    /// # Ok(())
    /// # }
    /// ```
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// `REDIS_URL`, for `connect` of the store.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// // `least` is what must be set.
    /// assert_eq!(Settings::from_vars(least)?.redis_url(), None); // sessions stay beside the users
    /// let url = ("REDIS_URL", "redis://cache");
    /// let settings = Settings::from_vars(least.into_iter().chain([url]))?;
    /// assert_eq!(settings.redis_url(), Some("redis://cache"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn redis_url(&self) -> Option<&str> {
        self.redis_url.as_deref()
    }

    /// `PUBLIC_URL`, without a slash at its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let url = ("PUBLIC_URL", "https://app.example.org/"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([url]))?;
    /// assert_eq!(settings.public_url(), Some("https://app.example.org"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    /// The issuer, with its keys.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let minutes = ("ACCESS_TOKEN_EXPIRE_MINUTES", "5"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([minutes]))?;
    /// assert_eq!(settings.issuer().lifetime(), Duration::from_secs(300));
    /// # Ok(())
    /// # }
    /// ```
    pub fn issuer(&self) -> Issuer {
        self.issuer.clone()
    }

    /// The keys of others who issue tokens for this service, for
    /// [`Issuer::verifier_with`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Settings};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let settings = Settings::from_vars(least)?; // what must be set, and nothing else
    /// let issuer = settings.issuer();
    /// let verifier = issuer.verifier_with(settings.trusted_keys())?; // of itself alone
    /// let token = verifier.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    /// assert_eq!(token.subject(), Some("alice"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_keys(&self) -> KeySet {
        self.trusted_keys.clone()
    }

    /// A hasher, for what an application hashes itself.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoHashingThread`] when the system started no thread to hash passwords.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let memory = ("HASHING_MEMORY", "46MiB"); // beside what must be set
    /// let hasher = Settings::from_vars(least.into_iter().chain([memory]))?.hasher()?;
    /// assert!(format!("{hasher:?}").contains("memory_kib: 47104"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn hasher(&self) -> Result<Hasher, ConfigError> {
        self.hasher.clone().build()
    }

    /// The policy, to add words of the service or a breach check to.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let preset = ("PASSWORD_POLICY", "asvs"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([preset]))?;
    /// let policy = settings.password_policy().block(["lion-42k"]); // and a word of ours
    /// assert!(policy.check("lion-42k").is_err());
    /// assert!(policy.check("bear-42k").is_ok()); // 8 characters
    /// # Ok(())
    /// # }
    /// ```
    pub fn password_policy(&self) -> PasswordPolicy {
        self.policy.clone()
    }

    /// The rules of refresh tokens, to say how many sessions a user may have.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, Settings};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let days = ("REFRESH_TOKEN_EXPIRE_DAYS", "7"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([days]))?;
    /// let refresh = settings.refresh_tokens().most_sessions(5);
    /// # let new = NewSession::new("alice", "web", "me");
    /// let session = refresh.issue(&store, new, now).await?.session;
    /// assert_eq!(session.expires_at - now, Duration::from_secs(7 * 24 * 3600));
    /// # Ok(())
    /// # }
    /// ```
    pub fn refresh_tokens(&self) -> RefreshTokens {
        self.refresh.clone()
    }

    /// The limits, to add a notice of locks to.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// # fn main() -> Result<(), tower_bearer::SettingsError> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let backoff = ("LOGIN_BACKOFF", "off"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([backoff]))?;
    /// let throttle = settings.login_throttle().on_lock(|notice| println!("{notice:?}"));
    /// assert!(format!("{throttle:?}").contains("backoff: false"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn login_throttle(&self) -> LoginThrottle {
        self.throttle.clone()
    }

    /// Where the address of a client is found.
    pub fn client_address(&self) -> AddressSource {
        self.addresses.clone()
    }

    /// `TRUSTED_PROXIES`, for [`SchemeSource::forwarded`](crate::SchemeSource::forwarded); nothing
    /// where the variable is not set.
    ///
    /// # Examples
    ///
    /// The first program of [`guide::deployment`](crate::guide::deployment).
    pub fn trusted_proxies(&self) -> Option<TrustedProxies> {
        self.addresses.proxies().cloned()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("issuer", &self.issuer)
            .field("refresh", &self.refresh)
            .field("hasher", &self.hasher)
            .field("throttle", &self.throttle)
            .field("addresses", &self.addresses)
            .field("clients", &self.clients)
            .field("register_mode", &self.register_mode)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}
