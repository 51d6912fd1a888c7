//! Metrics through the `metrics` crate where that feature is on, nothing where it is off, so that no
//! call site needs a `cfg`.

mod names;
#[cfg(not(feature = "metrics"))]
mod off;
#[cfg(feature = "metrics")]
mod on;
#[cfg(feature = "metrics")]
mod share;
#[cfg(test)]
mod tests;

pub(crate) use names::*;
#[cfg(not(feature = "metrics"))]
#[allow(unused_imports, reason = "which are used depends on the features")]
pub(crate) use off::{
    Accepted, CacheLookups, Share, Timer, Verifying, add, count, refused, set, start,
};
#[cfg(feature = "metrics")]
#[allow(unused_imports, reason = "which are used depends on the features")]
pub(crate) use on::{Accepted, CacheLookups, Timer, Verifying, add, count, refused, set, start};
#[cfg(feature = "metrics")]
#[allow(unused_imports, reason = "which are used depends on the features")]
pub(crate) use share::Share;

/// Tells the recorder of the process the type, the unit and the meaning of every metric of this crate,
/// for exporters that show them, as Prometheus does as `# HELP`. Call it once, after the recorder was
/// installed; metrics are counted without it, too.
///
/// The names, labels and units are those of `docs/TELEMETRY.md`, and stay as they are.
///
/// # Examples
///
/// ```
/// use metrics_exporter_prometheus::PrometheusBuilder;
///
/// let recorder = PrometheusBuilder::new().build_recorder();
/// let page = recorder.handle();
/// // In a service: `metrics::set_global_recorder(recorder)?`.
/// metrics::with_local_recorder(&recorder, || {
///     tower_bearer::describe_metrics();
///     metrics::counter!("tower_bearer_token_cache_evictions_total").increment(1);
/// });
/// assert!(page.render().contains("# HELP tower_bearer_token_cache_evictions_total Tokens"));
/// ```
#[cfg(feature = "metrics")]
pub fn describe_metrics() {
    for metric in ALL {
        on::describe(metric);
    }
}
