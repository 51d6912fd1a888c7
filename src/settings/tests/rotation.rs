//! A file of keys that rotate.

use super::*;
use crate::{Algorithm, Clock, SigningKeys};

#[test]
fn r186_a_file_of_keys_signs_with_its_first_and_verifies_with_all() {
    let directory = tempfile::tempdir().unwrap();
    let node = |jwks: &str| {
        let path = file(&directory, "keys.json", jwks);
        let settings = Settings::from_vars([
            ("JWT_KEYS_FILE", path.as_str()),
            ("JWT_ISSUER", "https://me"),
            ("JWT_AUDIENCE", "api"),
            ("DATABASE_URL", "sqlite://app.db"),
        ]);
        settings.unwrap().issuer()
    };
    let now = Clock::system().now();
    let before =
        SigningKeys::new_jwks(Algorithm::ES256, now - Duration::from_secs(90_001)).unwrap();
    let after = SigningKeys::rotate_jwks(&before, None, now).unwrap();
    let (old, new) = (node(&before), node(&after));
    for signer in [&old, &new] {
        let token = signer.issue(&Grant::new("alice")).unwrap();
        for verifier in [&old, &new] {
            assert!(verifier.verifier().unwrap().check_at_hand(&token).is_ok());
        }
    }
}

#[test]
fn r186_a_secret_becomes_a_key_of_a_file_without_refusing_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let node = |jwks: &str| {
        let path = file(&directory, "keys.json", jwks);
        let keys = ("JWT_KEYS_FILE", path.as_str());
        read(&[("JWT_SECRET", ""), keys]).unwrap().issuer()
    };
    let k = crate::token::wire::encode(SECRET);
    let first = format!(r#"{{"keys":[{{"kid":"secret","alg":"HS256","kty":"oct","k":"{k}"}}]}}"#);
    let now = Clock::system().now();
    let day = Duration::from_secs(26 * 3600);
    let second = SigningKeys::rotate_jwks(&first, Some(Algorithm::ES256), now - day).unwrap();
    let third = SigningKeys::rotate_jwks(&second, None, now).unwrap();
    let nodes = [read(&[]).unwrap().issuer(), node(&second), node(&third)];
    // Each accepts what those beside it sign.
    for pair in nodes.windows(2) {
        for (signer, verifier) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            let token = signer.issue(&Grant::new("alice")).unwrap();
            assert!(verifier.verifier().unwrap().check_at_hand(&token).is_ok());
        }
    }
    let keys = SigningKeys::from_jwks(&third).unwrap();
    assert_eq!(keys.signing_key().algorithm(), Algorithm::ES256);
    assert_eq!(keys.iter().last().unwrap().key_id(), Some("secret"));
}

#[test]
fn a_file_of_keys_leaves_no_second_place_and_no_fault_open() {
    let directory = tempfile::tempdir().unwrap();
    let jwks = SigningKeys::new_jwks(Algorithm::HS256, Duration::ZERO).unwrap();
    let path = file(&directory, "keys.json", &jwks);
    let both = fault(&[("JWT_KEYS_FILE", &path)]);
    assert!(both.starts_with("JWT_KEYS_FILE and JWT_SECRET are both set"), "{both}");
    let faulty = jwks.replacen("\"k\"", "\"K\"", 1);
    let path = file(&directory, "keys.json", &faulty);
    let keys = fault(&[("JWT_SECRET", ""), ("JWT_KEYS_FILE", &path)]);
    assert!(keys.starts_with("JWT_KEYS_FILE ") && keys.contains("key 1 of the set: "), "{keys}");
}
