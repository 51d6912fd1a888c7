//! How it is counted.

use std::sync::{Arc, OnceLock};

use ::metrics::{Counter, Histogram, Key, Level, Metadata, Recorder, Unit, with_recorder};

use super::names::{Kind, Values};
use super::{ACCEPTED, CACHE_LOOKUPS, Metric, NO_CREDENTIALS, NO_HTTPS, REFUSED, RefusedBy};
use super::{VERIFY_SECONDS, share};
use crate::AuthErrorKind;
use crate::clock::Stopwatch;

pub(super) static METADATA: Metadata<'static> =
    Metadata::new("tower_bearer", Level::INFO, Some("tower_bearer"));

pub(super) fn describe(metric: &'static Metric) {
    let (name, help) = (metric.name.into(), metric.help.into());
    with_recorder(|recorder| match metric.kind {
        Kind::Counter => recorder.describe_counter(name, Some(Unit::Count), help),
        Kind::Gauge if metric.name.ends_with("_seconds") => {
            recorder.describe_gauge(name, Some(Unit::Seconds), help);
        }
        Kind::Gauge => recorder.describe_gauge(name, Some(Unit::Count), help),
        Kind::Histogram => recorder.describe_histogram(name, Some(Unit::Seconds), help),
    });
}

/// Counts one, with a value for each of its labels.
pub(crate) fn count<const N: usize>(metric: &'static Metric, values: [&'static str; N]) {
    add(metric, values, 1);
}

/// Counts some.
#[allow(dead_code, reason = "which are used depends on the features")]
pub(crate) fn add<const N: usize>(metric: &'static Metric, values: [&'static str; N], more: u64) {
    with_recorder(|recorder| {
        if identity(recorder).is_some() {
            recorder.register_counter(&key(metric, &values), &METADATA).increment(more);
        }
    });
}

/// Sets a gauge that one value of the whole process is enough for.
#[allow(dead_code, reason = "which are used depends on the features")]
pub(crate) fn set(metric: &'static Metric, value: f64) {
    with_recorder(|recorder| share::gauge(recorder, metric, None).set(value));
}

/// Counts a request that was refused; without a kind, as it came over plain HTTP.
pub(crate) fn refused(kind: Option<AuthErrorKind>, by: RefusedBy) {
    const BY: usize = RefusedBy::Https as usize + 1;
    const KINDS: usize = AuthErrorKind::MissingLayer as usize + 2;
    // An attack is refused as often as it comes: its labels are not put together each time.
    static KEYS: [OnceLock<Key>; KINDS * BY] = [const { OnceLock::new() }; KINDS * BY];

    let reason = match kind {
        Some(kind) => kind.code().unwrap_or(NO_CREDENTIALS),
        None => NO_HTTPS,
    };
    let row = kind.map_or(KINDS - 1, |kind| kind as usize);
    let made = || key(&REFUSED, &[reason, by.name()]);
    with_recorder(|recorder| match KEYS.get(row * BY + by as usize) {
        Some(kept) => recorder.register_counter(kept.get_or_init(made), &METADATA).increment(1),
        None => recorder.register_counter(&made(), &METADATA).increment(1),
    });
}

/// Begins to take the time, which costs nothing where nobody records it.
pub(crate) fn start() -> Timer {
    Timer(with_recorder(|recorder| identity(recorder).map(|_| Stopwatch::start())))
}

#[derive(Clone, Copy)]
pub(crate) struct Timer(Option<Stopwatch>);

impl Timer {
    #[allow(dead_code, reason = "which are used depends on the features")]
    pub(crate) fn record(self, metric: &'static Metric) {
        let Some(stopwatch) = self.0 else { return };
        with_recorder(|recorder| {
            recorder.register_histogram(&key(metric, &[]), &METADATA).record(stopwatch.seconds());
        });
    }
}

/// Counts what a layer lets through.
#[derive(Clone)]
pub(crate) struct Accepted {
    token: Kept<Counter>,
    api_key: Kept<Counter>,
    nobody: Kept<Counter>,
}

