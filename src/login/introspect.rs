//! `POST /introspect` (RFC 7662): what a token is good for, for those who may know.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Map, Value};

use super::LoginRouter;
use super::answer::{Failure, json};
use super::body;
use super::client::{Clients, Identity};
use super::endpoint::Endpoint;
use super::routes::Access;
use super::shared::Shared;
use crate::refresh::FoundRefresh;
use crate::store::{RefreshStore, StoreError, User, UserStore};
use crate::subject::Revocations;
use crate::{AuthErrorKind, Token};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Makes clients known, and with them [`Endpoint::Introspect`], which asks for one. A confidential
    /// client has to prove its secret wherever it names itself, or where a refresh token is its own:
    /// with `Authorization: Basic`, or with `client_id` and `client_secret` in the body (RFC 6749,
    /// section 2.3.1); else it is told 401 `invalid_client`. Users get no scope that their client may
    /// not have. Default: every client is public. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA"; // from your configuration
    /// let gateway = Client::confidential("gateway", secret)?.may_introspect()?;
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .clients(Clients::new().client(gateway)?)
    ///     .into_router();
    /// # let _ = router;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn clients(mut self, clients: Clients) -> Self {
        self.clients = Some(Arc::new(clients));
        self.routes.offer(Endpoint::Introspect, post(introspect), Access::Anyone);
        self
    }
}

/// RFC 7662, section 2. Whatever is wrong with a token, the answer is the same (section 2.2).
async fn introspect<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let params = body::form_params(request, shared.body_limit).await?;
    let client = shared.identify(&params, &caller)?;
    let (Some(id), true) = (client.id, client.is_authenticated) else {
        return Err(shared.client_refused(client.id, &caller));
    };
    if !shared.clients.as_ref().is_some_and(|clients| clients.may_introspect(id)) {
        return Err(Failure::unauthorized_client());
    }
    let token = params.text("token")?.ok_or(Failure::invalid_request("token is required"))?;
    let active = match shared.refresh.find(&shared.sessions, token).await? {
        Some(found) => shared.of_refresh_token(found, client).await?,
        None => match shared.verifier.verify(token).await {
            Ok(token) => shared.of_access_token(&token).await?,
            Err(error) if error.kind() == AuthErrorKind::Unavailable => {
                return Err(Failure::unavailable());
            }
            Err(_) => None,
        },
    };
    let is_active = active.is_some();
    let mut members = active.unwrap_or_default();
    members.insert("active".to_owned(), is_active.into());
    Ok(json(StatusCode::OK, &members))
}

/// The members of a token that is active.
type Members = Map<String, Value>;

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    async fn of_access_token(&self, token: &Token) -> Result<Option<Members>, StoreError> {
        let Some(user) = self.active_user(token.subject().unwrap_or_default()).await? else {
            return Ok(None);
        };
        if self.is_revoked(token).await? {
            return Ok(None);
        }
        // As they stand in the token; those of the application are between it and its services.
        let mut claims: Members = token.claims().unwrap_or_default();
        claims.retain(|name, _| {
            ["client_id", "exp", "iat", "nbf", "sub", "aud", "iss", "jti", "auth_time", "acr"]
                .contains(&name.as_str())
        });
        let scopes: Vec<&str> = token.scopes().collect();
        if !scopes.is_empty() {
            claims.insert("scope".to_owned(), scopes.join(" ").into());
        }
        claims.insert("token_type".to_owned(), "Bearer".into());
        claims.insert("username".to_owned(), user.username.into());
        Ok(Some(claims))
    }

    /// A refresh token is told of to its own client alone: a service that asks whether it may take a
    /// token, and looks at `active` and no further, must not take this one.
    async fn of_refresh_token(
        &self,
        found: FoundRefresh,
        client: Identity<'_>,
    ) -> Result<Option<Members>, StoreError> {
        let (now, FoundRefresh { session, stored, is_current }) = (self.now(), found);
        let is_over = !is_current || now >= stored.expires_at || now >= session.expires_at;
        if is_over || client.id != Some(&session.client_id) {
            return Ok(None);
        }
        let Some(user) = self.active_user(&session.user_id).await? else { return Ok(None) };
        let mut members = Map::new();
        let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
        if !session.scope.is_empty() {
            set("scope", session.scope.as_str().into());
        }
        set("client_id", session.client_id.as_str().into());
        set("username", user.username.into());
        set("sub", session.user_id.as_str().into());
        set("iat", session.last_used_at.as_secs().into());
        // One without an end has none; beyond this, JSON's numbers are not exact.
        if stored.expires_at.as_secs() < 1 << 53 {
            set("exp", stored.expires_at.as_secs().into());
        }
        Ok(Some(members))
    }

    async fn active_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        Ok(self.users.find_user(id).await?.filter(|user| user.is_active))
    }

    /// Also where requests are not checked for it: whoever asks here wants to know.
    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        if let Some(revoked) = &self.revoked {
            return revoked.is_revoked(token).await;
        }
        Ok(!self.is_live(token).await?)
    }
}
