//! What a policy is.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;

use http::{Method, Uri};

use crate::Token;

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
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Check, PolicyRequest};
    ///
    /// fn only_robots(request: &PolicyRequest<'_>) -> Check {
    ///     Check::allow_if(request.token().client_id() == Some("robot"))
    /// }
    /// # let _ = only_robots;
    /// ```
    pub fn token(&self) -> &'a Token {
        self.token
    }

    /// The method of the request.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Method;
    /// use tower_bearer::{Check, PolicyRequest};
    ///
    /// /// Whoever has a token may read; to write takes a scope.
    /// fn readers_and_writers(request: &PolicyRequest<'_>) -> Check {
    ///     let reads = request.method() == Method::GET;
    ///     Check::scope_if(reads || request.token().has_scope("posts:write"))
    /// }
    /// # let _ = readers_and_writers;
    /// ```
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The URI of the request; under a nested router, what that router sees of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Check, PolicyRequest};
    ///
    /// /// `/users/{name}/...` is for the user of that name.
    /// fn own_pages(request: &PolicyRequest<'_>) -> Check {
    ///     let name = request.uri().path().split('/').nth(2);
    ///     Check::allow_if(name.is_some() && name == request.token().subject())
    /// }
    /// # let _ = own_pages;
    /// ```
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }
}

/// The query may hold a token.
impl fmt::Debug for PolicyRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyRequest")
            .field("token", self.token)
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish()
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
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Check, Denial};
    ///
    /// assert!(matches!(Check::allow_if(true), Check::Ready(Ok(()))));
    /// assert!(matches!(Check::allow_if(false), Check::Ready(Err(Denial::Forbidden))));
    /// ```
    pub fn allow_if(allowed: bool) -> Self {
        Self::Ready(if allowed { Ok(()) } else { Err(Denial::Forbidden) })
    }

    /// Allows the request, or denies it for want of a scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Check, Denial};
    ///
    /// assert!(matches!(Check::scope_if(false), Check::Ready(Err(Denial::InsufficientScope))));
    /// ```
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

/// Why a [`Policy`] denies a request.
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
    /// A token with more scopes would do: 403, with a challenge that says `insufficient_scope` and
    /// names the scopes of the policy.
    InsufficientScope,
    /// No other token of this user would do: 403, whose challenge names no error.
    Forbidden,
    /// What the policy has to ask is out of reach: 503 with `Retry-After`.
    Unavailable,
}
