//! Faults with tokens and keys that authentication layers are known for, each by the test that
//! would find it here.

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_bearer::{
    Algorithm, AuthErrorKind, Claims, Grant, Issuer, JwtAuthLayer, KeySet, SigningKey, Verifier,
};

use super::support::{app, ask, at, bearer, subject, token};

#[tokio::test]
async fn one_key_of_unknown_type_does_not_spoil_the_set_and_none_needs_an_alg() {
    let mut keys = published();
    let mut encryption = keys[0].clone();
    encryption["use"] = "enc".into();
    keys.splice(
        0..0,
        [
            encryption,
            json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
            json!({"kty": "oct", "k": "AA"}),
            json!("key"),
        ],
    );
    let keys = KeySet::from_jwks(&json!({ "keys": keys }).to_string()).unwrap();
    assert_eq!((keys.len(), keys.skipped().len()), (3, 5));
    let verifier = Verifier::builder(keys).issuer("https://me").audience("api").build().unwrap();
    let app = Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(verifier));
    for (algorithm, pem, kid) in [
        (Algorithm::RS256, include_str!("../keys/rsa2048.pem"), "rsa"),
        (Algorithm::ES256, include_str!("../keys/p256.pem"), "ec"),
        (Algorithm::EdDSA, include_str!("../keys/ed25519.pem"), "ed"),
    ] {
        let signed_as = |kid: &str| {
            let key = SigningKey::from_pem(algorithm, pem).unwrap().with_key_id(kid);
            token(&Issuer::new(key).issuer("https://me").audience("api"))
        };
        assert_eq!(ask(&app, bearer(&signed_as(kid))).await.body, "alice", "{algorithm}");
        let rotated = ask(&app, bearer(&signed_as("next"))).await;
        let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::UnknownKey));
        assert_eq!((rotated.status, rotated.kind), expected, "an unknown kid is no 500");
    }
}

#[tokio::test]
async fn a_token_with_dash_and_underscore_in_the_payload() {
    let issuer = Issuer::for_tests();
    let note = async |Claims(claims): Claims<Value>| claims["note"].as_str().unwrap().to_owned();
    let app =
        Router::new().route("/", get(note)).layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let mut seen = String::new();
    // Each of three positions in base64, so that one of them has these characters.
    for note in ["???>>>\u{ff}", "a???>>>\u{ff}", "ab???>>>\u{ff}"] {
        let token = issuer.issue(&Grant::new("alice").claim("note", note)).unwrap();
        seen += token.split('.').nth(1).unwrap();
        assert_eq!(ask(&app, bearer(&token)).await.body, note);
    }
    assert!(seen.contains('-') && seen.contains('_'), "{seen}");
}

#[derive(Deserialize)]
struct Profile {
    email: Option<String>,
}

#[derive(Deserialize)]
struct Mailbox {
    email: String,
}

/// One layer, and claims of another type for each handler.
#[tokio::test]
async fn a_service_account_token_without_email_passes() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject))
        .route("/profile", get(async |Claims(own): Claims<Profile>| own.email.unwrap_or_default()))
        .route("/mailbox", get(async |Claims(own): Claims<Mailbox>| own.email))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let service = || Grant::new("backup").client_id("backup");
    for grant in [service(), service().claim("email", Value::Null)] {
        let token = issuer.issue(&grant).unwrap();
        assert_eq!(ask(&app, bearer(&token)).await.body, "backup");
        assert_eq!(ask(&app, at("/profile", bearer(&token))).await.status, StatusCode::OK);
        let answer = ask(&app, at("/mailbox", bearer(&token))).await;
        let expected = (StatusCode::UNAUTHORIZED, Some(AuthErrorKind::InvalidClaims));
        assert_eq!((answer.status, answer.kind), expected, "a handler that needs one is no 500");
    }
    let alice = issuer.issue(&Grant::new("alice").claim("email", "a@example.com")).unwrap();
    for path in ["/profile", "/mailbox"] {
        assert_eq!(ask(&app, at(path, bearer(&alice))).await.body, "a@example.com");
    }
}

#[tokio::test]
async fn the_verifier_alone_says_what_the_layer_says() {
    let issuer = Issuer::for_tests();
    let (app, verifier) = (app(&issuer), issuer.verifier().unwrap());
    let good = token(&issuer);
    let other = token(&Issuer::for_tests());
    for token in [&good, &other, "a.b.c", &"a".repeat(9000)] {
        let alone = verifier.verify(token).await;
        let answer = ask(&app, bearer(token)).await;
        assert_eq!(alone.as_ref().err().map(|error| error.kind()), answer.kind);
        assert_eq!(alone.is_ok(), answer.status == StatusCode::OK);
    }
}

