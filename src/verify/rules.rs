//! Which tokens are accepted, once the signature is known to be right.
//!
//! One pure function: claims and a time in, a verdict out. RFC 7519, section 4.1; RFC 8725;
//! RFC 9068, section 4.

use std::time::Duration;

use crate::AuthErrorKind;
use crate::token::{Header, NumericDate, RegisteredClaims};

#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) token_type: TokenType,
    /// The accepted issuer; none where any will do.
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) leeway: Duration,
    /// How old a token may be, counted from its `iat`.
    pub(crate) max_age: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) enum TokenType {
    /// `at+jwt`, `JWT` or none: what access tokens of the field carry.
    Lenient,
    /// This type and no other.
    Exactly(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Audience {
    Any,
    OneOf(Vec<String>),
}

impl Rules {
    /// Judges a token whose signature is right. `now` is the time since the Unix epoch.
    pub(crate) fn check(
        &self,
        header: &Header<'_>,
        claims: &RegisteredClaims,
        now: Duration,
    ) -> Result<(), AuthErrorKind> {
        self.check_type(header.token_type.as_deref())?;
        self.check_parties(claims)?;
        if claims.expires_at.is_none() {
            // A token without an end would be valid for ever.
            return Err(AuthErrorKind::InvalidClaims);
        }
        self.check_times(claims, now)
    }

    /// Judges what the server that knows a token says of it, once that has called it active (RFC
    /// 7662, section 2.2). One without an end is over when the server says so.
    #[cfg(feature = "introspection")]
    pub(crate) fn check_introspected(
        &self,
        claims: &RegisteredClaims,
        now: Duration,
    ) -> Result<(), AuthErrorKind> {
        self.check_parties(claims)?;
        self.check_times(claims, now)
    }

    fn check_parties(&self, claims: &RegisteredClaims) -> Result<(), AuthErrorKind> {
        if claims.confirmation {
            // Without a proof of the key this is a stolen token (RFC 9449, section 7.2).
            return Err(AuthErrorKind::KeyBound);
        }
        self.check_issuer(claims.issuer.as_deref())?;
        self.check_audience(claims.audience.as_deref())
    }

    fn check_type(&self, token_type: Option<&str>) -> Result<(), AuthErrorKind> {
        let accepted = match (&self.token_type, token_type) {
            (TokenType::Lenient, None) => true,
            (TokenType::Lenient, Some(given)) => {
                same_type(given, "at+jwt") || same_type(given, "JWT")
            }
            (TokenType::Exactly(_), None) => false,
            (TokenType::Exactly(wanted), Some(given)) => same_type(given, wanted),
        };
        if accepted { Ok(()) } else { Err(AuthErrorKind::WrongTokenType) }
    }

    fn check_issuer(&self, issuer: Option<&str>) -> Result<(), AuthErrorKind> {
        let accepted = self.issuer.as_deref().is_none_or(|own| issuer == Some(own));
        if accepted { Ok(()) } else { Err(AuthErrorKind::InvalidIssuer) }
    }

    fn check_audience(&self, audience: Option<&[String]>) -> Result<(), AuthErrorKind> {
        let accepted = match &self.audience {
            Audience::Any => true,
            Audience::OneOf(own) => {
                audience.is_some_and(|theirs| theirs.iter().any(|one| own.contains(one)))
            }
        };
        if accepted { Ok(()) } else { Err(AuthErrorKind::InvalidAudience) }
    }

    /// The part that changes as time goes on.
    pub(crate) fn check_times(
        &self,
        claims: &RegisteredClaims,
        now: Duration,
    ) -> Result<(), AuthErrorKind> {
        let (now, leeway) = (now.as_secs_f64(), self.leeway.as_secs_f64());
        let later_than_now = |date: NumericDate| now < date.seconds() - leeway;
        if claims.expires_at.is_some_and(|end| now >= end.seconds() + leeway) {
            return Err(AuthErrorKind::Expired);
        }
        if claims.not_before.is_some_and(later_than_now) {
            return Err(AuthErrorKind::NotYetValid);
        }
        if claims.issued_at.is_some_and(later_than_now) {
            return Err(AuthErrorKind::IssuedInFuture);
        }
        if let Some(max_age) = self.max_age {
            // A token that hides its age is not taken for a young one.
            let issued_at = claims.issued_at.ok_or(AuthErrorKind::InvalidClaims)?;
            if now >= issued_at.seconds() + max_age.as_secs_f64() + leeway {
                return Err(AuthErrorKind::Expired);
            }
        }
        Ok(())
    }
}

/// RFC 7515, section 4.1.9: media types compare without regard to case, and `application/` may
/// be left out where nothing else has a slash.
fn same_type(left: &str, right: &str) -> bool {
    fn short(token_type: &str) -> &str {
        match token_type.split_at_checked("application/".len()) {
            Some((prefix, rest))
                if prefix.eq_ignore_ascii_case("application/") && !rest.contains('/') =>
            {
                rest
            }
            _ => token_type,
        }
    }
    short(left).eq_ignore_ascii_case(short(right))
}
