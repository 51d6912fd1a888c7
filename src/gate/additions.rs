//! What the layer adds to responses, since it knows what the inner service does not: where the
//! token came from, and whether there had to be one.

use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SEC_WEBSOCKET_PROTOCOL, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// How a token came with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Authorization,
    Cookie,
    Query,
    WebSocketProtocol,
    Custom,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Additions {
    /// The carrier of the token that the request came with.
    pub(crate) carrier: Option<Carrier>,
    /// The response may depend on whether there is a token in `Authorization`.
    pub(crate) varies_by_header: bool,
    /// The same, of the cookies.
    pub(crate) varies_by_cookie: bool,
}

impl Additions {
    pub(crate) fn add_to<B>(self, response: &mut Response<B>) {
        let status = response.status();
        let headers = response.headers_mut();
        match self.carrier {
            // Shared caches keep away from answers to `Authorization` by themselves (RFC 9111,
            // section 3.5). Of the other carriers they know nothing.
            None | Some(Carrier::Authorization) => {}
            Some(Carrier::Query) => keep_private(headers),
            Some(carrier) => {
                if !headers.contains_key(CACHE_CONTROL) {
                    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
                }
                if carrier == Carrier::WebSocketProtocol {
                    select_bearer(status, headers);
                }
            }
        }
        if self.varies_by_header {
            vary(headers, AUTHORIZATION);
        }
        if self.varies_by_cookie {
            vary(headers, COOKIE);
        }
    }
}

/// RFC 6750, section 2.3: whatever the inner service thinks of caches, it can't know that the URL
/// has a token in it.
fn keep_private(headers: &mut HeaderMap) {
    let kept = headers.get_all(CACHE_CONTROL).iter().any(|value| {
        let directives = value.to_str().unwrap_or_default().split(',').map(str::trim);
        directives.into_iter().any(|directive| {
            directive.eq_ignore_ascii_case("private") || directive.eq_ignore_ascii_case("no-store")
        })
    });
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

fn vary(headers: &mut HeaderMap, name: HeaderName) {
    let named = headers.get_all(VARY).iter().any(|value| {
        let names = value.to_str().unwrap_or_default().split(',').map(str::trim);
        names.into_iter().any(|own| own == "*" || own.eq_ignore_ascii_case(name.as_str()))
    });
    if !named {
        headers.append(VARY, HeaderValue::from(name));
    }
}
