//! An API key: in `X-API-Key`, or in `Authorization: ApiKey`. Never in the query, which is written to
//! logs and histories.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Request};

use super::header;
use crate::AuthErrorKind;
use crate::gate::Carrier;
use crate::verify::MAX_TOKEN_BYTES;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A key as it came.
pub(in crate::auth) struct Presented {
    pub(in crate::auth) carrier: Carrier,
    pub(in crate::auth) key: String,
}

/// The one key of a request, or `None` where it has none.
pub(in crate::auth) fn find(headers: &HeaderMap) -> Result<Option<Presented>, AuthErrorKind> {
    let in_authorization = header::token68(headers, b"ApiKey")?;
    let in_own_header = own_header(headers)?;
    let (carrier, key) = match (in_authorization, in_own_header) {
        (None, None) => return Ok(None),
        (Some(key), None) => (Carrier::Authorization, key),
        (None, Some(key)) => (Carrier::ApiKeyHeader, key),
        // Which of two an intermediary looked at, nobody knows.
        (Some(_), Some(_)) => return Err(AuthErrorKind::MultipleCredentials),
    };
    Ok(Some(Presented { carrier, key: key.to_owned() }))
}

fn own_header(headers: &HeaderMap) -> Result<Option<&str>, AuthErrorKind> {
    let mut values = headers.get_all(X_API_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthErrorKind::MultipleCredentials);
    }
    if value.len() > MAX_TOKEN_BYTES {
        return Err(AuthErrorKind::CredentialsTooLong);
    }
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key))
        }
        _ => Err(AuthErrorKind::MalformedCredentials),
    }
}

/// Takes the key out of the request, so that the inner service does not see it.
pub(in crate::auth) fn strip<B>(carrier: Carrier, request: &mut Request<B>) {
    let name = if carrier == Carrier::Authorization { AUTHORIZATION } else { X_API_KEY };
    request.headers_mut().remove(name);
}
