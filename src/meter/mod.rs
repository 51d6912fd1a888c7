//! Metrics through the `metrics` crate where that feature is on, nothing where it is off, so that no
//! call site needs a `cfg`.

#[cfg(feature = "metrics")]
mod kept;
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
    Share, Timer, add, authenticated, count, looked_up, refused, set, start, verified,
};
#[cfg(feature = "metrics")]
#[allow(unused_imports, reason = "which are used depends on the features")]
pub(crate) use on::{Timer, add, authenticated, count, looked_up, refused, set, start, verified};
#[cfg(feature = "metrics")]
#[allow(unused_imports, reason = "which are used depends on the features")]
pub(crate) use share::Share;

/// Tells the recorder the type, the unit and the meaning of every metric of this crate, for exporters
/// that show them, as Prometheus does as `# HELP`. Call it once, after the recorder was installed.
///
/// Metrics are counted without it, too, but each is then looked up in the recorder each time. This call
/// also looks which one is that of the whole process: what it counts with is kept from then on. A recorder
/// of your own has to have a field: one of no size is taken for the one that does nothing.
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
    kept::know_recorder();
}
