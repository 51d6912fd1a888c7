//! What counting costs in a request, in allocations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, with_local_recorder,
};
use tower::ServiceExt;
use tower_bearer::{Issuer, JwtAuthLayer, TokenCache};

use crate::http_support::{bearer, request, token};

/// Counts all in one place, without an allocation of its own.
struct Total(Arc<Sum>);

struct Sum(AtomicU64);

impl CounterFn for Sum {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Sum {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Recorder for Total {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(&self.0))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::clone(&self.0))
    }
}

/// How often a request makes something be allocated, once all that is kept is there: the third.
fn allocations(app: &Router, request: impl Fn() -> Request<Body>) -> u64 {
    let ask = || {
        let (app, request) = (app.clone(), request());
        let mut status = 0;
        let measured = allocation_counter::measure(|| {
            let response = tokio_test::block_on(app.oneshot(request)).unwrap();
            status = response.status().as_u16();
        });
        assert!([200, 401].contains(&status), "{status}");
        measured.count_total
    };
    ask();
    ask();
    ask()
}

#[test]
fn a_request_that_is_counted_allocates_no_more_than_one_that_is_not() {
    let issuer = Issuer::for_tests();
    let (good, forged) = (token(&issuer), token(&Issuer::for_tests()));
    let app = |cached: bool| -> Router {
        let mut verifier = issuer.verifier().unwrap();
        if cached {
            verifier = verifier.cached(TokenCache::new(10));
        }
        Router::new().route("/", get(async || "")).layer(JwtAuthLayer::new(verifier))
    };
    let total = Total(Arc::new(Sum(AtomicU64::new(0))));
    // Three requests each. With the cache: a miss that takes its time, two hits, and who was let through.
    let cases = [
        (false, Some(&good), 6),
        (true, Some(&good), 7),
        (false, Some(&forged), 6),
        (false, None, 3),
    ];
    for (cached, token, counts) in cases {
        let request = || token.map_or_else(|| request([]), |token| bearer(token));
        let without = allocations(&app(cached), request);
        total.0.0.store(0, Ordering::Relaxed);
        let with = with_local_recorder(&total, || allocations(&app(cached), request));
        assert_eq!(with, without, "cached: {cached}, with a token: {}", token.is_some());
        assert_eq!(total.0.0.load(Ordering::Relaxed), counts, "it was counted");
    }
}
