//! Credentials in the `Authorization` header (RFC 6750, section 2.1; RFC 9110, section 11.6.2).

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::is_b64token;
use crate::AuthErrorKind;
use crate::verify::MAX_TOKEN_BYTES;

/// The bearer token of a request, or `None` where it has no credentials of this scheme.
#[cfg(feature = "login")]
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, AuthErrorKind> {
    token68(headers, b"Bearer")
}

/// The credentials of a scheme that are one token68 (RFC 9110, section 11.2).
pub(super) fn token68<'a>(
    headers: &'a HeaderMap,
    scheme: &[u8],
) -> Result<Option<&'a str>, AuthErrorKind> {
    let Some(credentials) = credentials(headers, scheme)? else { return Ok(None) };
    match std::str::from_utf8(credentials) {
        Ok(text) if is_b64token(credentials) => Ok(Some(text)),
        _ => Err(AuthErrorKind::MalformedCredentials),
    }
}

/// The credentials of a scheme, whatever they are made of.
pub(super) fn credentials<'a>(
    headers: &'a HeaderMap,
    scheme: &[u8],
) -> Result<Option<&'a [u8]>, AuthErrorKind> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        // Which of two an intermediary looked at, nobody knows.
        return Err(AuthErrorKind::MultipleCredentials);
    }
    let value = value.as_bytes();
    if value.len() > MAX_TOKEN_BYTES {
        return Err(AuthErrorKind::CredentialsTooLong);
    }
    let Some((own, rest)) = value.split_at_checked(scheme.len()) else { return Ok(None) };
    let ends = rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    if !ends || !own.eq_ignore_ascii_case(scheme) {
        return Ok(None);
    }
    // RFC 9110, section 11.4: one or more spaces, no tab, between scheme and token.
    Ok(Some(&rest[rest.iter().take_while(|byte| **byte == b' ').count()..]))
}
