//! What a policy is, and those that need only the token.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;

use http::{Method, Uri};

use crate::Token;
use crate::token::is_scope_token;

/// Decides whether a request with a valid token may go on.
///
/// Closures `Fn(&Token) -> bool` are policies; so are tuples of policies, of which all must hold.
///
/// # Examples
///
/// A policy of your own, which looks at the request too:
///
/// ```
/// use tower_bearer::{Check, Denial, Policy, PolicyRequest, require};
///
/// struct OwnFolder;
///
/// impl Policy for OwnFolder {
///     fn check(&self, request: &PolicyRequest<'_>) -> Check {
///         let folder = request.uri().path().split('/').nth(1);
///         Check::allow_if(folder == request.token().subject())
///     }
/// }
///
/// let layer = require(OwnFolder);
/// # let _ = layer;
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Looks at the request.
    fn check(&self, request: &PolicyRequest<'_>) -> Check;

    /// The scopes that a token needs for this policy, parted by spaces, where it is about scopes.
    /// They are asked for once, when the layer is made, and named in its 401 and 403.
    fn scopes(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// What a [`Policy`] sees of a request.
///
/// # Examples
///
/// See [`Policy`].
#[derive(Debug)]
pub struct PolicyRequest<'a> {
    token: &'a Token,
    method: &'a Method,
    uri: &'a Uri,
}

impl<'a> PolicyRequest<'a> {
    pub(super) fn new(token: &'a Token, method: &'a Method, uri: &'a Uri) -> Self {
        Self { token, method, uri }
    }

    /// The verified token.
    pub fn token(&self) -> &'a Token {
        self.token
    }

    /// The method of the request.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The URI of the request; under a nested router, what that router sees of it.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }
}

/// The verdict of a [`Policy`], at once or later.
///
/// # Examples
///
/// See [`Policy`].
pub enum Check {
    /// Known.
    Ready(Result<(), Denial>),
    /// To be waited for, while the request waits.
    Later(Pin<Box<dyn Future<Output = Result<(), Denial>> + Send>>),
}

impl Check {
    /// Allows the request, or denies it whatever its scopes.
    pub fn allow_if(allowed: bool) -> Self {
        Self::Ready(if allowed { Ok(()) } else { Err(Denial::Forbidden) })
    }

    /// Allows the request, or denies it for want of a scope.
    pub fn scope_if(held: bool) -> Self {
        Self::Ready(if held { Ok(()) } else { Err(Denial::InsufficientScope) })
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(verdict) => f.debug_tuple("Ready").field(verdict).finish(),
            Self::Later(_) => f.write_str("Later(..)"),
        }
    }
}

/// Why a [`Policy`] denies a request. Both are answered with 403.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Check, Denial};
///
/// assert!(matches!(Check::allow_if(false), Check::Ready(Err(Denial::Forbidden))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// A token with more scopes would do; the challenge says `insufficient_scope` and names them.
    InsufficientScope,
    /// No other token of this user would do.
    Forbidden,
}

impl<F> Policy for F
where
    F: Fn(&Token) -> bool + Send + Sync + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::allow_if(self(request.token()))
    }
}

/// Made by [`scopes`].
///
/// # Examples
///
/// See [`scopes`].
#[derive(Clone, Debug)]
pub struct AllScopes(Vec<String>);

/// All of these scopes.
///
/// # Panics
///
/// When there is none, or one is no scope by RFC 6749, section 3.3 (printable ASCII without
/// space, `"` and `\`): a policy that nobody, or everybody, satisfies is a mistake to be found at
/// the start.
///
/// # Examples
///
/// ```
/// use tower_bearer::{require, role, scopes};
///
/// let layer = require((scopes(["posts:read", "posts:write"]), role("editor")));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn scopes<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> AllScopes {
    AllScopes(checked(scopes))
}

impl Policy for AllScopes {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::scope_if(self.0.iter().all(|scope| request.token().has_scope(scope)))
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        Some(self.0.join(" ").into())
    }
}

/// Made by [`any_scope`].
///
/// # Examples
///
/// See [`any_scope`].
#[derive(Clone, Debug)]
pub struct AnyScope(Vec<String>);

/// At least one of these scopes. Its 403 names the first.
///
/// # Panics
///
/// As [`scopes`].
///
/// # Examples
///
/// ```
/// use tower_bearer::{any_scope, require};
///
/// let layer = require(any_scope(["posts:read", "posts:write"]));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn any_scope<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> AnyScope {
    AnyScope(checked(scopes))
}

impl Policy for AnyScope {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::scope_if(self.0.iter().any(|scope| request.token().has_scope(scope)))
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        self.0.first().map(Into::into)
    }
}

/// Made by [`role`] and [`any_role`].
///
/// # Examples
///
/// See [`any_role`].
#[derive(Clone, Debug)]
pub struct AnyRole(Vec<String>);

/// This role.
///
/// # Examples
///
/// See [`scopes`].
pub fn role(role: impl Into<String>) -> AnyRole {
    AnyRole(vec![role.into()])
}

/// At least one of these roles.
///
/// # Panics
///
/// When there is none.
///
/// # Examples
///
/// ```
/// use tower_bearer::{any_role, require};
///
/// let layer = require(any_role(["teacher", "admin"]));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn any_role<I: IntoIterator<Item = T>, T: Into<String>>(roles: I) -> AnyRole {
    let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
    assert!(!roles.is_empty(), "a policy needs at least one role");
    AnyRole(roles)
}

impl Policy for AnyRole {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::allow_if(self.0.iter().any(|role| request.token().has_role(role)))
    }
}

/// Made by [`check_async`].
///
/// # Examples
///
/// See [`check_async`].
#[derive(Clone, Debug)]
pub struct AsyncCheck<F>(F);

/// A predicate that has to wait, for a database or another service. The request waits with it.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Token, check_async, require};
///
/// async fn is_member(subject: Option<String>) -> bool {
///     subject.is_some() // ask a database
/// }
///
/// let layer = require(check_async(|token: Token| is_member(token.subject().map(Into::into))));
/// # let _ = layer;
/// ```
pub fn check_async<F, Fut>(predicate: F) -> AsyncCheck<F>
where
    F: Fn(Token) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    AsyncCheck(predicate)
}

impl<F, Fut> Policy for AsyncCheck<F>
where
    F: Fn(Token) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        let allowed = (self.0)(request.token().clone());
        Check::Later(Box::pin(async move {
            if allowed.await { Ok(()) } else { Err(Denial::Forbidden) }
        }))
    }
}

#[track_caller]
fn checked<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> Vec<String> {
    let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
    assert!(!scopes.is_empty(), "a policy needs at least one scope");
    for scope in &scopes {
        assert!(
            is_scope_token(scope),
            "{scope:?} is no scope: printable ASCII without space, quote and backslash"
        );
    }
    scopes
}
