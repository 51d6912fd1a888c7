//! What the layer adds to responses, since it knows what the inner service does not: where the
//! token came from, and whether there had to be one.

use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SEC_WEBSOCKET_PROTOCOL, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// How a token came with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Authorization,
    Cookie,
    Query,
    WebSocketProtocol,
    Custom,
    /// `X-API-Key`.
    ApiKeyHeader,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Additions {
    /// The carrier of the token that the request came with.
    pub(crate) carrier: Option<Carrier>,
    /// The response may depend on whether there is a token in `Authorization`.
    pub(crate) varies_by_header: bool,
    /// The same, of the cookies.
    pub(crate) varies_by_cookie: bool,
    /// The same, of `X-API-Key`.
    pub(crate) varies_by_api_key: bool,
    /// The same, of whatever a function looks at.
    pub(crate) varies_by_anything: bool,
    /// The request offered the subprotocol `bearer`, and a token after it.
    pub(crate) selects_bearer: bool,
}

impl Additions {
    pub(crate) fn add_to<B>(self, response: &mut Response<B>) {
        let status = response.status();
        let headers = response.headers_mut();
        match self.carrier {
            // Shared caches keep away from answers to `Authorization` by themselves (RFC 9111,
            // section 3.5). Of the other carriers they know nothing.
            None | Some(Carrier::Authorization) => {}
            // RFC 6750, section 2.3: whatever the inner service thinks of caches, it can't know that
            // the URL has a token in it.
            Some(Carrier::Query) => keep_private(headers, &["private", "no-store"]),
            // The same directives open an answer to `Authorization`.
            Some(_) => keep_private(
                headers,
                &["private", "no-store", "public", "s-maxage", "must-revalidate"],
            ),
        }
        if self.selects_bearer {
            select_bearer(status, headers);
        }
        if self.varies_by_anything {
            vary(headers, HeaderValue::from_static("*"));
        }
        if self.varies_by_header {
            vary(headers, AUTHORIZATION.into());
        }
        if self.varies_by_cookie || self.carrier == Some(Carrier::Cookie) {
            vary(headers, COOKIE.into());
        }
        if self.varies_by_api_key || self.carrier == Some(Carrier::ApiKeyHeader) {
            vary(headers, HeaderValue::from_static("x-api-key"));
        }
    }
}

/// Makes an answer private unless it has one of the directives: its own word is kept then.
fn keep_private(headers: &mut HeaderMap, unless: &[&str]) {
    let named = |directive: &str| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        unless.iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    let kept = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .any(|value| value.to_str().unwrap_or_default().split(',').any(named));
    if !kept {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
}

/// A browser that offered `bearer` and its token fails the connection unless the answer selects
/// one of the two (RFC 6455, section 4.1); the token must never be it.
fn select_bearer(status: StatusCode, headers: &mut HeaderMap) {
    let opens = status == StatusCode::SWITCHING_PROTOCOLS || status.is_success();
    if opens && !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("bearer"));
    }
}

fn vary(headers: &mut HeaderMap, name: HeaderValue) {
    let named = headers.get_all(VARY).iter().any(|value| {
        let mut names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|own| own == b"*" || own.eq_ignore_ascii_case(name.as_bytes()))
    });
    if !named {
        headers.append(VARY, name);
    }
}
