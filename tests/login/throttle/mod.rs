//! Limits of attempts (requirements 105, 174-178, 181, 182).

mod limits;
mod nodes;
mod refusals;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    AddressSource, AuditRecord, Clock, LoginRouter, LoginThrottle, MemoryStore, PeerAddr, Rate,
    RefreshStore, ThrottleStore, TrustedProxies, UserStore,
};

use super::support::{Answer, App, PASSWORD, app, app_with_stores, postgres, redis, sqlite};

const MINUTE: Duration = Duration::from_secs(60);
const HOME: &str = "192.0.2.1:50000";

/// An app on each store, which counts in it.
macro_rules! throttled_apps {
    ($change:expr) => {
        async {
            let mut apps = Vec::new();
            let store = MemoryStore::new();
            apps.push(app(store.clone(), |it| changed(it.throttle_store(store), $change)).await);
            let store = sqlite().await;
            apps.push(app(store.clone(), |it| changed(it.throttle_store(store), $change)).await);
            if let Some(store) = postgres().await {
                let counts = store.clone();
                apps.push(app(store, |it| changed(it.throttle_store(counts), $change)).await);
            }
            if let Some(store) = redis().await {
                // One server for all tests: names and addresses are the same in many.
                let counts = store.clone().prefix(&unique());
                let change = |it: LoginRouter<_, _>| changed(it.throttle_store(counts), $change);
                apps.push(app_with_stores(sqlite().await, store, change).await);
            }
            apps
        }
    };
}

/// Has the type that a closure alone would lack.
fn changed<U, R>(
    router: LoginRouter<U, R>,
    change: impl FnOnce(LoginRouter<U, R>) -> LoginRouter<U, R>,
) -> LoginRouter<U, R> {
    change(router)
}

fn unique() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    format!("throttle-{}:", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn form_from(peer: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    if !peer.is_empty() {
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
    }
    request
}

impl App {
    /// `peer` is an address with a port, or nothing.
    async fn log_in_from(&self, peer: &str, username: &str, password: &str) -> Answer {
        let fields = [("grant_type", "password"), ("username", username), ("password", password)];
        self.send(form_from(peer, "/token", &fields)).await
    }

    async fn fail(&self, times: usize, peer: &str, username: &str) {
        for attempt in 0..times {
            let answer = self.log_in_from(peer, username, "wrong").await;
            assert_eq!(answer.status, 400, "{username} {attempt}: {answer:?}");
        }
    }

    async fn register_from(&self, peer: &str, body: Value) -> Answer {
        let mut request = Request::post("/register")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        self.send(request).await
    }
}

impl Answer {
    #[track_caller]
    fn assert_throttled(&self, seconds: u64) {
        self.assert_error(429, "too_many_requests");
        assert_eq!(self.headers[header::RETRY_AFTER], seconds.to_string());
    }
}

use throttled_apps;
