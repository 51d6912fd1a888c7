//! What is fetched from other servers: over HTTPS, in bounded time, up to a bounded size.

mod client;
mod error;

#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body::Body;
use http_body_util::BodyExt;
use url::{Host, Url};

use client::AnswerBody;
pub use client::HttpClient;
use error::Fault;
pub(crate) use error::FetchError;

/// A provider that moves its keys about within its host needs one.
const MAX_REDIRECTS: usize = 3;

/// Asks other servers, each of which may be slow, broken or hostile.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    pub(crate) client: HttpClient,
    /// From the connection to the last byte of the answer, redirects included.
    pub(crate) timeout: Duration,
    /// Of the answer's body.
    pub(crate) max_bytes: usize,
    /// Whether `http` to other machines is asked, too.
    pub(crate) insecure_http: bool,
}

impl Fetcher {
    /// The answer, whatever its status. Redirects within the same origin are followed.
    #[cfg_attr(not(feature = "jwks"), allow(dead_code, reason = "introspection posts"))]
    pub(crate) async fn get(
        &self,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response<Bytes>, FetchError> {
        self.in_time(url, async {
            let mut url = url.clone();
            for _ in 0..=MAX_REDIRECTS {
                let answer = self.ask(Method::GET, &url, headers.clone(), Bytes::new()).await?;
                match redirect(&url, &answer)? {
                    Some(next) => url = next,
                    None => return self.read(&url, answer).await,
                }
            }
            Err(FetchError::new(&url, Fault::TooManyRedirects))
        })
        .await
    }

    /// The answer, whatever its status but a redirect: what is posted goes to nobody else.
    #[cfg_attr(not(feature = "introspection"), allow(dead_code, reason = "keys are got"))]
    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, FetchError> {
        self.in_time(url, async {
            let answer = self.ask(Method::POST, url, headers, body).await?;
            if answer.status().is_redirection() {
                let to = location(url, &answer).as_ref().map(error::shown);
                return Err(FetchError::new(url, Fault::Redirect(to.unwrap_or_default())));
            }
            self.read(url, answer).await
        })
        .await
    }

    async fn in_time<T>(
        &self,
        url: &Url,
        fetch: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        match tokio::time::timeout(self.timeout, fetch).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::new(url, Fault::Late(self.timeout))),
        }
    }

    async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<AnswerBody>, FetchError> {
        check(url, self.insecure_http).map_err(|rule| FetchError::new(url, Fault::Url(rule)))?;
        let mut bare = url.clone();
        bare.set_fragment(None);
        let uri = Uri::try_from(bare.as_str())
            .map_err(|_| FetchError::new(url, Fault::Url("it has a character that HTTP lacks")))?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let agent = HeaderValue::from_static(concat!("tower-bearer/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().entry(header::USER_AGENT).or_insert(agent);
        let answer = self.client.send(request).await;
        answer.map_err(|error| FetchError::new(url, Fault::Unreachable(error::chain(&*error))))
    }

    /// Reads a body to its end, or to where it is too large: what it says of its size is not relied on.
    async fn read(
        &self,
        url: &Url,
        answer: Response<AnswerBody>,
    ) -> Result<Response<Bytes>, FetchError> {
        let too_large = || FetchError::new(url, Fault::TooLarge(self.max_bytes));
        let (parts, mut body) = answer.into_parts();
        let announced = parts.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let least = announced.unwrap_or(0).max(body.size_hint().lower());
        if least > self.max_bytes as u64 {
            return Err(too_large());
        }
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|error| FetchError::new(url, Fault::Torn(error::chain(&*error))))?;
            // Trailers say nothing here.
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > self.max_bytes - read.len() {
                return Err(too_large());
            }
            read.extend_from_slice(&data);
        }
        Ok(Response::from_parts(parts, read.freeze()))
    }
}

/// Where a redirect leads, if the answer is one. It may not leave the origin: whoever can make a
/// provider redirect does not get to give the keys.
fn redirect<B>(from: &Url, answer: &Response<B>) -> Result<Option<Url>, FetchError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    match location(from, answer) {
        Some(to) if to.origin() == from.origin() => Ok(Some(to)),
        Some(to) => Err(FetchError::new(from, Fault::Redirect(error::shown(&to)))),
        None => Err(FetchError::new(from, Fault::Redirect(String::new()))),
    }
}

fn location<B>(from: &Url, answer: &Response<B>) -> Option<Url> {
    from.join(answer.headers().get(header::LOCATION)?.to_str().ok()?).ok()
}

/// Whether a URL may be asked at all; else the rule that it breaks.
pub(crate) fn check(url: &Url, insecure_http: bool) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL to fetch from has no user and password in it");
    }
    match url.scheme() {
        "http" if insecure_http && url.has_host() => Ok(()),
        _ if is_safe(url) => Ok(()),
        "http" => Err("it is https, or http to this machine; with `insecure_http`, of \
                       `RemoteKeySet` or `Verifier::introspect`, whoever is on the way can pass for \
                       the server"),
        _ => Err("it is a URL with https, such as https://id.example"),
    }
}

/// Whether nobody on the way can change what a URL answers: `https`, or `http` to this machine.
pub(crate) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_of_this_machine(url),
        _ => false,
    }
}

pub(crate) fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
