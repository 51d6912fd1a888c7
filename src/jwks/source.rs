//! Where keys come from: one answer of a provider, read and judged.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use url::Url;

use super::DAY;
use super::discovery::{self, Issuer};
use super::freshness::Freshness;
use super::snapshot::Snapshot;
use crate::fetch::{FetchError, Fetcher};
use crate::{Algorithm, KeySet};

/// Where to look for keys.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Issuer(Issuer),
    Url(Url),
}

/// Why there are no new keys.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The URL that was asked last.
    pub(super) url: String,
    pub(super) fault: String,
    /// Whether there was no answer at all.
    pub(super) is_unreachable: bool,
}

/// What is fetched, and how.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    fetcher: Fetcher,
    algorithms: Vec<Algorithm>,
    freshness: Freshness,
    /// Where the metadata said that the keys are, and when.
    found: Option<(Url, Duration)>,
}

impl Source {
    pub(super) fn new(
        place: Place,
        fetcher: Fetcher,
        algorithms: Vec<Algorithm>,
        freshness: Freshness,
    ) -> Self {
        Self { place, fetcher, algorithms, freshness, found: None }
    }

    /// The issuer or the URL, to name the set by.
    pub(super) fn name(&self) -> &str {
        match &self.place {
            Place::Issuer(issuer) => &issuer.name,
            Place::Url(url) => url.as_str(),
        }
    }

    /// Fetches the keys, unless they are those that are known.
    pub(super) async fn fetch(
        &mut self,
        known: &Snapshot,
        now: Duration,
    ) -> Result<Snapshot, Failure> {
        let url = self.keys_url(now).await?;
        let answer = self.ask(&url, known).await?;
        let is_gone = matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::GONE);
        if let (true, Place::Issuer(issuer)) = (is_gone, &self.place) {
            self.found = None;
            let moved = issuer.find_keys(&self.fetcher).await?;
            if moved != url {
                self.found = Some((moved.clone(), now));
                let answer = self.ask(&moved, known).await?;
                return self.read(moved, answer, known, now);
            }
        }
        self.read(url, answer, known, now)
    }

    async fn keys_url(&mut self, now: Duration) -> Result<Url, Failure> {
        let issuer = match &self.place {
            Place::Url(url) => return Ok(url.clone()),
            Place::Issuer(issuer) => issuer,
        };
        let old = match &self.found {
            Some((url, at)) if now.checked_sub(*at).is_some_and(|age| age < DAY) => {
                return Ok(url.clone());
            }
            old => old.as_ref().map(|(url, _)| url.clone()),
        };
        match (issuer.find_keys(&self.fetcher).await, old) {
            (Ok(url), _) => {
                self.found = Some((url.clone(), now));
                Ok(url)
            }
            // The keys may well be there while the metadata are not.
            (Err(failure), Some(old)) => {
                crate::trace::warn!(
                    target: "tower_bearer::keys",
                    %failure,
                    "an issuer's metadata could not be fetched anew"
                );
                let _ = failure;
                Ok(old)
            }
            (Err(failure), None) => Err(failure),
        }
    }

    async fn ask(&self, url: &Url, known: &Snapshot) -> Result<Response<Bytes>, Failure> {
        let mut headers = HeaderMap::new();
        let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
        headers.insert(header::ACCEPT, accept);
        if known.url.as_ref() == Some(url) {
            let conditions = [
                (header::IF_NONE_MATCH, &known.etag),
                (header::IF_MODIFIED_SINCE, &known.last_modified),
            ];
            for (name, value) in conditions {
                headers.extend(value.clone().map(|value| (name, value)));
            }
        }
        Ok(self.fetcher.get(url, headers).await?)
    }

    fn read(
        &self,
        url: Url,
        answer: Response<Bytes>,
        known: &Snapshot,
        now: Duration,
    ) -> Result<Snapshot, Failure> {
        let (head, body) = answer.into_parts();
        let times = self.freshness.times(&head.headers, now);
        let etag = head.headers.get(header::ETAG).cloned();
        let last_modified = head.headers.get(header::LAST_MODIFIED).cloned();
        let has_conditions = known.etag.is_some() || known.last_modified.is_some();
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if has_conditions && known.url.as_ref() == Some(&url) => {
                return Ok(Snapshot {
                    times,
                    etag: etag.or_else(|| known.etag.clone()),
                    last_modified: last_modified.or_else(|| known.last_modified.clone()),
                    ..known.clone()
                });
            }
            status => return Err(Failure::status(&url, status)),
        }
        let failed = |fault| Failure::answer(&url, fault);
        let (keys, skipped) =
            KeySet::from_foreign_jwks(&body, &self.algorithms).map_err(|error| {
                let mend = if discovery::is_metadata(&body) {
                    "; it is the metadata of an issuer: use `Verifier::discover` with its `issuer`"
                } else {
                    ""
                };
                failed(format!("{error}{mend}"))
            })?;
        if keys.is_empty() {
            let mut fault = "the key set has no key that is used".to_owned();
            for reason in skipped.iter().take(8) {
                fault = format!("{fault}; {reason}");
            }
            return Err(failed(fault));
        }
        let (keys, skipped) = (Arc::new(keys), skipped.into());
        Ok(Snapshot { keys, skipped, times, url: Some(url), etag, last_modified })
    }
}

impl Failure {
    pub(super) fn status(url: &Url, status: StatusCode) -> Self {
        Self::answer(url, format!("it answers with {status}"))
    }

    /// An answer, and what is wrong with it.
    pub(super) fn answer(url: &Url, fault: String) -> Self {
        Self { url: url.to_string(), fault, is_unreachable: false }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { url: error.url().to_owned(), fault: error.fault(), is_unreachable: true }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.fault)
    }
}
