//! First-party bearer-token authentication for tower, hyper and axum.
//!
//! The *verifying side* guards any [`tower::Service`](tower_service::Service) over `http` types:
//! [`JwtAuthLayer`] lets only requests with a valid token through, policies such as
//! [`require_scopes`] and [`require_role`] decide who may do what, and the extractors [`Token`]
//! and [`Claims`] hand the result to axum handlers. Refusals carry the challenges of RFC 6750.
//! [`require_https`], around it all, refuses what came over plain HTTP.
//!
//! The *issuing side* is for services without an identity provider: [`Issuer`] mints access tokens
//! in the profile of RFC 9068, and with the feature `login`, `LoginRouter` adds routes to
//! register, log in, refresh and log out, over users and sessions in a store.
//!
//! # Protect a router
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower_bearer::{ConfigError, JwtAuthLayer, Token, Verifier, require_scopes};
//!
//! fn app(secret: &str) -> Result<Router, ConfigError> {
//!     let verifier = Verifier::hs256(secret)?.issuer("https://me").audience("api").build()?;
//!     Ok(Router::new()
//!         .route("/me", get(me))
//!         .route("/posts", get(|| async { "posts" }).route_layer(require_scopes(["posts:read"])))
//!         .layer(JwtAuthLayer::new(verifier)))
//! }
//!
//! async fn me(token: Token) -> String {
//!     token.subject().unwrap_or_default().to_owned()
//! }
//! # app("J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE").unwrap();
//! ```
//!
//! # Test it without a server
//!
//! ```
//! use axum::{Router, body::Body, routing::get};
//! use http::{Request, StatusCode, header};
//! use tower::ServiceExt;
//! use tower_bearer::{Grant, Issuer, JwtAuthLayer, require_role};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::for_tests();
//! let app = Router::new()
//!     .route("/admin", get(|| async { "hello" }).route_layer(require_role("admin")))
//!     .layer(JwtAuthLayer::new(issuer.verifier()?));
//!
//! let token = issuer.issue(&Grant::new("alice").roles(["admin"]))?;
//! let request = Request::get("/admin")
//!     .header(header::AUTHORIZATION, format!("Bearer {token}"))
//!     .body(Body::empty())?;
//! assert_eq!(app.oneshot(request).await?.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `axum-core` | yes | the extractors, and `IntoResponse` for rejections |
//! | `aws-lc-rs` | yes | the cryptographic backend aws-lc-rs; it does the work where both are on |
//! | `rust-crypto` | | the cryptographic backend RustCrypto, which needs no C compiler |
//! | `base64-simd` | | tokens are decoded with vector instructions, by three more crates |
//! | `jwks` | | `Verifier::discover` and `Verifier::jwks`: the keys of other issuers |
//! | `introspection` | | `Verifier::introspect`: tokens that another server vouches for |
//! | `cache` | | `Verifier::cached`: a token that was verified is recognised when it comes again |
//! | `password` | | argon2id on a bounded pool of threads, and the rules for new passwords |
//! | `zxcvbn` | | password policies with a score of zxcvbn |
//! | `store` | | users, refresh tokens and API keys: the traits, their rules, the store in memory |
//! | `sqlite` | | the store on SQLite; needs Rust 1.94 |
//! | `postgres` | | the store on PostgreSQL; needs Rust 1.94 |
//! | `redis` | | sessions, tokens in mails, and what limits count, in Redis |
//! | `login` | | `LoginRouter`, with limits of attempts |
//! | `lettre` | | `SmtpMailer`: the mails of `LoginRouter` over SMTP |
//! | `tracing` | | events through `tracing` |
//! | `metrics` | | counters and histograms through `metrics` |
//! | `openapi` | | security schemes, scopes and the routes of `LoginRouter` for an OpenAPI document |
//! | `tonic` | | refusals as gRPC statuses |
//! | `full` | | all of these but `rust-crypto` |
//!
//! A feature only adds: turning one on never changes what another does.
//!
//! The [guides](crate::guide) have a page for each thing that you may want, with a program that works.
//!
//! # Where protection weakens
//!
//! - Under [`JwtAuthLayer::optional`] a route is public unless a policy or an extractor on it
//!   asks for a token.
//! - [`VerifierBuilder::any_audience`] takes tokens that were issued for other services, and a
//!   verifier without [`issuer`](VerifierBuilder::issuer) does not look at `iss`.
//! - An access token stays valid until it expires, without [`JwtAuthLayer::revocations`] whatever
//!   becomes of its session, and without [`JwtAuthLayer::users`] of its user. Keep its life short.
//! - A refresh token that was copied is found out at its second use, unless
//!   `RefreshTokens::reuse_interval` lets it come again for some seconds. One of
//!   `RefreshTokens::stateless` is never found out: it works until it expires or the password changes.
//! - The rate of an API key is counted in one process: with several nodes each allows all of it. A key
//!   is good until it expires or is revoked, however its owner's sessions end.
//! - `RemoteKeySet::insecure_http` lets whoever is between the service and its provider sign tokens, and
//!   `any_issuer` takes those of all customers of a provider that signs for all with the same keys.
//! - A token that is introspected stays valid for `IntrospectionBuilder::cache_for`, 30 seconds by
//!   default, after its server revoked it.
//! - `Verifier::cached` keeps the texts of tokens in memory beyond their requests.
//! - [`TokenSource::query`] puts tokens where logs and histories keep them.
//! - A CORS preflight passes without a token, to whatever answers `OPTIONS` inside the layer.
//! - Without [`require_https`] a token is taken over plain HTTP, too. [`SchemeSource::forwarded`]
//!   believes whoever connects from a trusted network.
//! - The limits of `LoginRouter` hold for each process until `throttle_store` gives it a store, and for
//!   all clients together where the server tells no [`PeerAddr`].
//! - In axum, `Router::layer` covers the routes that were added before it.

