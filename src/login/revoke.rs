//! `POST /revoke` (RFC 7009): a client gives a token back.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, PRAGMA};

use super::answer::Failure;
use super::body;
use super::client::Identity;
use super::shared::{Caller, Shared};
use crate::Token;
use crate::audit::{AuditEvent, SessionEnd};
use crate::store::{RefreshStore, UserStore};

/// The most that a verifier may be lenient about `exp`.
pub(super) const LONGEST_LEEWAY: Duration = Duration::from_secs(300);

/// What is unknown, expired or another client's is answered as what was revoked: 200 (section 2.2).
/// The hint is not needed, since the two kinds of token look different.
pub(super) async fn revoke<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let params = body::form_params(request, shared.body_limit).await?;
    let client = shared.identify(&params, &caller)?;
    let token = params.text("token")?.ok_or(Failure::invalid_request("token is required"))?;
    if let Some(found) = shared.refresh.find(&shared.sessions, token).await? {
        let session = found.session;
        if shared.is_own(client, &session.client_id)
            && shared.sessions.end_session(&session.id).await?
        {
            let (user, id) = (session.user_id, session.id);
            shared.session_ended(caller.address, user, id, SessionEnd::Revoked);
        }
    } else if let Ok(token) = shared.verifier.verify(token).await
        && shared.is_own(client, token.client_id().unwrap_or_default())
    {
        shared.revoke_token(&token, &caller).await?;
    } else if let Some(token) = shared.stateless_token(token)
        && shared.is_own(client, token.client_id().unwrap_or_default())
    {
        shared.revoke_token(&token, &caller).await?;
    }
    let headers = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    Ok((StatusCode::OK, headers).into_response())
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Whether a token of this client is that of who asks. Whoever does not say who they are is
    /// taken for a public client whose token they have.
    pub(super) fn is_own(&self, client: Identity<'_>, id: &str) -> bool {
        client.id.is_none_or(|own| own == id) && self.may_act_for(client, id)
    }

    /// The token by itself, where it can be revoked.
    pub(super) async fn revoke_if_it_can(
        &self,
        token: &Token,
        caller: &Caller,
    ) -> Result<(), Failure> {
        if self.revoked.is_some() { self.revoke_token(token, caller).await } else { Ok(()) }
    }

    /// The token alone: its session goes on.
    async fn revoke_token(&self, token: &Token, caller: &Caller) -> Result<(), Failure> {
        let (Some(revoked), Some(id)) = (&self.revoked, token.id()) else {
            return Err(Failure::unsupported_token_type());
        };
        let expires_at = token.expires_at().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let until = expires_at.map_or(Duration::MAX, |at| at.saturating_add(LONGEST_LEEWAY));
        revoked.revoke_token(id, until, self.now()).await?;
        let user_id = token.subject().unwrap_or_default().to_owned();
        let client_id = token.client_id().unwrap_or_default().to_owned();
        self.record(caller.address, AuditEvent::TokenRevoked { user_id, client_id });
        Ok(())
    }
}
