//! Whether a page of this service made a request: against cross-site request forgery, which a
//! token in a cookie is open to.

use http::header::{HOST, HeaderValue, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method, Uri};

use super::{RequestHead, websocket};
use crate::AuthErrorKind;

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Refuses what may come from a page of another site. Requests that change nothing pass, since
/// such a page can't read the answers; a WebSocket it could read, so its handshake is checked.
pub(super) fn check(
    request: &RequestHead<'_>,
    trusted_origins: &[String],
    over_tls: bool,
) -> Result<(), AuthErrorKind> {
    let safe =
        matches!(*request.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if safe && !websocket::is_handshake(request.method, request.headers) {
        return Ok(());
    }
    let own =
        match (single(request.headers, ORIGIN.as_str()), single(request.headers, SEC_FETCH_SITE)) {
            (Ok(Some(origin)), _) if trusted_origins.iter().any(|own| origin == own.as_bytes()) => {
                true
            }
            (Ok(_), Ok(Some(site))) => site == b"same-origin" || site == b"none",
            (Ok(Some(origin)), Ok(None)) => is_of_host(origin, request, over_tls),
            // Neither, as from a program that is no browser and needs no cookie; or one of them twice.
            _ => false,
        };
    if own { Ok(()) } else { Err(AuthErrorKind::CrossSite) }
}

/// Scheme, host and maybe a port, with nothing after them (RFC 6454, section 6.2).
pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme @ ("https" | "http"), authority)) = text.split_once("://") else {
        return false;
    };
    let lower_case = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let parsed = text.parse::<Uri>().ok();
    lower_case
        && !authority.contains('@')
        && parsed.is_some_and(|uri| {
            uri.scheme_str() == Some(scheme)
                && uri.authority().is_some_and(|own| own.as_str() == authority)
                && !matches!((scheme, uri.port_u16()), ("https", Some(443)) | ("http", Some(80)))
        })
}

/// Whether the origin has the host that the request is for: that of its URI in HTTP/2, the `Host`
/// header otherwise. A page over plain HTTP may be anybody's who is on the way (but not to this
/// machine).
fn is_of_host(origin: &[u8], request: &RequestHead<'_>, over_tls: bool) -> bool {
    let host = match request.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => single(request.headers, HOST.as_str()).ok().flatten(),
    };
    let authority = match (origin.strip_prefix(b"https://"), origin.strip_prefix(b"http://")) {
        (Some(authority), _) => Some(authority),
        (None, Some(authority)) if !over_tls || is_loopback(authority) => Some(authority),
        _ => None,
    };
    authority.is_some_and(|authority| !authority.is_empty()) && authority == host
}

/// Whether the pages of an origin are written by nobody on the way.
#[cfg(feature = "login")]
pub(crate) fn is_authentic(origin: &str) -> bool {
    origin.strip_prefix("http://").is_none_or(|authority| is_loopback(authority.as_bytes()))
}

fn is_loopback(authority: &[u8]) -> bool {
    let authority = std::str::from_utf8(authority).ok().and_then(|text| text.parse().ok());
    authority.is_some_and(|authority: Authority| {
        ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host())
    })
}

/// The one value of a header; an error where there are several.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, ()> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(()),
    }
}
