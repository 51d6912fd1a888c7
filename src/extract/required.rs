//! Scopes and roles that a handler asks for in its signature.

use std::fmt;
use std::marker::PhantomData;

use axum_core::extract::FromRequestParts;
use http::Extensions;
use http::request::Parts;

use crate::reject::{Rejection, surroundings_of};
use crate::token::is_scope_token;
use crate::{AuthErrorKind, Token};

/// Names the scopes of [`Scoped`].
///
/// # Examples
///
/// See [`Scoped`].
pub trait RequiredScopes: 'static {
    /// All of these are required. An empty list, or a text that is no scope by RFC 6749, section
    /// 3.3, is an error of compilation wherever [`Scoped`] is extracted:
    ///
    /// ```compile_fail,E0080
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{RequiredScopes, Scoped};
    ///
    /// struct Two;
    ///
    /// impl RequiredScopes for Two {
    ///     const SCOPES: &'static [&'static str] = &["posts:read posts:write"];
    /// }
    ///
    /// async fn posts(_: Scoped<Two>) {}
    ///
    /// let app: Router = Router::new().route("/posts", get(posts));
    /// ```
    const SCOPES: &'static [&'static str];
}

/// The verified token, which holds all scopes that `S` names. A token that lacks one is answered
/// as by [`require_scopes`](crate::require_scopes): 403, `insufficient_scope` and all of them.
///
/// axum runs extractors in the order of the arguments. Put it first: a body that can't be read
/// is then not looked at for a request that may not send it.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::delete};
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use tower_bearer::{Grant, Issuer, JwtAuthLayer, RequiredScopes, Scoped};
///
/// struct PostsPurge;
///
/// impl RequiredScopes for PostsPurge {
///     const SCOPES: &'static [&'static str] = &["posts:purge"];
/// }
///
/// async fn purge(token: Scoped<PostsPurge>) -> String {
///     format!("by {:?}", token.token().subject())
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let app = Router::new()
///     .route("/posts", delete(purge))
///     .layer(JwtAuthLayer::new(issuer.verifier()?));
/// for (scopes, status) in [("posts:purge", StatusCode::OK), ("me", StatusCode::FORBIDDEN)] {
///     let token = issuer.issue(&Grant::new("alice").scopes([scopes]))?;
///     let request = Request::delete("/posts")
///         .header(header::AUTHORIZATION, format!("Bearer {token}"))
///         .body(Body::empty())?;
///     assert_eq!(app.clone().oneshot(request).await?.status(), status);
/// }
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
pub struct Scoped<S> {
    token: Token,
    scopes: PhantomData<fn() -> S>,
}

impl<S: RequiredScopes> Scoped<S> {
    /// A list that nobody, or everybody, satisfies is a mistake to be found before the start.
    const CHECKED: () = {
        assert!(!S::SCOPES.is_empty(), "RequiredScopes::SCOPES needs at least one scope");
        let mut index = 0;
        while index < S::SCOPES.len() {
            assert!(
                is_scope_token(S::SCOPES[index]),
                "a text in RequiredScopes::SCOPES is no scope: printable ASCII without space, quote \
                 and backslash"
            );
            index += 1;
        }
    };

    /// The token in the extensions of a request, if it holds the scopes: for handlers that have no
    /// extractors.
    ///
    /// # Errors
    ///
    /// What the extractor answers, as a refusal.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use tower_bearer::{Rejection, RequiredScopes, Scoped};
    ///
    /// struct PostsPurge;
    ///
    /// impl RequiredScopes for PostsPurge {
    ///     const SCOPES: &'static [&'static str] = &["posts:purge"];
    /// }
    ///
    /// fn purge<B>(request: &Request<B>) -> Result<(), Rejection> {
    ///     let _token = Scoped::<PostsPurge>::of(request.extensions())?;
    ///     Ok(())
    /// }
    ///
    /// // Nobody put a layer around it.
    /// assert_eq!(purge(&Request::new(())).unwrap_err().status(), 500);
    /// ```
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        let () = Self::CHECKED;
        let scope = || Some(S::SCOPES.join(" ").into());
        let token = Token::of(extensions).map_err(|rejection| rejection.with_scope(scope()))?;
        if S::SCOPES.iter().all(|scope| token.has_scope(scope)) {
            return Ok(Self { token: token.clone(), scopes: PhantomData });
        }
        let surroundings = surroundings_of(extensions);
        Err(Rejection::new(AuthErrorKind::InsufficientScope, surroundings).with_scope(scope()))
    }
}

impl<S> Scoped<S> {
    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }
}

impl<S: RequiredScopes, T: Sync> FromRequestParts<T> for Scoped<S> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}

/// Names the roles of [`HasRole`].
///
/// # Examples
///
/// See [`HasRole`].
pub trait RequiredRoles: 'static {
    /// One of these is required. An empty list is an error of compilation wherever [`HasRole`] is
    /// extracted:
    ///
    /// ```compile_fail,E0080
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{HasRole, RequiredRoles};
    ///
    /// struct Nobody;
    ///
    /// impl RequiredRoles for Nobody {
    ///     const ROLES: &'static [&'static str] = &[];
    /// }
    ///
    /// async fn grades(_: HasRole<Nobody>) {}
    ///
    /// let app: Router = Router::new().route("/grades", get(grades));
    /// ```
    const ROLES: &'static [&'static str];
}

/// The verified token, which holds one of the roles that `R` names. Any other is answered as by
/// [`require_any_role`](crate::require_any_role): 403, whose challenge names no error.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_bearer::{HasRole, RequiredRoles};
///
/// struct Staff;
///
/// impl RequiredRoles for Staff {
///     const ROLES: &'static [&'static str] = &["teacher", "admin"];
/// }
///
/// async fn grades(_: HasRole<Staff>) -> &'static str {
///     "grades"
/// }
///
/// let app: Router = Router::new().route("/grades", get(grades));
/// # let _ = app;
/// ```
pub struct HasRole<R> {
    token: Token,
    roles: PhantomData<fn() -> R>,
}

impl<R: RequiredRoles> HasRole<R> {
    const CHECKED: () =
        assert!(!R::ROLES.is_empty(), "RequiredRoles::ROLES needs at least one role");

    /// The token in the extensions of a request, if it holds one of the roles: for handlers that
    /// have no extractors.
    ///
    /// # Errors
    ///
    /// What the extractor answers, as a refusal.
    ///
    /// # Examples
    ///
    /// See [`Scoped::of`].
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        let () = Self::CHECKED;
        let token = Token::of(extensions)?;
        if R::ROLES.iter().any(|role| token.has_role(role)) {
            return Ok(Self { token: token.clone(), roles: PhantomData });
        }
        Err(Rejection::new(AuthErrorKind::Forbidden, surroundings_of(extensions)))
    }
}

impl<R> HasRole<R> {
    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }
}

impl<R: RequiredRoles, T: Sync> FromRequestParts<T> for HasRole<R> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}

// By hand: a derived one would ask the same of the marker types.

impl<S> Clone for Scoped<S> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), scopes: PhantomData }
    }
}

impl<S> fmt::Debug for Scoped<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.token).finish()
    }
}

impl<R> Clone for HasRole<R> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), roles: PhantomData }
    }
}

impl<R> fmt::Debug for HasRole<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasRole").field(&self.token).finish()
    }
}
