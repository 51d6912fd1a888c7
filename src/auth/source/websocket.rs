//! A token among the subprotocols of a WebSocket handshake (RFC 6455, section 1.9).

use http::header::{SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request};

use super::{RequestHead, is_b64token};
use crate::AuthErrorKind;

/// The subprotocol that says that the next one is a token.
const BEARER: &[u8] = b"bearer";

/// Whether the request opens a WebSocket: over HTTP/1.1 (RFC 6455, section 4.1) or over HTTP/2 and
/// 3 (RFC 8441, section 4).
pub(super) fn is_handshake(method: &Method, headers: &HeaderMap) -> bool {
    let upgrades = |value: &HeaderValue| {
        let mut protocols = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        protocols.any(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
    };
    method == Method::CONNECT || headers.get_all(UPGRADE).iter().any(upgrades)
}

pub(super) fn read<'a>(request: &RequestHead<'a>) -> Result<Option<&'a str>, AuthErrorKind> {
    if !is_handshake(request.method, request.headers) {
        return Ok(None);
    }
    let mut protocols = protocols(request.headers);
    if !protocols.any(|protocol| protocol == BEARER) {
        return Ok(None);
    }
    let token = protocols.next().ok_or(AuthErrorKind::MalformedCredentials)?;
    if protocols.any(|protocol| protocol == BEARER) {
        return Err(AuthErrorKind::MultipleCredentials);
    }
    match std::str::from_utf8(token) {
        Ok(text) if is_b64token(token) => Ok(Some(text)),
        _ => Err(AuthErrorKind::MalformedCredentials),
    }
}

/// Takes the token out, and leaves `bearer` and the others to choose from. Says whether `bearer` was
/// among them.
pub(super) fn strip<B>(request: &mut Request<B>) -> bool {
    let offers = is_handshake(request.method(), request.headers())
        && protocols(request.headers()).any(|protocol| protocol == BEARER);
    if !offers {
        return false;
    }
    let headers = request.headers_mut();
    let mut after_bearer = false;
    let rest: Vec<&[u8]> = protocols(headers)
        .filter(|protocol| !std::mem::replace(&mut after_bearer, *protocol == BEARER))
        .collect();
    // It is made of what was a header value before.
    if let Ok(value) = HeaderValue::from_bytes(&rest.join(b", ".as_slice())) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    true
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|protocol| !protocol.is_empty())
}
