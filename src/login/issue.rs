//! Tokens: issued at the login, and again for a refresh token.

use std::time::Duration;

use super::answer::{Failure, Tokens};
use super::shared::{Asked, Shared};
use crate::audit::{AuditEvent, LoginFailure, SessionEnd};
use crate::issue::Grant;
use crate::refresh::{AccessTwin, IssuedRefresh, RefreshError, RefreshRequest};
use crate::store::{NewSession, RefreshStore, Session, SessionUser, User, UserStore};

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Starts a session for a user who has proved who it is.
    pub(super) async fn log_in(&self, user: &User, asked: &Asked<'_>) -> Result<Tokens, Failure> {
        let client_id = asked.client_id(&self.issuer);
        let Some(scopes) = self.granted(&user.scopes, client_id, asked.scope) else {
            // Not the least of failures: it tells whoever guessed that the password is right.
            self.login_failed(Some(user.id.clone()), LoginFailure::InvalidScope, asked);
            return Err(Failure::invalid_scope());
        };
        if let Some(stateless) = &self.stateless {
            return self.log_in_stateless(stateless, user, asked).await;
        }
        let scope = scopes.join(" ");
        let device = asked.caller.device.as_deref();
        let new = NewSession::new(&user.id, client_id, &scope).device(device);
        let issued = self.refresh.issue(&self.sessions, new, self.now()).await?;
        let IssuedRefresh { token, session, expires_at, displaced, twin, .. } = issued;
        for id in displaced {
            self.session_ended(asked.address, user.id.as_str(), id, SessionEnd::Displaced);
        }
        let (access_token, scope) = match self.first_token(user, &session, twin, asked).await {
            Ok(issued) => issued,
            Err(failure) => {
                // Nobody will ever have its refresh token.
                let _ = self.sessions.end_session(&session.id).await;
                return Err(failure);
            }
        };
        let Session { id: session_id, user_id, client_id, .. } = session;
        let event = AuditEvent::LoginSucceeded { user_id, session_id, client_id };
        self.record(asked.address, event);
        Ok(self.tokens(access_token, token.into_string(), expires_at, scope))
    }

    /// The access token of a session that begins, with its scope.
    ///
    /// The user is read once more, now that whoever ends sessions finds this one. The token is as old
    /// as that look at the most: who takes something from the user after it revokes the token too.
    async fn first_token(
        &self,
        user: &User,
        session: &Session,
        twin: AccessTwin,
        asked: &Asked<'_>,
    ) -> Result<(String, String), Failure> {
        let user = self.still_standing(user, asked).await?;
        let scopes = self.still_granted(&user, &session.client_id, &session.scope);
        if asked.scope.is_some() && scopes.is_empty() {
            return Err(Failure::invalid_scope());
        }
        let access_token = self.access_token(&user, session, &scopes, &twin).await?;
        Ok((access_token, scopes.join(" ")))
    }

    /// Exchanges a refresh token.
    pub(super) async fn continue_session(
        &self,
        refresh_token: &str,
        asked: &Asked<'_>,
    ) -> Result<Tokens, Failure> {
        if let Some(stateless) = &self.stateless {
            return self.continue_stateless(stateless, refresh_token, asked).await;
        }
        let now = self.now();
        let request =
            RefreshRequest::new(refresh_token).client_id(asked.client.id).scope(asked.scope);
        let (verified, found) = self
            .refresh
            .verify_with_user(&self.sessions, &self.users, request, now)
            .await
            .map_err(|error| self.refresh_refused(error, asked))?;
        let session = verified.session();
        self.require_client(asked.client, &session.client_id, asked.caller)?;
        let scope = verified.scope()?;
        let user = match found {
            SessionUser::Here(user) => user.map(|user| *user),
            SessionUser::Elsewhere => self.users.find_user(&session.user_id).await?,
        };
        let user = match user {
            Some(user) if user.is_active => user,
            _ => {
                if self.sessions.end_session(&session.id).await? {
                    let (user, id) = (&session.user_id, &session.id);
                    self.session_ended(asked.address, user, id, SessionEnd::UserGone);
                }
                return Err(Failure::invalid_grant());
            }
        };
        let scopes = self.still_granted(&user, &session.client_id, &scope);
        if asked.scope.is_some() && scopes.is_empty() {
            return Err(Failure::invalid_scope());
        }
        // Before the exchange: a fault here leaves the client with a token that still works.
        let twin = verified.twin(now);
        let access_token = self.access_token(&user, session, &scopes, &twin).await?;
        let scope = scopes.join(" ");
        let rotated = self
            .refresh
            .rotate(&self.sessions, verified, now)
            .await
            .map_err(|error| self.refresh_refused(error, asked))?;
        let access_token = if rotated.twin == twin {
            access_token
        } else {
            // Somebody with the same token was faster: this is their answer.
            self.access_token(&user, &rotated.session, &scopes, &rotated.twin).await?
        };
        let Session { id: session_id, user_id, client_id, .. } = rotated.session;
        let event = AuditEvent::TokenRefreshed { user_id, session_id, client_id };
        self.record(asked.address, event);
        Ok(self.tokens(access_token, rotated.token.into_string(), rotated.expires_at, scope))
    }

    fn refresh_refused(&self, error: RefreshError, asked: &Asked<'_>) -> Failure {
        if let RefreshError::Reused(session) = &error {
            let Session { id: session_id, user_id, client_id, .. } = Session::clone(session);
            let event = AuditEvent::TokenReuseDetected { user_id, session_id, client_id };
            self.record(asked.address, event);
            let (user, id) = (&session.user_id, &session.id);
            self.session_ended(asked.address, user, id, SessionEnd::Reuse);
        }
        error.into()
    }

    /// Fails where a login of somebody who holds these scopes would.
    pub(super) fn may_log_in(&self, held: &[String], asked: &Asked<'_>) -> Result<(), Failure> {
        let client_id = asked.client_id(&self.issuer);
        self.require_client(asked.client, client_id, asked.caller)?;
        self.granted(held, client_id, asked.scope).map(drop).ok_or(Failure::invalid_scope())
    }

    /// The scopes for a login: what is asked for, held and open to the client, or all that is held
    /// and open. Never what is only asked for; nothing where that leaves none.
    pub(super) fn granted<'a>(
        &self,
        held: &'a [String],
        client_id: &str,
        asked: Option<&str>,
    ) -> Option<Vec<&'a str>> {
        let held = held.iter().map(String::as_str);
        let open = held.filter(|scope| self.client_allows(client_id, scope));
        let Some(asked) = asked else { return Some(open.collect()) };
        let granted: Vec<&str> =
            open.filter(|open| asked.split(' ').any(|scope| scope == *open)).collect();
        (!granted.is_empty()).then_some(granted)
    }

    /// What is left of a scope: what the user or the client has lost since the login is lost to the
    /// session too.
    pub(super) fn still_granted<'a>(
        &self,
        user: &User,
        client_id: &str,
        scope: &'a str,
    ) -> Vec<&'a str> {
        let scopes = scope.split(' ').filter(|scope| user.scopes.iter().any(|own| own == scope));
        scopes.filter(|scope| self.client_allows(client_id, scope)).collect()
    }

    fn client_allows(&self, client_id: &str, scope: &str) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.allows(client_id, scope))
    }

    /// Issued at a time that is not after the look at the user.
    pub(super) async fn access_token(
        &self,
        user: &User,
        session: &Session,
        scopes: &[&str],
        twin: &AccessTwin,
    ) -> Result<String, Failure> {
        let grant = Grant::new(&user.id)
            .client_id(&session.client_id)
            .scopes(scopes.iter().copied())
            .roles(&user.roles);
        let grant = match session.id.as_str() {
            "" => grant,
            id => grant.session_id(id),
        };
        let grant = match &self.claims {
            Some(hook) => hook.add_to(grant, user, session).await?,
            None => grant,
        };
        let grant = grant
            // When and how the user logged in, whenever the token is minted (RFC 9068, section
            // 2.2.1; `pwd` by RFC 8176).
            .claim("auth_time", session.created_at.as_secs())
            .claim("amr", vec!["pwd"]);
        Ok(self.issuer.issue_at(&grant, twin.issued_at, &twin.id)?)
    }

    pub(super) fn tokens(
        &self,
        access_token: String,
        refresh_token: String,
        refresh_expires_at: Duration,
        scope: String,
    ) -> Tokens {
        Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.issuer.lifetime().as_secs(),
            refresh_token: Some(refresh_token),
            refresh_expires_at,
            scope,
        }
    }
}
