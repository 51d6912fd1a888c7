//! The way of a token through a [`Verifier`].

use std::pin::Pin;

use super::issuer::{Basis, Refused};
use super::{MAX_TOKEN_BYTES, Trusted, Verifier};
use crate::meter;
use crate::token::{Jws, KnownHeaders};
use crate::{AuthErrorKind, Token};

/// What becomes of a token: known at once, or after a wait for what is elsewhere.
pub(crate) enum Checked {
    Now(Result<Token, AuthErrorKind>),
    #[cfg_attr(
        not(any(feature = "introspection", feature = "jwks")),
        expect(dead_code, reason = "what is here is at hand")
    )]
    Later(CheckedLater),
}

pub(crate) type CheckedLater = Pin<Box<dyn Future<Output = Result<Token, AuthErrorKind>> + Send>>;

/// Of a verifier that reads none.
#[cfg(feature = "introspection")]
static NO_HEADERS: KnownHeaders = KnownHeaders::new();

impl Verifier {
    /// Verifies with what is at hand; [`AuthErrorKind::Unavailable`] where that is not enough.
    #[cfg(any(test, feature = "login"))]
    pub(crate) fn check_at_hand(&self, token: &str) -> Result<Token, AuthErrorKind> {
        match self.check(token) {
            Checked::Now(result) => result,
            Checked::Later(_) => Err(AuthErrorKind::Unavailable),
        }
    }

    /// What becomes of a token. What is cheap comes first.
    pub(crate) fn check(&self, token: &str) -> Checked {
        self.recall(token.as_bytes()).unwrap_or_else(|| self.check_unknown(token))
    }

    /// The same for what may not even be text. Of a token that is remembered, that need not be asked.
    pub(crate) fn check_bytes(&self, token: &[u8]) -> Checked {
        if let Some(checked) = self.recall(token) {
            return checked;
        }
        match std::str::from_utf8(token) {
            Ok(token) => self.check_unknown(token),
            Err(_) => Checked::Now(Err(AuthErrorKind::MalformedToken)),
        }
    }

    /// What is known of a token without looking into it.
    fn recall(&self, token: &[u8]) -> Option<Checked> {
        if token.len() > MAX_TOKEN_BYTES {
            return Some(Checked::Now(Err(AuthErrorKind::CredentialsTooLong)));
        }
        #[cfg(feature = "cache")]
        if let Some(token) = self.cache.as_ref()?.recall(token, self) {
            return Some(Checked::Now(Ok(token)));
        }
        None
    }

    fn check_unknown(&self, token: &str) -> Checked {
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            return self.check_fully(token, self, || cache.count_miss(token));
        }
        self.check_fully(token, self, || {})
    }

    /// The whole of verifying, for the one that was `asked`. The order matters: no claim is judged
    /// before the signature is known to be right. `read` is called where the token is a JWS.
    pub(super) fn check_fully(&self, token: &str, asked: &Self, read: impl FnOnce()) -> Checked {
        #[cfg(feature = "introspection")]
        if let Trusted::Introspected(opaque) = &*self.trusted {
            return opaque.check(token);
        }
        let timer = meter::start();
        let checked = Jws::read(token, self.headers(), |jws| {
            read();
            self.check_jws(token, jws, asked)
        });
        // What waits is checked anew afterwards.
        if !matches!(checked, Ok(Checked::Later(_))) {
            meter::verified(timer);
        }
        match checked {
            Ok(checked) => checked,
            #[cfg(feature = "introspection")]
            Err(kind) => self.check_unread(token, kind),
            #[cfg(not(feature = "introspection"))]
            Err(kind) => Checked::Now(Err(kind)),
        }
    }

    /// The headers that its tokens have had.
    pub(super) fn headers(&self) -> &KnownHeaders {
        match &*self.trusted {
            Trusted::One(issuer) => &issuer.headers,
            Trusted::Several(issuers) => &issuers.headers,
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => tenants.headers(),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(_) => &NO_HEADERS,
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.headers(),
        }
    }

    /// `jws` is what `token` was read as. What was verified, `asked` may remember.
    pub(super) fn check_jws(&self, token: &str, jws: Jws<'_>, asked: &Self) -> Checked {
        match &*self.trusted {
            Trusted::One(issuer) => match issuer.check(jws) {
                Ok((verified, basis)) => {
                    asked.remember(token, &verified, self, basis);
                    Checked::Now(Ok(verified))
                }
                Err(Refused::For(kind)) => Checked::Now(Err(kind)),
                #[cfg(feature = "jwks")]
                Err(Refused::Until(keys)) => Checked::Later(self.check_after(keys, token, asked)),
            },
            Trusted::Several(issuers) => match issuers.of(&jws) {
                Ok(verifier) => verifier.check_jws(token, jws, asked),
                Err(kind) => Checked::Now(Err(kind)),
            },
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => tenants.check(token, jws, asked),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(opaque) => opaque.check(token),
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.check_jws(token, jws, asked),
        }
    }

    #[cfg(feature = "jwks")]
    fn check_after(&self, keys: crate::jwks::Renewing, token: &str, asked: &Self) -> CheckedLater {
        let (verifier, token, asked) = (self.clone(), token.to_owned(), asked.clone());
        Box::pin(async move {
            keys.await?;
            match verifier.check_fully(&token, &asked, || {}) {
                Checked::Now(result) => result,
                // New keys, and another wait for newer ones: this is not to go on.
                Checked::Later(_) => Err(AuthErrorKind::Unavailable),
            }
        })
    }

    /// What `verifier` verified, on this `basis`.
    pub(super) fn remember(&self, token: &str, verified: &Token, verifier: &Self, basis: Basis) {
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            cache.insert(token, verified, verifier, basis);
        }
        #[cfg(not(feature = "cache"))]
        let _ = (token, verified, verifier, basis);
    }
}
