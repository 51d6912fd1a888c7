//! The layer and its options.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use super::JwtAuth;
use super::keys::Keys;
use super::revoked::Revoked;
use super::source::TokenSource;
use super::users::Users;
use crate::Verifier;
use crate::reject::Surroundings;
use crate::require::{Policy, Requirement};
use crate::subject::{Revocations, SubjectStore};

/// Lets only requests with a valid bearer token through.
///
/// The verified [`Token`](crate::Token) is put into the request extensions. A request without
/// one is answered with 401, a malformed one with 400, each with the `WWW-Authenticate` challenge
/// of RFC 6750, section 3; the inner service does not see it. A CORS preflight passes, since
/// browsers send it without credentials.
///
/// The layer fits any `tower::Service` over `http` types whose service is `Clone` and whose
/// response body yields `Bytes`. It is its own builder; every option has a default.
///
/// # Examples
///
/// ```
/// use http::{Request, Response, StatusCode, header};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_bearer::{Grant, Issuer, JwtAuthLayer, Token};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let service = ServiceBuilder::new()
///     .layer(JwtAuthLayer::new(issuer.verifier()?))
///     .service_fn(|request: Request<String>| async move {
///         let subject = request.extensions().get::<Token>().and_then(Token::subject);
///         Ok::<_, std::convert::Infallible>(Response::new(format!("{subject:?}")))
///     });
///
/// let refused = service.clone().oneshot(Request::new(String::new())).await?;
/// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
/// assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], r#"Bearer realm="api""#);
///
/// let token = issuer.issue(&Grant::new("alice"))?;
/// let request = Request::builder()
///     .header(header::AUTHORIZATION, format!("Bearer {token}"))
///     .body(String::new())?;
/// assert_eq!(service.oneshot(request).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
///
/// # Conditions under which protection weakens
///
/// - Under [`optional`](Self::optional) a route is public unless a policy or an extractor asks
///   for a token.
/// - A CORS preflight, an `OPTIONS` request with `Access-Control-Request-Method`, passes without a
///   token. A service that does not look at the method serves it as any other request.
/// - A service that takes the method from a header (`X-HTTP-Method-Override`) *inside* the layer makes
///   a preflight of whatever it likes; do that outside.
/// - In axum, `Router::layer` covers the routes that were added *before* it. It also answers unknown
///   paths, with 401; under `Router::route_layer` they stay 404.
#[derive(Clone)]
pub struct JwtAuthLayer {
    settings: Arc<Settings>,
}

/// What becomes of requests that have no valid token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithoutToken {
    Refuse,
    PassAbsent,
    PassInvalid,
}

#[derive(Clone)]
pub(super) struct Settings {
    /// None where API keys alone are taken.
    pub(super) verifier: Option<Verifier>,
    pub(super) keys: Option<Keys>,
    /// Beside the `Authorization` header.
    pub(super) sources: Vec<TokenSource>,
    pub(super) strips_credentials: bool,
    pub(super) revoked: Option<Revoked>,
    pub(super) users: Option<Users>,
    pub(super) without_token: WithoutToken,
    pub(super) surroundings: Surroundings,
    /// Where there is metadata of the resource: whether it says that tokens are taken in the query.
    pub(super) described: Option<bool>,
    pub(super) requirement: Option<Requirement>,
}

impl JwtAuthLayer {
    /// A layer that asks every request for a token that the verifier accepts.
    pub fn new(verifier: Verifier) -> Self {
        Self::of(Some(verifier))
    }

    pub(super) fn of(verifier: Option<Verifier>) -> Self {
        let settings = Settings {
            verifier,
            keys: None,
            sources: Vec::new(),
            strips_credentials: false,
            revoked: None,
            users: None,
            without_token: WithoutToken::Refuse,
            surroundings: Surroundings::default(),
            described: None,
            requirement: None,
        };
        Self { settings: Arc::new(settings) }
    }

    /// Looks for the token in one more place, beside the `Authorization` header. Default: in the
    /// header alone. [`TokenSource`] says what happens to a request with several tokens. A second call
    /// for the same place replaces the first.
    ///
    /// # Panics
    ///
    /// When the source is the query, and [`resource_metadata`](Self::resource_metadata) was called
    /// with metadata that does not say so.
    #[must_use]
    #[track_caller]
    pub fn token_source(self, source: TokenSource) -> Self {
        assert!(
            !source.is_query() || self.settings.described != Some(false),
            "the metadata of the resource says nothing of tokens in the query: call \
             ResourceMetadata::query_tokens"
        );
        self.with(|settings| {
            settings.sources.retain(|own| !own.is_same_place(&source));
            settings.sources.push(source);
        })
    }

    /// Takes the token out of the request once it is verified, wherever it was: out of the headers,
    /// the cookies, the query. The inner service, and whatever it logs or calls, sees the verified
    /// [`Token`](crate::Token) alone. What a [custom](TokenSource::custom) source reads stays, and in an
    /// axum `Router` a token in the query stays in the extension `OriginalUri`, which is made before
    /// any layer: put the layer around the router. With
    /// [`optional_even_if_invalid`](Self::optional_even_if_invalid) an invalid token stays in the
    /// request, unless it took a wait, for keys or a server, to know that. Default: off, but for a token
    /// among the subprotocols of a WebSocket, which is always taken out.
    #[must_use]
    pub fn strip_credentials(self) -> Self {
        self.with(|settings| settings.strips_credentials = true)
    }

