//! What an introspection endpoint is asked with, and how often.

use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use super::Introspector;
use super::answer::Reader;
use super::authentication::ClientAuthentication;
use super::cache::Answers;
use super::endpoint::Endpoint;
use super::flight::Flights;
use crate::fetch::{self, Fetcher, HttpClient};
use crate::token::RolesClaim;
use crate::{Clock, ConfigError};

/// An answer is a page of claims.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    url: String,
    pub(crate) authentication: Option<ClientAuthentication>,
    pub(crate) fetcher: Fetcher,
    pub(crate) lifetime: Duration,
    pub(crate) inactive_lifetime: Duration,
    /// Of either sort of answers.
    pub(crate) capacity: usize,
    pub(crate) max_requests: usize,
    pub(crate) takes_untyped: bool,
}

impl Options {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            authentication: None,
            fetcher: Fetcher {
                client: HttpClient::new(),
                timeout: Duration::from_secs(5),
                max_bytes: MAX_ANSWER_BYTES,
                insecure_http: false,
            },
            lifetime: Duration::from_secs(30),
            inactive_lifetime: Duration::from_secs(10),
            capacity: 10_000,
            max_requests: 64,
            takes_untyped: false,
        }
    }

    /// Checks the options. Nobody is asked yet.
    pub(crate) fn start(
        self,
        roles: RolesClaim,
        hierarchical_scopes: bool,
        clock: Clock,
    ) -> Result<Introspector, ConfigError> {
        let invalid = |setting, rule| ConfigError::InvalidValue { setting, rule };
        let setting = "URL of the introspection endpoint";
        let url = Url::parse(&self.url).map_err(|_| {
            invalid(setting, "it is a URL with https, such as https://id.example/introspect")
        })?;
        fetch::check(&url, self.fetcher.insecure_http).map_err(|rule| invalid(setting, rule))?;
        if url.fragment().is_some() {
            return Err(invalid(setting, "it has no fragment"));
        }
        let authentication = self.authentication.ok_or_else(|| {
            let rule = "an endpoint wants to know who asks; call `.client_secret_basic(\"id\", \
                        \"secret\")`, `.client_secret_post(..)`, `.tls_client_auth(..)` or \
                        `.bearer_token(..)`";
            invalid("client that introspects", rule)
        })?;
        authentication.check()?;
        if self.fetcher.timeout.is_zero() {
            return Err(invalid("timeout of introspection", "it is above zero"));
        }
        if self.capacity == 0 {
            let rule = "it is at least 1; to remember nothing set `cache_for` to zero";
            return Err(invalid("capacity of introspection", rule));
        }
        if self.max_requests == 0 || self.max_requests > Semaphore::MAX_PERMITS {
            return Err(invalid("number of introspection requests", "it is at least 1"));
        }
        let reader = Reader { roles, hierarchical_scopes, takes_untyped: self.takes_untyped };
        Ok(Introspector {
            endpoint: Endpoint { url, authentication, fetcher: self.fetcher, reader },
            answers: Answers::new(self.capacity),
            flights: Flights::default(),
            turns: Semaphore::new(self.max_requests),
            lifetime: self.lifetime,
            inactive_lifetime: self.inactive_lifetime,
            clock,
        })
    }
}
