//! Private JSON Web Keys, read by each backend.

use serde_json::{Value, json};

use super::*;

/// The keys of the PEM files.
const PRIVATE: &str = include_str!("../../../tests/keys/private.jwks.json");

fn jwk(kid: &str) -> Value {
    let keys = set::members(PRIVATE).unwrap();
    keys.into_iter().find(|key| key["kid"] == kid).unwrap()
}

fn refusal(jwk: &Value) -> String {
    let set = json!({ "keys": [jwk] }).to_string();
    let refused = Backend::ALL.iter().map(|backend| {
        let error = SigningKeys::read(*backend, &set).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidKeySet { position: 1, .. }), "{error}");
        error.to_string()
    });
    let refused: Vec<String> = refused.collect();
    assert!(refused.iter().all(|text| text.starts_with("key 1 of the set: ")), "{refused:?}");
    refused.concat()
}

#[test]
fn every_family_is_read_and_is_the_key_of_the_pem_file() {
    for backend in Backend::ALL {
        let keys = SigningKeys::read(*backend, PRIVATE).unwrap();
        assert_eq!(keys.iter().count(), 6);
        for key in keys.iter() {
            let algorithm = key.algorithm();
            assert_eq!(key.key_id(), Some(algorithm.name()));
            let signature = key.sign(b"message").unwrap();
            for other in Backend::ALL {
                let same = signing_key(*other, algorithm).verifying_key();
                assert!(same.verify(b"message", &signature), "{algorithm} {backend:?} {other:?}");
            }
        }
        let shown = format!("{keys:?}");
        for secret in PRIVATE.split('"').filter(|text| text.len() > 40) {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn a_set_of_ones_own_leaves_nothing_open() {
    let without = |kid, member: &str| {
        let mut jwk = jwk(kid);
        jwk.as_object_mut().unwrap().remove(member).unwrap();
        refusal(&jwk)
    };
    assert!(without("ES256", "kid").contains("no kid"));
    assert!(without("ES256", "alg").contains("no alg"));
    for (kid, private) in [("RS256", "d p q dp dq qi n e"), ("ES256", "d x y"), ("EdDSA", "d x")] {
        for member in private.split(' ') {
            without(kid, member);
        }
    }
    without("HS512", "k");

    let with = |kid, member: &str, value: Value| {
        let mut jwk = jwk(kid);
        jwk[member] = value;
        refusal(&jwk)
    };
    with("ES256", "kid", "".into());
    with("ES256", "use", "enc".into());
    with("ES256", "alg", "ES384".into());
    with("ES256", "d", jwk("ES384")["d"].clone());
    with("ES256", "d", jwk("EdDSA")["d"].clone());
    with("EdDSA", "d", jwk("ES256")["d"].clone());
    with("EdDSA", "d", "no base64url!".into());
    with("EdDSA", "x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into());
    with("RS256", "p", jwk("RS256")["q"].clone());
    with("RS256", "d", jwk("RS256")["dp"].clone());
    with("RS256", "oth", json!([]));
    let short = "c2hvcnQ";
    let text = with("HS512", "k", short.into());
    assert!(text.contains("at least 64") && !text.contains(short), "{text}");
    let placeholder = crate::token::wire::encode("changeme-".repeat(9));
    let text = with("HS512", "k", placeholder.as_str().into());
    assert!(text.contains("too easy to guess") && !text.contains(&placeholder), "{text}");
}

#[test]
fn a_key_id_is_that_of_one_key_and_a_set_has_one() {
    let twice = json!({ "keys": [jwk("ES256"), jwk("EdDSA"), jwk("ES256")] }).to_string();
    let error = SigningKeys::from_jwks(&twice).unwrap_err();
    assert_eq!(
        error.to_string(),
        "key 3 of the set: the JSON Web Key can't be used: another has its kid"
    );
    assert_eq!(SigningKeys::from_jwks(r#"{"keys":[]}"#).unwrap_err(), ConfigError::NoSigningKey);
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
        assert!(SigningKeys::from_jwks(text).is_err(), "{text}");
    }
}