    /// Loads the user of every token, once a request, and puts it into the extensions as
    /// [`CurrentUser`](crate::CurrentUser). A token whose user is deleted or disabled is
    /// refused with 401 on every route inside, whether its handler looks at the user or not;
    /// while the store can't tell, requests are answered with 503. A second call replaces the first.
    ///
    /// Of a token a `UserStore` looks at `sub` alone. Where the verifier trusts several issuers, or
    /// does not look at `iss`, each of them can name any user of the store.
    ///
    /// An inner `JwtAuthLayer` without a store takes the user out again, as it does the token: its
    /// token is another.
    ///
    /// Default: off, and a token is good until it expires, whatever becomes of its user.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "store")] {
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{CurrentUser, Issuer, JwtAuthLayer, MemoryStore, User};
    ///
    /// async fn me(CurrentUser(user): CurrentUser<User>) -> String {
    ///     user.username
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let store = MemoryStore::new();
    /// let app: Router = Router::new()
    ///     .route("/me", get(me))
    ///     .layer(JwtAuthLayer::new(verifier).users(store));
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn users(self, store: impl SubjectStore) -> Self {
        self.with(|settings| settings.users = Some(Users::new(store)))
    }

    /// Asks this store of every valid token whether it is revoked, before anything else is asked of
    /// it: a token that is, or whose session has ended, is refused with 401; while the store can't
    /// tell, requests are answered with 503. A second call replaces the first.
    ///
    /// This costs one round trip to the store for each request with a valid token, in which all
    /// three questions are asked at once (its session, its ID, the time of its subject), and a boxed
    /// future; requests without a valid token cost nothing. Nothing is remembered from one request to
    /// the next, so that a logout on one node is seen by the others at once. With [`users`](Self::users)
    /// the user is loaded after that.
    ///
    /// It is for tokens whose sessions are in this store: a `sid` that it does not know counts as one
    /// that has ended. `RevocationStore`, of the feature `store`, has the rules.
    ///
    /// Default: off, and a token is good until it expires, whatever becomes of its session.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "store")] {
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{Issuer, JwtAuthLayer, MemoryStore};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// // The store of a `LoginRouter`, say, which ends the sessions.
    /// let store = MemoryStore::new();
    /// let app: Router = Router::new()
    ///     .route("/posts", get(|| async { "posts" }))
    ///     .layer(JwtAuthLayer::new(verifier).revocations(store));
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn revocations(self, store: impl Revocations) -> Self {
        self.with(|settings| settings.revoked = Some(Revoked::new(store)))
    }

    /// Lets requests without credentials through, without a token in their extensions. Requests
    /// with credentials that are *wrong* are still refused.
    ///
    /// **Every route inside is public** unless [`require_scopes`](crate::require_scopes) or
    /// another policy, or an extractor such as `Token` or `Claims`, is on it; those answer the
    /// 401 themselves, with the route's own scopes. Default: off.
    #[must_use]
    pub fn optional(self) -> Self {
        self.with(|settings| settings.without_token = WithoutToken::PassAbsent)
    }

    /// As [`optional`](Self::optional), and requests whose credentials are *wrong* (expired,
    /// forged, malformed) pass as well, as if they had none. A client with an expired token then
    /// sees what the public sees and is not told why; take it only where that is what you want.
    /// Of this and `optional` the later call holds. Default: off.
    #[must_use]
    pub fn optional_even_if_invalid(self) -> Self {
        self.with(|settings| settings.without_token = WithoutToken::PassInvalid)
    }

    /// Also asks every token to satisfy a policy: one layer that verifies and authorizes. Its 401
    /// names the scopes of the policy, as its 403 does. A second call adds a second policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{Issuer, JwtAuthLayer, scopes};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let auth = JwtAuthLayer::new(verifier);
    /// let app: Router = Router::new()
    ///     .route("/posts", get(|| async { "posts" }).route_layer(auth.clone().require(scopes(["posts:read"]))))
    ///     .route("/me", get(|| async { "me" }).route_layer(auth));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn require(self, policy: impl Policy) -> Self {
        self.with(|settings| {
            settings.requirement = Some(match settings.requirement.take() {
                Some(earlier) => earlier.and(policy),
                None => Requirement::new(policy),
            });
        })
    }

    #[cfg(feature = "login")]
    pub(crate) fn verifier(&self) -> Option<&Verifier> {
        self.settings.verifier.as_ref()
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(self.settings_mut());
        self
    }

    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}

impl Settings {
    pub(super) fn takes_query_tokens(&self) -> bool {
        self.sources.iter().any(TokenSource::is_query)
    }
}

impl<S> Layer<S> for JwtAuthLayer {
    type Service = JwtAuth<S>;

    fn layer(&self, inner: S) -> JwtAuth<S> {
        JwtAuth::new(inner, Arc::clone(&self.settings))
    }
}

impl fmt::Debug for JwtAuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthLayer")
            .field("verifier", &self.settings.verifier)
            .field("api_keys", &self.settings.keys.is_some())
            .field("without_token", &self.settings.without_token)
            .finish_non_exhaustive()
    }
}
