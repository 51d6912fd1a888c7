//! `/api-keys`: the keys of a user, for programs that act for them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use http::header::CACHE_CONTROL;
use http::{Extensions, StatusCode};
use serde::{Deserialize, Serialize};

use super::LoginRouter;
use super::answer::{Failure, json};
use super::body;
use super::endpoint::Endpoint;
use super::key_store::KeyStore;
use super::params::Params;
use super::routes::Access;
use super::sessions::{Live, live};
use super::shared::Shared;
use crate::api_key::{ApiKeyError, ApiKeys, IssuedApiKey, NewApiKey};
use crate::audit::AuditEvent;
use crate::reject::token_of;
use crate::store::{ApiKeyStore, RefreshStore, StoredApiKey, User, UserStore};

/// API keys.
impl<U: UserStore + ApiKeyStore, R: RefreshStore> LoginRouter<U, R> {
    /// Lets users make API keys, list and revoke them:
    ///
    /// | endpoint | default route | takes | answers |
    /// |---|---|---|---|
    /// | [`ApiKeys`](Endpoint::ApiKeys) | `GET /api-keys` | a bearer token | the user's keys, with the newest first |
    /// | | `POST /api-keys` | a bearer token, JSON `name`, `scopes` (an array), `expires_in`? (seconds) | 201 and the key, this once; 400 `invalid_scope`; 409 too many; 422 a rule is broken |
    /// | [`ApiKey`](Endpoint::ApiKey) | `DELETE /api-keys/{id}` | a bearer token | 204; 404 if the user has no such key |
    ///
    /// A key's answer is `{id, name, prefix, scopes, created_at, expires_at, last_used_at}` with times
    /// in seconds since the Unix epoch, and when it is made `key` too; `prefix` is the part of its
    /// text that is no secret. It gets scopes that the user holds and the token has, so that a narrow
    /// token makes no wide key. A token whose session has ended is refused.
    ///
    /// A [reset](Self::mailer) of the password revokes all keys of the user, as whoever had the account
    /// may have made some; a change by [`Password`](Endpoint::Password) keeps them, as it does the
    /// session.
    ///
    /// The keys are for [`JwtAuthLayer::api_keys`](crate::JwtAuthLayer::api_keys). No endpoint of this
    /// router takes one. Call it before [`without`](Self::without), [`only`](Self::only) and
    /// [`path`](Self::path); a second call replaces the rules.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{
    ///     ApiKeyVerifier, ApiKeys, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, require_scopes,
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let store = MemoryStore::new();
    /// let keys = ApiKeyVerifier::new(store.clone());
    /// let app: Router = Router::new()
    ///     .route("/data", get(|| async { "data" }).route_layer(require_scopes(["data:read"])))
    ///     .layer(JwtAuthLayer::new(issuer.verifier()?).api_keys(keys))
    ///     .nest("/auth", LoginRouter::new(store, issuer).api_keys(ApiKeys::new()).into_router());
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn api_keys(mut self, rules: ApiKeys) -> Self {
        self.keys = Some(KeyStore::new(self.users.clone()));
        let rules = Arc::new(rules);
        let make = move |State(shared): State<Arc<Shared<U, R>>>, request: Request| {
            let rules = Arc::clone(&rules);
            async move { create(&shared, &rules, request).await }
        };
        self.routes.offer(Endpoint::ApiKeys, get(list::<U, R>).post(make), Access::Bearer);
        self.routes.offer(Endpoint::ApiKey, delete(revoke::<U, R>), Access::Bearer);
        self
    }
}

