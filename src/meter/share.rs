//! Gauges that several objects of a process have a share in.

use std::sync::atomic::{AtomicI64, Ordering};

use ::metrics::{Gauge, Recorder, with_recorder};

use super::Metric;
use super::kept::identity;
use super::on::{METADATA, key};

/// What one queue, cache or key set adds to a gauge. Where the recorder is installed later, what it
/// missed is made up for with the next change; once this is dropped, its share is taken away.
pub(crate) struct Share {
    metric: &'static Metric,
    value: Option<&'static str>,
    current: AtomicI64,
    /// What has changed while nobody recorded it.
    missed: AtomicI64,
}

#[allow(dead_code, reason = "which are used depends on the features")]
impl Share {
    pub(crate) const fn new(metric: &'static Metric) -> Self {
        Self { metric, value: None, current: AtomicI64::new(0), missed: AtomicI64::new(0) }
    }

    /// One of a gauge with a label, for this value of it.
    pub(crate) const fn labelled(metric: &'static Metric, value: &'static str) -> Self {
        let mut share = Self::new(metric);
        share.value = Some(value);
        share
    }

    pub(crate) fn add(&self, more: i64) {
        self.current.fetch_add(more, Ordering::Relaxed);
        self.report(more);
    }

    pub(crate) fn set(&self, value: i64) {
        let before = self.current.swap(value, Ordering::Relaxed);
        self.report(value - before);
    }

    /// Differences add up, in whatever order they come.
    fn report(&self, difference: i64) {
        with_recorder(|recorder| {
            if identity(recorder).is_none() {
                self.missed.fetch_add(difference, Ordering::Relaxed);
                return;
            }
            let difference = difference + self.missed.swap(0, Ordering::Relaxed);
            if difference != 0 {
                gauge(recorder, self.metric, self.value).increment(difference as f64);
            }
        });
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

pub(super) fn gauge(
    recorder: &dyn Recorder,
    metric: &'static Metric,
    value: Option<&'static str>,
) -> Gauge {
    recorder.register_gauge(&key(metric, value.as_slice()), &METADATA)
}
