//! Where the backends judge alike, and the two places where they don't.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::properties::{any_json, runner};
use super::*;

#[test]
fn mutated_key_sets_are_judged_alike_by_all_backends() {
    let holds = |set: Value, signature: Vec<u8>| {
        let mut usable = vec![0; Backend::ALL.len()];
        for jwk in set["keys"].as_array().unwrap() {
            let judged = Backend::ALL.iter().map(|backend| jwk::key(*backend, jwk.clone()).ok());
            let judged: Vec<Option<VerifyingKey>> = judged.collect();
            for (usable, key) in usable.iter_mut().zip(&judged) {
                *usable += usize::from(key.is_some());
                let verified = key.as_ref().is_some_and(|key| key.verify(b"message", &signature));
                prop_assert!(!verified, "{key:?} takes any signature: {jwk}");
            }
            let [aws_lc, rust_crypto] = judged.as_slice() else { continue };
            match (aws_lc, rust_crypto) {
                (Some(one), Some(other)) => {
                    prop_assert_eq!(one.algorithm(), other.algorithm());
                    prop_assert_eq!(one.to_jwk(), other.to_jwk());
                }
                (Some(key), None) => prop_assert!(is_off_the_curve(key), "aws-lc takes {jwk}"),
                (None, Some(_)) => prop_assert!(has_zeros_in_front(jwk), "RustCrypto takes {jwk}"),
                (None, None) => {}
            }
        }
        for (backend, usable) in Backend::ALL.iter().zip(usable) {
            let read = KeySet::read(*backend, &set.to_string());
            prop_assert_eq!(read.map_or(0, |keys| keys.len()), usable, "{:?}: {}", backend, set);
        }
        Ok(())
    };
    let cases = (jwks(), vec(any::<u8>(), 0..300));
    runner(256).run(&cases, |(set, signature)| holds(set, signature)).unwrap();
}

/// 32 bytes that are the y of no point. No signature holds under them (RFC 8032, section 5.1.7), but to
/// aws-lc they are a key until one is checked.
#[test]
fn an_ed25519_key_off_the_curve_verifies_nothing() {
    let mut x = [0; 32];
    x[0] = 2;
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(x) });
    for backend in Backend::ALL {
        let Ok(key) = jwk::key(*backend, jwk.clone()) else {
            assert_eq!(format!("{backend:?}"), "RustCrypto", "{jwk}");
            continue;
        };
        assert_eq!(format!("{backend:?}"), "AwsLc", "{jwk}");
        #[cfg(feature = "rust-crypto")]
        assert!(is_off_the_curve(&key));
        let own = signing_key(*backend, Algorithm::EdDSA);
        let real = own.sign(b"message").unwrap();
        assert!(own.verifying_key().verify(b"message", &real));
        // With the neutral element for R, the base point for it, and R = A, each with S = 0.
        let mut neutral = [0; 64];
        neutral[0] = 1;
        let mut base = [0x66; 64];
        base[0] = 0x58;
        base[32..].fill(0);
        let mut same = [0; 64];
        same[..32].copy_from_slice(&x);
        for signature in [&real[..], &[0; 64], &[255; 64], &neutral, &base, &same, b""] {
            assert!(!key.verify(b"message", signature), "{backend:?}: {signature:?}");
        }
    }
}

/// Whether a key is one of Ed25519 that the library says is no point: aws-lc alone takes it.
#[cfg(feature = "rust-crypto")]
fn is_off_the_curve(key: &VerifyingKey) -> bool {
    let jwk: Value = key.to_jwk().map_or(Value::Null, |jwk| serde_json::from_str(&jwk).unwrap());
    let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap_or_default()).unwrap();
    let point = x.as_slice().try_into().map(ed25519_dalek::VerifyingKey::from_bytes);
    key.algorithm() == Algorithm::EdDSA && matches!(point, Ok(Err(_)))
}

/// With aws-lc alone there is nobody to differ from.
#[cfg(not(feature = "rust-crypto"))]
fn is_off_the_curve(_: &VerifyingKey) -> bool {
    false
}

/// The numbers of RSA have none (RFC 7518, section 2). aws-lc holds to it; to RustCrypto they are the
/// same numbers.
#[test]
fn an_rsa_key_with_zeros_in_front_is_the_same_key_or_none() {
    let good = good_keys()[0].clone();
    for (member, zeros) in [
        ("e", "AAEAAQ".to_owned()),
        ("n", {
            let n = URL_SAFE_NO_PAD.decode(good["n"].as_str().unwrap()).unwrap();
            URL_SAFE_NO_PAD.encode([&[0], n.as_slice()].concat())
        }),
    ] {
        let mut jwk = good.clone();
        jwk[member] = zeros.into();
        assert!(has_zeros_in_front(&jwk) && !has_zeros_in_front(&good));
        for backend in Backend::ALL {
            match jwk::key(*backend, jwk.clone()) {
                Ok(key) => {
                    assert_eq!(format!("{backend:?}"), "RustCrypto", "{member}");
                    assert_eq!(key.to_jwk(), jwk::key(*backend, good.clone()).unwrap().to_jwk());
                }
                Err(_) => assert_eq!(format!("{backend:?}"), "AwsLc", "{member}"),
            }
        }
    }
}

fn has_zeros_in_front(jwk: &Value) -> bool {
    let bytes =
        ["n", "e"].map(|name| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap_or_default()));
    jwk["kty"] == "RSA" && bytes.iter().flatten().any(|bytes| bytes.first() == Some(&0))
}

/// Good keys of every type, some members of which are another value, another number of bytes, or
/// gone.
pub(super) fn jwks() -> impl Strategy<Value = Value> {
    let member = prop::sample::select(vec![
        "kty", "crv", "alg", "use", "key_ops", "kid", "n", "e", "k", "x", "y", "d",
    ]);
    let base64url = vec(any::<u8>(), 0..70).prop_map(crate::token::wire::encode);
    let value = prop_oneof![
        any_json().prop_map(Some),
        base64url.prop_map(|text| Some(text.into())),
        prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "P-384", "HS256", "PS256", "AQAB"])
            .prop_map(|text| Some(text.into())),
        Just(None),
    ];
    vec((any::<prop::sample::Index>(), member, value), 1..6).prop_map(|mutations| {
        let mut keys = good_keys();
        for (index, member, value) in mutations {
            let at = index.index(keys.len());
            let key = keys[at].as_object_mut().unwrap();
            match value {
                Some(value) => key.insert(member.to_owned(), value),
                None => key.remove(member),
            };
        }
        json!({ "keys": keys })
    })
}

/// Of RFC 7517, appendix A, RFC 7515, appendix A, and RFC 8037, appendix A.
fn good_keys() -> Vec<Value> {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    vec![
        json!({ "kty": "RSA", "n": n, "e": "AQAB" }),
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
        json!({
            "kty": "oct", "alg": "HS256",
            "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        }),
    ]
}
