//! Keys: every algorithm signs and verifies, and keys of others are trusted when they are named.

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_bearer::{Algorithm, Grant, Issuer, SigningKey};

use crate::service::{PASSWORD, SECRET, Service};

fn key(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name).display().to_string()
}

pub(crate) fn header_of(token: &str) -> serde_json::Value {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn r080_every_algorithm_signs_and_verifies() {
    let asymmetric = [
        ("RS256", "rsa2048.pem"),
        ("PS512", "rsa2048-pkcs1.pem"),
        ("ES256", "p256.pem"),
        ("ES384", "p384.pem"),
        ("EdDSA", "ed25519.pem"),
    ];
    let files = asymmetric.map(|(algorithm, file)| (algorithm, key(file)));
    // The secret would be refused if it played a part.
    let mut cases: Vec<_> = files
        .iter()
        .map(|(algorithm, file)| (*algorithm, ("JWT_PRIVATE_KEY_FILE", &**file), "secret"))
        .collect();
    let long = format!("{SECRET}{}", SECRET.chars().rev().collect::<String>());
    for algorithm in ["HS384", "HS512"] {
        cases.push((algorithm, ("UNKNOWN", "variable"), ""));
        cases.push((algorithm, ("UNKNOWN", "variable"), &long));
    }
    for (algorithm, file, secret) in cases {
        let variables = [("JWT_ALGORITHM", algorithm), ("JWT_SECRET", secret), file];
        let mut service = Service::start(&variables);
        let token = service.user("alice");
        assert_eq!(header_of(&token)["alg"], algorithm);
        assert_eq!(header_of(&token)["typ"], "at+jwt");
        assert_eq!(service.ask("GET /tasks", &token, "").status, 200, "{algorithm}");
        assert_eq!(service.ask("GET /users/me", &token, "").status, 200, "{algorithm}");
        let random = algorithm.starts_with("HS") && secret.is_empty();
        let log = service.end();
        assert_eq!(log.contains("a secret is not set"), random, "{algorithm}: {log}");
    }
}

#[test]
fn tokens_signed_with_a_trusted_key_are_accepted_beside_the_own_ones() {
    let issuer = "https://issuer.example";
    let jwks = r#"{"keys":[
        {"kty":"OKP","crv":"Ed25519","x":"r_W0LY6eSk43DLJe5bsVHuaUE8Yrve9pN9Epjky5x6Q"},
        {"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}
    ]}"#;
    let dir = std::sync::Arc::new(crate::service::directory());
    std::fs::write(dir.path().join("jwks.json"), jwks).unwrap();
    let mut service = Service::start_in(
        dir,
        &[("JWT_ISSUER", issuer), ("JWT_SECRET", SECRET), ("JWT_TRUSTED_JWKS_FILE", "jwks.json")],
    );
    let pem = std::fs::read(key("ed25519.pem")).unwrap();
    let theirs = || Issuer::new(SigningKey::from_pem(Algorithm::EdDSA, &pem).unwrap());
    let grant = Grant::new("somebody of another service").scopes(["items:read"]);
    let token = theirs().issuer(issuer).audience("tasks").issue(&grant).unwrap();
    // The user is in no table here, and owns tasks all the same.
    assert_eq!(service.ask("POST /tasks", &token, r#"{"title":"x"}"#).status, 201);
    assert_eq!(service.ask("GET /tasks", &token, "").json().as_array().unwrap().len(), 1);
    assert_eq!(service.ask("GET /items", &token, "").status, 200);
    assert_eq!(service.ask("GET /users/me", &token, "").status, 401);

    for stranger in [theirs().issuer(issuer).audience("x"), theirs().issuer("x").audience("tasks")]
    {
        let token = stranger.issue(&grant).unwrap();
        assert_eq!(service.ask("GET /tasks", &token, "").status, 401);
    }
    let own = service.user("alice");
    assert_eq!(service.ask("GET /tasks", &own, "").json(), serde_json::json!([]));
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
    let log = service.end();
    assert_eq!(log.matches("a key of JWT_TRUSTED_JWKS_FILE is left out").count(), 1, "{log}");
}

#[test]
fn a_token_that_names_no_user_owns_nothing() {
    let issuer = "https://issuer.example";
    let service = Service::start(&[("JWT_ISSUER", issuer), ("JWT_SECRET", SECRET)]);
    let header = r#"{"alg":"HS256","typ":"at+jwt"}"#;
    let claims = format!(r#"{{"iss":"{issuer}","aud":"tasks","exp":99999999999}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), signed.as_bytes());
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
    let answer = service.ask("POST /tasks", &token, r#"{"title":"x"}"#);
    assert_eq!((answer.status, answer.text("error").as_str()), (403, "forbidden"));
}
