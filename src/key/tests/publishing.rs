//! What is published of keys (requirement 138).

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const ASYMMETRIC: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The key of an algorithm from wherever it can come from, on each backend.
fn from_every_source(algorithm: Algorithm) -> Vec<SigningKey> {
    let pem = private_pem(algorithm);
    let mut keys = vec![
        SigningKey::from_pem(algorithm, pem).unwrap(),
        SigningKey::from_der(algorithm, der(pem)).unwrap(),
    ];
    let own = set::members(include_str!("../../../tests/keys/private.jwks.json")).unwrap();
    for backend in Backend::ALL {
        keys.push(signing_key(*backend, algorithm));
        for mut jwk in own.clone() {
            if jwk["kty"] == "RSA" && algorithm.name().starts_with(['R', 'P']) {
                jwk["alg"] = algorithm.name().into();
            }
            if jwk["alg"] == algorithm.name() {
                keys.push(private_jwk::key(*backend, jwk).unwrap());
            }
        }
        if let Ok(made) = rotation::generate(*backend, algorithm, Duration::ZERO) {
            keys.push(private_jwk::key(*backend, made).unwrap());
        }
    }
    keys
}

fn names(key: &Value) -> BTreeSet<&str> {
    key.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn r138_of_every_key_the_public_members_are_published_and_no_others() {
    for algorithm in ASYMMETRIC {
        let keys = from_every_source(algorithm);
        assert!(keys.len() >= 4, "{algorithm}");
        for key in &keys {
            let published = KeySet::from(key).to_jwks();
            let set: Value = serde_json::from_str(&published).unwrap();
            assert_eq!(names(&set), ["keys"].into());
            let [jwk] = set["keys"].as_array().unwrap().as_slice() else { panic!("{published}") };
            let (kty, public): (_, &[&str]) = match algorithm {
                Algorithm::ES256 | Algorithm::ES384 => ("EC", &["crv", "x", "y"]),
                Algorithm::EdDSA => ("OKP", &["crv", "x"]),
                _ => ("RSA", &["n", "e"]),
            };
            let expected = [&["kty", "kid", "alg", "use"], public].concat();
            assert_eq!(names(jwk), expected.into_iter().collect(), "{algorithm}");
            assert_eq!(
                [&jwk["kty"], &jwk["alg"], &jwk["use"], &jwk["kid"]],
                [kty, algorithm.name(), "sig", key.key_id().unwrap()]
            );
        }
    }
}

#[test]
fn r138_what_is_published_verifies_what_the_key_signs() {
    for algorithm in ASYMMETRIC {
        for key in from_every_source(algorithm) {
            let signature = key.sign(b"message").unwrap();
            let published = KeySet::from(&key).to_jwks();
            for backend in Backend::ALL {
                let read = KeySet::read(*backend, &published).unwrap();
                assert!(read.skipped().is_empty());
                let check = |kid, message| read.verify(Some(algorithm), kid, message, &signature);
                assert_eq!(check(key.key_id(), b"message"), Ok(()), "{algorithm} {backend:?}");
                assert_eq!(check(key.key_id(), b"massage"), Err(AuthErrorKind::InvalidSignature));
                assert_eq!(check(Some("another"), b"message"), Err(AuthErrorKind::UnknownKey));
                assert_eq!(read.to_jwks(), published, "read and published again");
            }
        }
    }
}

#[test]
fn r138_secrets_are_never_published() {
    let secrets = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512].map(|algorithm| {
        let key = signing_key(Backend::preferred().unwrap(), algorithm);
        assert_eq!(key.verifying_key().to_jwk(), None);
        assert_eq!(key.key_id(), None, "a thumbprint of a secret is a hash of it");
        key.with_key_id("named").verifying_key()
    });
    let mut keys = KeySet::from_iter(secrets);
    assert!(!keys.has_public_key());
    assert_eq!(keys.to_jwks(), "{\"keys\": []}\n");
    keys.push(signing_key(Backend::preferred().unwrap(), Algorithm::ES256).verifying_key());
    assert!(keys.has_public_key());
    let published = keys.to_jwks();
    assert!(!published.contains("oct") && !published.contains("named"), "{published}");
    assert_eq!(KeySet::from_jwks(&published).unwrap().len(), 1);
}

