//! [`LoginRouter`]: register, log in, refresh, log out.

mod account;
mod admin;
mod answer;
mod api_keys;
mod authenticate;
mod body;
mod bound;
mod build;
mod claims;
mod client;
mod cookie;
mod endpoint;
mod introspect;
mod issue;
mod key_store;
mod logout;
mod mail;
mod metadata;
#[cfg(feature = "openapi")]
mod openapi;
mod options;
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

use axum::routing::{delete, get, post};

pub use client::{Client, Clients};
pub use endpoint::Endpoint;
pub use metadata::AuthorizationServerMetadata;
pub use register_mode::RegisterMode;

use crate::audit::Trail;
use crate::auth::JwtAuthLayer;
use crate::issue::Issuer;
use crate::limit::{AnyThrottleStore, LoginThrottle};
use crate::mail::MailLinks;
use crate::one_time::OneTimeTokens;
use crate::password::{Hasher, PasswordPolicy};
use crate::peer::AddressSource;
use crate::refresh::{RefreshTokens, StatelessRefreshTokens};
use crate::store::{RefreshStore, UserStore};
use claims::ClaimsHook;
use cookie::RefreshCookie;
use key_store::KeyStore;
use mail::Mailing;
use profile::ProfileType;
use revocations::RevokedTokens;
use routes::{Access, Routes};

const DEFAULT_BODY_LIMIT: usize = 16 * 1024;

/// Routes for accounts of one's own: an axum [`Router`](axum::Router) to nest or merge into yours.
///
/// | endpoint | default route | takes | answers |
/// |---|---|---|---|
/// | [`Register`](Endpoint::Register) | `POST /register` | JSON `username`, `password`, `email`?, `name`? | 201 and the user; 409 taken; 422 a rule is broken |
/// | [`Token`](Endpoint::Token) | `POST /token` | form: `grant_type=password` or `refresh_token` (RFC 6749, sections 4.3 and 6) | tokens (section 5.1) or an error (section 5.2) |
/// | [`Login`](Endpoint::Login) | `POST /login` | JSON `password` and one of `username`, `email` | as token |
/// | [`Refresh`](Endpoint::Refresh) | `POST /refresh` | `refresh_token`: JSON, or form with `grant_type=refresh_token`; or the [cookie](Self::refresh_cookie) | as token |
/// | [`Logout`](Endpoint::Logout) | `POST /logout` | a bearer token, or `refresh_token` (JSON or form) or the cookie, or both | 204, also where the session is over or unknown |
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
/// # Browsers
///
/// A script that finds its way into a page must not find a token there that lives for weeks. With
/// [`refresh_cookie`](Self::refresh_cookie) the refresh tokens of browsers are in a cookie that no script
/// can read, and the page keeps the access token in memory.
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
    refresh_cookie: Option<RefreshCookie>,
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
    /// Whether users change their accounts.
    #[cfg(feature = "openapi")]
    edits_accounts: bool,
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
            refresh_cookie: None,
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
            #[cfg(feature = "openapi")]
            edits_accounts: false,
            routes,
        }
    }
}

impl<U, R> fmt::Debug for LoginRouter<U, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRouter").field("routes", &self.routes).finish_non_exhaustive()
    }
}