/// `GET /api-keys`
async fn list<U: UserStore + ApiKeyStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let Live { user, .. } = match live(&shared, request.extensions().clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    match shared.users.api_keys_of(&user.id).await {
        Ok(keys) => {
            let shown: Vec<_> = keys.iter().map(|key| ShownKey::new(key, None)).collect();
            json(StatusCode::OK, &shown)
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// `POST /api-keys`
async fn create<U: UserStore + ApiKeyStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    rules: &ApiKeys,
    request: Request,
) -> Response {
    let address = shared.address_of(&request);
    let extensions = request.extensions().clone();
    let Live { user, .. } = match live(shared, extensions.clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    match make(shared, rules, request, &extensions, &user).await {
        Ok(IssuedApiKey { key, stored }) => {
            let shown = json(StatusCode::CREATED, &ShownKey::new(&stored, Some(key.as_str())));
            let (key_id, user_id, scopes) = (stored.id, stored.user_id, stored.scopes);
            shared.record(address, AuditEvent::ApiKeyCreated { key_id, user_id, scopes });
            shown
        }
        Err(failure) => failure.into_response(),
    }
}

async fn make<U: UserStore + ApiKeyStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    rules: &ApiKeys,
    request: Request,
    extensions: &Extensions,
    user: &User,
) -> Result<IssuedApiKey, Failure> {
    let params = body::json_params(request, shared.body_limit).await?;
    let name = params.text("name").map_err(|_| Failure::field("name", "the field is not a text"));
    let name = name?.ok_or_else(|| Failure::field("name", "the field is required"))?;
    let scopes = scopes(&params)?;
    let lifetime = params
        .seconds("expires_in")
        .map_err(|_| Failure::field("expires_in", "the field is not a whole number of seconds"))?;
    // What the token may not do, its holder gets no key for.
    let token = token_of(extensions).ok();
    let is_held = |scope: &&str| {
        user.scopes.iter().any(|own| own == scope)
            && token.is_some_and(|token| token.has_scope(scope))
    };
    if !scopes.iter().all(is_held) {
        return Err(Failure::invalid_scope());
    }
    let new =
        NewApiKey::new(&user.id, name).scopes(scopes).lifetime(lifetime.map(Duration::from_secs));
    Ok(rules.issue(&shared.users, new, shared.now()).await?)
}

/// `DELETE /api-keys/{id}`
async fn revoke<U: UserStore + ApiKeyStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<KeyPath>, PathRejection>,
    request: Request,
) -> Response {
    let address = shared.address_of(&request);
    let Live { user, .. } = match live(&shared, request.extensions().clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    // Somebody else's key and one that never was look alike.
    let Ok(Path(KeyPath { id: key_id })) = path else {
        return Failure::not_found().into_response();
    };
    match shared.users.revoke_api_key(&user.id, &key_id).await {
        Ok(true) => {
            shared.record(address, AuditEvent::ApiKeyRevoked { key_id, user_id: user.id });
            (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response()
        }
        Ok(false) => Failure::not_found().into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// The one parameter of ours: the router may be nested under others.
#[derive(Deserialize)]
struct KeyPath {
    id: String,
}

/// A key as its owner sees it. Times are whole seconds since the Unix epoch.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::ApiKey))]
pub(super) struct ShownKey<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    key: Option<&'a str>,
    prefix: String,
    scopes: &'a [String],
    created_at: u64,
    expires_at: u64,
    #[cfg_attr(feature = "openapi", schema(required))]
    last_used_at: Option<u64>,
}

impl<'a> ShownKey<'a> {
    fn new(stored: &'a StoredApiKey, key: Option<&'a str>) -> Self {
        Self {
            id: &stored.id,
            name: &stored.name,
            key,
            prefix: stored.public_part(),
            scopes: &stored.scopes,
            created_at: stored.created_at.as_secs(),
            expires_at: stored.expires_at.as_secs(),
            last_used_at: stored.last_used_at.map(|used| used.as_secs()),
        }
    }
}

fn scopes(params: &Params) -> Result<Vec<&str>, Failure> {
    let scopes = params
        .texts("scopes")
        .map_err(|_| Failure::field("scopes", "the field is not an array of texts"))?
        .ok_or_else(|| Failure::field("scopes", "the field is required"))?;
    if scopes.is_empty() {
        return Err(ApiKeyError::Scopes.into());
    }
    Ok(scopes)
}

impl From<ApiKeyError> for Failure {
    fn from(error: ApiKeyError) -> Self {
        let reason = error.reason();
        match error {
            ApiKeyError::Name => Self::field("name", reason),
            ApiKeyError::Scopes => Self::field("scopes", reason),
            ApiKeyError::Lifetime => Self::field("expires_in", reason),
            ApiKeyError::TooMany => Self::conflict(reason),
            ApiKeyError::Store(error) => error.into(),
        }
    }
}
