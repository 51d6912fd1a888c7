//! [`LoginRouter`]: register, log in, refresh, log out.

mod account;
mod admin;
mod answer;
mod api_keys;
mod authenticate;
mod body;
mod bound;
mod claims;
mod client;
mod endpoint;
mod introspect;
mod issue;
mod key_store;
mod logout;
mod mail;
mod params;
mod password;
mod profile;
mod register;
mod register_mode;
mod reset;
mod revocations;
mod revoke;
mod routes;
mod run;
mod sessions;
mod shared;
mod stateless;
mod throttle;
mod token;
mod token_store;
mod verify_email;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

pub use client::{Client, Clients};
pub use endpoint::Endpoint;
pub use register_mode::RegisterMode;

use crate::audit::{AuditSink, Trail};
use crate::auth::JwtAuthLayer;
use crate::issue::Issuer;
use crate::limit::{Limiter, LoginThrottle};
use crate::mail::MailLinks;
use crate::one_time::OneTimeTokens;
use crate::password::{Hasher, PasswordPolicy};
use crate::peer::AddressSource;
use crate::refresh::{RefreshTokens, StatelessRefreshTokens};
use crate::store::{AnyThrottleStore, MemoryStore, RefreshStore, UserStore};
use crate::token::is_scope_token;
use claims::ClaimsHook;
use key_store::KeyStore;
use mail::Mailing;
use profile::ProfileType;
use revocations::RevokedTokens;
use routes::{Access, Routes};
use shared::Shared;
use stateless::Stateless;

const DEFAULT_BODY_LIMIT: usize = 16 * 1024;

