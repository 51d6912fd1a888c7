//! Where events go.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::AuditEvent;
use crate::meter::{self, AUDIT_EVENTS};
#[cfg(feature = "tracing")]
use crate::trace;

/// An event, when it happened and who asked.
///
/// As JSON: `at` in whole seconds since the Unix epoch, `address` where there is one, and the
/// [event](AuditEvent)'s name and fields.
///
/// # Examples
///
/// A line of JSON for each, as files and collectors take them:
///
/// ```
/// use std::sync::mpsc::channel;
/// use tower_bearer::{AuditRecord, Clients, Issuer, LoginRouter, MemoryStore};
///
/// # type Answer = http::Response<axum::body::Body>;
/// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
/// #     let request = http::Request::post(path).header("content-type", "application/json");
/// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
/// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (sender, lines) = channel();
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .clients(Clients::new().registered_only())
///     .audit(move |record: &AuditRecord| {
///         let _ = sender.send(serde_json::to_string(record));
///     })
///     .into_router();
///
/// // A client that nobody knows asks for something.
/// post(&router, "/refresh", r#"{"refresh_token":"text","client_id":"stranger"}"#).await;
/// let line = lines.recv()??;
/// assert!(line.contains(r#""event":"client.refused""#), "{line}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditRecord {
    /// When, since the Unix epoch.
    #[serde(serialize_with = "seconds")]
    pub at: Duration,
    /// The client's address, as far as the trusted proxies tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// Takes the audit trail: every event, in the order in which one process saw them happen.
///
/// A closure that takes an [`AuditRecord`] is a sink. It is called in the request, after what it
/// tells of is stored and before the answer: it must not block. Hand records to a channel, and
/// write them from another task; what is still in the channel when the process is killed is lost.
/// With the feature `tracing` each record is logged too, whether there is a sink or not: target
/// `tower_bearer::audit`, level `WARN` for what [`AuditEvent::is_warning`] marks and `INFO` for
/// the others, with the fields `event` (the name) and `record` (all of it as JSON).
///
/// # Examples
///
/// ```
/// use tower_bearer::{AuditRecord, Issuer, LoginRouter, MemoryStore};
///
/// let (sender, receiver) = std::sync::mpsc::sync_channel::<AuditRecord>(1024);
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .audit(move |record: &AuditRecord| {
///         // A full channel loses the record rather than the login; the log still has it.
///         let _ = sender.try_send(record.clone());
///     })
///     .into_router();
/// # let _ = (router, receiver);
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Takes one record, in the request that it is about: it must not block, nor panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    /// use tower_bearer::{AuditRecord, AuditSink, Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// #[derive(Clone, Default)]
    /// struct Alarms(Arc<AtomicU64>);
    ///
    /// impl AuditSink for Alarms {
    ///     fn record(&self, record: &AuditRecord) {
    ///         if record.event.is_warning() {
    ///             self.0.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    ///
    /// let alarms = Alarms::default();
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .clients(Clients::new().registered_only())
    ///     .audit(alarms.clone())
    ///     .into_router();
    /// # post(&router, "/refresh", r#"{"refresh_token":"text","client_id":"stranger"}"#).await;
    /// // After a client that is not known has asked for something:
    /// assert_eq!(alarms.0.load(Ordering::Relaxed), 1);
    /// # }
    /// ```
    fn record(&self, record: &AuditRecord);
}

impl<F: Fn(&AuditRecord) + Send + Sync + 'static> AuditSink for F {
    fn record(&self, record: &AuditRecord) {
        self(record);
    }
}

/// The log, and the application's own sink if there is one.
#[derive(Clone, Default)]
pub(crate) struct Trail(Option<Arc<dyn AuditSink>>);

impl Trail {
    pub(crate) fn new(sink: impl AuditSink) -> Self {
        Self(Some(Arc::new(sink)))
    }

    pub(crate) fn record(&self, at: Duration, address: Option<IpAddr>, event: AuditEvent) {
        let record = AuditRecord { at, address, event };
        log(&record);
        meter::count(&AUDIT_EVENTS, [record.event.name(), record.event.reason()]);
        if let Some(sink) = &self.0 {
            sink.record(&record);
        }
    }
}

#[cfg(feature = "tracing")]
fn log(record: &AuditRecord) {
    // Text, numbers and lists of text have no way to fail.
    let json = serde_json::to_string(record).unwrap_or_default();
    let event = record.event.name();
    if record.event.is_warning() {
        trace::warn!(target: "tower_bearer::audit", event, record = %json);
    } else {
        trace::info!(target: "tower_bearer::audit", event, record = %json);
    }
}

#[cfg(not(feature = "tracing"))]
fn log(_: &AuditRecord) {}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").finish_non_exhaustive()
    }
}
