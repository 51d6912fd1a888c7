//! Credentials in the `Authorization` header (RFC 6750, section 2.1; RFC 9110, section 11.6.2).

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use super::is_b64token;
use crate::AuthErrorKind;
use crate::verify::MAX_TOKEN_BYTES;

/// The bearer token of a request, or `None` where it has no credentials of this scheme.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, AuthErrorKind> {
    credentials(headers, b"Bearer")
}

/// The credentials of a scheme that are one token68 (RFC 9110, section 11.2).
pub(super) fn credentials<'a>(
    headers: &'a HeaderMap,
    scheme: &[u8],
) -> Result<Option<&'a str>, AuthErrorKind> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        // Which of two an intermediary looked at, nobody knows.
        return Err(AuthErrorKind::MultipleCredentials);
    }
    token(value, scheme)
}

fn token<'a>(value: &'a HeaderValue, wanted: &[u8]) -> Result<Option<&'a str>, AuthErrorKind> {
    let value = value.as_bytes();
    if value.len() > MAX_TOKEN_BYTES {
        return Err(AuthErrorKind::CredentialsTooLong);
    }
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    if !scheme.eq_ignore_ascii_case(wanted) {
        return Ok(None);
    }
    // RFC 9110, section 11.4: one or more spaces, no tab, between scheme and token.
    let token = &rest[rest.iter().take_while(|byte| **byte == b' ').count()..];
    match std::str::from_utf8(token) {
        Ok(text) if is_b64token(token) => Ok(Some(text)),
        _ => Err(AuthErrorKind::MalformedCredentials),
    }
}
