//! What the tests of this binary share.

use std::fmt;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_bearer::{AuthError, AuthErrorKind, Grant, Issuer, JwtAuthLayer, Token};

/// A protected route that answers with the subject of the token.
pub(crate) fn app(issuer: &Issuer) -> Router {
    Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
}

pub(crate) async fn subject(token: Token) -> String {
    token.subject().unwrap_or_default().to_owned()
}

pub(crate) fn token(issuer: &Issuer) -> String {
    issuer.issue(&Grant::new("alice")).unwrap()
}

/// A GET of `/` with these values of `Authorization`.
pub(crate) fn request<const N: usize>(values: [&[u8]; N]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for value in values {
        let value = http::HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    request
}

pub(crate) fn bearer(token: &str) -> Request<Body> {
    request([format!("Bearer {token}").as_bytes()])
}

pub(crate) fn at(path: &str, mut request: Request<Body>) -> Request<Body> {
    *request.uri_mut() = path.parse().unwrap();
    request
}

/// What came back, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// That of the scheme `Bearer`.
    pub(crate) challenge: Option<String>,
    /// Those of other schemes.
    pub(crate) others: Vec<String>,
    pub(crate) kind: Option<AuthErrorKind>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

pub(crate) async fn ask(app: &Router, request: Request<Body>) -> Answer {
    answer(app.clone().oneshot(request).await.unwrap()).await
}

pub(crate) async fn answer<B>(response: Response<B>) -> Answer
where
    B: http_body::Body<Data = bytes::Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let lines = parts.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let (bearer, others): (Vec<String>, Vec<String>) = lines
        .map(|line| line.to_str().unwrap().to_owned())
        .partition(|line| line.starts_with("Bearer"));
    assert!(bearer.len() <= 1, "one challenge of a scheme");
    Answer {
        status: parts.status,
        challenge: bearer.into_iter().next(),
        others,
        kind: parts.extensions.get::<AuthError>().map(AuthError::kind),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Answer {
    /// The parameters of the challenge, by a reader that knows nothing of how it was written.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        parameters(self.challenge.as_deref().unwrap())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// Reads one challenge of the scheme `Bearer` (RFC 9110, section 11.6.1), quoted strings only.
pub(crate) fn parameters(challenge: &str) -> Vec<(String, String)> {
    let (scheme, parameters) = read(challenge);
    assert_eq!(scheme, "Bearer");
    parameters
}

/// Reads one challenge: its scheme and its parameters.
pub(crate) fn read(challenge: &str) -> (&str, Vec<(String, String)>) {
    let (scheme, mut rest) = challenge.split_once(' ').expect("the scheme, and a parameter");
    let mut parameters = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect("a quoted parameter");
        assert!(!name.contains([' ', ',', '"', '=']), "{name} is no token");
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().expect("a closing quote") {
                (index, '"') => break index,
                (_, '\\') => value.push(characters.next().expect("an escaped character").1),
                (_, character) => value.push(character),
            }
        };
        assert!(!parameters.iter().any(|(own, _)| own == name), "{name} occurs twice");
        parameters.push((name.to_owned(), value));
        match after[end + 1..].strip_prefix(", ") {
            Some(more) => rest = more,
            None => {
                assert_eq!(&after[end + 1..], "");
                return (scheme, parameters);
            }
        }
    }
}

/// What a store says that can't tell.
#[derive(Debug)]
pub(crate) struct Away;

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("away")
    }
}

impl std::error::Error for Away {}
