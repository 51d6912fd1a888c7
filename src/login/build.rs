//! From what a [`LoginRouter`] was told to its routes.

use std::sync::Arc;

use axum::Router;

use super::LoginRouter;
use super::endpoint::Endpoint;
use super::register_mode::RegisterMode;
use super::shared::Shared;
use super::stateless::Stateless;
use crate::auth::JwtAuthLayer;
use crate::limit::Limiter;
use crate::store::{MemoryStore, RefreshStore, UserStore};
use crate::token::is_scope_token;

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// The routes.
    ///
    /// A router with a state of its own takes them after `.with_state(())`.
    ///
    /// # Panics
    ///
    /// When the issuer has no identifier or no audience, the layer takes API keys alone, a default scope is none by RFC 6749,
    /// section 3.3, two endpoints have one path, one that must have an `{id}` in its path has none,
    /// [`Endpoint::Register`] under [`RegisterMode::Private`] has no mailer or stands beside
    /// [`sign_in_on_register`](Self::sign_in_on_register), or the layer takes access tokens from the
    /// [`refresh_cookie`](Self::refresh_cookie): at the start, never at a request.
    #[track_caller]
    pub fn into_router(self) -> Router {
        for scope in &self.default_scopes {
            assert!(is_scope_token(scope), "{scope:?} of the default scopes is no scope");
        }
        let registers = self.routes.has(Endpoint::Register);
        if registers && self.register_mode == RegisterMode::Private {
            assert!(
                self.mailing.is_some(),
                "RegisterMode::Private needs LoginRouter::mailer; without one, set \
                 REGISTER_MODE=conflict where the mode comes from the settings"
            );
            assert!(
                !self.signs_in_on_register,
                "sign_in_on_register would tell what RegisterMode::Private keeps"
            );
        }
        let auth = self.guard();
        if let Some(cookie) = &self.refresh_cookie {
            assert!(
                !auth.takes(&cookie.source),
                "the layer of a LoginRouter takes access tokens out of the cookie of refresh tokens"
            );
        }
        let clock = self.issuer.time().clone();
        let counts = self.throttle_store.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        let Some(verifier) = auth.verifier().cloned() else {
            panic!("the layer of a LoginRouter takes no tokens, but API keys alone")
        };
        let stateless = self.stateless.map(|rules| Stateless::new(&rules, &self.issuer));
        let shared = Arc::new(Shared {
            users: self.users,
            sessions: self.sessions,
            limiter: Limiter::new(&self.throttle, counts, clock.clone()),
            throttle: self.throttle,
            clock,
            issuer: self.issuer,
            verifier,
            // Made here and not before: the first hasher of a process sets up its pool.
            hasher: self.hasher.unwrap_or_default(),
            policy: self.policy,
            refresh: self.refresh,
            stateless,
            refresh_cookie: self.refresh_cookie,
            clients: self.clients,
            claims: self.claims,
            revoked: self.revoked,
            keys: self.keys,
            profile: self.profile,
            default_scopes: self.default_scopes,
            body_limit: self.body_limit,
            trail: self.trail,
            addresses: self.addresses,
            mailing: self.mailing,
            mail_links: self.mail_links,
            one_time_tokens: self.one_time_tokens,
            register_mode: self.register_mode,
            signs_in_on_register: self.signs_in_on_register,
        });
        self.routes.into_router(&auth, shared)
    }

    /// The layer of the endpoints that take a bearer token.
    #[track_caller]
    pub(super) fn guard(&self) -> JwtAuthLayer {
        let auth = self.auth.clone().unwrap_or_else(|| match self.issuer.verifier() {
            Ok(verifier) => JwtAuthLayer::new(verifier),
            Err(error) => panic!("the issuer of a LoginRouter is not complete: {error}"),
        });
        let auth = match &self.revoked {
            Some(revoked) => auth.revocations(revoked.clone()),
            None => auth,
        };
        // A key is no session of its owner.
        auth.without_api_keys()
    }
}
