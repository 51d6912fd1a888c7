//! Tokens that say nothing themselves: their server is asked (RFC 7662).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::introspection::IntrospectionBuilder;
use super::rules::Rules;
use super::{Checked, Trusted, Verifier};
use crate::introspect::{Found, Introspector, TokenHash};
use crate::token::{Jws, wire};
use crate::{AuthErrorKind, Clock, ConfigError};

impl Verifier {
    /// Starts a verifier that asks an introspection endpoint about each token (RFC 7662), be it opaque
    /// or a JWT. [`IntrospectionBuilder`] says what is asked and remembered, and has the options.
    ///
    /// # Examples
    ///
    /// See [`IntrospectionBuilder`].
    pub fn introspect(endpoint: impl Into<String>) -> IntrospectionBuilder {
        IntrospectionBuilder::new(endpoint.into())
    }

    /// A verifier for JWTs beside opaque tokens. What has the form of a JWS (three parts, the first of
    /// them a JSON object) goes to the first and nowhere else, so that a JWT never leaves this service;
    /// everything else goes to the second.
    ///
    /// # Errors
    ///
    /// When the first introspects or has a cache, which is for the verifier of both, or the second does
    /// not introspect.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Issuer, Verifier};
    ///
    /// # fn main() -> Result<(), ConfigError> {
    /// let own = Issuer::for_tests().verifier()?;
    /// let partner = Verifier::introspect("https://id.example/introspect")
    ///     .client_secret_basic("api", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA")
    ///     .audience("https://api.example")
    ///     .build()?;
    /// let verifier = Verifier::jwt_or_opaque(own, partner)?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    pub fn jwt_or_opaque(jwt: Self, opaque: Self) -> Result<Self, ConfigError> {
        let invalid = |setting, rule| Err(ConfigError::InvalidValue { setting, rule });
        #[cfg(feature = "cache")]
        if jwt.cache.is_some() {
            let rule = "it has no cache; call `cached` on the verifier that becomes of both";
            return invalid("verifier of JWTs", rule);
        }
        if matches!(&*jwt.trusted, Trusted::Introspected(_) | Trusted::JwtOrOpaque(_)) {
            return invalid("verifier of JWTs", "it does not introspect");
        }
        match &*opaque.trusted {
            Trusted::Introspected(opaque) => {
                let opaque = opaque.clone();
                Ok(Self::new(Trusted::JwtOrOpaque(JwtOrOpaque { jwt, opaque })))
            }
            _ => invalid("verifier of opaque tokens", "it is one of `Verifier::introspect`"),
        }
    }

    /// What becomes of a text that can't be read as a JWS. One that means to be one is refused here, and
    /// is told why.
    pub(super) fn check_unread(&self, token: &str, kind: AuthErrorKind) -> Checked {
        match &*self.trusted {
            Trusted::JwtOrOpaque(both) if !Jws::has_form(token) => both.opaque.check(token),
            _ => Checked::Now(Err(kind)),
        }
    }
}

pub(super) struct JwtOrOpaque {
    pub(super) jwt: Verifier,
    opaque: Introspected,
}

/// The server that is asked, and what its tokens must say.
#[derive(Clone)]
pub(super) struct Introspected(Arc<Inner>);

struct Inner {
    introspector: Introspector,
    rules: Rules,
    clock: Clock,
}

impl Introspected {
    pub(super) fn new(introspector: Introspector, rules: Rules, clock: Clock) -> Self {
        Self(Arc::new(Inner { introspector, rules, clock }))
    }

    /// What no bearer token looks like (RFC 6750, section 2.1) is not asked about.
    pub(super) fn check(&self, token: &str) -> Checked {
        if !wire::is_b64token(token.as_bytes()) {
            return Checked::Now(Err(AuthErrorKind::MalformedToken));
        }
        let hash = TokenHash::of(token);
        let now = self.0.clock.now();
        if let Some(found) = self.0.introspector.at_hand(&hash, now) {
            return Checked::Now(self.0.judge(found, now));
        }
        let (inner, token) = (Arc::clone(&self.0), token.to_owned());
        Checked::Later(Box::pin(async move {
            let found = inner.introspector.ask(hash, &token).await;
            inner.judge(found, inner.clock.now())
        }))
    }
}

impl Inner {
    /// Each time anew, as time goes on.
    fn judge(&self, found: Found, now: Duration) -> Found {
        let token = found?;
        self.rules.check_introspected(token.registered_claims(), now)?;
        Ok(token)
    }
}

impl fmt::Debug for Introspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("introspector", &self.0.introspector)
            .field("rules", &self.0.rules)
            .field("clock", &self.0.clock)
            .finish()
    }
}

impl fmt::Debug for JwtOrOpaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("jwt", &self.jwt).field("opaque", &self.opaque).finish()
    }
}
