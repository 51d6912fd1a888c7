//! Tokens out of the tests of other libraries, under keys of ours: none of them gets in.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use http::{HeaderValue, StatusCode};
use serde_json::Value;
use tower_bearer::{
    Algorithm, AuthErrorKind, Grant, Issuer, JwtAuthLayer, KeySet, SigningKey, Verifier,
};

use super::support::{ask, bearer, subject};
use super::vectors;

const COUNT: usize = 413;

#[tokio::test]
async fn r51_r77_tokens_of_others_are_refused() {
    let Some(tokens) = tokens() else { return };
    let all = verifier(&Algorithm::ALL.map(key));
    let each = Algorithm::ALL.map(|algorithm| verifier(&[key(algorithm)]));
    let app = Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(all.clone()));
    let mut carried = 0;
    for token in &tokens {
        for verifier in each.iter().chain([&all]) {
            let kind = verifier.verify(token).await.unwrap_err().kind();
            assert!(is_before_the_claims(kind), "{kind:?}: {token}");
        }
        // What no header can carry never reaches the layer.
        if HeaderValue::from_str(token).is_err() {
            continue;
        }
        carried += 1;
        let status = ask(&app, bearer(token)).await.status;
        let refused = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED].contains(&status);
        assert!(refused, "{status}: {token}");
    }
    println!("foreign_tokens.jsonl: {COUNT} tokens, {carried} as a header, all refused");
    assert!(carried > COUNT * 9 / 10, "{carried}");
}

/// The keys of the test above are usable: what they sign gets in.
#[tokio::test]
async fn keys_of_every_algorithm_get_in() {
    let all = verifier(&Algorithm::ALL.map(key));
    let app = Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(all));
    for algorithm in Algorithm::ALL {
        let issuer = Issuer::new(key(algorithm)).issuer("https://me").audience("api");
        let token = issuer.issue(&Grant::new("alice")).unwrap();
        assert_eq!(ask(&app, bearer(&token)).await.body, "alice", "{algorithm}");
    }
}

/// Whether a refusal says nothing about claims, as it must not under a foreign signature.
fn is_before_the_claims(kind: AuthErrorKind) -> bool {
    matches!(
        kind,
        AuthErrorKind::CredentialsTooLong
            | AuthErrorKind::MalformedToken
            | AuthErrorKind::UnsupportedHeader
            | AuthErrorKind::UnknownKey
            | AuthErrorKind::AlgorithmMismatch
            | AuthErrorKind::InvalidSignature
    )
}

fn tokens() -> Option<Vec<String>> {
    let lines = vectors::read("foreign_tokens.jsonl")?;
    let token = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["token"].as_str().unwrap().to_owned()
    };
    let tokens: Vec<String> = lines.lines().map(token).collect();
    assert_eq!(tokens.len(), COUNT);
    Some(tokens)
}

/// Of any audience and issuer, so that nothing but the signature stands in the way.
fn verifier(keys: &[SigningKey]) -> Verifier {
    let keys = KeySet::from_iter(keys.iter().map(SigningKey::verifying_key));
    Verifier::builder(keys).any_audience().build().unwrap()
}

fn key(algorithm: Algorithm) -> SigningKey {
    let file = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzEq3TnX5sLd7Gh1PkVbC9RzUeYoAiMw4Nt";
            return SigningKey::from_secret(algorithm, secret).unwrap();
        }
        Algorithm::ES256 => "p256.pem",
        Algorithm::ES384 => "p384.pem",
        Algorithm::EdDSA => "ed25519.pem",
        _ => "rsa2048.pem",
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(file);
    SigningKey::from_pem(algorithm, fs::read(path).unwrap()).unwrap()
}
