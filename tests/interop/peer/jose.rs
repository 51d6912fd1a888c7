//! Signs, verifies and publishes with the keys that a request brings.

use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_bearer::{
    Algorithm, Clock, Grant, Issuer, KeySet, SigningKey, SigningKeys, Verifier, VerifyingKey,
};

pub(super) fn routes() -> Router {
    Router::new()
        .route("/new-keys", post(new_keys))
        .route("/public-keys", post(public_keys))
        .route("/read-keys", post(read_keys))
        .route("/pem", post(pem))
        .route("/sign", post(sign))
        .route("/verify", post(verify))
}

#[derive(Deserialize)]
struct NewKeys {
    algorithm: String,
}

/// A private set with two keys of an algorithm.
async fn new_keys(Json(asked): Json<NewKeys>) -> Json<Value> {
    let algorithm: Algorithm = asked.algorithm.parse().unwrap();
    let jwks = SigningKeys::new_jwks(algorithm, Clock::system().now()).unwrap();
    Json(serde_json::from_str(&jwks).unwrap())
}

/// The public half of a private set.
async fn public_keys(Json(keys): Json<Value>) -> Json<Value> {
    let jwks = SigningKeys::public_jwks(&keys.to_string()).unwrap();
    Json(serde_json::from_str(&jwks).unwrap())
}

/// The public keys of others, read and published again.
async fn read_keys(Json(keys): Json<Value>) -> Json<Value> {
    let keys = KeySet::from_jwks(&keys.to_string()).unwrap();
    Json(serde_json::from_str(&keys.to_jwks()).unwrap())
}

#[derive(Deserialize)]
struct Pem {
    algorithm: String,
    private: String,
    public: String,
    token: String,
}

/// A token signed with a private key, and the subject of one that the public key verifies.
async fn pem(Json(asked): Json<Pem>) -> Json<Value> {
    let algorithm = asked.algorithm.parse().unwrap();
    let key = SigningKey::from_pem(algorithm, asked.private).unwrap();
    let issuer = Issuer::new(key).issuer("https://issuer.test").audience("https://api.test");
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    let public = VerifyingKey::from_pem(algorithm, asked.public).unwrap();
    let verifier = Verifier::builder(public).any_audience().build().unwrap();
    let theirs = verifier.verify(&asked.token).await.unwrap();
    Json(json!({ "token": token, "subject": theirs.subject() }))
}

#[derive(Deserialize)]
struct Sign {
    /// A private set; the first key signs.
    keys: Value,
    issuer: String,
    audiences: Vec<String>,
    subject: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// In seconds before now.
    #[serde(default)]
    age: u64,
}

/// An access token, which lasts for five minutes.
async fn sign(Json(asked): Json<Sign>) -> Json<Value> {
    let keys = match SigningKeys::from_jwks(&asked.keys.to_string()) {
        Ok(keys) => keys,
        Err(error) => return Json(json!({ "error": error.to_string() })),
    };
    let now = Clock::system().now() - Duration::from_secs(asked.age);
    let mut issuer = Issuer::new(keys)
        .issuer(asked.issuer)
        .access_token_lifetime(Duration::from_secs(300))
        .clock(Clock::manual(now));
    for audience in asked.audiences {
        issuer = issuer.audience(audience);
    }
    let grant = Grant::new(asked.subject).scopes(asked.scopes).roles(asked.roles);
    Json(json!({ "token": issuer.issue(&grant).unwrap() }))
}

#[derive(Deserialize)]
struct Verify {
    /// A set whose keys are trusted.
    keys: Value,
    issuer: String,
    audience: String,
    token: String,
}

/// The claims of a token, or why it is refused, and the keys that were left out.
async fn verify(Json(asked): Json<Verify>) -> Json<Value> {
    let keys = match KeySet::from_jwks(&asked.keys.to_string()) {
        Ok(keys) => keys,
        Err(error) => return Json(json!({ "error": error.to_string() })),
    };
    let skipped: Vec<String> = keys.skipped().iter().map(ToString::to_string).collect();
    let verifier =
        Verifier::builder(keys).issuer(asked.issuer).audience(asked.audience).build().unwrap();
    Json(match verifier.verify(&asked.token).await {
        Ok(token) => {
            let scopes: Vec<&str> = token.scopes().collect();
            json!({ "claims": token.claims::<Value>().unwrap(), "scopes": scopes, "skipped": skipped })
        }
        Err(error) => json!({ "refused": format!("{:?}", error.kind()), "skipped": skipped }),
    })
}
