//! One issuer: its keys, and what its tokens must say.

use std::fmt;
use std::mem;
use std::time::Duration;

use super::rules::Rules;
#[cfg(feature = "jwks")]
use crate::jwks::{KeyCache, KeySetStatus, Renewal, Renewing};
use crate::token::{Jws, KnownHeaders, RegisteredClaims, RolesClaim};
use crate::{AuthErrorKind, Clock, KeySet, Token};

pub(super) struct TrustedIssuer {
    pub(super) keys: Keys,
    pub(super) rules: Rules,
    pub(super) roles: RolesClaim,
    pub(super) hierarchical_scopes: bool,
    pub(super) clock: Clock,
    pub(super) headers: KnownHeaders,
}

#[derive(Debug)]
pub(super) enum Keys {
    Local(KeySet),
    #[cfg(feature = "jwks")]
    Remote(KeyCache),
}

/// Why there is no token.
pub(super) enum Refused {
    For(AuthErrorKind),
    /// It may be right by keys that are not here yet.
    #[cfg(feature = "jwks")]
    Until(Renewing),
}

impl From<AuthErrorKind> for Refused {
    fn from(kind: AuthErrorKind) -> Self {
        Self::For(kind)
    }
}

impl TrustedIssuer {
    /// The signature first, and only then the claims.
    pub(super) fn check(&self, mut jws: Jws<'_>) -> Result<Token, Refused> {
        let now = self.clock.now();
        self.keys.verify(&jws, now)?;
        let claims = RegisteredClaims::parse(mem::take(&mut jws.payload), &self.roles)?;
        self.rules.check(jws.header, &claims, now)?;
        jws.learn_header();
        Ok(Token::new(claims, self.hierarchical_scopes))
    }

    /// The `iss` that its tokens must have.
    pub(super) fn name(&self) -> Option<&str> {
        self.rules.issuer.as_deref()
    }

    #[cfg(feature = "jwks")]
    pub(super) fn key_status(&self) -> Option<KeySetStatus> {
        match &self.keys {
            Keys::Local(_) => None,
            Keys::Remote(cache) => Some(cache.status(self.clock.now())),
        }
    }
}

impl Keys {
    fn verify(&self, jws: &Jws<'_>, now: Duration) -> Result<(), Refused> {
        let _ = now;
        match self {
            Self::Local(keys) => Ok(verify(keys, jws)?),
            #[cfg(feature = "jwks")]
            Self::Remote(cache) => {
                let keys = cache.at_hand(now);
                let refusal = match &keys {
                    Some(keys) => match verify(keys, jws) {
                        Err(kind) if may_be_of_new_key(kind, keys, jws) => kind,
                        result => return Ok(result?),
                    },
                    None => AuthErrorKind::Unavailable,
                };
                match cache.renew(keys.as_ref(), now) {
                    Renewal::Wait(renewing) => Err(Refused::Until(renewing)),
                    Renewal::Newer(keys) => Ok(verify(&keys, jws)?),
                    Renewal::Recent => Err(Refused::For(refusal)),
                    Renewal::Failed => Err(Refused::For(AuthErrorKind::Unavailable)),
                }
            }
        }
    }
}

fn verify(keys: &KeySet, jws: &Jws<'_>) -> Result<(), AuthErrorKind> {
    keys.verify(jws.header.algorithm, jws.header.key_id.as_deref(), jws.signed, jws.signature)
}

/// Whether a token may be right by a key that its issuer has made since the last look: one whose
/// `kid` is none of a key here, or that names none. Remote keys are never secrets, so a header that
/// asks for HMAC, or for nothing that is known, costs no look.
#[cfg(feature = "jwks")]
fn may_be_of_new_key(kind: AuthErrorKind, keys: &KeySet, jws: &Jws<'_>) -> bool {
    let is_of_keys = matches!(
        kind,
        AuthErrorKind::UnknownKey
            | AuthErrorKind::InvalidSignature
            | AuthErrorKind::AlgorithmMismatch
    );
    let key_id = jws.header.key_id.as_deref();
    let is_known = key_id.is_some() && keys.iter().any(|key| key.key_id() == key_id);
    is_of_keys && !is_known && jws.header.algorithm.is_some_and(crate::Algorithm::is_asymmetric)
}

impl fmt::Debug for TrustedIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.keys)
            .field("rules", &self.rules)
            .field("clock", &self.clock)
            .finish()
    }
}
