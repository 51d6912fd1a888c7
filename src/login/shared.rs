//! What the handlers share, and the steps that more than one of them takes.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use http::HeaderMap;
use http::header::USER_AGENT;

use super::answer::{Failure, Tokens};
use super::claims::ClaimsHook;
use super::client::{BasicHeader, Clients, Identity};
use super::key_store::KeyStore;
use super::mail::Mailing;
use super::params::Params;
use super::profile::ProfileType;
use super::register_mode::RegisterMode;
use super::revocations::RevokedTokens;
use super::stateless::Stateless;
use super::throttle::Permit;
use crate::audit::{AuditEvent, LoginFailure, SessionEnd, Trail};
use crate::clock::Clock;
use crate::issue::{Grant, Issuer};
use crate::limit::{Account, Limiter, LoginThrottle};
use crate::mail::MailLinks;
use crate::one_time::OneTimeTokens;
use crate::password::{
    Hasher, NewPasswordError, PasswordContext, PasswordError, PasswordPolicy, Verification,
};
use crate::peer::AddressSource;
use crate::refresh::{IssuedRefresh, RefreshError, RefreshRequest, RefreshTokens};
use crate::store::{LoginName, NewSession, RefreshStore, Session, User, UserStore};
use crate::token::is_scope_token;
use crate::verify::Verifier;

/// In characters, which are ASCII in a header.
const LONGEST_DEVICE: usize = 256;

pub(super) struct Shared<U, R> {
    pub(super) users: U,
    pub(super) sessions: R,
    pub(super) issuer: Issuer,
    pub(super) verifier: Verifier,
    pub(super) hasher: Hasher,
    pub(super) policy: PasswordPolicy,
    pub(super) refresh: RefreshTokens,
    /// In place of sessions.
    pub(super) stateless: Option<Stateless>,
    pub(super) clients: Option<Arc<Clients>>,
    pub(super) claims: Option<ClaimsHook>,
    /// Where access tokens are checked and can be revoked.
    pub(super) revoked: Option<RevokedTokens>,
    /// Where users have API keys.
    pub(super) keys: Option<KeyStore>,
    pub(super) profile: Option<ProfileType>,
    pub(super) default_scopes: Vec<String>,
    pub(super) body_limit: usize,
    pub(super) trail: Trail,
    pub(super) addresses: AddressSource,
    pub(super) limiter: Limiter,
    pub(super) throttle: LoginThrottle,
    pub(super) mailing: Option<Mailing>,
    pub(super) mail_links: Option<MailLinks>,
    pub(super) one_time_tokens: OneTimeTokens,
    pub(super) register_mode: RegisterMode,
    pub(super) signs_in_on_register: bool,
    pub(super) clock: Clock,
}

/// Who asks, as far as the request tells without its body.
pub(super) struct Caller {
    pub(super) address: Option<IpAddr>,
    device: Option<String>,
    pub(super) basic: BasicHeader,
}

/// The client that asks, from where, and what for.
pub(super) struct Asked<'a> {
    pub(super) caller: &'a Caller,
    pub(super) address: Option<IpAddr>,
    pub(super) client: Identity<'a>,
    pub(super) scope: Option<&'a str>,
}

