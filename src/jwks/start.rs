//! From the options to a running cache.

use std::time::Duration;

use url::Url;

use super::discovery::Issuer;
use super::freshness::Freshness;
use super::source::{Place, Source};
use super::{DAY, HOUR, KeyCache, MINUTE, Origin, RemoteKeySet};
use crate::fetch::{self, Fetcher};
use crate::{Clock, ConfigError};

impl RemoteKeySet {
    /// Checks the options. Nothing is fetched yet.
    pub(crate) fn start(self, clock: Clock) -> Result<KeyCache, ConfigError> {
        self.check()?;
        let place = match self.origin {
            Origin::Issuer(issuer) => Place::Issuer(Issuer::new(issuer, self.insecure_http)?),
            Origin::Url(url) => Place::Url(keys_url(&url, self.insecure_http)?),
        };
        let fetcher = Fetcher {
            client: self.client,
            timeout: self.timeout,
            max_bytes: self.max_bytes,
            insecure_http: self.insecure_http,
        };
        let freshness = Freshness {
            default: self.max_age,
            bounds: self.max_age_bounds,
            serve_stale: self.serve_stale,
        };
        let source = Source::new(place, fetcher, self.algorithms, freshness);
        Ok(KeyCache::new(source, self.timeout, self.cooldown, clock))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let within = |setting, rule, holds| {
            if holds { Ok(()) } else { Err(ConfigError::InvalidValue { setting, rule }) }
        };
        let timeout = Duration::from_millis(100)..=MINUTE;
        within("timeout", "it is 100 ms to 60 seconds", timeout.contains(&self.timeout))?;
        let bytes = 1024..=16 * 1024 * 1024;
        within("max_bytes", "it is 1 KiB to 16 MiB", bytes.contains(&self.max_bytes))?;
        let asymmetric = self.algorithms.iter().all(|algorithm| algorithm.is_asymmetric());
        let rule = "they are one or more, and not HMAC, whose keys are secrets";
        within("algorithms", rule, asymmetric && !self.algorithms.is_empty())?;
        let (least, most) = (self.max_age_bounds.start(), self.max_age_bounds.end());
        let sensible = Duration::from_secs(1) <= *least && least <= most && *most <= 30 * DAY;
        within("max_age_bounds", "they lie between 1 second and 30 days", sensible)?;
        let rule = "it lies within `max_age_bounds`";
        within("max_age", rule, self.max_age_bounds.contains(&self.max_age))?;
        within("serve_stale", "it is at most 7 days", self.serve_stale <= 7 * DAY)?;
        let cooldown = Duration::from_secs(1)..=HOUR;
        within("cooldown", "it is 1 second to 1 hour", cooldown.contains(&self.cooldown))
    }
}

fn keys_url(text: &str, insecure_http: bool) -> Result<Url, ConfigError> {
    let invalid = |rule| ConfigError::InvalidValue { setting: "URL of keys", rule };
    let url = Url::parse(text)
        .map_err(|_| invalid("it is a URL with https, such as https://id.example/keys"))?;
    fetch::check(&url, insecure_http).map_err(invalid)?;
    Ok(url)
}
