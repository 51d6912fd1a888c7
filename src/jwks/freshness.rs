//! How long keys are good for (RFC 9111, sections 4.2 and 5.2).

use std::ops::RangeInclusive;
use std::time::Duration;

use http::{HeaderMap, header};

/// The rules on the age of keys.
#[derive(Clone, Debug)]
pub(super) struct Freshness {
    pub(super) default: Duration,
    pub(super) bounds: RangeInclusive<Duration>,
    pub(super) serve_stale: Duration,
}

/// What becomes of keys when, in times since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) fetched: Duration,
    /// Ahead of the expiry, so that nobody meets expired keys.
    pub(super) refresh: Duration,
    pub(super) expiry: Duration,
    /// Beyond the expiry, for where nothing newer is to be had.
    pub(super) end: Duration,
}

impl Times {
    /// Those of no keys.
    pub(super) const NONE: Self = Self {
        fetched: Duration::ZERO,
        refresh: Duration::MAX,
        expiry: Duration::ZERO,
        end: Duration::ZERO,
    };
}

impl Freshness {
    /// The times of keys that came with these headers.
    pub(super) fn times(&self, headers: &HeaderMap, now: Duration) -> Times {
        let lifetime = self.lifetime(headers);
        let expiry = now.saturating_add(lifetime);
        // At 80 to 90 percent, so that the nodes of a fleet don't ask all at once.
        let refresh = now.saturating_add(lifetime * 8 / 10 + jitter(lifetime / 10));
        Times { fetched: now, refresh, expiry, end: expiry.saturating_add(self.serve_stale) }
    }

    /// `s-maxage`, for caches that others share, and `must-revalidate` say nothing here: the bound on
    /// stale keys is the user's.
    fn lifetime(&self, headers: &HeaderMap) -> Duration {
        let (least, most) = (*self.bounds.start(), *self.bounds.end());
        let mut max_age = None;
        for directive in directives(headers) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
                return least;
            }
            if name.eq_ignore_ascii_case("max-age") {
                max_age = seconds(value.trim_matches('"')).or(max_age);
            }
        }
        let Some(max_age) = max_age else { return self.default };
        let age = headers.get(header::AGE).and_then(|age| seconds(age.to_str().ok()?.trim()));
        max_age.saturating_sub(age.unwrap_or_default()).clamp(least, most)
    }
}

fn directives(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::CACHE_CONTROL).into_iter();
    lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim)
}

/// Digits, however many (RFC 9111, section 1.2.2).
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// Some of a time, at random. It is no secret, so that without random bytes it is half.
pub(super) fn jitter(most: Duration) -> Duration {
    let [byte] = crate::random::bytes::<1>().unwrap_or([128]);
    most * u32::from(byte) / 256
}