// docs.rs says of each item which feature it takes.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Extractors are named where there are none, too.
#![cfg_attr(not(feature = "axum-core"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "store")]
mod api_key;
#[cfg(feature = "login")]
mod audit;
mod auth;
mod body;
mod challenge;
mod clock;
mod error;
#[cfg(feature = "axum-core")]
mod extract;
#[cfg(any(feature = "introspection", feature = "jwks"))]
mod fetch;
mod gate;
#[cfg(any(doc, all(doctest, feature = "full")))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
#[cfg(feature = "introspection")]
mod introspect;
mod issue;
#[cfg(feature = "jwks")]
mod jwks;
mod key;
#[cfg(feature = "login")]
mod limit;
#[cfg(feature = "login")]
mod login;
#[cfg(feature = "login")]
mod mail;
mod metadata;
mod meter;
#[cfg(feature = "store")]
mod one_time;
#[cfg(feature = "openapi")]
mod openapi;
#[cfg(feature = "password")]
mod password;
mod peer;
mod random;
#[cfg(feature = "store")]
mod rate;
#[cfg(feature = "store")]
mod refresh;
mod reject;
mod require;
#[cfg(feature = "login")]
mod settings;
#[cfg(feature = "store")]
mod store;
mod subject;
mod token;
mod trace;
mod transport;
mod verify;

#[cfg(feature = "store")]
pub use api_key::{ApiKey, ApiKeyError, ApiKeyVerifier, ApiKeys, IssuedApiKey, NewApiKey};
#[cfg(feature = "login")]
pub use audit::{AuditEvent, AuditRecord, AuditSink, LoginFailure, SessionEnd};
pub use auth::{JwtAuth, JwtAuthLayer, RequestHead, TokenCookie, TokenSource};
pub use body::AuthBody;
pub use challenge::Challenge;
pub use clock::Clock;
pub use error::{AuthError, AuthErrorKind, ConfigError};
#[cfg(feature = "axum-core")]
pub use extract::{Claims, HasRole, RequiredRoles, RequiredScopes, Scoped};
#[cfg(any(feature = "introspection", feature = "jwks"))]
pub use fetch::HttpClient;
pub use gate::ResponseFuture;
pub use issue::{Grant, IssueError, Issuer};
#[cfg(feature = "jwks")]
pub use jwks::{KeySetStatus, RemoteKeySet};
pub use key::{Algorithm, KeySet, SigningKey, SigningKeys, VerifyingKey};
#[cfg(feature = "login")]
pub use limit::{LockNotice, LoginThrottle};
#[cfg(feature = "login")]
pub use login::{
    AuthorizationServerMetadata, Client, Clients, Endpoint, LoginRouter, RegisterMode,
};
#[cfg(feature = "lettre")]
pub use mail::SmtpMailer;
#[cfg(feature = "login")]
pub use mail::{Mail, MailError, MailKind, MailLinks, MailQueue, MailText, Mailer};
pub use metadata::{ResourceMetadata, WellKnown};
#[cfg(feature = "metrics")]
pub use meter::describe_metrics;
#[cfg(feature = "store")]
pub use one_time::{OneTimePurpose, OneTimeToken, OneTimeTokens};
#[cfg(feature = "openapi")]
pub use openapi::PasswordFlow;
#[cfg(feature = "password")]
pub use password::{
    BreachCheck, Hasher, HasherBuilder, NewPasswordError, OwaspParameters, PasswordContext,
    PasswordError, PasswordPolicy, PasswordRule, UnusableHash, Verification,
};
pub use peer::{AddressSource, PeerAddr, TrustedProxies};
#[cfg(feature = "store")]
pub use rate::Rate;
#[cfg(feature = "store")]
pub use refresh::{
    IssuedRefresh, RefreshError, RefreshRequest, RefreshToken, RefreshTokens,
    StatelessRefreshTokens, VerifiedRefresh,
};
pub use reject::{EXPOSED_HEADERS, Rejection, RejectionFormat};
pub use require::{
    AllScopes, AnyOf, AnyRole, AnyScope, AsyncCheck, Check, Decision, Denial, Not, Policies,
    Policy, PolicyRequest, Require, RequireLayer, any_of, any_role, any_scope, check_async, not,
    require, require_any_role, require_any_scope, require_role, require_scopes, role, scopes,
};
#[cfg(feature = "login")]
pub use settings::{Settings, SettingsError, Variables};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "redis")]
pub use store::RedisStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
#[cfg(feature = "store")]
pub use store::{
    AccountStore, ApiKeyOwner, ApiKeyStore, ConfirmEmailError, Email, EmailError, Housekeeping,
    InsertUserError, LoginName, MemoryStore, NewSession, NewUser, OneTimeTokenStore, RefreshStore,
    RevocationStore, Session, SessionUser, StoreError, StoredApiKey, StoredOneTimeToken,
    StoredToken, ThrottleState, ThrottleStore, User, UserChange, UserStore, Username,
    UsernameError,
};
pub use subject::{
    ApiKeyCheck, ApiKeySource, CurrentUser, Revocations, SubjectStore, VerifiedApiKey,
};
pub use token::{ClaimsError, Token, TokenKind};
pub use transport::{
    ConnectionScheme, RequireHttps, RequireHttpsFuture, RequireHttpsLayer, SchemeSource,
    require_https,
};
#[cfg(feature = "introspection")]
pub use verify::IntrospectionBuilder;
#[cfg(feature = "jwks")]
pub use verify::TenantsBuilder;
#[cfg(feature = "cache")]
pub use verify::{CacheCounters, TokenCache};
pub use verify::{Verifier, VerifierBuilder};
