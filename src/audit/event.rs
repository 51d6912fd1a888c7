//! What may happen to accounts, sessions and keys.

use serde::Serialize;

/// An act that matters to security, with the IDs of those it concerns.
///
/// No event carries a password, a token, a hash, or what somebody typed as a name. Users, sessions,
/// clients and keys are named by their IDs. Names, fields and meanings are those of this table,
/// and stay as they are:
///
#[doc = include_str!("../../docs/AUDIT.md")]
///
/// As JSON an event is its fields beside `event`, its name:
///
/// ```
/// use tower_bearer::{AuditEvent, LoginFailure};
///
/// let event = AuditEvent::LoginFailed {
///     user_id: Some("7".to_owned()),
///     client_id: "first-party".to_owned(),
///     reason: LoginFailure::WrongPassword,
/// };
/// assert_eq!(event.name(), "login.failed");
/// let json = serde_json::to_value(&event)?;
/// assert_eq!(json["event"], "login.failed");
/// assert_eq!(json["reason"], "wrong_password");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event")]
#[non_exhaustive]
#[allow(missing_docs, reason = "docs/AUDIT.md has each event and each field")]
pub enum AuditEvent {
    #[serde(rename = "user.registered")]
    UserRegistered { user_id: String },
    #[serde(rename = "user.register_conflict")]
    RegisterConflict { field: &'static str },
    #[serde(rename = "login.succeeded")]
    LoginSucceeded { user_id: String, session_id: String, client_id: String },
    #[serde(rename = "login.failed")]
    LoginFailed { user_id: Option<String>, client_id: String, reason: LoginFailure },
    #[serde(rename = "login.throttled")]
    LoginThrottled { user_id: Option<String>, retry_after: u64 },
    #[serde(rename = "login.locked")]
    LoginLocked { user_id: Option<String>, seconds: u64 },
    #[serde(rename = "token.refreshed")]
    TokenRefreshed { user_id: String, session_id: String, client_id: String },
    #[serde(rename = "token.reuse_detected")]
    TokenReuseDetected { user_id: String, session_id: String, client_id: String },
    #[serde(rename = "token.revoked")]
    TokenRevoked { user_id: String, client_id: String },
    #[serde(rename = "session.ended")]
    SessionEnded { user_id: String, session_id: String, reason: SessionEnd },
    #[serde(rename = "client.refused")]
    ClientRefused { client_id: Option<String> },
    #[serde(rename = "password.changed")]
    PasswordChanged { user_id: String },
    #[serde(rename = "password.change_refused")]
    PasswordChangeRefused { user_id: String },
    #[serde(rename = "password.reset_requested")]
    PasswordResetRequested { user_id: Option<String> },
    #[serde(rename = "password.reset")]
    PasswordReset { user_id: String },
    #[serde(rename = "password.rehashed")]
    PasswordRehashed { user_id: String },
    #[serde(rename = "email.change_requested")]
    EmailChangeRequested { user_id: String },
    #[serde(rename = "email.verified")]
    EmailVerified { user_id: String },
    #[serde(rename = "user.enabled")]
    UserEnabled { user_id: String, actor_id: String },
    #[serde(rename = "user.disabled")]
    UserDisabled { user_id: String, actor_id: String },
    #[serde(rename = "user.deleted")]
    UserDeleted { user_id: String, actor_id: String },
    #[serde(rename = "user.roles_changed")]
    RolesChanged { user_id: String, actor_id: String, roles: Vec<String> },
    #[serde(rename = "user.scopes_changed")]
    ScopesChanged { user_id: String, actor_id: String, scopes: Vec<String> },
    #[serde(rename = "api_key.created")]
    ApiKeyCreated { key_id: String, user_id: String, scopes: Vec<String> },
    #[serde(rename = "api_key.revoked")]
    ApiKeyRevoked { key_id: String, user_id: String },
}

/// Why a login failed, for the audit trail alone: the client is told one thing for all of them.
///
/// # Examples
///
/// ```
/// use tower_bearer::{AuditEvent, LoginFailure};
///
/// let is_a_guess = |event: &AuditEvent| match event {
///     AuditEvent::LoginFailed { reason, .. } => {
///         matches!(reason, LoginFailure::UnknownUser | LoginFailure::WrongPassword)
///     }
///     _ => false,
/// };
/// let event = AuditEvent::LoginFailed {
///     user_id: None,
///     client_id: "first-party".to_owned(),
///     reason: LoginFailure::UnknownUser,
/// };
/// assert!(is_a_guess(&event));
/// assert_eq!(serde_json::to_value(LoginFailure::InvalidScope)?, "invalid_scope");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoginFailure {
    /// No account has this name.
    UnknownUser,
    /// The account exists, and the password is another.
    WrongPassword,
    /// The password is right, and the account is disabled.
    Disabled,
    /// The password is right, and the address is not confirmed:
    /// [`RegisterMode::Private`](crate::RegisterMode::Private).
    Unverified,
    /// The password is right, and the user holds no scope that was asked for.
    InvalidScope,
}

