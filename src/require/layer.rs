//! The layer, and the functions that make it.

use std::fmt;

use tower_layer::Layer;

use super::policy::Policy;
use super::roles::{any_role, role};
use super::scopes::{any_scope, scopes};
use super::service::{Require, Requirement};

/// Lets only requests through whose token satisfies a policy.
///
/// It goes inside a [`JwtAuthLayer`](crate::JwtAuthLayer): on a route, with `route_layer`, or on
/// a router. Without a layer outside it every request is answered with 500, never let through.
/// A request without a token, under [`optional`](crate::JwtAuthLayer::optional), is answered with
/// 401; a token that does not satisfy the policy with 403. Both name the policy's scopes.
///
/// [`require_scopes`] and its siblings cover what most routes need. [`require()`] takes any
/// [`Policy`]: a closure over the token, a tuple of policies, of which all must hold, or
/// [`any_of`](crate::any_of) such a tuple.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_bearer::{
///     Issuer, JwtAuthLayer, Token, any_of, require, require_role, require_scopes, role, scopes,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let verifier = Issuer::for_tests().verifier()?;
/// let app: Router = Router::new()
///     .route("/posts", get(|| async { "posts" }).route_layer(require_scopes(["posts:read"])))
///     .route("/admin", get(|| async { "admin" }).route_layer(require_role("admin")))
///     .route(
///         "/mixed",
///         get(|| async { "mixed" })
///             .route_layer(require(any_of((scopes(["a", "b"]), role("admin"))))),
///     )
///     .route(
///         "/own",
///         get(|| async { "own" })
///             .route_layer(require(|token: &Token| token.subject() == Some("alice"))),
///     )
///     .layer(JwtAuthLayer::new(verifier));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RequireLayer {
    requirement: Requirement,
}

/// Requires a [`Policy`].
///
/// # Examples
///
/// ```
/// use tower_bearer::{Token, require};
///
/// let layer = require(|token: &Token| token.subject() == Some("alice"));
/// # let _ = layer;
/// ```
pub fn require(policy: impl Policy) -> RequireLayer {
    RequireLayer { requirement: Requirement::new(policy) }
}

/// Requires all of these scopes. A token that lacks one is answered with 403,
/// `error="insufficient_scope"` and all of them in `scope` (RFC 6750, section 3.1).
///
/// # Panics
///
/// When there is none, or one is no scope by RFC 6749, section 3.3.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use tower_bearer::{Grant, Issuer, JwtAuthLayer, require_scopes};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let app = Router::new()
///     .route("/posts", get(|| async { "posts" }).route_layer(require_scopes(["posts:read"])))
///     .layer(JwtAuthLayer::new(issuer.verifier()?));
///
/// let token = issuer.issue(&Grant::new("alice").scopes(["me"]))?;
/// let request = Request::get("/posts")
///     .header(header::AUTHORIZATION, format!("Bearer {token}"))
///     .body(Body::empty())?;
/// let response = app.oneshot(request).await?;
/// assert_eq!(response.status(), StatusCode::FORBIDDEN);
/// let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str()?;
/// assert!(challenge.contains(r#"error="insufficient_scope""#));
/// assert!(challenge.contains(r#"scope="posts:read""#));
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[track_caller]
pub fn require_scopes<I: IntoIterator<Item = T>, T: Into<String>>(all: I) -> RequireLayer {
    require(scopes(all))
}

/// Requires at least one of these scopes. Its 403 names the first.
///
/// # Panics
///
/// As [`require_scopes`].
///
/// # Examples
///
/// ```
/// use tower_bearer::require_any_scope;
///
/// let layer = require_any_scope(["posts:read", "posts:write"]);
/// # let _ = layer;
/// ```
#[track_caller]
pub fn require_any_scope<I: IntoIterator<Item = T>, T: Into<String>>(any: I) -> RequireLayer {
    require(any_scope(any))
}

/// Requires a role. Its 403 has no `insufficient_scope`: another token of the user can't help.
///
/// # Examples
///
/// ```
/// use tower_bearer::require_role;
///
/// let layer = require_role("admin");
/// # let _ = layer;
/// ```
pub fn require_role(name: impl Into<String>) -> RequireLayer {
    require(role(name))
}

/// Requires at least one of these roles.
///
/// # Panics
///
/// When there is none.
///
/// # Examples
///
/// ```
/// use tower_bearer::require_any_role;
///
/// let layer = require_any_role(["teacher", "admin"]);
/// # let _ = layer;
/// ```
#[track_caller]
pub fn require_any_role<I: IntoIterator<Item = T>, T: Into<String>>(any: I) -> RequireLayer {
    require(any_role(any))
}

#[cfg(feature = "openapi")]
impl RequireLayer {
    /// The scopes that its 401 and 403 name.
    pub(crate) fn scope(&self) -> Option<std::sync::Arc<str>> {
        self.requirement.scope()
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.requirement.clone())
    }
}

impl fmt::Debug for RequireLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireLayer")
            .field("scope", &self.requirement.scope())
            .finish_non_exhaustive()
    }
}