#[cfg(feature = "aws-lc-rs")]
#[tokio::test]
async fn r29_a_wrong_claim_shape_is_no_500() {
    use AuthErrorKind::*;

    let claims = |name: &str, value: Value| {
        let mut claims = json!({"iss": "https://me", "aud": "api", "exp": 99_999_999_999_u64});
        claims[name] = value;
        claims
    };
    let mut wrong = vec![
        ("nbf", json!(99_999_999_998_u64), NotYetValid),
        ("iat", json!(99_999_999_998_u64), IssuedInFuture),
        ("exp", json!(1), Expired),
        ("iss", json!("https://me/"), InvalidIssuer),
        ("aud", json!("other"), InvalidAudience),
        ("cnf", json!({"jkt": "x"}), KeyBound),
    ];
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"] {
        for shape in [json!(null), json!(true), json!({"a": 1}), json!([1]), json!(1e300)] {
            // An absent text and a `null` are the same; `aud`, `iss` and dates have to be there.
            let text = ["sub", "jti"].contains(&name);
            wrong.extend((!text || !shape.is_null()).then_some((name, shape, InvalidClaims)));
        }
    }
    let issuer = Verifier::hs256(SECRET).unwrap().issuer("https://me").audience("api");
    let app = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(issuer.build().unwrap()).require(tower_bearer::role("nobody")));
    let header = json!({"alg": "HS256"});
    let mut cases: Vec<(String, AuthErrorKind)> = wrong
        .into_iter()
        .map(|(name, value, kind)| (sign(&header, &claims(name, value)), kind))
        .collect();
    for (header, kind) in [
        (json!({"alg": "none"}), AlgorithmMismatch),
        (json!({"alg": 1}), MalformedToken),
        (json!({"alg": "HS256", "crit": ["x"]}), UnsupportedHeader),
        (json!({"alg": "HS256", "typ": "rt+jwt"}), WrongTokenType),
    ] {
        cases.push((sign(&header, &claims("sub", json!("alice"))), kind));
    }
    cases.push((token(&Issuer::for_tests()), InvalidSignature));
    cases.extend(["junk", "a.b.c", "..", "e30.e30."].map(|junk| (junk.into(), MalformedToken)));
    for (token, kind) in cases {
        let answer = ask(&app, bearer(&token)).await;
        assert_eq!((answer.status, answer.kind), (StatusCode::UNAUTHORIZED, Some(kind)), "{token}");
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    }
    let good = sign(&header, &claims("sub", json!("alice")));
    assert_eq!(ask(&app, bearer(&good)).await.kind, Some(Forbidden), "the rest of it was right");
}

/// What a PEM file holds.
fn der(pem: &str) -> Vec<u8> {
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

/// The keys of `tests/keys`, as a provider publishes them: none with `alg`.
fn published() -> Vec<Value> {
    let rsa = der(include_str!("../keys/rsa2048.pub.pem"));
    let (rsa, exponent) = rsa.split_at(rsa.len() - 5);
    assert_eq!(exponent, [2, 3, 1, 0, 1]);
    let ec = der(include_str!("../keys/p256.pub.pem"));
    let ed = der(include_str!("../keys/ed25519.pub.pem"));
    let last = |der: &[u8], skipped: usize, length: usize| {
        let end = der.len() - skipped;
        URL_SAFE_NO_PAD.encode(&der[end - length..end])
    };
    vec![
        json!({"kty": "RSA", "kid": "rsa", "use": "sig", "n": last(rsa, 0, 256), "e": "AQAB"}),
        json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": last(&ec, 32, 32), "y": last(&ec, 0, 32)}),
        json!({"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": last(&ed, 0, 32)}),
    ]
}

/// Signs whatever it is given, as no `Issuer` does.
#[cfg(feature = "aws-lc-rs")]
fn sign(header: &Value, claims: &Value) -> String {
    sign_text(&header.to_string(), &claims.to_string())
}

/// The same, letter by letter.
#[cfg(feature = "aws-lc-rs")]
pub(super) fn sign_text(header: &str, claims: &str) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = aws_lc_rs::hmac::sign(&key, format!("{header}.{claims}").as_bytes());
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(feature = "aws-lc-rs")]
const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
