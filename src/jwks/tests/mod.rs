mod availability;
mod caching;
mod discovery;
mod kinds;
#[cfg(feature = "cache")]
mod model;
#[cfg(feature = "cache")]
mod remembered;
mod rotation;
#[cfg(feature = "cache")]
mod soak;
mod tasks;
mod wire;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::fetch::simulated::{Answer, Behaviour, Network};
use crate::{
    AuthErrorKind, Clock, ConfigError, Grant, Issuer as OwnIssuer, SigningKeys, Token, Verifier,
    VerifierBuilder,
};

const ISSUER: &str = "https://id.example/";
const KEYS: &str = "https://id.example/keys";
const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// An issuer elsewhere, in simulated time.
struct Provider {
    network: Network,
    clock: Clock,
}

/// A key of it, by its `kid`.
struct Key {
    jwk: Value,
    private: Value,
    issuer: OwnIssuer,
}

impl Provider {
    /// With these keys. In a runtime whose time is paused.
    fn new(keys: &[&Key]) -> Self {
        let provider = Self { network: Network::new(), clock: Clock::of_runtime(NOW) };
        provider.publish(keys);
        provider
    }

    fn publish(&self, keys: &[&Key]) {
        self.network.answer(KEYS, Answer::ok(set(keys)));
    }

    fn keys(&self) -> RemoteKeySet {
        RemoteKeySet::at(KEYS).http_client(self.network.client())
    }

    fn builder(&self, keys: RemoteKeySet) -> VerifierBuilder<RemoteKeySet> {
        Verifier::remote(keys).issuer(ISSUER).audience("api").clock(self.clock.clone())
    }

    async fn verifier(&self) -> Verifier {
        self.builder(self.keys()).build().await.unwrap()
    }

    fn lazy(&self) -> Verifier {
        self.builder(self.keys()).build_lazy().unwrap()
    }

    fn token(&self, key: &Key) -> String {
        let issuer = key.issuer.clone().clock(self.clock.clone());
        issuer.issue(&Grant::new("alice")).unwrap()
    }

    fn fetches(&self) -> usize {
        self.network.count(KEYS)
    }
}

impl Key {
    fn new(kid: &str) -> Self {
        let private = SigningKeys::new_jwks(Algorithm::EdDSA, NOW).unwrap();
        let mut private: Value = serde_json::from_str(&private).unwrap();
        let mut jwk = private["keys"][0].take();
        jwk["kid"] = kid.into();
        let keys = SigningKeys::from_jwks(&json!({ "keys": [jwk] }).to_string()).unwrap();
        let private = jwk.clone();
        jwk.as_object_mut().unwrap().remove("d");
        Self { jwk, private, issuer: OwnIssuer::new(keys).issuer(ISSUER).audience("api") }
    }
}

fn set(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string()
}

async fn verify(verifier: &Verifier, token: &str) -> Result<Token, AuthErrorKind> {
    verifier.verify(token).await.map_err(|error| error.kind())
}

async fn advance(time: Duration) {
    tokio::time::sleep(time).await;
}

/// How much simulated time something takes.
async fn time<T>(what: impl Future<Output = T>) -> (T, Duration) {
    let begin = tokio::time::Instant::now();
    let result = what.await;
    (result, begin.elapsed())
}

/// A token that nobody signed, with some `kid`.
fn forged(kid: &str) -> String {
    use crate::token::wire::encode;
    let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
    format!("{}.{}.{}", encode(header), encode("{}"), encode([7; 64]))
}
