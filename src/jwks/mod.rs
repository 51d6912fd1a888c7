//! The keys of other issuers: fetched, kept fresh, and at hand without a wait.

mod cache;
mod discovery;
mod freshness;
mod shared;
mod snapshot;
mod source;
mod start;
mod status;
mod task;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::time::Duration;

pub(crate) use cache::{KeyCache, Renewal, Renewing};
#[cfg(feature = "cache")]
pub(crate) use snapshot::KeySetId;
pub(crate) use snapshot::KeysAtHand;
pub use status::KeySetStatus;

use crate::Algorithm;
use crate::fetch::HttpClient;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys of an issuer elsewhere, and how they are fetched and kept.
///
/// The keys are read without a wait and without a lock. A task in the background fetches them ahead of
/// their expiry, one fetch at a time, and replaces the set as a whole; a request waits only where
/// there are no keys yet, or for a key that may be new (its `kid` is not among them, or it names none
/// and no key fits), and then for [`timeout`](Self::timeout) at most. While the provider is away, slow, or answers what is no usable set, the keys that are
/// there go on for [`serve_stale`](Self::serve_stale); after that requests are answered with 503 until
/// it is back. The task begins in the tokio runtime of the first request, which needs I/O and time
/// enabled and has to be driven, and ends with the last clone of the verifier.
///
/// | option | default | range |
/// |---|---|---|
/// | [`http_client`](Self::http_client) | [`HttpClient::new`], TLS with the roots of the system | |
/// | [`insecure_http`](Self::insecure_http) | off: `https`, or `http` to this machine | |
/// | [`timeout`](Self::timeout) | 5 seconds | 100 ms to 60 s |
/// | [`max_bytes`](Self::max_bytes) | 1 MiB | 1 KiB to 16 MiB |
/// | [`algorithms`](Self::algorithms) | all but HMAC, an RSA key without `alg` being RS256 | |
/// | [`max_age`](Self::max_age) | 10 minutes, where the provider says nothing | within its bounds |
/// | [`max_age_bounds`](Self::max_age_bounds) | 1 minute to 24 hours | 1 s to 30 days |
/// | [`serve_stale`](Self::serve_stale) | 1 hour | to 7 days |
/// | [`cooldown`](Self::cooldown) | 30 seconds | 1 s to 1 hour |
///
/// A key is left out, and the others are used, if it is symmetric, for encryption, of an unknown type,
/// curve or algorithm, or weak; [`KeySetStatus::skipped`] tells why. Keys with the same `kid` are all
/// tried.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower_bearer::{HttpClient, RemoteKeySet, Verifier};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A provider that is played here; leave `http_client` out to ask a real one.
/// let provider = HttpClient::from_service(tower::service_fn(|_: Request<Bytes>| async {
///     let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",
///         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
///     Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(keys))))
/// }));
/// let keys = RemoteKeySet::at("https://id.example/keys").http_client(provider);
/// let verifier =
///     Verifier::remote(keys).issuer("https://id.example/").audience("api").build().await?;
///
/// // For the health check.
/// let status = &verifier.key_status()[0];
/// assert!(status.is_usable());
/// assert_eq!(status.key_ids().collect::<Vec<_>>(), ["1"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RemoteKeySet {
    origin: Origin,
    client: HttpClient,
    insecure_http: bool,
    timeout: Duration,
    max_bytes: usize,
    algorithms: Vec<Algorithm>,
    max_age: Duration,
    max_age_bounds: RangeInclusive<Duration>,
    serve_stale: Duration,
    cooldown: Duration,
}

#[derive(Clone, Debug)]
enum Origin {
    Issuer(String),
    Url(String),
}

impl RemoteKeySet {
    /// The keys that an issuer's metadata name: those of OpenID Connect Discovery 1.0 (section 4), or
    /// of RFC 8414 (section 3) where there are none. The metadata's `issuer` must be this one, letter
    /// by letter; write it as the tokens' `iss` has it, with or without the slash at its end.
    ///
    /// The metadata are asked for once a day, and when the keys are no longer where they were. They may
    /// put the keys on another host, but not on this machine (`localhost` or a loopback address) unless
    /// the issuer is on it, or [`insecure_http`](Self::insecure_http) was called.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::discover("https://id.example/");
    /// let verifier = Verifier::remote(keys).audience("api").build_lazy()?;
    /// assert_eq!(verifier.key_status()[0].source(), "https://id.example/");
    /// # Ok(())
    /// # }
    /// ```
    pub fn discover(issuer: impl Into<String>) -> Self {
        Self::new(Origin::Issuer(issuer.into()))
    }

