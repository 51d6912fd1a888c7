//! The endpoints of a [`LoginRouter`](crate::LoginRouter), by name.

/// One endpoint of a [`LoginRouter`](crate::LoginRouter), to rename or to leave out.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore};
///
/// let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .without(Endpoint::Token)
///     .path(Endpoint::Session, "/devices/{id}")
///     .path(Endpoint::Sessions, "/devices");
/// let routes = format!("{login:?}");
/// assert!(routes.contains("/devices/{id}") && !routes.contains("/token"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /register`: makes an account.
    Register,
    /// `POST /token`: the token endpoint of RFC 6749, section 3.2.
    Token,
    /// `POST /login`: the same with JSON.
    Login,
    /// `POST /refresh`: exchanges a refresh token.
    Refresh,
    /// `POST /logout`: ends a session.
    Logout,
    /// `POST /revoke`: revokes a token (RFC 7009).
    Revoke,
    /// `POST /introspect`: what a token is good for (RFC 7662); there if
    /// [`LoginRouter::clients`](crate::LoginRouter::clients) is called.
    Introspect,
    /// `GET /me`: the user of the token; with [`accounts`](crate::LoginRouter::accounts) `PATCH` and
    /// `PUT` too.
    Me,
    /// `POST /password`: a new password for the user of the token.
    Password,
    /// `GET /sessions` and `DELETE /sessions`: where the token's user is logged in, and the end of
    /// that everywhere else.
    Sessions,
    /// `DELETE /sessions/{id}`: ends one of these sessions. Another path must have `{id}` in it.
    Session,
    /// `POST /verify-email`: confirms an address, or sends the mail for it again. Where the router has
    /// a [`mailer`](crate::LoginRouter::mailer).
    VerifyEmail,
    /// `POST /forgot-password`: mails a token to set a new password with. Where the router has a
    /// [`mailer`](crate::LoginRouter::mailer).
    ForgotPassword,
    /// `POST /reset-password`: sets a new password for such a token. Where the router has a
    /// [`mailer`](crate::LoginRouter::mailer).
    ResetPassword,
    /// `GET /api-keys` and `POST /api-keys`: the user's API keys, and a new one. Where the router has
    /// [`api_keys`](crate::LoginRouter::api_keys).
    ApiKeys,
    /// `DELETE /api-keys/{id}`: revokes one of them. Another path must have `{id}` in it.
    ApiKey,
    /// `GET /users`: all users, for administrators. This and the two below are there if
    /// [`LoginRouter::administration`](crate::LoginRouter::administration) is called.
    Users,
    /// `GET /users/{id}`, `PATCH /users/{id}` and `DELETE /users/{id}`: one of them. Another path must
    /// have `{id}` in it.
    User,
    /// `DELETE /users/{id}/sessions`: the end of where a user is logged in. Another path must have
    /// `{id}` in it.
    UserSessions,
}

impl Endpoint {
    /// Whether its path must have `{id}` in it.
    pub(super) const fn has_id(self) -> bool {
        matches!(self, Self::Session | Self::ApiKey | Self::User | Self::UserSessions)
    }

    /// Whether it is for administrators alone.
    #[cfg(feature = "openapi")]
    pub(super) const fn is_administration(self) -> bool {
        matches!(self, Self::Users | Self::User | Self::UserSessions)
    }

    pub(super) const fn default_path(self) -> &'static str {
        match self {
            Self::Register => "/register",
            Self::Token => "/token",
            Self::Login => "/login",
            Self::Refresh => "/refresh",
            Self::Logout => "/logout",
            Self::Revoke => "/revoke",
            Self::Introspect => "/introspect",
            Self::Me => "/me",
            Self::Password => "/password",
            Self::Sessions => "/sessions",
            Self::Session => "/sessions/{id}",
            Self::VerifyEmail => "/verify-email",
            Self::ForgotPassword => "/forgot-password",
            Self::ResetPassword => "/reset-password",
            Self::ApiKeys => "/api-keys",
            Self::ApiKey => "/api-keys/{id}",
            Self::Users => "/users",
            Self::User => "/users/{id}",
            Self::UserSessions => "/users/{id}/sessions",
        }
    }
}
