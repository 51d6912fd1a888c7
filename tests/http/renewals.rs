//! Keys that are replaced while a token is looked at: whichever of the two comes first, a good token is
//! not refused (requirement 187).

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower_bearer::{
    Algorithm, Clock, Grant, HttpClient, Issuer, RemoteKeySet, SigningKeys, Verifier,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// An issuer that answers at once, so that a fetch may end between two looks of a request.
struct Elsewhere {
    keys: Arc<Mutex<String>>,
    clock: Clock,
    verifier: Verifier,
}

impl Elsewhere {
    async fn new() -> Self {
        let clock = Clock::manual(20_000 * DAY);
        let keys = SigningKeys::new_jwks(Algorithm::EdDSA, clock.now()).unwrap();
        let keys = Arc::new(Mutex::new(keys));
        let published = Arc::clone(&keys);
        let client = HttpClient::from_service(tower::service_fn(move |_: Request<Bytes>| {
            let keys = SigningKeys::public_jwks(&published.lock().unwrap()).unwrap();
            async move { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(keys)))) }
        }));
        let keys_elsewhere = RemoteKeySet::at("https://id.example/keys").http_client(client);
        let verifier = Verifier::remote(keys_elsewhere)
            .issuer("https://id.example")
            .audience("api")
            .clock(clock.clone())
            .build();
        Self { keys, clock, verifier: verifier.await.unwrap() }
    }

    fn replace_keys(&self) {
        let new = SigningKeys::new_jwks(Algorithm::EdDSA, self.clock.now()).unwrap();
        *self.keys.lock().unwrap() = new;
    }

    fn token(&self) -> String {
        let keys = SigningKeys::from_jwks(&self.keys.lock().unwrap()).unwrap();
        let issuer = Issuer::new(keys).issuer("https://id.example").audience("api");
        issuer.clock(self.clock.clone()).issue(&Grant::new("alice")).unwrap()
    }
}

/// The first look finds no keys and wakes the task, whose fetch ends before the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r187_keys_that_come_while_a_token_is_looked_at_are_used() {
    let elsewhere = Elsewhere::new().await;
    for round in 0..2000 {
        elsewhere.clock.advance(DAY);
        let token = elsewhere.token();
        let verified = elsewhere.verifier.verify(&token).await;
        assert!(verified.is_ok(), "round {round}: {:?}", verified.map_err(|error| error.kind()));
    }
}

/// The fetch that one request has brought ends between the two looks of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r187_r188_a_key_that_comes_with_the_fetch_of_another_is_not_unknown() {
    let elsewhere = Elsewhere::new().await;
    for round in 0..500 {
        elsewhere.clock.advance(Duration::from_secs(31));
        elsewhere.replace_keys();
        let token = elsewhere.token();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (verifier, token) = (elsewhere.verifier.clone(), token.clone());
            tasks.spawn(async move { verifier.verify(&token).await.map_err(|error| error.kind()) });
        }
        for verified in tasks.join_all().await {
            assert!(verified.is_ok(), "round {round}: {:?}", verified.err());
        }
    }
}