    /// The keys of a JSON Web Key Set (RFC 7517, section 5) at this URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::at("https://id.example/keys");
    /// let verifier = Verifier::remote(keys).issuer("https://id.example/").audience("api");
    /// assert!(!verifier.build_lazy()?.key_status()[0].is_usable()); // nothing is fetched yet
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(url: impl Into<String>) -> Self {
        Self::new(Origin::Url(url.into()))
    }

    fn new(origin: Origin) -> Self {
        Self {
            origin,
            client: HttpClient::new(),
            insecure_http: false,
            timeout: Duration::from_secs(5),
            max_bytes: 1024 * 1024,
            algorithms: Algorithm::ALL.into_iter().filter(|it| it.is_asymmetric()).collect(),
            max_age: 10 * MINUTE,
            max_age_bounds: MINUTE..=DAY,
            serve_stale: HOUR,
            cooldown: Duration::from_secs(30),
        }
    }

    /// Fetches with this client. A second call replaces the first.
    #[must_use]
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.client = client;
        self
    }

    /// Fetches over `http` from other machines, too. **This weakens the check**: whoever is on the way
    /// can put keys of his own in.
    #[must_use]
    pub fn insecure_http(mut self) -> Self {
        self.insecure_http = true;
        self
    }

    /// How long one request may take, from the connection to the last byte, and how long a token waits
    /// for keys: 5 seconds by default. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::at("https://id.example/keys").timeout(Duration::from_secs(2));
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_ok());
    ///
    /// let keys = RemoteKeySet::at("https://id.example/keys").timeout(Duration::ZERO);
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes an answer may have: 1 MiB by default. A second call replaces the first.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Uses keys of these algorithms alone. An RSA key without `alg`, as Microsoft publishes them, is
    /// of the first RSA algorithm in this list. A second call replaces the first.
    ///
    /// By default all but HMAC, and RS256 where a key does not say: a secret is never taken from
    /// elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::at("https://id.example/keys").algorithms([Algorithm::ES256]);
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How long keys are fresh whose answer has no `max-age` in `Cache-Control`: 10 minutes by
    /// default. They are fetched anew when at most a fifth of that is left. A second call replaces the
    /// first.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// The bounds within which the provider's `Cache-Control` is followed: 1 minute to 24 hours by
    /// default. `no-cache` and `no-store` are the lower one. A key that the provider withdraws may be
    /// trusted for the upper one, and for [`serve_stale`](Self::serve_stale) if it is away then. A
    /// second call replaces the first.
    #[must_use]
    pub fn max_age_bounds(mut self, bounds: RangeInclusive<Duration>) -> Self {
        self.max_age_bounds = bounds;
        self
    }

    /// How long keys are used beyond their expiry while no new ones can be fetched: 1 hour by default.
    /// A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::at("https://id.example/keys");
    /// let keys = keys.serve_stale(Duration::from_secs(6 * 3600));
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_ok());
    ///
    /// let keys = RemoteKeySet::at("https://id.example/keys");
    /// let keys = keys.serve_stale(Duration::from_secs(30 * 24 * 3600));
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn serve_stale(mut self, time: Duration) -> Self {
        self.serve_stale = time;
        self
    }

    /// For how long after one fetch tokens with an unknown `kid`, or without one, bring no other: 30
    /// seconds by default. It is also the longest pause between two tries while the provider is away; the first
    /// is 1 second. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{RemoteKeySet, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = RemoteKeySet::at("https://id.example/keys").cooldown(Duration::from_secs(5));
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_ok());
    ///
    /// let keys = RemoteKeySet::at("https://id.example/keys").cooldown(Duration::ZERO);
    /// assert!(Verifier::remote(keys).any_issuer().audience("api").build_lazy().is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// The issuer whose keys they are, where they are discovered.
    pub(crate) fn issuer(&self) -> Option<&str> {
        match &self.origin {
            Origin::Issuer(issuer) => Some(issuer),
            Origin::Url(_) => None,
        }
    }
}
