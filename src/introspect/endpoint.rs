//! The introspection endpoint of a server (RFC 7662, section 2).

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use url::Url;

use super::Found;
use super::answer::{Fault, Reader};
use super::authentication::ClientAuthentication;
use crate::AuthErrorKind;
use crate::fetch::Fetcher;

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) authentication: ClientAuthentication,
    pub(super) fetcher: Fetcher,
    pub(super) reader: Reader,
}

impl Endpoint {
    /// Asks about a token. Whatever keeps the server from saying what a token is good for is an
    /// event for the operator, and [`AuthErrorKind::Unavailable`]: the token may be good.
    pub(super) async fn ask(&self, token: &str) -> Found {
        let unavailable = Err(AuthErrorKind::Unavailable);
        let answer = match self.fetcher.post(&self.url, self.headers(), self.body(token)).await {
            Ok(answer) => answer,
            Err(error) => {
                let (url, fault) = (error.url(), error.fault());
                crate::trace::error!(
                    target: "tower_bearer::introspection",
                    url, fault,
                    "the introspection endpoint is out of reach"
                );
                let _ = (url, fault);
                return unavailable;
            }
        };
        self.found(&answer).unwrap_or_else(|fault| {
            crate::trace::error!(
                target: "tower_bearer::introspection",
                url = %self.url,
                status = answer.status().as_u16(),
                fault,
                "the introspection endpoint gave no answer of RFC 7662"
            );
            let _ = fault;
            unavailable
        })
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        if let Some(credentials) = self.authentication.header() {
            headers.insert(AUTHORIZATION, credentials);
        }
        headers
    }

    fn body(&self, token: &str) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "access_token");
        self.authentication.append(&mut form);
        form.finish().into()
    }

    fn found(&self, answer: &Response<Bytes>) -> Result<Found, Fault> {
        match answer.status() {
            StatusCode::OK => {}
            // Section 2.3: it is this service that is not authorized, not the token.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                return Err(
                    "it refuses this service: look at the ID and the secret of its client, \
                            at how it authenticates, and whether it may introspect",
                );
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                return Err("this is not the introspection endpoint: the metadata of the server \
                            names it, as introspection_endpoint");
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Err("it is asked too often: raise its limit, or cache_for");
            }
            _ => return Err("its status should be 200"),
        }
        if !is_json(answer.headers()) {
            return Err("its content type is not application/json");
        }
        self.reader.read(answer.body())
    }
}

/// `application/json` and nothing else: an answer that is signed (RFC 9701) was not asked for, and a
/// page of HTML is that of a proxy.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.map(|value| value.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}
