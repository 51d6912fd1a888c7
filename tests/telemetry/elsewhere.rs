//! Keys and answers of other servers.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use serde_json::json;
use tower_bearer::{
    Algorithm, Clock, Grant, HttpClient, Issuer, RemoteKeySet, SigningKeys, Verifier,
};

use crate::recorded::changes;

const NOW: Duration = Duration::from_secs(1_700_000_000);

/// What a server elsewhere answers with: a status and a body, or nothing.
#[derive(Clone)]
struct Server(Arc<Mutex<Option<(u16, String)>>>);

impl Server {
    fn new(status: u16, body: impl Into<String>) -> Self {
        Self(Arc::new(Mutex::new(Some((status, body.into())))))
    }

    fn turns_to(&self, answer: Option<(u16, &str)>) {
        *self.0.lock().unwrap() = answer.map(|(status, body)| (status, body.to_owned()));
    }

    fn client(&self) -> HttpClient {
        let server = self.clone();
        HttpClient::from_service(tower::service_fn(move |_: Request<Bytes>| {
            let answer = server.0.lock().unwrap().clone();
            async move {
                let (status, body) = answer.ok_or_else(|| io::Error::other("away"))?;
                Response::builder()
                    .status(status)
                    .header(header::CONTENT_TYPE, "application/json")
                    .header(header::CACHE_CONTROL, "max-age=300")
                    .header(header::ETAG, "\"1\"")
                    .body(Body::from(body))
                    .map_err(io::Error::other)
            }
        }))
    }
}

/// An issuer elsewhere, and its keys: one that signs and the next.
fn keys(clock: &Clock) -> (Issuer, String) {
    let private = SigningKeys::new_jwks(Algorithm::EdDSA, clock.now()).unwrap();
    let keys = SigningKeys::from_jwks(&private).unwrap();
    let issuer = Issuer::new(keys).issuer("https://id.test").audience("api").clock(clock.clone());
    (issuer, SigningKeys::public_jwks(&private).unwrap())
}

#[tokio::test(start_paused = true)]
async fn fetches_of_keys_count_and_the_gauges_say_how_they_are() {
    let clock = Clock::manual(NOW);
    let (issuer, public) = keys(&clock);
    let server = Server::new(200, public);
    let keys = RemoteKeySet::at("https://id.test/keys").http_client(server.client());
    let verifier = Verifier::remote(keys.serve_stale(Duration::from_secs(3600)))
        .issuer("https://id.test")
        .audience("api")
        .clock(clock.clone())
        .build_lazy()
        .unwrap();
    // Whoever verifies wakes the task; then it has time.
    let verify_after = async |minutes: u64| {
        clock.advance(Duration::from_secs(60 * minutes));
        let token = issuer.issue(&Grant::new("alice")).unwrap();
        let is_verified = verifier.verify(&token).await.is_ok();
        tokio::time::sleep(Duration::from_secs(1)).await;
        is_verified
    };
    let first = changes(async { assert!(verify_after(0).await) });
    let expected = [
        "jwks_fetched_timestamp_seconds 1700000000",
        "jwks_fetches_total{fetched} 1",
        "jwks_key_sets{fresh} 1",
        "jwks_keys 2",
        "verify_seconds 1",
    ];
    assert_eq!(first.await, expected);

    server.turns_to(Some((304, "")));
    let unchanged = changes(async { assert!(verify_after(6).await) });
    let expected = [
        "jwks_fetched_timestamp_seconds 1700000360",
        "jwks_fetches_total{not_modified} 1",
        "verify_seconds 1",
    ];
    assert_eq!(unchanged.await, expected);

    server.turns_to(None);
    let away = changes(async { assert!(verify_after(6).await) });
    let expected = [
        "jwks_fetches_total{unreachable} 1",
        "jwks_key_sets{failing} 1",
        "jwks_key_sets{fresh} -1",
        "verify_seconds 1",
    ];
    assert_eq!(away.await, expected);

    server.turns_to(Some((200, "<html>")));
    let over = changes(async { assert!(!verify_after(120).await) });
    let expected = [
        "jwks_fetches_total{bad_answer} 1",
        "jwks_key_sets{failing} -1",
        "jwks_key_sets{none} 1",
        "jwks_keys -2",
    ];
    assert_eq!(over.await, expected);
    let gone = changes(async {
        drop(verifier);
        // The task goes in its own time.
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    assert_eq!(gone.await, ["jwks_key_sets{none} -1"]);
}

#[tokio::test]
async fn questions_to_an_introspection_endpoint_count_and_what_is_remembered_does_not() {
    let active = |kind: &str| {
        let answer = json!({ "active": true, "token_type": kind, "sub": "alice", "aud": "api" });
        answer.to_string()
    };
    let cases = [
        (Some((200, active("Bearer"))), "active"),
        (Some((200, json!({ "active": false }).to_string())), "inactive"),
        (Some((200, active("refresh_token"))), "refused"),
        (Some((500, String::new())), "unavailable"),
        (None, "unavailable"),
    ];
    for (answer, outcome) in cases {
        let server = Server(Arc::new(Mutex::new(answer)));
        let verifier = Verifier::introspect("https://id.test/introspect")
            .client_secret_basic("api", "secret")
            .audience("api")
            .http_client(server.client())
            .build()
            .unwrap();
        let seen = changes(async {
            for _ in 0..3 {
                let _ = verifier.verify("opaque").await;
            }
        });
        let expected =
            ["introspection_seconds 1".to_owned(), format!("introspections_total{{{outcome}}} 1")];
        assert_eq!(seen.await, expected);
    }
}