/// Routes for accounts of one's own: an axum [`Router`] to nest or merge into yours.
///
/// | endpoint | default route | takes | answers |
/// |---|---|---|---|
/// | [`Register`](Endpoint::Register) | `POST /register` | JSON `username`, `password`, `email`?, `name`? | 201 and the user; 409 taken; 422 a rule is broken |
/// | [`Token`](Endpoint::Token) | `POST /token` | form: `grant_type=password` or `refresh_token` (RFC 6749, sections 4.3 and 6) | tokens (section 5.1) or an error (section 5.2) |
/// | [`Login`](Endpoint::Login) | `POST /login` | JSON `password` and one of `username`, `email` | as token |
/// | [`Refresh`](Endpoint::Refresh) | `POST /refresh` | `refresh_token`: JSON, or form with `grant_type=refresh_token` | as token |
/// | [`Logout`](Endpoint::Logout) | `POST /logout` | a bearer token, or `refresh_token` (JSON or form), or both | 204, also where the session is over or unknown |
/// | [`Revoke`](Endpoint::Revoke) | `POST /revoke` | form: `token` (RFC 7009) | 200, also where the token is over, unknown or another client's |
/// | [`Introspect`](Endpoint::Introspect) | `POST /introspect`, with [`clients`](Self::clients) | form: `token`, and a client that may (RFC 7662) | `{"active": false}`, or true and what the token says |
/// | [`Me`](Endpoint::Me) | `GET /me` | a bearer token | the user; [`accounts`](Self::accounts) lets users change it |
/// | [`Password`](Endpoint::Password) | `POST /password` | a bearer token, JSON `current_password`, `new_password` | 204; ends the user's other sessions; 400 `invalid_grant` the current one is wrong; 422 a rule is broken |
/// | [`Sessions`](Endpoint::Sessions) | `GET /sessions` | a bearer token | the user's sessions, with the one used last first |
/// | | `DELETE /sessions` | a bearer token, `?all=true`? | 204; ends the user's other sessions, with `all` this one too |
/// | [`Session`](Endpoint::Session) | `DELETE /sessions/{id}` | a bearer token | 204; 404 if the user has no such session |
///
/// A session's answer is `{id, client_id, scope, device, created_at, last_used_at, expires_at,
/// is_current}` with times in seconds since the Unix epoch; `device` is the `User-Agent` of the
/// login. A user's answer is `{id, username, email, email_verified, name, is_active, roles, scopes}`, and
/// `profile` where users [have one](Self::profile); the password hash is in no type that can be
/// serialized. Members of a body that are not named above have no effect. Bodies above the [limit](Self::body_limit) are answered with 413.
///
/// Logging in with a password is for one's own clients only: as an OAuth grant RFC 9700,
/// section 2.4, rules it out. Leave the endpoint out with [`without`](Self::without) where no
/// client needs the form.
///
/// # Scopes
///
/// A user holds scopes. A login that asks for none gets all of them; one that asks gets those of
/// them that the user holds, and `invalid_scope` where that leaves none. A refresh never goes
/// beyond the login, and reads the user's scopes and roles anew.
///
/// # Attempts
///
/// Failed logins are limited for each account and each address: beyond that, the answer is 429. See
/// [`LoginThrottle`], and [`throttle_store`](Self::throttle_store) for several nodes.
///
/// # Clients
///
/// A client names itself with `client_id`, or is the issuer's
/// [`default_client_id`](Issuer::default_client_id). All are public unless [`clients`](Self::clients)
/// makes some known that have a secret.
///
/// # Mails
///
/// With a [`mailer`](Self::mailer) users confirm their addresses and reset forgotten passwords.
/// [`register_mode`](Self::register_mode) then may keep from strangers who has an account, and
/// [`sign_in_on_register`](Self::sign_in_on_register) logs new users in.
///
/// # Revocation
///
/// Revoking a refresh token ends its session, as logging out does. What becomes of the session's
/// access tokens is for [`revocations`](Self::revocations) to say: without it they last until they
/// expire, and an access token can't be revoked (`unsupported_token_type`). With it they are refused
/// with their session, and one that is revoked alone leaves its session as it is.
///
/// # Housekeeping
///
/// Sessions that are over are refused, and stay in the store until somebody deletes them:
/// [`Housekeeping`](crate::Housekeeping) does, in a task beside the server, and with
/// [`one_time_tokens`](crate::Housekeeping::one_time_tokens) what is left of mails too.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use tower_bearer::{Issuer, JwtAuthLayer, LoginRouter, MemoryStore, Token};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let app = Router::new()
///     .route("/hello", get(|token: Token| async move { format!("{:?}", token.subject()) }))
///     .layer(JwtAuthLayer::new(issuer.verifier()?))
///     .nest("/auth", LoginRouter::new(MemoryStore::new(), issuer).into_router());
///
/// let register = Request::post("/auth/register")
///     .header(header::CONTENT_TYPE, "application/json")
///     .body(Body::from(r#"{"username":"alice","password":"correct horse battery"}"#))?;
/// assert_eq!(app.oneshot(register).await?.status(), StatusCode::CREATED);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone)]
pub struct LoginRouter<U, R> {
    users: U,
    sessions: R,
    issuer: Issuer,
    auth: Option<JwtAuthLayer>,
    hasher: Option<Hasher>,
    policy: PasswordPolicy,
    refresh: RefreshTokens,
    stateless: Option<StatelessRefreshTokens>,
    clients: Option<Arc<Clients>>,
    claims: Option<ClaimsHook>,
    revoked: Option<RevokedTokens>,
    keys: Option<KeyStore>,
    profile: Option<ProfileType>,
    default_scopes: Vec<String>,
    body_limit: usize,
    trail: Trail,
    addresses: AddressSource,
    throttle: LoginThrottle,
    throttle_store: Option<Arc<dyn AnyThrottleStore>>,
    mailing: Option<Mailing>,
    mail_links: Option<MailLinks>,
    one_time_tokens: OneTimeTokens,
    register_mode: RegisterMode,
    signs_in_on_register: bool,
    routes: Routes<U, R>,
}

