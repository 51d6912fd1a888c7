//! Where an issuer's metadata are, and what they say of its keys.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use url::Url;

use super::source::Failure;
use crate::ConfigError;
use crate::fetch::{self, Fetcher};

/// An issuer whose URL keeps the rules.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
    /// As it was configured, which may differ from how a URL is written.
    pub(super) name: String,
    /// Where its metadata may be, the first choice first.
    places: [Url; 2],
    may_name_http: bool,
    may_name_this_machine: bool,
}

/// Of the metadata, what tells of the keys.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Option<String>,
}

impl Issuer {
    /// OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2: a URL without query and
    /// fragment.
    pub(super) fn new(name: String, insecure_http: bool) -> Result<Self, ConfigError> {
        let invalid = |rule| ConfigError::InvalidValue { setting: "issuer", rule };
        let url = Url::parse(&name)
            .map_err(|_| invalid("it is a URL with https, such as https://id.example"))?;
        fetch::check(&url, insecure_http).map_err(invalid)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it has no query and no fragment"));
        }
        if name.trim() != name {
            return Err(invalid("it has no blank and no line break before it or behind it"));
        }
        if url.path().contains("/.well-known/") {
            return Err(invalid(
                "it is what stands before `/.well-known/` in the URL of its metadata, and `iss` in \
                 its tokens",
            ));
        }
        let may_name_http = insecure_http || url.scheme() == "http";
        let may_name_this_machine = insecure_http || fetch::is_of_this_machine(&url);
        Ok(Self { places: places(&url), name, may_name_http, may_name_this_machine })
    }

    /// The URL of its keys.
    pub(super) async fn find_keys(&self, fetcher: &Fetcher) -> Result<Url, Failure> {
        let [first, second] = &self.places;
        let first_fault = match self.ask(fetcher, first).await? {
            Ok(keys) => return Ok(keys),
            Err(fault) => fault,
        };
        let fault = match self.ask(fetcher, second).await? {
            Ok(keys) => return Ok(keys),
            Err(fault) => fault,
        };
        let fault = format!(
            "there are no metadata of the issuer {:?}: {first} {first_fault}, and {second} {fault}; \
             if it publishes its keys alone, use `Verifier::jwks` with their URL",
            self.name
        );
        Err(Failure::answer(second, fault))
    }

    /// The keys' URL, or why there are no metadata here. An error ends the search.
    async fn ask(&self, fetcher: &Fetcher, url: &Url) -> Result<Result<Url, String>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = fetcher.get(url, headers).await?;
        match answer.status() {
            StatusCode::OK => {}
            status if status.is_client_error() => return Ok(Err(format!("answers with {status}"))),
            status => return Err(Failure::status(url, status)),
        }
        match self.read(url, answer.body(), fetcher.insecure_http) {
            Some(result) => result.map(Ok),
            None => Ok(Err("answers with what is no metadata".to_owned())),
        }
    }

    fn read(&self, url: &Url, body: &[u8], insecure_http: bool) -> Option<Result<Url, Failure>> {
        let metadata: Metadata = serde_json::from_slice(body).ok()?;
        let failed = |fault| Some(Err(Failure::answer(url, fault)));
        if metadata.issuer != self.name {
            return failed(format!(
                "the document names the issuer {:?}, and {:?} is configured; they must be the same \
                 letter by letter, the slash at the end included",
                metadata.issuer, self.name
            ));
        }
        let Some(text) = metadata.jwks_uri else {
            return failed("the document has no jwks_uri".to_owned());
        };
        let keys = match Url::parse(&text) {
            Ok(keys) => keys,
            Err(_) => return failed(format!("its jwks_uri {text:?} is no URL")),
        };
        if keys.scheme() == "http" && !self.may_name_http {
            return failed(format!("its jwks_uri {text:?} is not https, as the issuer is"));
        }
        match fetch::check(&keys, insecure_http) {
            // A provider elsewhere does not get to tell that this machine is to be asked.
            Ok(()) if fetch::is_of_this_machine(&keys) && !self.may_name_this_machine => failed(
                format!("its jwks_uri {text:?} names this machine, and the issuer is elsewhere"),
            ),
            Ok(()) => Some(Ok(keys)),
            Err(rule) => failed(format!("its jwks_uri is not fetched from: {rule}")),
        }
    }
}

/// Whether an answer that is no key set is metadata, which tell where one is.
pub(super) fn is_metadata(body: &[u8]) -> bool {
    serde_json::from_slice::<Metadata>(body).is_ok_and(|metadata| metadata.jwks_uri.is_some())
}

/// OpenID Connect Discovery 1.0, section 4, puts its name behind the issuer's path, without a slash
/// at the path's end; RFC 8414, section 3, puts it before.
fn places(issuer: &Url) -> [Url; 2] {
    let path = issuer.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let with = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    [
        with(format!("{path}/.well-known/openid-configuration")),
        with(format!("/.well-known/oauth-authorization-server{path}")),
    ]
}
