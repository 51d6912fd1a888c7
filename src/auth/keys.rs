//! API keys beside tokens, or instead of them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::JwtAuthLayer;
use crate::meter::{self, STORE_ERRORS};
use crate::subject::{ApiKeyCheck, ApiKeySource};
use crate::{AuthErrorKind, Token};

/// Other credentials than tokens.
impl JwtAuthLayer {
    /// Takes API keys beside tokens, in the header `X-API-Key` or as `Authorization: ApiKey <key>`,
    /// and never in the query. A second call replaces the first.
    ///
    /// A key that is verified becomes a [`Token`] of the kind
    /// [`ApiKey`](crate::TokenKind::ApiKey): its subject is the owner, its scopes are those of the key
    /// that the owner still holds, and it has no roles and no claims. Policies of scopes judge it
    /// as they do any other; [`Claims`](crate::Claims) refuses it with 403. What must not be reached
    /// without a person asks for [`Token::is_api_key`].
    ///
    /// - Without credentials the 401 offers both schemes, each in a challenge of its own.
    /// - A key and a token at once are a 400; but a token that is
    ///   [sent unasked](crate::TokenSource::sent_unasked), as a cookie is, gives way.
    /// - Unknown, revoked, expired or malformed: the answer is one and the same 401.
    /// - A key that lacks a scope gets a 403 whose challenge is of the scheme `ApiKey` and names the
    ///   scopes; `error` is a parameter of `Bearer`, and stands in the body alone.
    /// - A key that was used too often gets a 429 with `Retry-After`.
    ///
    /// A request with a key waits for the source; under [`users`](Self::users) its owner is then
    /// loaded as that of a token is. One with a token costs what it did.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "store")] {
    /// use std::time::Duration;
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, StatusCode};
    /// use tower::ServiceExt;
    /// use tower_bearer::{
    ///     ApiKeyVerifier, ApiKeys, Clock, Issuer, JwtAuthLayer, MemoryStore, NewApiKey, NewUser,
    ///     UserStore, Username, require_scopes,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let store = MemoryStore::new();
    /// let app: Router = Router::new()
    ///     .route("/data", get(|| async { "data" }).route_layer(require_scopes(["data:read"])))
    ///     .layer(JwtAuthLayer::new(verifier).api_keys(ApiKeyVerifier::new(store.clone())));
    ///
    /// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...").scopes(["data:read"]);
    /// let now = Clock::system().now();
    /// let alice = store.insert_user(alice, now).await?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let issued = ApiKeys::new().issue(&store, new, now).await?;
    ///
    /// let request = Request::get("/data").header("x-api-key", issued.key.as_str());
    /// let response = app.oneshot(request.body(Body::empty())?).await?;
    /// assert_eq!(response.status(), StatusCode::OK);
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    #[must_use]
    pub fn api_keys(self, source: impl ApiKeySource) -> Self {
        self.with(|settings| {
            settings.keys = Some(Keys::new(source));
            settings.surroundings.take_api_keys(settings.verifier.is_some());
        })
    }

    /// A layer that takes [API keys](Self::api_keys) alone. It does not look at tokens, nor at
    /// [sources](Self::token_source) of such, and its 401 offers the scheme `ApiKey`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "store")] {
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, StatusCode, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{ApiKeyVerifier, JwtAuthLayer, MemoryStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = ApiKeyVerifier::new(MemoryStore::new());
    /// let app: Router = Router::new()
    ///     .route("/data", get(|| async { "data" }))
    ///     .layer(JwtAuthLayer::api_keys_only(keys));
    ///
    /// let refused = app.oneshot(Request::get("/data").body(Body::empty())?).await?;
    /// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    /// assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], r#"ApiKey realm="api""#);
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    pub fn api_keys_only(source: impl ApiKeySource) -> Self {
        Self::of(None).api_keys(source)
    }

    /// The same layer, which takes tokens alone.
    #[cfg(feature = "login")]
    pub(crate) fn without_api_keys(self) -> Self {
        self.with(|settings| {
            settings.keys = None;
            settings.surroundings.take_no_api_keys();
        })
    }
}

/// An [`ApiKeySource`] without its type.
#[derive(Clone)]
pub(super) struct Keys(Arc<Check>);

type Check = dyn Fn(String) -> Pin<Box<dyn Future<Output = Checked> + Send>> + Send + Sync;

/// The key as a token, or why the request is refused, and for how long.
pub(super) type Checked = Result<Token, (AuthErrorKind, Option<Duration>)>;

impl Keys {
    fn new<S: ApiKeySource>(source: S) -> Self {
        let source = Arc::new(source);
        Self(Arc::new(move |key| {
            let source = Arc::clone(&source);
            Box::pin(async move { check(&*source, &key).await })
        }))
    }

    pub(super) fn check(&self, key: String) -> impl Future<Output = Checked> + Send + use<> {
        (self.0)(key)
    }
}

async fn check<S: ApiKeySource>(source: &S, key: &str) -> Checked {
    match source.check_api_key(key).await {
        Ok(ApiKeyCheck::Valid(key)) => Ok(key.into_token()),
        Ok(ApiKeyCheck::Invalid) => Err((AuthErrorKind::InvalidApiKey, None)),
        Ok(ApiKeyCheck::RateExceeded { retry_after }) => {
            Err((AuthErrorKind::ApiKeyRateExceeded, Some(retry_after)))
        }
        Err(error) => {
            meter::count(&STORE_ERRORS, ["api_keys"]);
            crate::trace::error!(
                target: "tower_bearer::store",
                %error,
                "the source of API keys failed"
            );
            let _ = error;
            Err((AuthErrorKind::Unavailable, None))
        }
    }
}
