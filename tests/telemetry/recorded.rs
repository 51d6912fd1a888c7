//! What is recorded while something happens: all of it, so that a test sees what should not move, too.

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// What changes, one line for each series, as `requests_refused_total{reason,by} 1`, without the prefix
/// that all names have. Of a histogram it is how many values there are, of a gauge the difference.
///
/// In a runtime of one thread: what other threads record goes elsewhere.
pub(crate) async fn changes(work: impl Future<Output = ()>) -> Vec<String> {
    let recorder = DebuggingRecorder::new();
    let guard = metrics::set_default_local_recorder(&recorder);
    work.await;
    drop(guard);
    lines(&recorder.snapshotter())
}

pub(crate) fn lines(snapshots: &Snapshotter) -> Vec<String> {
    let line = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let key = key.key();
        let name = key.name().strip_prefix("tower_bearer_").expect("the name begins as all do");
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        let labels = match labels[..] {
            [] => String::new(),
            _ => format!("{{{}}}", labels.join(",")),
        };
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => *value,
            DebugValue::Histogram(values) => {
                // Real time passes, whatever the clock of a verifier says.
                assert!(values.iter().all(|value| (0.0..60.0).contains(&**value)), "{values:?}");
                values.len() as f64
            }
        };
        (value != 0.0).then(|| format!("{name}{labels} {value}"))
    };
    let mut lines: Vec<String> =
        snapshots.snapshot().into_vec().into_iter().filter_map(line).collect();
    lines.sort();
    lines
}