/// Why a session ended.
///
/// # Examples
///
/// ```
/// use tower_bearer::{AuditEvent, SessionEnd};
///
/// let event = AuditEvent::SessionEnded {
///     user_id: "7".to_owned(),
///     session_id: "rGwO4tB3TgeQw0vEJyXGZA".to_owned(),
///     reason: SessionEnd::Displaced,
/// };
/// assert_eq!(serde_json::to_value(&event)?["reason"], "displaced");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionEnd {
    /// The user logged out.
    Logout,
    /// The user ended it from another session.
    EndedByUser,
    /// An administrator ended it.
    EndedByAdmin,
    /// The browser that had it logged in anew, with a
    /// [cookie](crate::LoginRouter::refresh_cookie).
    Replaced,
    /// A client gave its token back (RFC 7009).
    Revoked,
    /// A refresh token of it came twice.
    Reuse,
    /// The password was changed or reset.
    PasswordChange,
    /// The user was disabled or deleted.
    UserGone,
    /// The user logged in once more than sessions are allowed, and this one was used least recently.
    Displaced,
}

impl AuditEvent {
    /// The event's name: constant, `<what>.<happened>`.
    ///
    /// # Examples
    ///
    /// What a metric counts by:
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use tower_bearer::AuditEvent;
    ///
    /// let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    /// for user in ["7", "8"] {
    ///     let event = AuditEvent::PasswordChanged { user_id: user.to_owned() };
    ///     *counts.entry(event.name()).or_default() += 1;
    /// }
    /// assert_eq!(counts["password.changed"], 2);
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UserRegistered { .. } => "user.registered",
            Self::RegisterConflict { .. } => "user.register_conflict",
            Self::LoginSucceeded { .. } => "login.succeeded",
            Self::LoginFailed { .. } => "login.failed",
            Self::LoginThrottled { .. } => "login.throttled",
            Self::LoginLocked { .. } => "login.locked",
            Self::TokenRefreshed { .. } => "token.refreshed",
            Self::TokenReuseDetected { .. } => "token.reuse_detected",
            Self::TokenRevoked { .. } => "token.revoked",
            Self::SessionEnded { .. } => "session.ended",
            Self::ClientRefused { .. } => "client.refused",
            Self::PasswordChanged { .. } => "password.changed",
            Self::PasswordChangeRefused { .. } => "password.change_refused",
            Self::PasswordResetRequested { .. } => "password.reset_requested",
            Self::PasswordReset { .. } => "password.reset",
            Self::PasswordRehashed { .. } => "password.rehashed",
            Self::EmailChangeRequested { .. } => "email.change_requested",
            Self::EmailVerified { .. } => "email.verified",
            Self::UserEnabled { .. } => "user.enabled",
            Self::UserDisabled { .. } => "user.disabled",
            Self::UserDeleted { .. } => "user.deleted",
            Self::RolesChanged { .. } => "user.roles_changed",
            Self::ScopesChanged { .. } => "user.scopes_changed",
            Self::ApiKeyCreated { .. } => "api_key.created",
            Self::ApiKeyRevoked { .. } => "api_key.revoked",
        }
    }

    /// The text of the event's reason, where it has one.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::LoginFailed { reason, .. } => match reason {
                LoginFailure::UnknownUser => "unknown_user",
                LoginFailure::WrongPassword => "wrong_password",
                LoginFailure::Disabled => "disabled",
                LoginFailure::Unverified => "unverified",
                LoginFailure::InvalidScope => "invalid_scope",
            },
            Self::SessionEnded { reason, .. } => match reason {
                SessionEnd::Logout => "logout",
                SessionEnd::EndedByUser => "ended_by_user",
                SessionEnd::EndedByAdmin => "ended_by_admin",
                SessionEnd::Revoked => "revoked",
                SessionEnd::Reuse => "reuse",
                SessionEnd::PasswordChange => "password_change",
                SessionEnd::UserGone => "user_gone",
                SessionEnd::Displaced => "displaced",
                SessionEnd::Replaced => "replaced",
            },
            _ => "none",
        }
    }

    /// Whether somebody should look at it even if nobody asks: a sign of an attack, or of
    /// somebody who can't get in.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::AuditEvent;
    ///
    /// let guessing = AuditEvent::LoginLocked { user_id: None, seconds: 60 };
    /// assert!(guessing.is_warning());
    /// assert!(!AuditEvent::UserRegistered { user_id: "7".to_owned() }.is_warning());
    /// ```
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::LoginFailed { .. }
                | Self::LoginThrottled { .. }
                | Self::LoginLocked { .. }
                | Self::TokenReuseDetected { .. }
                | Self::ClientRefused { .. }
                | Self::PasswordChangeRefused { .. }
        )
    }
}
