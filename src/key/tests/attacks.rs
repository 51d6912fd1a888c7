//! Attacks on keys and signatures, on every backend.

use super::*;
use crate::token::wire::encode;

fn forge(signer: &SigningKey, header: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(r#"{"exp":99999999999}"#));
    format!("{signed}.{}", encode(signer.sign(signed.as_bytes()).unwrap()))
}

/// CVE-2026-45363, CVE-2026-44351, CVE-2026-44699: a key that is empty or blank, set by mistake or
/// found under a `kid`.
#[test]
fn r57_r58_attack_empty_or_blank_hmac_key() {
    for blank in [&b""[..], b" ", &[0; 32], &[b' '; 64], b"\n"] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            assert!(VerifyingKey::from_secret(algorithm, blank).is_err());
            assert!(SigningKey::from_secret(algorithm, blank).is_err());
            let jwk = serde_json::json!({
                "kty": "oct", "kid": "blank", "alg": algorithm.name(), "k": encode(blank),
            });
            assert!(VerifyingKey::from_jwk(&jwk.to_string()).is_err());
        }
        assert!(Verifier::hs256(blank).is_err());
    }
    for backend in Backend::ALL {
        let good = serde_json::json!({
            "kty": "oct", "kid": "good", "alg": "HS256", "k": encode(SECRET),
        });
        let set = serde_json::json!({ "keys": [
            { "kty": "oct", "kid": "blank", "alg": "HS256", "k": "" },
            { "kty": "oct", "kid": "blank", "alg": "HS256" },
            good,
        ] });
        let keys = KeySet::read(*backend, &set.to_string()).unwrap();
        assert_eq!((keys.len(), keys.skipped().len()), (1, 2));
        let verifier = Verifier::builder(keys).any_audience().build().unwrap();
        assert!(
            verifier
                .check_at_hand(&forge(&signing_key(*backend, Algorithm::HS256), HEADER))
                .is_ok()
        );

        let empty = backend::Signer::new(*backend, Algorithm::HS256, PrivateKey::from_secret(b""));
        for kid in ["blank", "good", ""] {
            let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
            let signed = format!("{}.{}", encode(header), encode(r#"{"exp":99999999999}"#));
            // A backend that refuses to sign with nothing leaves nothing to try.
            let Ok(signature) = empty.sign(signed.as_bytes()) else { continue };
            let forged = format!("{signed}.{}", encode(signature));
            assert!(verifier.check_at_hand(&forged).is_err(), "{backend:?} {kid:?}");
        }
    }
}

const HEADER: &str = r#"{"alg":"HS256","kid":"good"}"#;

/// Part of a signature is none, and neither is one with more behind or before it.
#[test]
fn r60_attack_truncated_or_padded_signature() {
    for algorithm in Algorithm::ALL {
        for backend in Backend::ALL {
            let key = signing_key(*backend, algorithm);
            let (verifying, signature) = (key.verifying_key(), key.sign(b"message").unwrap());
            assert!(verifying.verify(b"message", &signature));
            for length in 0..signature.len() {
                let (head, tail) = (&signature[..length], &signature[signature.len() - length..]);
                for part in [head, tail] {
                    assert!(!verifying.verify(b"message", part), "{algorithm} {backend:?}");
                }
            }
            for zeros in 1..4 {
                let zeros = vec![0; zeros];
                let (behind, before) = (
                    [&signature, zeros.as_slice()].concat(),
                    [zeros.as_slice(), &signature].concat(),
                );
                for padded in [behind, before] {
                    assert!(!verifying.verify(b"message", &padded), "{algorithm} {backend:?}");
                }
            }
            assert!(!verifying.verify(b"message", &vec![0; signature.len()]), "{algorithm}");
            assert!(!verifying.verify(b"message", &vec![0xff; signature.len()]), "{algorithm}");
        }
    }
}

/// The order of Ed25519's group, little-endian: S and S + L are the same number to a careless
/// verifier (RFC 8032, section 5.1.7).
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn r48_attack_ed25519_signature_plus_the_order() {
    for backend in Backend::ALL {
        let key = signing_key(*backend, Algorithm::EdDSA);
        let mut signature = key.sign(b"message").unwrap();
        let sum = sum(&signature[32..], &L).expect("S is below L, and twice L has 254 bits");
        signature[32..].copy_from_slice(&sum);
        assert!(!key.verifying_key().verify(b"message", &signature), "{backend:?}");
    }
}

/// s and s + n are the same number modulo n (RFC 8017, section 5.2.2, refuses the second).
#[test]
fn r48_attack_rsa_signature_plus_the_modulus() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        for backend in Backend::ALL {
            let key = signing_key(*backend, algorithm);
            let signer = backend::private_from_pem(algorithm, private_pem(algorithm).as_bytes());
            let public = backend::Signer::new(*backend, algorithm, signer.unwrap()).public();
            let Ok(Material::Rsa { mut n, .. }) = public else { panic!("an RSA key") };
            n.reverse();
            let mut tried = 0;
            for message in 0..64_u8 {
                let mut signature = key.sign(&[message]).unwrap();
                signature.reverse();
                // Only small signatures leave room for a second of the same length.
                let Some(mut forged) = sum(&signature, &n) else { continue };
                forged.reverse();
                assert!(
                    !key.verifying_key().verify(&[message], &forged),
                    "{algorithm} {backend:?}"
                );
                tried += 1;
            }
            assert!(tried > 0, "{algorithm} {backend:?}: no signature was small enough");
        }
    }
}

/// The sum of two numbers of the same length, little-endian, where it has that length too.
fn sum(left: &[u8], right: &[u8]) -> Option<Vec<u8>> {
    assert_eq!(left.len(), right.len());
    let mut carry = 0;
    let mut digits = Vec::new();
    for (left, right) in left.iter().zip(right) {
        let digit = u16::from(*left) + u16::from(*right) + carry;
        digits.push(digit as u8);
        carry = digit >> 8;
    }
    (carry == 0).then_some(digits)
}

/// A nonce that repeats gives the private key away.
#[test]
fn r62_ecdsa_takes_no_nonce_twice() {
    for backend in Backend::ALL {
        for (algorithm, half) in [(Algorithm::ES256, 32), (Algorithm::ES384, 48)] {
            let key = signing_key(*backend, algorithm);
            let sign = |message: u8| key.sign(&[message]).unwrap();
            let mut points: Vec<Vec<u8>> =
                (0..32).map(|message| sign(message)[..half].to_vec()).collect();
            points.sort_unstable();
            points.dedup();
            assert_eq!(points.len(), 32, "{algorithm} {backend:?}");
            #[cfg(feature = "rust-crypto")]
            if *backend == Backend::RustCrypto {
                assert_eq!(sign(0), sign(0), "deterministic, as in RFC 6979");
            }
        }
    }
}
