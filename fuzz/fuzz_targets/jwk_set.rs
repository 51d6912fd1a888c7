//! Any text as a JSON Web Key, or a set of them: both constructors agree, a key that loads is what
//! its members say and keeps the rules on sizes, and none accepts a token of somebody else.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tower_bearer::{
    Algorithm, AuthErrorKind, ConfigError, Grant, Issuer, KeySet, SigningKey, Verifier,
    VerifyingKey,
};
use tower_bearer_fuzz::ready;

/// Tokens under keys that no seed has the public half of, and some with a signature that costs
/// nothing: R the neutral element, S zero. It is right for an Ed25519 key of low order.
static FOREIGN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rsa = include_str!("../../tests/keys/rsa2048.pem");
    let keys = [
        SigningKey::generate_hs256(),
        SigningKey::from_pem(Algorithm::RS256, rsa),
        SigningKey::from_pem(Algorithm::PS256, rsa),
        SigningKey::from_pem(Algorithm::ES256, include_str!("../../tests/keys/p256.pem")),
        SigningKey::from_pem(Algorithm::ES384, include_str!("../../tests/keys/p384.pem")),
        SigningKey::from_pem(Algorithm::EdDSA, include_str!("../../tests/keys/ed25519.pem")),
    ];
    let issue = |key: Result<SigningKey, ConfigError>| {
        let issuer = Issuer::new(key.unwrap()).issuer("https://other").audience("api");
        issuer.issue(&Grant::new("mallory")).unwrap()
    };
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#);
    let signature = URL_SAFE_NO_PAD.encode([&[1][..], &[0; 63]].concat());
    let forge = |id: u8| {
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":1700000060,"jti":"{id}"}}"#));
        format!("{header}.{claims}.{signature}")
    };
    keys.into_iter().map(issue).chain((0..4).map(forge)).collect()
});

fuzz_target!(|text: &str| {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    match KeySet::from_jwks(text) {
        Ok(set) => assert_set(&set, value["keys"].as_array().unwrap()),
        Err(ConfigError::NoUsableKey) => {
            for jwk in value["keys"].as_array().unwrap() {
                assert!(VerifyingKey::from_jwk(&jwk.to_string()).is_err(), "left out: {jwk}");
            }
        }
        Err(error) => assert!(value.get("keys").is_none_or(|keys| !keys.is_array()), "{error}"),
    }
    if let Ok(key) = VerifyingKey::from_jwk(text) {
        let set = KeySet::from_jwks(&json!({ "keys": [&value] }).to_string()).unwrap();
        assert_set(&set, &[value]);
        assert_eq!(format!("{key:?}"), format!("{:?}", set.iter().next().unwrap()));
    }
});

fn assert_set(set: &KeySet, jwks: &[Value]) {
    let (mut keys, mut skipped) = (set.iter(), set.skipped().iter());
    for jwk in jwks {
        match VerifyingKey::from_jwk(&jwk.to_string()) {
            Ok(alone) => {
                let key = keys.next().unwrap();
                assert_eq!(format!("{key:?}"), format!("{alone:?}"));
                assert_key(key, jwk);
            }
            Err(error) => assert_eq!(Some(&error), skipped.next()),
        }
    }
    assert!(keys.next().is_none() && skipped.next().is_none() && !set.is_empty());

    let verifier = Verifier::builder(set.clone()).any_audience().build().unwrap();
    for token in &*FOREIGN {
        use AuthErrorKind::{AlgorithmMismatch, InvalidSignature, UnknownKey};
        let kind = ready(verifier.verify(token)).expect_err("a token of another key").kind();
        // Any other would say that the signature is right.
        assert!(matches!(kind, AlgorithmMismatch | InvalidSignature | UnknownKey), "{kind:?}");
    }
}

fn assert_key(key: &VerifyingKey, jwk: &Value) {
    let name = key.algorithm().name();
    // `Debug` has these two, and nothing of the key.
    let shown = format!("VerifyingKey {{ algorithm: {name}, key_id: {:?}, .. }}", key.key_id());
    assert_eq!(format!("{key:?}"), shown);

    let text = |member: &str| jwk.get(member).map(|value| value.as_str().unwrap());
    assert_eq!(key.key_id(), text("kid"));
    assert!(text("use").is_none_or(|usage| usage == "sig"));
    let bytes = |member: &str| URL_SAFE_NO_PAD.decode(text(member).unwrap()).unwrap();
    let implied = match text("kty").unwrap() {
        "RSA" => {
            assert!(name.starts_with("RS") || name.starts_with("PS"));
            assert!((2048..=8192).contains(&bits(&bytes("n"))));
            assert!(bytes("e").last().unwrap() % 2 == 1 && bits(&bytes("e")) >= 2);
            Some("RS256")
        }
        "EC" => {
            // RFC 7518, section 6.2.1.2: each coordinate has the size of the curve.
            let (size, name) =
                if text("crv") == Some("P-256") { (32, "ES256") } else { (48, "ES384") };
            assert_eq!((bytes("x").len(), bytes("y").len()), (size, size));
            Some(name)
        }
        "OKP" => {
            assert_eq!((text("crv"), bytes("x").len()), (Some("Ed25519"), 32));
            Some("EdDSA")
        }
        "oct" => {
            let hash: usize = name.strip_prefix("HS").unwrap().parse().unwrap();
            assert!(bytes("k").len() * 8 >= hash);
            None
        }
        other => panic!("a key of type {other:?} was taken"),
    };
    let named = text("alg").map(|alg| if alg == "Ed25519" { "EdDSA" } else { alg });
    assert_eq!(named.or(implied), Some(name));
}

/// The bits of a big-endian number.
fn bits(number: &[u8]) -> usize {
    match number.iter().position(|byte| *byte != 0) {
        None => 0,
        Some(zeros) => (number.len() - zeros) * 8 - number[zeros].leading_zeros() as usize,
    }
}