impl<S: UserStore + RefreshStore> LoginRouter<S, S> {
    /// A router over one store for users and sessions.
    pub fn new(store: S, issuer: Issuer) -> Self {
        Self::with_stores(store.clone(), store, issuer)
    }
}

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// A router over a store of users and another of sessions.
    pub fn with_stores(users: U, sessions: R, issuer: Issuer) -> Self {
        let mut routes = Routes::new();
        routes.offer(Endpoint::Register, post(register::register), Access::Anyone);
        routes.offer(Endpoint::Token, post(token::token), Access::Anyone);
        routes.offer(Endpoint::Login, post(token::login), Access::Anyone);
        routes.offer(Endpoint::Refresh, post(token::refresh), Access::Anyone);
        routes.offer(Endpoint::Logout, post(logout::logout), Access::Anyone);
        routes.offer(Endpoint::Revoke, post(revoke::revoke), Access::Anyone);
        routes.offer(Endpoint::Me, get(account::me), Access::Bearer);
        routes.offer(Endpoint::Password, post(password::change), Access::Bearer);
        let all = get(sessions::list).delete(sessions::end_others);
        routes.offer(Endpoint::Sessions, all, Access::Bearer);
        routes.offer(Endpoint::Session, delete(sessions::end), Access::Bearer);
        Self {
            users,
            sessions,
            issuer,
            auth: None,
            hasher: None,
            policy: PasswordPolicy::default(),
            refresh: RefreshTokens::new(),
            stateless: None,
            clients: None,
            claims: None,
            revoked: None,
            keys: None,
            profile: None,
            default_scopes: Vec::new(),
            body_limit: DEFAULT_BODY_LIMIT,
            trail: Trail::default(),
            addresses: AddressSource::default(),
            throttle: LoginThrottle::default(),
            throttle_store: None,
            mailing: None,
            mail_links: None,
            one_time_tokens: OneTimeTokens::new(),
            register_mode: RegisterMode::Conflict,
            signs_in_on_register: false,
            routes,
        }
    }

    /// Puts an endpoint on another path: one of axum's, with a leading slash. An endpoint that was
    /// left out stays out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore};
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .path(Endpoint::Register, "/sign-up")
    ///     .without(Endpoint::Token)
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn path(mut self, endpoint: Endpoint, path: impl Into<String>) -> Self {
        self.routes.rename(endpoint, path.into());
        self
    }

    /// Leaves an endpoint out.
    #[must_use]
    pub fn without(mut self, endpoint: Endpoint) -> Self {
        self.routes.retain(|offered| offered != endpoint);
        self
    }

    /// Leaves all endpoints out but these, which keep their paths.
    #[must_use]
    pub fn only(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        let wanted: Vec<Endpoint> = endpoints.into_iter().collect();
        self.routes.retain(|endpoint| wanted.contains(&endpoint));
        self
    }

    /// Guards the endpoints that take a bearer token with this layer, and verifies the token of [`Endpoint::Logout`] with its
    /// verifier: for a realm, a form of refusal or more keys to trust. Logout reads its token from the
    /// `Authorization` header alone, whatever the layer's sources. Default: a layer over the issuer's own
    /// [`verifier`](Issuer::verifier). Its [`optional`](JwtAuthLayer::optional) has no effect
    /// here: there is no user without a token. Nor have its
    /// [`api_keys`](JwtAuthLayer::api_keys): whoever holds a key is not the user.
    #[must_use]
    pub fn auth(mut self, layer: JwtAuthLayer) -> Self {
        self.auth = Some(layer);
        self
    }

    /// Hashes passwords with another hasher than [`Hasher::new`].
    #[must_use]
    pub fn hasher(mut self, hasher: Hasher) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// What new passwords must satisfy. Default: [`PasswordPolicy::default`]. The user's names and
    /// address count as their [`PasswordContext`](crate::PasswordContext).
    #[must_use]
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How long sessions last. Default: [`RefreshTokens::new`].
    #[must_use]
    pub fn refresh_tokens(mut self, refresh: RefreshTokens) -> Self {
        self.refresh = refresh;
        self
    }

    /// The scopes that a newly registered user holds. Default: none. A second call replaces the
    /// first.
    #[must_use]
    pub fn default_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.default_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The most bytes that a request body may have: 16 KiB by default.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Hands the audit trail to a sink of the application's own, beside the log: see [`AuditSink`].
    #[must_use]
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.trail = Trail::new(sink);
        self
    }

    /// Where the address of a client is found, for limits and the audit trail. Default:
    /// [`AddressSource::connection`], which is the proxy's where clients come through one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AddressSource, Issuer, LoginRouter, MemoryStore, TrustedProxies};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8"])?;
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .client_address(AddressSource::x_forwarded_for(proxies))
    ///     .into_router();
    /// # let _ = router;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_address(mut self, source: AddressSource) -> Self {
        self.addresses = source;
        self
    }

    /// The routes.
    ///
    /// A router with a state of its own takes them after `.with_state(())`.
    ///
    /// # Panics
    ///
    /// When the issuer has no identifier or no audience, the layer takes API keys alone, a default scope is none by RFC 6749,
    /// section 3.3, two endpoints have one path, one that must have an `{id}` in its path has none, or
    /// [`Endpoint::Register`] under [`RegisterMode::Private`] has no mailer or stands beside
    /// [`sign_in_on_register`](Self::sign_in_on_register): at the start, never at a request.
    #[track_caller]
    pub fn into_router(self) -> Router {
        for scope in &self.default_scopes {
            assert!(is_scope_token(scope), "{scope:?} of the default scopes is no scope");
        }
        let registers = self.routes.has(Endpoint::Register);
        if registers && self.register_mode == RegisterMode::Private {
            assert!(
                self.mailing.is_some(),
                "RegisterMode::Private needs LoginRouter::mailer; without one, set \
                 REGISTER_MODE=conflict where the mode comes from the settings"
            );
            assert!(
                !self.signs_in_on_register,
                "sign_in_on_register would tell what RegisterMode::Private keeps"
            );
        }
        let auth = self.auth.clone().unwrap_or_else(|| match self.issuer.verifier() {
            Ok(verifier) => JwtAuthLayer::new(verifier),
            Err(error) => panic!("the issuer of a LoginRouter is not complete: {error}"),
        });
        let auth = match &self.revoked {
            Some(revoked) => auth.revocations(revoked.clone()),
            None => auth,
        };
        let clock = self.issuer.time().clone();
        let counts = self.throttle_store.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        // A key is no session of its owner.
        let auth = auth.without_api_keys();
        let Some(verifier) = auth.verifier().cloned() else {
            panic!("the layer of a LoginRouter takes no tokens, but API keys alone")
        };
        let stateless = self.stateless.map(|rules| Stateless::new(&rules, &self.issuer));
        let shared = Arc::new(Shared {
            users: self.users,
            sessions: self.sessions,
            limiter: Limiter::new(&self.throttle, counts, clock.clone()),
            throttle: self.throttle,
            clock,
            issuer: self.issuer,
            verifier,
            // Made here and not before: the first hasher of a process sets up its pool.
            hasher: self.hasher.unwrap_or_default(),
            policy: self.policy,
            refresh: self.refresh,
            stateless,
            clients: self.clients,
            claims: self.claims,
            revoked: self.revoked,
            keys: self.keys,
            profile: self.profile,
            default_scopes: self.default_scopes,
            body_limit: self.body_limit,
            trail: self.trail,
            addresses: self.addresses,
            mailing: self.mailing,
            mail_links: self.mail_links,
            one_time_tokens: self.one_time_tokens,
            register_mode: self.register_mode,
            signs_in_on_register: self.signs_in_on_register,
        });
        self.routes.into_router(&auth, shared)
    }
}

impl<U, R> fmt::Debug for LoginRouter<U, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRouter").field("routes", &self.routes).finish_non_exhaustive()
    }
}
