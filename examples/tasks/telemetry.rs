//! Metrics for Prometheus, on a port of their own: who may see them is decided by who reaches it.

use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// Verifying takes microseconds, hashing milliseconds.
const BUCKETS: [(&str, &[f64]); 4] = [
    ("tower_bearer_verify_seconds", &[5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2]),
    ("tower_bearer_introspection_seconds", &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0]),
    ("tower_bearer_hash_seconds", &[0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]),
    ("tower_bearer_hash_wait_seconds", &[0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0]),
];

/// How often the values of histograms are counted, which pile up until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// Records what the whole process counts. Before anything is counted.
pub(crate) fn record() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, buckets) in BUCKETS {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)?;
    }
    let page = builder.install_recorder()?;
    tower_bearer::describe_metrics();
    Ok(page)
}

/// Shows it until the process ends, so that a scrape sees the requests that are finished at the end.
pub(crate) fn serve(listener: TcpListener, page: PrometheusHandle) {
    let upkeep = page.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let show = async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4")], page.render());
    let router: Router = Router::new().route("/metrics", get(show));
    tokio::spawn(axum::serve(listener, router).into_future());
}