impl Default for Accepted {
    fn default() -> Self {
        let [token, api_key, nobody] =
            ["token", "api_key", "none"].map(|credential| Kept::new(&ACCEPTED, &[credential]));
        Self { token, api_key, nobody }
    }
}

impl Accepted {
    pub(crate) fn token(&self) {
        self.token.with(|counter| counter.increment(1));
    }

    pub(crate) fn api_key(&self) {
        self.api_key.with(|counter| counter.increment(1));
    }

    pub(crate) fn nobody(&self) {
        self.nobody.with(|counter| counter.increment(1));
    }
}

/// Counts what is found in a cache.
#[allow(dead_code, reason = "there is a cache with its feature alone")]
pub(crate) struct CacheLookups {
    hit: Kept<Counter>,
    miss: Kept<Counter>,
}

impl Default for CacheLookups {
    fn default() -> Self {
        let [hit, miss] = ["hit", "miss"].map(|result| Kept::new(&CACHE_LOOKUPS, &[result]));
        Self { hit, miss }
    }
}

#[allow(dead_code, reason = "there is a cache with its feature alone")]
impl CacheLookups {
    pub(crate) fn hit(&self) {
        self.hit.with(|counter| counter.increment(1));
    }

    pub(crate) fn miss(&self) {
        self.miss.with(|counter| counter.increment(1));
    }
}

/// Takes the times of a verifier and its clones.
#[derive(Clone)]
pub(crate) struct Verifying(Arc<Kept<Histogram>>);

impl Default for Verifying {
    fn default() -> Self {
        Self(Arc::new(Kept::new(&VERIFY_SECONDS, &[])))
    }
}

impl Verifying {
    pub(crate) fn record(&self, timer: Timer) {
        let Some(stopwatch) = timer.0 else { return };
        self.0.with(|histogram| histogram.record(stopwatch.seconds()));
    }
}

/// What a recorder counts with, kept with the layer or the verifier that counts in each request, so that
/// nothing is looked up there.
///
/// A recorder may be installed when the layer has long been made, and tests have one for each thread.
/// So it is asked for with the first request that has a recorder, and used for that recorder alone:
/// for any other it is looked up each time.
struct Kept<T> {
    key: Key,
    handle: OnceLock<(usize, T)>,
}

impl<T: Handle> Kept<T> {
    fn new(metric: &'static Metric, values: &[&'static str]) -> Self {
        Self { key: key(metric, values), handle: OnceLock::new() }
    }

    #[inline]
    fn with(&self, use_it: impl FnOnce(&T)) {
        with_recorder(|recorder| {
            let Some(identity) = identity(recorder) else { return };
            let (known, handle) =
                self.handle.get_or_init(|| (identity, T::register(recorder, &self.key)));
            if *known == identity {
                use_it(handle);
            } else {
                use_it(&T::register(recorder, &self.key));
            }
        });
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), handle: OnceLock::new() }
    }
}

trait Handle {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self;
}

impl Handle for Counter {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_counter(key, &METADATA)
    }
}

impl Handle for Histogram {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_histogram(key, &METADATA)
    }
}

/// Which recorder it is; none where it is the one that does nothing, which stands in where none is
/// installed and has no state.
pub(super) fn identity(recorder: &dyn Recorder) -> Option<usize> {
    let is_any = size_of_val(recorder) > 0;
    is_any.then(|| std::ptr::from_ref(recorder).cast::<()>().addr())
}

pub(super) fn key(metric: &'static Metric, values: &[&'static str]) -> Key {
    debug_assert_eq!(metric.labels.len(), values.len(), "{}", metric.name);
    let pairs = metric.labels.iter().zip(values);
    let labels: Vec<::metrics::Label> = pairs
        .map(|(label, value)| {
            debug_assert!(
                !matches!(label.values, Values::These(all) if !all.contains(value)),
                "{} is no value of {}",
                value,
                label.name
            );
            ::metrics::Label::from_static_parts(label.name, value)
        })
        .collect();
    Key::from_parts(metric.name, labels)
}
