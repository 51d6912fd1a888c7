//! Several issuers, each with keys and rules of its own.

use std::collections::HashMap;
use std::fmt;

use super::{Trusted, Verifier};
use crate::token::Jws;
use crate::{AuthErrorKind, ConfigError};

/// Verifiers by the issuer that they trust.
pub(super) struct Issuers {
    by_name: HashMap<String, Verifier>,
    /// Those of whole families of issuers, the longest prefix first.
    #[cfg(feature = "jwks")]
    tenants: Vec<Verifier>,
}

impl Verifier {
    /// A verifier for the tokens of several issuers: each is checked by the verifier of its own
    /// issuer, with that one's keys, audiences and claims, and by no other (RFC 8725, section 3.8).
    ///
    /// Which one is told by the `iss` of a token whose signature nobody has checked yet. It picks the
    /// verifier and does nothing else; a token with another `iss`, or none, is refused without any
    /// cryptography, and without asking anybody for keys.
    ///
    /// # Errors
    ///
    /// When there is no verifier, one of them looks at no [`issuer`](crate::VerifierBuilder::issuer)
    /// or is one of several itself, two have the same, or one has a cache, which is for the verifier of
    /// all.
    ///
    /// # Examples
    ///
    /// Tokens of one's own beside those of a partner:
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ours = Issuer::new(SigningKey::generate_hs256()?).issuer("https://me").audience("api");
    /// # let partner_key = SigningKey::generate_hs256()?;
    /// # let partner = Issuer::new(partner_key.clone()).issuer("https://partner").audience("api");
    /// let theirs = Verifier::builder(&partner_key).issuer("https://partner").audience("api").build()?;
    /// let verifier = Verifier::of_issuers([ours.verifier()?, theirs])?;
    ///
    /// assert!(verifier.verify(&ours.issue(&Grant::new("alice"))?).await.is_ok());
    /// assert!(verifier.verify(&partner.issue(&Grant::new("bob"))?).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_issuers(verifiers: impl IntoIterator<Item = Self>) -> Result<Self, ConfigError> {
        let invalid = |rule| ConfigError::InvalidValue { setting: "list of issuers", rule };
        let mut by_name = HashMap::new();
        #[cfg(feature = "jwks")]
        let mut tenants: Vec<Self> = Vec::new();
        for verifier in verifiers {
            #[cfg(feature = "cache")]
            if verifier.cache.is_some() {
                return Err(invalid(
                    "a verifier with a cache is no item of it; call `cached` on the verifier that \
                     becomes of all",
                ));
            }
            let name = match &*verifier.trusted {
                Trusted::One(issuer) => issuer.name().map(str::to_owned),
                Trusted::Several(_) => {
                    return Err(invalid("a verifier of several is no item of it"));
                }
                #[cfg(feature = "introspection")]
                Trusted::Introspected(_) | Trusted::JwtOrOpaque(_) => {
                    return Err(invalid(
                        "a verifier that introspects is no item of it; the list may be the first of \
                         `Verifier::jwt_or_opaque`",
                    ));
                }
                #[cfg(feature = "jwks")]
                Trusted::Tenants(_) => {
                    tenants.push(verifier);
                    continue;
                }
            };
            let name = name.ok_or_else(|| invalid("each verifier needs an issuer"))?;
            if by_name.insert(name, verifier).is_some() {
                return Err(invalid("an issuer has one verifier"));
            }
        }
        let empty = by_name.is_empty();
        #[cfg(feature = "jwks")]
        super::tenants::sort(&mut tenants)?;
        #[cfg(feature = "jwks")]
        let empty = empty && tenants.is_empty();
        if empty {
            return Err(invalid("it has at least one verifier"));
        }
        let issuers = Issuers {
            by_name,
            #[cfg(feature = "jwks")]
            tenants,
        };
        Ok(Self::new(Trusted::Several(issuers)))
    }
}

impl Issuers {
    /// The verifier for a token, by an `iss` that is not verified.
    pub(super) fn of(&self, jws: &Jws<'_>) -> Result<&Verifier, AuthErrorKind> {
        let issuer = jws.unverified_issuer()?;
        issuer.and_then(|issuer| self.named(&issuer)).ok_or(AuthErrorKind::InvalidIssuer)
    }

    pub(super) fn named(&self, issuer: &str) -> Option<&Verifier> {
        let known = self.by_name.get(issuer);
        #[cfg(feature = "jwks")]
        let known = known.or_else(|| super::tenants::of(&self.tenants, issuer));
        known
    }

    #[cfg(feature = "jwks")]
    pub(super) fn verifiers(&self) -> impl Iterator<Item = &Verifier> {
        self.by_name.values().chain(&self.tenants)
    }
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.by_name.values());
        #[cfg(feature = "jwks")]
        list.entries(&self.tenants);
        list.finish()
    }
}
