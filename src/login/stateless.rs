//! Logins whose refresh tokens are signed and not stored: [`StatelessRefreshTokens`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::{Duration, UNIX_EPOCH};
use subtle::ConstantTimeEq;

use super::LoginRouter;
use super::answer::{Failure, Tokens};
use super::revocations::Older;
use super::shared::{Asked, Shared};
use crate::Token;
use crate::audit::AuditEvent;
use crate::issue::{Grant, Issuer};
use crate::refresh::{AccessTwin, StatelessRefreshTokens, narrow};
use crate::store::{RefreshStore, Session, User, UserStore};
use crate::verify::Verifier;

/// Of the hash of a password, as it is stored, whose change ends all tokens.
const FINGERPRINT_BYTES: usize = 16;

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Signs refresh tokens and stores nothing of them, in place of
    /// [`refresh_tokens`](Self::refresh_tokens). Read what is [lost](StatelessRefreshTokens) with it.
    ///
    /// They have the type `rt+jwt` and are for this issuer alone, so that no API takes one, and no access
    /// token is taken for one. An exchange hands back the token that was presented. Access tokens have no
    /// `sid`, the list of sessions is empty, and the sessions that there were before can't be refreshed.
    /// With [`revocations`](Self::revocations), logging out and revoking end the tokens that are presented,
    /// and all tokens of a user end with `DELETE /sessions?all=true` and wherever those of before a time are
    /// revoked; to end all but one, or all without revocations, is answered with 400
    /// `unsupported_token_type`.
    ///
    /// # Examples
    ///
    /// See [`StatelessRefreshTokens`].
    #[must_use]
    pub fn stateless_refresh_tokens(mut self, refresh: StatelessRefreshTokens) -> Self {
        self.stateless = Some(refresh);
        self
    }
}

/// The rules, and the verifier of what was made by them.
pub(super) struct Stateless {
    lifetime: Duration,
    verifier: Verifier,
}

impl Stateless {
    #[track_caller]
    pub(super) fn new(rules: &StatelessRefreshTokens, issuer: &Issuer) -> Self {
        let verifier = match issuer.refresh_verifier() {
            Ok(verifier) => verifier,
            Err(error) => panic!("the issuer of a LoginRouter is not complete: {error}"),
        };
        Self { lifetime: rules.lasts(), verifier }
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// What a refresh token says beside the registered claims.
#[derive(Deserialize)]
struct Said {
    auth_time: u64,
    #[serde(default)]
    scope: String,
    #[serde(rename = "pwh")]
    fingerprint: String,
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Logs a user in without a session.
    pub(super) async fn log_in_stateless(
        &self,
        stateless: &Stateless,
        user: &User,
        asked: &Asked<'_>,
    ) -> Result<Tokens, Failure> {
        // Before the look at the user: who takes something from them after it revokes what is older.
        let now = self.now();
        let user = self.still_standing(user, asked).await?;
        let client_id = asked.client_id(&self.issuer);
        let scopes = self.granted(&user.scopes, client_id, asked.scope);
        let scopes = scopes.ok_or(Failure::invalid_scope())?;
        let scope = scopes.join(" ");
        let until = now.saturating_add(stateless.lifetime);
        let session = Session::new("", &user.id, client_id, &scope, now, until);
        let access_token =
            self.access_token(&user, &session, &scopes, &AccessTwin::random(now)?).await?;
        let grant = Grant::new(&user.id)
            .client_id(client_id)
            .scopes(scopes.iter().copied())
            .claim("auth_time", now.as_secs())
            .claim("pwh", fingerprint(&user));
        let refresh_token = self.issuer.issue_refresh(&grant, stateless.lifetime, now)?;
        let event = AuditEvent::LoginSucceeded {
            user_id: user.id.clone(),
            session_id: String::new(),
            client_id: client_id.to_owned(),
        };
        self.record(asked.address, event);
        Ok(self.tokens(access_token, refresh_token, until, scope))
    }

    /// Issues another access token for a refresh token, which goes on.
    pub(super) async fn continue_stateless(
        &self,
        stateless: &Stateless,
        refresh_token: &str,
        asked: &Asked<'_>,
    ) -> Result<Tokens, Failure> {
        let now = self.now();
        let token = stateless
            .verifier
            .check_at_hand(refresh_token)
            .map_err(|_| Failure::invalid_grant())?;
        let said: Said = token.claims().map_err(|_| Failure::invalid_grant())?;
        let client_id = token.client_id().unwrap_or_default();
        if asked.client.id.is_some_and(|id| id != client_id) {
            return Err(Failure::invalid_grant());
        }
        self.require_client(asked.client, client_id, asked.caller)?;
        let scope = narrow(&said.scope, asked.scope)?;
        if let Some(revoked) = &self.revoked
            && crate::subject::Revocations::is_revoked(revoked, &token).await?
        {
            return Err(Failure::invalid_grant());
        }
        let user = match self.users.find_user(token.subject().unwrap_or_default()).await? {
            Some(user) if user.is_active && is_fingerprint(&said.fingerprint, &user) => user,
            _ => return Err(Failure::invalid_grant()),
        };
        let scopes = self.still_granted(&user, client_id, &scope);
        if asked.scope.is_some() && scopes.is_empty() {
            return Err(Failure::invalid_scope());
        }
        let auth_time = Duration::from_secs(said.auth_time);
        let until = auth_time.saturating_add(stateless.lifetime);
        let session = Session::new("", &user.id, client_id, &said.scope, auth_time, until);
        let access_token =
            self.access_token(&user, &session, &scopes, &AccessTwin::random(now)?).await?;
        let scope = scopes.join(" ");
        let event = AuditEvent::TokenRefreshed {
            user_id: user.id.clone(),
            session_id: String::new(),
            client_id: client_id.to_owned(),
        };
        self.record(asked.address, event);
        // Its own, whatever the rules say by now.
        let expires_at = token.expires_at().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let expires_at = expires_at.unwrap_or(until);
        Ok(self.tokens(access_token, refresh_token.to_owned(), expires_at, scope))
    }

    /// Ends all that a user has been issued, where that can be revoked. All but one can't be.
    pub(super) async fn end_stateless(&self, user_id: &str, all: bool) -> Result<(), Failure> {
        if !all || self.revoked.is_none() {
            return Err(Failure::unsupported_token_type());
        }
        Ok(self.revoke_older_tokens_and_wait(user_id, Older::WithThisSecond).await?)
    }

    /// A refresh token that nothing is stored of, where there are such.
    pub(super) fn stateless_token(&self, text: &str) -> Option<Token> {
        self.stateless.as_ref()?.verifier.check_at_hand(text).ok()
    }
}

fn fingerprint(user: &User) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(user.password_hash())[..FINGERPRINT_BYTES])
}

fn is_fingerprint(text: &str, user: &User) -> bool {
    fingerprint(user).as_bytes().ct_eq(text.as_bytes()).into()
}
