//! What the handlers share, and the steps that more than one of them takes.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use http::HeaderMap;
use http::header::USER_AGENT;

use super::answer::Failure;
use super::claims::ClaimsHook;
use super::client::{BasicHeader, Clients, Identity};
use super::cookie::RefreshCookie;
use super::key_store::KeyStore;
use super::mail::Mailing;
use super::params::Params;
use super::profile::ProfileType;
use super::register_mode::RegisterMode;
use super::revocations::RevokedTokens;
use super::stateless::Stateless;
use crate::audit::{AuditEvent, SessionEnd, Trail};
use crate::clock::Clock;
use crate::issue::Issuer;
use crate::limit::{Limiter, LoginThrottle};
use crate::mail::MailLinks;
use crate::one_time::OneTimeTokens;
use crate::password::{Hasher, PasswordPolicy};
use crate::peer::AddressSource;
use crate::refresh::RefreshTokens;
use crate::store::{RefreshStore, UserStore};
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
    /// Where browsers keep their refresh tokens there.
    pub(super) refresh_cookie: Option<RefreshCookie>,
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
    pub(super) device: Option<String>,
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
