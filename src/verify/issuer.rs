//! One issuer: its keys, and what its tokens must say.

use std::fmt;
use std::time::Duration;

use super::rules::Rules;
#[cfg(feature = "cache")]
use crate::clock::Span;
#[cfg(all(feature = "cache", feature = "jwks"))]
use crate::jwks::KeySetId;
#[cfg(feature = "jwks")]
use crate::jwks::{KeyCache, KeySetStatus, KeysAtHand, Renewal, Renewing};
use crate::token::{Jws, RegisteredClaims, RolesClaim};
use crate::{AuthErrorKind, Clock, KeySet, Token};

pub(super) struct TrustedIssuer {
    pub(super) keys: Keys,
    pub(super) rules: Rules,
    pub(super) roles: RolesClaim,
    pub(super) hierarchical_scopes: bool,
    pub(super) clock: Clock,
}

#[derive(Debug)]
pub(super) enum Keys {
    Local(KeySet),
    #[cfg(feature = "jwks")]
    Remote(KeyCache),
}

/// What a token was verified by, for whoever remembers it.
#[cfg_attr(not(feature = "cache"), expect(dead_code, reason = "nobody remembers it"))]
pub(super) struct Basis {
    /// As a time since the Unix epoch.
    pub(super) at: Duration,
    pub(super) keys: KeysUsed,
}

#[cfg_attr(all(feature = "jwks", not(feature = "cache")), expect(dead_code, reason = "as above"))]
pub(super) enum KeysUsed {
    /// Those that the verifier was built with.
    Local,
    #[cfg(feature = "jwks")]
    Remote(KeysAtHand),
}

/// The keys of a [`Basis`], without keeping them.
#[cfg(feature = "cache")]
pub(super) enum KeysRemembered {
    Local,
    #[cfg(feature = "jwks")]
    Remote(KeySetId),
}

#[cfg(feature = "cache")]
impl From<KeysUsed> for KeysRemembered {
    fn from(keys: KeysUsed) -> Self {
        match keys {
            KeysUsed::Local => Self::Local,
            #[cfg(feature = "jwks")]
            KeysUsed::Remote(keys) => Self::Remote(keys.id()),
        }
    }
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
    pub(super) fn check(&self, jws: Jws<'_>) -> Result<(Token, Basis), Refused> {
        let now = self.clock.now();
        let keys = self.keys.verify(&jws, now)?;
        let claims = RegisteredClaims::parse(&jws.payload, &self.roles)?;
        self.rules.check(&jws.header, &claims, now)?;
        let token = Token::new(claims, jws.payload, self.hierarchical_scopes);
        Ok((token, Basis { at: now, keys }))
    }

    /// Whether a token that it verified with these keys would be verified now, too. Of its claims only
    /// the times can have become wrong, or right again.
    #[cfg(feature = "cache")]
    pub(super) fn stands_by(&self, token: &Token, keys: &KeysRemembered, span: Span) -> bool {
        let now = self.clock.now();
        span.has(now)
            && self.keys.are(keys, now)
            && self.rules.check_times(token.registered_claims(), now).is_ok()
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
    /// Whether those that a token would be verified with at `now` are the very same.
    #[cfg(feature = "cache")]
    fn are(&self, remembered: &KeysRemembered, now: Duration) -> bool {
        let _ = now;
        match (self, remembered) {
            (Self::Local(_), KeysRemembered::Local) => true,
            #[cfg(feature = "jwks")]
            (Self::Remote(cache), KeysRemembered::Remote(id)) => {
                cache.at_hand(now).is_some_and(|keys| keys.have_id(id))
            }
            #[cfg(feature = "jwks")]
            _ => false,
        }
    }

    fn verify(&self, jws: &Jws<'_>, now: Duration) -> Result<KeysUsed, Refused> {
        let _ = now;
        match self {
            Self::Local(keys) => {
                verify(keys, jws)?;
                Ok(KeysUsed::Local)
            }
            #[cfg(feature = "jwks")]
            Self::Remote(cache) => {
                let keys = cache.at_hand(now);
                let (keys, refusal) = match keys {
                    Some(keys) => match verify(&keys, jws) {
                        Err(kind) if may_be_of_new_key(kind, &keys, jws) => (Some(keys), kind),
                        Err(kind) => return Err(Refused::For(kind)),
                        Ok(()) => return Ok(KeysUsed::Remote(keys)),
                    },
                    None => (None, AuthErrorKind::Unavailable),
                };
                match cache.renew(keys.as_ref(), now) {
                    Renewal::Wait(renewing) => Err(Refused::Until(renewing)),
                    Renewal::Newer(keys) => {
                        verify(&keys, jws)?;
                        Ok(KeysUsed::Remote(keys))
                    }
                    Renewal::Recent => Err(Refused::For(refusal)),
                    Renewal::Failed => Err(Refused::For(AuthErrorKind::Unavailable)),
                }
            }
        }
    }
}

fn verify(keys: &KeySet, jws: &Jws<'_>) -> Result<(), AuthErrorKind> {
    keys.verify(jws.header.algorithm, jws.header.key_id.as_deref(), jws.signed, &jws.signature)
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