#[test]
fn a_key_without_an_id_has_its_thumbprint() {
    let rfc = VerifyingKey::from_jwk(
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    );
    assert_eq!(rfc.unwrap().key_id(), None, "a key of others has the ID that they gave it");
    for algorithm in ASYMMETRIC {
        let keys = Backend::ALL.iter().map(|backend| signing_key(*backend, algorithm));
        let ids: BTreeSet<String> = keys.map(|key| key.key_id().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 1, "whatever the backend");
        let id = ids.into_iter().next().unwrap();
        assert_eq!(crate::token::wire::decode(&id).unwrap().len(), 32);
        let named = SigningKey::from_pem(algorithm, private_pem(algorithm)).unwrap();
        assert_eq!(named.key_id(), Some(id.as_str()));
        assert_eq!(named.with_key_id("mine").key_id(), Some("mine"));
    }
}

#[test]
fn the_thumbprint_of_rsa_is_that_of_rfc_7638() {
    // Section 3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
             BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0\
             _FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWh\
             AI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let jwk = format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}}"#);
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    for backend in Backend::ALL {
        let thumbprint = key.public().unwrap().thumbprint(*backend).unwrap();
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
    // However it was written, it is published in one way (RFC 7518, section 2).
    let jwk = serde_json::from_str(&jwk.replace("AQAB", "AAABAAE")).unwrap();
    let Ok(Material::Rsa { n, e }) = backend::from_jwk(Algorithm::RS256, jwk) else {
        panic!("an RSA key")
    };
    assert_eq!(e, [0, 0, 1, 0, 1]);
    let padded = Material::Rsa { n: [&[0], n.as_slice()].concat(), e };
    let padded = public_jwk::PublicJwk::new(Algorithm::RS256, &padded).unwrap();
    assert!(padded.members().eq(key.public().unwrap().members()));
}

#[test]
fn r138_the_next_key_is_published_before_it_signs_and_the_one_before_after_it_has() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let kids = |jwks: &str| -> Vec<String> {
        let keys = SigningKeys::from_jwks(jwks).unwrap();
        let published: Value = serde_json::from_str(&keys.verifying_keys().to_jwks()).unwrap();
        let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
        published["keys"].as_array().unwrap().iter().map(kid).collect()
    };
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        let first = SigningKeys::new_jwks(algorithm, DAY).unwrap();
        let second = SigningKeys::rotate_jwks(&first, None, 3 * DAY).unwrap();
        let signs = |jwks: &str| {
            SigningKeys::from_jwks(jwks).unwrap().signing_key().key_id().unwrap().to_owned()
        };
        assert!(kids(&first).contains(&signs(&second)), "the next, before it signs");
        assert!(kids(&second).contains(&signs(&first)), "the one before, after it has");
        // Whoever fetched before the rotation verifies what is signed after it, and the other way.
        for (jwks, other) in [(&first, &second), (&second, &first)] {
            let signing = SigningKeys::from_jwks(jwks).unwrap().signing_key().clone();
            let signature = signing.sign(b"message").unwrap();
            let public = SigningKeys::public_jwks(other).unwrap();
            let fetched = KeySet::from_jwks(&public).unwrap();
            let kid = signing.key_id();
            assert_eq!(fetched.verify(Some(algorithm), kid, b"message", &signature), Ok(()));
        }
    }
}

proptest! {
    #[test]
    fn what_is_published_of_any_curve_point_reads_back(seed in 0..3_usize, kid in "\\PC{0,12}") {
        let algorithm = [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA][seed];
        let backend = Backend::preferred().unwrap();
        let made = rotation::generate(backend, algorithm, Duration::ZERO).unwrap();
        let key = private_jwk::key(backend, made).unwrap().with_key_id(kid.clone());
        let read = VerifyingKey::from_jwk(&key.verifying_key().to_jwk().unwrap()).unwrap();
        prop_assert_eq!(read.key_id(), Some(kid.as_str()));
        prop_assert!(read.verify(b"message", &key.sign(b"message").unwrap()));
    }
}