impl<'a> Asked<'a> {
    pub(super) fn client_id(&self, issuer: &'a Issuer) -> &'a str {
        self.client.id.unwrap_or(issuer.default_client())
    }
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// What is asked for, by a client that is what it says it is.
    pub(super) fn asked<'a>(
        &self,
        params: &'a Params,
        caller: &'a Caller,
    ) -> Result<Asked<'a>, Failure> {
        let client = self.identify(params, caller)?;
        let scope = params.text("scope")?;
        if scope.is_some_and(|scope| !scope.split(' ').all(is_scope_token)) {
            return Err(Failure::invalid_scope());
        }
        Ok(Asked { caller, address: caller.address, client, scope })
    }

    /// The user whom name and password belong to; `typed` is the name as it came.
    ///
    /// An unknown name, a wrong password and a disabled account take the same way: one
    /// computation, one answer. A name that is no name is unknown.
    pub(super) async fn authenticate(
        &self,
        typed: &str,
        name: Option<LoginName>,
        password: &str,
        asked: &Asked<'_>,
    ) -> Result<User, Failure> {
        self.require_client(asked.client, asked.client_id(&self.issuer), asked.caller)?;
        let found = match &name {
            Some(name) => self.users.find_user_by_login(name).await?,
            None => None,
        };
        let account = match (&found, &name) {
            (Some(user), _) => Account::User(&user.id),
            (None, Some(LoginName::Username(username))) => Account::Unknown(username.key()),
            (None, Some(LoginName::Email(email))) => Account::Unknown(email.key()),
            (None, None) => Account::Unknown(typed),
        };
        let permit = self.attempt(Some(account), asked.address).await?;
        let hash = found.as_ref().map(User::password_hash);
        let (permit, verification) = self.verify_password(password, hash, permit).await?;
        let is_match = verification.as_ref().is_some_and(|it| it.is_match());
        let reason = match &found {
            None => LoginFailure::UnknownUser,
            Some(_) if !is_match => LoginFailure::WrongPassword,
            Some(user) if !user.is_active => LoginFailure::Disabled,
            Some(user) if self.awaits_verification(user) => LoginFailure::Unverified,
            Some(_) => {
                permit.succeeded().await;
                let mut user = found.ok_or(Failure::invalid_grant())?;
                if verification.is_some_and(|it| it.needs_rehash()) {
                    self.rehash(&mut user, password, asked).await;
                }
                return Ok(user);
            }
        };
        self.login_failed(found.map(|user| user.id), reason, asked);
        Err(Failure::invalid_grant())
    }

    /// What a password has to do with a hash, or with none: nothing if it is too long to be any. The
    /// permit comes back where something was compared.
    pub(super) async fn verify_password<'a>(
        &self,
        password: &str,
        hash: Option<&str>,
        permit: Permit<'a, U, R>,
    ) -> Result<(Permit<'a, U, R>, Option<Verification>), Failure> {
        match self.hasher.verify(password, hash).await {
            Ok(verification) => Ok((permit, Some(verification))),
            // No account has such a password.
            Err(PasswordError::TooLong) => Ok((permit, None)),
            Err(error) => {
                permit.unused().await;
                Err(error.into())
            }
        }
    }

    /// The hash of a password that a user chose, in this field, once it keeps all rules.
    pub(super) async fn hash_new_password(
        &self,
        field: &'static str,
        password: &str,
        context: &PasswordContext<'_>,
    ) -> Result<String, Failure> {
        let refused = |error| match error {
            NewPasswordError::Rule(rule) => Failure::field(field, rule.to_string()),
            NewPasswordError::Hasher(PasswordError::TooLong) => {
                Failure::field(field, "the password is too long")
            }
            NewPasswordError::Hasher(error) => error.into(),
        };
        self.policy.check_new(password, context, &self.hasher).await.map_err(refused)?;
        self.hasher.hash(password).await.map_err(|error| refused(error.into()))
    }

    fn login_failed(&self, user_id: Option<String>, reason: LoginFailure, asked: &Asked<'_>) {
        let client_id = asked.client_id(&self.issuer).to_owned();
        self.record(asked.address, AuditEvent::LoginFailed { user_id, client_id, reason });
    }

    /// Replaces a hash with outdated parameters. What goes wrong here must not fail the login.
    async fn rehash(&self, user: &mut User, password: &str, asked: &Asked<'_>) {
        let Ok(hash) = self.hasher.hash(password).await else { return };
        match self.users.replace_password_hash(&user.id, user.password_hash(), &hash).await {
            Ok(true) => {
                user.set_password_hash(hash);
                let user_id = user.id.clone();
                self.record(asked.address, AuditEvent::PasswordRehashed { user_id });
            }
            // Another login has done so meanwhile, or the password is another.
            Ok(false) => {
                if let Ok(Some(other)) = self.users.find_user(&user.id).await
                    && let Ok(verification) =
                        self.hasher.verify(password, Some(other.password_hash())).await
                    && verification.is_match()
                {
                    *user = other;
                }
            }
            Err(_) => crate::trace::warn!("a password hash could not be renewed"),
        }
    }

    /// Fails for a user who was disabled, or whose password was changed, since it was verified: that
    /// has ended the sessions which there were, and not one that begins now.
    async fn still_stands(&self, user: &User, asked: &Asked<'_>) -> Result<(), Failure> {
        let now = self.users.find_user(&user.id).await?;
        let reason = match &now {
            Some(now) if !now.is_active => LoginFailure::Disabled,
            Some(now) if now.password_hash() != user.password_hash() => LoginFailure::WrongPassword,
            Some(_) => return Ok(()),
            None => LoginFailure::UnknownUser,
        };
        self.login_failed(now.map(|now| now.id), reason, asked);
        Err(Failure::invalid_grant())
    }

    /// Starts a session for a user who has proved who it is.
    pub(super) async fn log_in(&self, user: &User, asked: &Asked<'_>) -> Result<Tokens, Failure> {
        let client_id = asked.client_id(&self.issuer);
        let Some(scopes) = self.granted(&user.scopes, client_id, asked.scope) else {
            // Not the least of failures: it tells whoever guessed that the password is right.
            self.login_failed(Some(user.id.clone()), LoginFailure::InvalidScope, asked);
            return Err(Failure::invalid_scope());
        };
        if let Some(stateless) = &self.stateless {
            return self.log_in_stateless(stateless, user, asked, &scopes).await;
        }
        let now = self.now();
        let scope = scopes.join(" ");
        let device = asked.caller.device.as_deref();
        let new = NewSession::new(&user.id, client_id, &scope).device(device);
        let issued = self.refresh.issue(&self.sessions, new, now).await?;
        let IssuedRefresh { token, session, displaced, .. } = issued;
        for id in displaced {
            self.session_ended(asked.address, user.id.as_str(), id, SessionEnd::Displaced);
        }
        let access_token = async {
            self.still_stands(user, asked).await?;
            self.access_token(user, &session, &scopes).await
        };
        let access_token = match access_token.await {
            Ok(token) => token,
            Err(failure) => {
                // Nobody will ever have its refresh token.
                let _ = self.sessions.end_session(&session.id).await;
                return Err(failure);
            }
        };
        let Session { id: session_id, user_id, client_id, .. } = session;
        let event = AuditEvent::LoginSucceeded { user_id, session_id, client_id };
        self.record(asked.address, event);
        Ok(self.tokens(access_token, token.into_string(), scope))
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
        let verified = self
            .refresh
            .verify(&self.sessions, request, now)
            .await
            .map_err(|error| self.refresh_refused(error, asked))?;
        let session = verified.session();
        self.require_client(asked.client, &session.client_id, asked.caller)?;
        let scope = verified.scope()?;
        let user = match self.users.find_user(&session.user_id).await? {
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
        let access_token = self.access_token(&user, session, &scopes).await?;
        let scope = scopes.join(" ");
        let rotated = self
            .refresh
            .rotate(&self.sessions, verified, now)
            .await
            .map_err(|error| self.refresh_refused(error, asked))?;
        let Session { id: session_id, user_id, client_id, .. } = rotated.session;
        let event = AuditEvent::TokenRefreshed { user_id, session_id, client_id };
        self.record(asked.address, event);
        Ok(self.tokens(access_token, rotated.token.into_string(), scope))
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
    fn granted<'a>(
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

    pub(super) fn session_ended(
        &self,
        address: Option<IpAddr>,
        user_id: impl Into<String>,
        session_id: impl Into<String>,
        reason: SessionEnd,
    ) {
        let (user_id, session_id) = (user_id.into(), session_id.into());
        self.record(address, AuditEvent::SessionEnded { user_id, session_id, reason });
    }

    /// Ends the sessions of a user but one, or all.
    pub(super) async fn end_sessions(
        &self,
        user_id: &str,
        except: Option<&str>,
        reason: SessionEnd,
        address: Option<IpAddr>,
    ) -> Result<(), Failure> {
        for id in self.sessions.end_sessions_of(user_id, except).await? {
            self.session_ended(address, user_id, id, reason);
        }
        Ok(())
    }

    pub(super) async fn access_token(
        &self,
        user: &User,
        session: &Session,
        scopes: &[&str],
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
        Ok(self.issuer.issue(&grant)?)
    }

    pub(super) fn tokens(
        &self,
        access_token: String,
        refresh_token: String,
        scope: String,
    ) -> Tokens {
        Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.issuer.lifetime().as_secs(),
            refresh_token,
            scope,
        }
    }

    pub(super) fn caller(&self, request: &Request) -> Caller {
        let headers = request.headers();
        let basic = BasicHeader::of(headers);
        Caller { address: self.address_of(request), device: device(headers), basic }
    }

    /// The address of the client that sent this.
    pub(super) fn address_of(&self, request: &Request) -> Option<IpAddr> {
        self.addresses.address(request.headers(), request.extensions())
    }

    /// Adds to the audit trail.
    pub(super) fn record(&self, address: Option<IpAddr>, event: AuditEvent) {
        self.trail.record(self.now(), address, event);
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }
}

/// The `User-Agent` (RFC 9110, section 10.1.5), cut to a length that suits a list.
fn device(headers: &HeaderMap) -> Option<String> {
    let product = headers.get(USER_AGENT)?.to_str().ok()?.trim();
    (!product.is_empty()).then(|| product.chars().take(LONGEST_DEVICE).collect())
}
