//! How it is counted.

use ::metrics::{Counter, Histogram, Key, Level, Metadata, Unit, with_recorder};

use super::kept::{Kept, identity};
use super::names::{Kind, Values};
use super::share::gauge;
use super::{
    ACCEPTED, CACHE_LOOKUPS, Credential, Lookup, Metric, NO_CREDENTIALS, NO_HTTPS, REFUSED,
    RefusedBy, VERIFY_SECONDS,
};
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
    with_recorder(|recorder| gauge(recorder, metric, None).set(value));
}

/// Counts a request that was refused; without a kind, as it came over plain HTTP.
pub(crate) fn refused(kind: Option<AuthErrorKind>, by: RefusedBy) {
    const BY: usize = RefusedBy::Https as usize + 1;
    const KINDS: usize = AuthErrorKind::MissingLayer as usize + 2;
    static KEPT: [Kept<Counter>; KINDS * BY] = [const { Kept::new(&REFUSED) }; KINDS * BY];

    let reason = match kind {
        Some(kind) => kind.code().unwrap_or(NO_CREDENTIALS),
        None => NO_HTTPS,
    };
    let row = kind.map_or(KINDS - 1, |kind| kind as usize);
    KEPT[row * BY + by as usize].with(&[reason, by.name()], |counter| counter.increment(1));
}

/// Counts what a layer lets through.
pub(crate) fn authenticated(credential: Credential) {
    static KEPT: [Kept<Counter>; 3] = [const { Kept::new(&ACCEPTED) }; 3];
    KEPT[credential as usize].with(&[credential.name()], |counter| counter.increment(1));
}

/// Counts what is found in a cache.
#[allow(dead_code, reason = "there is a cache with its feature alone")]
pub(crate) fn looked_up(result: Lookup) {
    static KEPT: [Kept<Counter>; 2] = [const { Kept::new(&CACHE_LOOKUPS) }; 2];
    KEPT[result as usize].with(&[result.name()], |counter| counter.increment(1));
}

/// Records how long a token took to verify.
pub(crate) fn verified(timer: Timer) {
    static KEPT: Kept<Histogram> = Kept::new(&VERIFY_SECONDS);
    let Some(stopwatch) = timer.0 else { return };
    KEPT.with(&[], |histogram| histogram.record(stopwatch.seconds()));
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
