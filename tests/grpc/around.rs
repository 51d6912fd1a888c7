//! What is waited for meanwhile: keys that are fetched when the first call needs them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tonic::Code;
use tower_bearer::{
    Algorithm, Clock, Grant, Issuer, JwtAuthLayer, RejectionFormat, RemoteKeySet, SigningKeys,
    Verifier,
};

use super::support::{Doctor, ask, bearer, both, seen};

#[tokio::test]
async fn a_call_waits_for_keys_that_are_on_their_way() {
    let clock = Clock::system();
    let jwks = SigningKeys::new_jwks(Algorithm::ES256, clock.now()).unwrap();
    let public = SigningKeys::public_jwks(&jwks).unwrap();
    let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let keys = {
        let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
        get(async move || {
            asked.notify_one();
            answer.notified().await;
            public
        })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let provider = axum::serve(listener, Router::new().route("/jwks", keys)).into_future();
    let provider = tokio::spawn(provider);

    let keys = RemoteKeySet::at(url).insecure_http().timeout(Duration::from_secs(30));
    let issuer = Issuer::new(SigningKeys::from_jwks(&jwks).unwrap());
    let issuer = issuer.issuer("https://id.test").audience("api");
    let verifier = Verifier::remote(keys).issuer("https://id.test").audience("api");
    let layer = JwtAuthLayer::new(verifier.build_lazy().unwrap());
    let layer = layer.rejection_format(RejectionFormat::Grpc);
    let served = both(layer, &Doctor::new(&clock)).await;

    let token = issuer.issue(&Grant::new("alice")).unwrap();
    let served = Arc::new(served);
    let waiting = {
        let (served, credentials) = (Arc::clone(&served), bearer(&token));
        tokio::spawn(async move { ask(&served, credentials, "").await })
    };
    asked.notified().await;
    // Others are answered meanwhile.
    assert_eq!(ask(&served, bearer("x"), "").await.unwrap_err().code(), Code::Unauthenticated);
    assert!(!waiting.is_finished());
    answer.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap(), "alice");
    provider.abort();
}

#[tokio::test]
async fn keys_that_are_out_of_reach_are_no_fault_of_the_client() {
    // Nobody listens on the port of a listener that is gone.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    drop(listener);
    let jwks = SigningKeys::new_jwks(Algorithm::ES256, Clock::system().now()).unwrap();
    let issuer = Issuer::new(SigningKeys::from_jwks(&jwks).unwrap());
    let issuer = issuer.issuer("https://id.test").audience("api");
    let verifier = Verifier::remote(RemoteKeySet::at(url).insecure_http());
    let verifier = verifier.issuer("https://id.test").audience("api").build_lazy().unwrap();
    let layer = JwtAuthLayer::new(verifier).rejection_format(RejectionFormat::Grpc);
    let served = both(layer, &Doctor::new(&Clock::system())).await;
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    let refused = ask(&served, bearer(&token), "").await.unwrap_err();
    let text = "authentication is temporarily unavailable";
    assert_eq!(seen(&refused), (Code::Unavailable, Some("temporarily_unavailable"), text));
}
