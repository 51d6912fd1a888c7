//! What the handlers share, and the steps that more than one of them takes.

use std::net::IpAddr;
use std::time::Duration;

use super::answer::{Failure, Tokens};
use super::params::Params;
use crate::audit::{AuditEvent, LoginFailure, Trail};
use crate::clock::Clock;
use crate::issue::{Grant, Issuer};
use crate::password::{Hasher, PasswordPolicy};
use crate::refresh::RefreshTokens;
use crate::store::{LoginName, RefreshStore, Session, User, UserStore};
use crate::token::is_scope_token;
use crate::verify::Verifier;

pub(super) struct Shared<U, R> {
    pub(super) users: U,
    pub(super) sessions: R,
    pub(super) issuer: Issuer,
    pub(super) verifier: Verifier,
    pub(super) hasher: Hasher,
    pub(super) policy: PasswordPolicy,
    pub(super) refresh: RefreshTokens,
    pub(super) default_scopes: Vec<String>,
    pub(super) body_limit: usize,
    pub(super) trail: Trail,
    pub(super) clock: Clock,
}

/// The client that asks, and what for.
pub(super) struct Asked<'a> {
    client_id: Option<&'a str>,
    scope: Option<&'a str>,
}

impl<'a> Asked<'a> {
    pub(super) fn from_params(params: &'a Params) -> Result<Self, Failure> {
        let client_id = params.text("client_id")?;
        if client_id.is_some_and(|id| !is_client_id(id)) {
            return Err(Failure::invalid_request("the client_id is malformed"));
        }
        let scope = params.text("scope")?;
        if scope.is_some_and(|scope| !scope.split(' ').all(is_scope_token)) {
            return Err(Failure::invalid_scope());
        }
        Ok(Self { client_id, scope })
    }

    fn client_id(&self, issuer: &'a Issuer) -> &'a str {
        self.client_id.unwrap_or(issuer.default_client())
    }
}

/// RFC 6749, appendix A.1, with an end.
fn is_client_id(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// The user whom name and password belong to.
    ///
    /// An unknown name, a wrong password and a disabled account take the same way: one
    /// computation, one answer.
    pub(super) async fn authenticate(&self, name: &str, password: &str) -> Result<User, Failure> {
        self.authenticate_as(LoginName::new(name), password).await
    }

    pub(super) async fn authenticate_as(
        &self,
        name: Option<LoginName>,
        password: &str,
    ) -> Result<User, Failure> {
        let found = match &name {
            Some(name) => self.users.find_user_by_login(name).await?,
            None => None,
        };
        let hash = found.as_ref().map(User::password_hash);
        let verification = self.hasher.verify(password, hash).await?;
        match found {
            Some(user) if verification.is_match() && user.is_active => {
                if verification.needs_rehash() {
                    self.rehash(&user, password).await;
                }
                Ok(user)
            }
            _ => Err(Failure::invalid_grant()),
        }
    }

    /// Replaces a hash with outdated parameters. What goes wrong here must not fail the login.
    async fn rehash(&self, user: &User, password: &str) {
        let Ok(hash) = self.hasher.hash(password).await else { return };
        let old = user.password_hash();
        if self.users.replace_password_hash(&user.id, old, &hash).await.is_err() {
            crate::trace::warn!("a password hash could not be renewed");
        }
    }

    /// Starts a session for a user who has proved who it is.
    pub(super) async fn log_in(&self, user: &User, asked: &Asked<'_>) -> Result<Tokens, Failure> {
        let scopes = granted(user, asked.scope)?;
        let client_id = asked.client_id(&self.issuer);
        let now = self.now();
        let scope = scopes.join(" ");
        let issued = self.refresh.issue(&self.sessions, &user.id, client_id, &scope, now).await?;
        let access_token = self.access_token(user, &issued.session, &scopes)?;
        Ok(self.tokens(access_token, issued.token.into_string(), scope))
    }

    /// Exchanges a refresh token.
    pub(super) async fn continue_session(
        &self,
        refresh_token: &str,
        asked: &Asked<'_>,
    ) -> Result<Tokens, Failure> {
        let now = self.now();
        let verified =
            self.refresh.verify(&self.sessions, refresh_token, asked.client_id, now).await?;
        let scope = verified.narrow(asked.scope)?;
        let session = verified.session();
        let user = match self.users.find_user(&session.user_id).await? {
            Some(user) if user.is_active => user,
            _ => {
                self.sessions.end_session(&session.id).await?;
                return Err(Failure::invalid_grant());
            }
        };
        // What the user has lost since the login is lost to the session too.
        let scopes: Vec<&str> =
            scope.split(' ').filter(|scope| user.scopes.iter().any(|own| own == scope)).collect();
        if asked.scope.is_some() && scopes.is_empty() {
            return Err(Failure::invalid_scope());
        }
        // Before the exchange: a fault here leaves the client with a token that still works.
        let access_token = self.access_token(&user, session, &scopes)?;
        let scope = scopes.join(" ");
        let rotated = self.refresh.rotate(&self.sessions, verified, now).await?;
        Ok(self.tokens(access_token, rotated.token.into_string(), scope))
    }

    fn access_token(
        &self,
        user: &User,
        session: &Session,
        scopes: &[&str],
    ) -> Result<String, Failure> {
        let grant = Grant::new(&user.id)
            .client_id(&session.client_id)
            .session_id(&session.id)
            .scopes(scopes.iter().copied())
            .roles(&user.roles)
            // When and how the user logged in, whenever the token is minted (RFC 9068, section
            // 2.2.1; `pwd` by RFC 8176).
            .claim("auth_time", session.created_at.as_secs())
            .claim("amr", vec!["pwd"]);
        Ok(self.issuer.issue(&grant)?)
    }

    fn tokens(&self, access_token: String, refresh_token: String, scope: String) -> Tokens {
        Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.issuer.lifetime().as_secs(),
            refresh_token,
            scope,
        }
    }

    /// Adds to the audit trail.
    pub(super) fn record(&self, address: Option<IpAddr>, event: AuditEvent) {
        self.trail.record(self.now(), address, event);
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }
}

/// The scopes for a login: what is asked for and held, or all that is held. Never what is only
/// asked for.
fn granted<'a>(user: &'a User, asked: Option<&str>) -> Result<Vec<&'a str>, Failure> {
    let held = user.scopes.iter().map(String::as_str);
    let Some(asked) = asked else { return Ok(held.collect()) };
    let granted: Vec<&str> =
        held.filter(|held| asked.split(' ').any(|scope| scope == *held)).collect();
    if granted.is_empty() { Err(Failure::invalid_scope()) } else { Ok(granted) }
}
