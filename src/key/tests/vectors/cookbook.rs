//! The JOSE cookbook: the examples of RFC 7520, RFC 8037 and RFC 7797.

use super::*;

const FILES: &[&str] = &[
    "jws/4_1.rsa_v15_signature",
    "jws/4_2.rsa-pss_signature",
    "jws/4_3.ecdsa_signature",
    "jws/4_4.hmac-sha2_integrity_protection",
    "jws/4_5.signature_with_detached_content",
    "jws/4_6.protecting_specific_header_fields",
    "jws/4_7.protecting_content_only",
    "jws/4_8.multiple_signatures",
    "curve25519/jws",
    "curve25519/ecdh-es",
    "rfc7797/4.2.hmac-sha2_b64_false",
    "rfc7797/hmac-sha2_b64_false",
];

const COMPACT: &[Deliberate] = &[
    Deliberate {
        names: &["jws/4_3.ecdsa_signature"],
        verdict: Verdict::KeyRefused,
        reason: "ES512 is not supported",
    },
    Deliberate {
        names: &["jws/4_5.signature_with_detached_content"],
        verdict: Verdict::Refused(AuthErrorKind::MalformedToken),
        reason: "detached content: a bearer token brings its claims",
    },
    Deliberate {
        names: &["curve25519/ecdh-es"],
        verdict: Verdict::KeyRefused,
        reason: "encrypted tokens are not supported, and a key for encryption verifies nothing",
    },
    Deliberate {
        names: &["rfc7797/hmac-sha2_b64_false"],
        verdict: Verdict::Refused(AuthErrorKind::MalformedToken),
        reason: "a payload that is not encoded; JWTs must not have one (RFC 7797, section 7)",
    },
];

/// Each key of RFC 7520, section 3, and what becomes of it.
const KEYS: &[(&str, Result<Algorithm, &str>)] = &[
    ("3_1.ec_public_key", Err("P-521 is not supported")),
    ("3_2.ec_private_key", Err("P-521 is not supported")),
    ("3_3.rsa_public_key", Ok(Algorithm::RS256)),
    ("3_4.rsa_private_key", Ok(Algorithm::RS256)),
    ("3_5.symmetric_key_mac_computation", Ok(Algorithm::HS256)),
    ("3_6.symmetric_key_encryption", Err("it is meant for encryption")),
];

#[test]
fn cookbook_compact_serialization() {
    let Some(documents) = documents() else { return };
    let compact = documents.iter().filter_map(|(name, one)| vector(name, one, "compact"));
    check_all("cookbook, compact", &compact.collect::<Vec<_>>(), COMPACT);
}

#[test]
fn r47_cookbook_json_serialization_is_refused() {
    let Some(documents) = documents() else { return };
    let vectors: Vec<Vector> = ["json", "json_flat"]
        .iter()
        .flat_map(|form| documents.iter().filter_map(|(name, one)| vector(name, one, form)))
        .collect();
    for vector in &vectors {
        assert_ne!(verdict(vector), Verdict::Accepted, "{}", vector.name);
    }
    println!("cookbook, JSON serialization: {} vectors, all refused", vectors.len());
    assert_eq!(vectors.len(), 23);
}

#[test]
fn cookbook_keys() {
    for (name, expected) in KEYS {
        let Some(text) = files::read(&format!("cookbook/jwk/{name}.json")) else { return };
        for backend in Backend::ALL {
            let key = jwk::key(*backend, serde_json::from_str(&text).unwrap());
            match expected {
                Ok(algorithm) => {
                    let key = key.unwrap();
                    assert_eq!(key.algorithm(), *algorithm, "{name} {backend:?}");
                    assert!(key.key_id().is_some(), "{name} {backend:?}");
                }
                Err(reason) => assert!(key.is_err(), "{name} {backend:?}: {reason}"),
            }
        }
    }
}

/// The examples by name, or `None` where the vectors are away.
fn documents() -> Option<Vec<(&'static str, Value)>> {
    let read = |name: &&'static str| Some((*name, document(&format!("cookbook/{name}.json"))?));
    FILES.iter().map(read).collect()
}

fn vector(name: &str, example: &Value, form: &str) -> Option<Vector> {
    let token = text(example["output"].get(form)?);
    let (key, alg) = (&example["input"]["key"], &example["input"]["alg"]);
    let keys = match key {
        // Several signatures, each with its key.
        Value::Array(keys) => json!({ "keys": keys }).to_string(),
        _ => key_set(key, alg),
    };
    Some(Vector { name: name.to_owned(), keys, token, valid: true })
}
