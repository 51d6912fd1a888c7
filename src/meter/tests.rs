//! Tests of the table of names, and of what is kept between requests.

use super::names::{Kind, Values};
use super::*;

/// The rows of a table in Markdown whose first column has names in backticks.
fn rows(first: &str) -> Vec<Vec<&'static str>> {
    let page = include_str!("../../docs/TELEMETRY.md");
    let table = page.lines().skip_while(|line| !line.starts_with(first)).skip(2);
    let lines = table.take_while(|line| line.starts_with("| "));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_page_has_the_metrics_their_labels_and_every_value() {
    let page: Vec<String> = rows("| metric |")
        .iter()
        .map(|cells| {
            let [name, kind, unit, labels, meaning] = cells[..] else { panic!("{cells:?}") };
            assert!(!meaning.is_empty(), "{name}");
            let labels: Vec<String> = labels
                .split("; ")
                .filter_map(|label| label.split_once(" = "))
                .map(|(label, values)| {
                    let values = values.split('`').skip(1).step_by(2);
                    format!("{label}={}", values.collect::<Vec<_>>().join(","))
                })
                .collect();
            format!("{name} {kind} [{unit}] {}", labels.join(" "))
        })
        .collect();
    let source: Vec<String> = ALL
        .iter()
        .map(|metric| {
            let (kind, unit) = match metric.kind {
                Kind::Counter => ("counter", ""),
                Kind::Gauge if metric.name.ends_with("_seconds") => ("gauge", "seconds"),
                Kind::Gauge => ("gauge", ""),
                Kind::Histogram => ("histogram", "seconds"),
            };
            let labels = metric.labels.iter().map(|label| {
                let values = match &label.values {
                    Values::These(all) => all.join(","),
                    Values::ErrorCodes => [NO_CREDENTIALS, NO_HTTPS].join(","),
                    Values::AuditEvents => String::new(),
                };
                format!("`{}`={values}", label.name)
            });
            let labels: Vec<String> = labels.collect();
            format!("`{}` {kind} [{unit}] {}", metric.name, labels.join(" "))
        })
        .collect();
    assert_eq!(page, source);
}

#[test]
fn names_follow_the_conventions_of_prometheus() {
    for metric in ALL {
        let name = metric.name;
        assert!(name.starts_with("tower_bearer_"), "{name}");
        assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
        if metric.kind == Kind::Histogram {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        assert!(metric.help.ends_with('.'), "{name}");
    }
}

#[cfg(feature = "metrics")]
mod recorded {
    use ::metrics::with_local_recorder;
    use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

    use super::*;
    use crate::AuthErrorKind;

    /// What was recorded since the last look, as `name{value,value}` and a number.
    fn seen(snapshots: &Snapshotter) -> Vec<(String, f64)> {
        let mut seen: Vec<(String, f64)> = snapshots
            .snapshot()
            .into_vec()
            .into_iter()
            .map(|(key, _, _, value)| {
                let key = key.key();
                let values: Vec<&str> = key.labels().map(|label| label.value()).collect();
                let value = match value {
                    DebugValue::Counter(count) => count as f64,
                    DebugValue::Gauge(value) => *value,
                    DebugValue::Histogram(values) => values.len() as f64,
                };
                (format!("{}{{{}}}", key.name(), values.join(",")), value)
            })
            .filter(|(_, value)| *value != 0.0)
            .collect();
        seen.sort_by(|one, other| one.0.cmp(&other.0));
        seen
    }

    #[test]
    fn a_recorder_that_comes_late_is_found_and_no_other_gets_its_counts() {
        let count = || authenticated(Credential::Token);
        count();
        let (first, second) = (DebuggingRecorder::new(), DebuggingRecorder::new());
        with_local_recorder(&first, count);
        with_local_recorder(&second, || (0..2).for_each(|_| count()));
        with_local_recorder(&first, count);
        let name = "tower_bearer_requests_authenticated_total{token}".to_owned();
        assert_eq!(seen(&first.snapshotter()), [(name.clone(), 2.0)]);
        assert_eq!(seen(&second.snapshotter()), [(name, 2.0)]);
    }

    #[test]
    fn shares_add_up_with_what_a_recorder_missed_and_go_when_dropped() {
        let recorder = DebuggingRecorder::new();
        let snapshots = recorder.snapshotter();
        let (one, other) = (Share::new(&HASH_WAITING), Share::new(&HASH_WAITING));
        one.add(3);
        let change = || seen(&snapshots).first().map_or(0.0, |(_, value)| *value);
        with_local_recorder(&recorder, || {
            one.add(-1);
            other.set(5);
            assert_eq!(change(), 7.0);
            drop(other);
            assert_eq!(change(), -5.0);
            one.set(0);
            assert_eq!(change(), -2.0);
        });
    }

    #[test]
    fn every_refusal_has_a_series_of_its_own() {
        let recorder = DebuggingRecorder::new();
        with_local_recorder(&recorder, || {
            refused(Some(AuthErrorKind::MissingCredentials), RefusedBy::Layer);
            refused(Some(AuthErrorKind::MissingLayer), RefusedBy::Https);
            refused(Some(AuthErrorKind::Forbidden), RefusedBy::Policy);
            refused(Some(AuthErrorKind::Forbidden), RefusedBy::Policy);
            refused(None, RefusedBy::Https);
        });
        let name = |values| format!("tower_bearer_requests_refused_total{{{values}}}");
        let expected = [
            (name("access_denied,policy"), 2.0),
            (name("https_required,https"), 1.0),
            (name("missing_credentials,layer"), 1.0),
            (name("missing_layer,https"), 1.0),
        ];
        assert_eq!(seen(&recorder.snapshotter()), expected);
    }
}
