mod attacks;
mod backends;
mod private_jwks;
mod properties;
mod publishing;
mod rotations;
mod vectors;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::backend::{self, Backend, PrivateKey};
use super::*;
use crate::{AuthErrorKind, ConfigError, Verifier};

const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzEq3TnX5sLd7Gh1PkVbC9RzUeYoAiMw4Nt";

fn private_pem(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => include_str!("../../../tests/keys/p256.pem"),
        Algorithm::ES384 => include_str!("../../../tests/keys/p384.pem"),
        Algorithm::EdDSA => include_str!("../../../tests/keys/ed25519.pem"),
        _ => include_str!("../../../tests/keys/rsa2048.pem"),
    }
}

fn public_pem(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => include_str!("../../../tests/keys/p256.pub.pem"),
        Algorithm::ES384 => include_str!("../../../tests/keys/p384.pub.pem"),
        Algorithm::EdDSA => include_str!("../../../tests/keys/ed25519.pub.pem"),
        _ => include_str!("../../../tests/keys/rsa2048.pub.pem"),
    }
}

fn signing_key(backend: Backend, algorithm: Algorithm) -> SigningKey {
    let key = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            PrivateKey::from_secret(SECRET.as_bytes())
        }
        _ => backend::private_from_pem(algorithm, private_pem(algorithm).as_bytes()).unwrap(),
    };
    SigningKey::new(backend, algorithm, key).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

#[test]
fn every_algorithm_signs_and_verifies_with_every_pair_of_backends() {
    for algorithm in Algorithm::ALL {
        for signer in Backend::ALL {
            let key = signing_key(*signer, algorithm);
            let signature = key.sign(b"message").unwrap();
            for verifier in Backend::ALL {
                let key = signing_key(*verifier, algorithm).verifying_key();
                assert!(key.verify(b"message", &signature), "{algorithm} {signer:?} {verifier:?}");
                assert!(!key.verify(b"massage", &signature), "{algorithm} {verifier:?}");
                let mut flipped = signature.clone();
                flipped[7] ^= 1;
                assert!(!key.verify(b"message", &flipped), "{algorithm} {verifier:?}");
                assert!(!key.verify(b"message", &signature[1..]), "{algorithm} {verifier:?}");
                assert!(!key.verify(b"message", b""), "{algorithm} {verifier:?}");
            }
        }
    }
}

#[test]
fn keys_are_read_from_pem_and_der_in_both_halves() {
    for algorithm in Algorithm::ALL.into_iter().filter(|one| !one.name().starts_with("HS")) {
        let signing = SigningKey::from_pem(algorithm, private_pem(algorithm)).unwrap();
        let from_der = SigningKey::from_der(algorithm, der(private_pem(algorithm))).unwrap();
        let signature = signing.sign(b"message").unwrap();
        for verifying in [
            VerifyingKey::from_pem(algorithm, public_pem(algorithm)).unwrap(),
            VerifyingKey::from_der(algorithm, der(public_pem(algorithm))).unwrap(),
            from_der.verifying_key(),
        ] {
            assert!(verifying.verify(b"message", &signature), "{algorithm}");
        }
    }
}

#[test]
fn rsa_keys_may_be_pkcs1() {
    let pem = include_str!("../../../tests/keys/rsa2048-pkcs1.pem");
    let signature = SigningKey::from_pem(Algorithm::RS256, pem).unwrap().sign(b"m").unwrap();
    assert!(SigningKey::from_der(Algorithm::RS256, der(pem)).is_ok());
    let key = VerifyingKey::from_pem(Algorithm::RS256, public_pem(Algorithm::RS256)).unwrap();
    assert!(key.verify(b"m", &signature));
}

#[test]
fn keys_of_another_type_are_refused_with_a_reason() {
    for wrong in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        for given in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
            let private = SigningKey::from_pem(wrong, private_pem(given));
            let public = VerifyingKey::from_pem(wrong, public_pem(given));
            assert_eq!(private.is_ok(), wrong == given, "{wrong} from {given}");
            assert_eq!(public.is_ok(), wrong == given, "{wrong} from {given}");
        }
    }
    let sec1 = include_str!("../../../tests/keys/p256-sec1.pem");
    let error = SigningKey::from_pem(Algorithm::ES256, sec1).unwrap_err();
    assert!(error.to_string().contains("openssl pkcs8 -topk8"), "{error}");
    for text in ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
        assert!(VerifyingKey::from_pem(Algorithm::RS256, text).is_err());
        assert!(VerifyingKey::from_der(Algorithm::ES256, text).is_err());
        assert!(SigningKey::from_pem(Algorithm::EdDSA, text).is_err());
    }
    assert!(SigningKey::from_pem(Algorithm::HS256, SECRET).is_err());
    assert!(SigningKey::from_secret(Algorithm::RS256, SECRET).is_err());
    assert!(VerifyingKey::from_pem(Algorithm::RS256, private_pem(Algorithm::RS256)).is_err());
}

#[test]
fn r58_hmac_secrets_have_the_size_of_the_hash() {
    let sizes = [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)];
    for (algorithm, minimum) in sizes {
        let short = &SECRET[..minimum - 1];
        let error = ConfigError::SecretTooShort { algorithm, minimum, actual: minimum - 1 };
        assert_eq!(SigningKey::from_secret(algorithm, short).unwrap_err(), error);
        assert_eq!(VerifyingKey::from_secret(algorithm, short).unwrap_err(), error);
        assert!(SigningKey::from_secret(algorithm, &SECRET[..minimum]).is_ok());
    }
    assert!(Verifier::hs256("").is_err());
}

#[test]
fn r59_rsa_keys_have_at_least_2048_bits() {
    let private = include_str!("../../../tests/keys/rsa1024.pem");
    let public = include_str!("../../../tests/keys/rsa1024.pub.pem");
    let error = VerifyingKey::from_pem(Algorithm::RS256, public).unwrap_err();
    assert_eq!(error, ConfigError::RsaKeyTooSmall { bits: 1024 });
    assert!(SigningKey::from_pem(Algorithm::PS256, private).is_err());
}

#[test]
fn r60_an_ecdsa_signature_is_r_and_s_of_fixed_length() {
    for backend in Backend::ALL {
        for (algorithm, length) in [(Algorithm::ES256, 64), (Algorithm::ES384, 96)] {
            let key = signing_key(*backend, algorithm);
            let signature = key.sign(b"message").unwrap();
            assert_eq!(signature.len(), length);
            let verifying = key.verifying_key();
            let (r, s) = signature.split_at(length / 2);
            let zero = vec![0; length / 2];
            let asn1 = as_asn1(r, s);
            let refused: [&[u8]; 6] = [
                &[r, &zero].concat(),
                &[&zero, s].concat(),
                &[&zero, zero.as_slice()].concat(),
                &signature[..length - 1],
                &[&signature, &[0][..]].concat(),
                &asn1,
            ];
            for forged in refused {
                assert!(!verifying.verify(b"message", forged), "{algorithm} {backend:?}");
            }
        }
    }
}

/// The form of X9.62, which OpenSSL and TLS use and JWTs do not.
fn as_asn1(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut body: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        if body.first().is_some_and(|byte| byte & 0x80 != 0) {
            body.insert(0, 0);
        }
        [&[2, body.len() as u8], body.as_slice()].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

#[test]
fn r61_secrets_that_everybody_knows_are_refused() {
    for weak in [
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "secretsecretsecretsecretsecretsecret",
        "your-256-bit-secret-your-256-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "changeme-changeme-changeme-changeme!",
        "please-change-me-in-production-0123456789",
        "my-super-secret-jwt-key-for-production",
        "your-secret-key-must-be-at-least-32-characters",
        "this-is-a-secret-key-for-signing-tokens",
        "secret-key-that-should-be-changed-in-production",
        "your_jwt_secret_key_here_min_32_chars",
        "SupersecretJwtKeyThatIsVeryLongAndSecure",
        include_str!("../../../tests/keys/rsa2048.pub.pem"),
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "01234567890123456789012345678901",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let error = SigningKey::hs256(weak).unwrap_err();
        assert!(matches!(error, ConfigError::WeakSecret { .. }), "{weak}");
        assert!(!error.to_string().contains(weak), "the error repeats the secret");
    }
    assert!(SigningKey::hs256("secret").is_err());
    assert!(
        SigningKey::insecure_from_guessable_secret(Algorithm::HS256, [b'a'; 32]).is_ok(),
        "test vectors need a way"
    );
    // What a generator makes is never taken for a word or a pattern.
    for _ in 0..20_000 {
        let random = crate::random::bytes::<32>().unwrap();
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(SigningKey::hs256(random).is_ok() && SigningKey::hs256(&hex).is_ok(), "{hex}");
    }
}

#[test]
fn jwk_without_alg_gets_the_one_that_its_type_implies() {
    let p256 = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    assert_eq!(VerifyingKey::from_jwk(p256).unwrap().algorithm(), Algorithm::ES256);
    let contradicting = p256.replacen('{', r#"{"alg":"ES384","#, 1);
    assert!(VerifyingKey::from_jwk(&contradicting).is_err());
    let encryption = p256.replacen('{', r#"{"use":"enc","#, 1);
    assert!(VerifyingKey::from_jwk(&encryption).is_err());
    let off_curve = p256.replace("f83O", "f83P");
    for backend in Backend::ALL {
        let value = serde_json::from_str(&off_curve).unwrap();
        assert!(jwk::key(*backend, value).is_err(), "{backend:?}");
    }
    let symmetric = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    assert!(VerifyingKey::from_jwk(symmetric).is_err(), "a symmetric key names its alg");
    let named = symmetric.replacen('{', r#"{"alg":"HS512","kid":"a","#, 1);
    let key = VerifyingKey::from_jwk(&named).unwrap();
    assert_eq!((key.algorithm(), key.key_id()), (Algorithm::HS512, Some("a")));
}

#[test]
fn the_coordinates_of_an_ec_key_each_have_the_size_of_the_curve() {
    let x = URL_SAFE_NO_PAD.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").unwrap();
    let y = URL_SAFE_NO_PAD.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").unwrap();
    let point = [x, y].concat();
    for backend in Backend::ALL {
        // The same point, parted elsewhere (RFC 7518, section 6.2.1.2).
        for end in [31, 32, 33, 64] {
            let [x, y] = [&point[..end], &point[end..]].map(|part| URL_SAFE_NO_PAD.encode(part));
            let jwk = serde_json::json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
            assert_eq!(jwk::key(*backend, jwk).is_ok(), end == 32, "{backend:?} {end}");
        }
    }
}

#[test]
fn a_short_ed25519_key_is_refused_and_does_not_panic() {
    for backend in Backend::ALL {
        for x in ["", "AA", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH"] {
            let jwk = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x});
            assert!(jwk::key(*backend, jwk).is_err(), "{backend:?} {x}");
        }
    }
}

#[test]
fn an_ed25519_key_that_anybody_can_sign_for_is_refused() {
    // Points of order 1, 2, 4 and 8, each under both signs, then 0 and 1 with the prime added.
    for x in [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "7P_______________________________________38",
        "7P________________________________________8",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o",
        "7f_______________________________________38",
        "7v________________________________________8",
    ] {
        for backend in Backend::ALL {
            let point = URL_SAFE_NO_PAD.decode(x).unwrap();
            let refused = VerifyingKey::new(*backend, Algorithm::EdDSA, &Material::Ed(point));
            let error = refused.map(|_| x).unwrap_err().to_string();
            assert!(error.ends_with("anybody can sign for it"), "{backend:?} {x} {error}");
        }
    }
}

#[test]
fn a_key_set_leaves_out_what_it_cannot_use() {
    let keys = KeySet::from_jwks(
        r#"{"keys":[
            {"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}, {"kty":"RSA","n":"AQAB","e":"AQAB"},
            {"kty":"Kyber"}, {}, 7, null
        ]}"#,
    )
    .unwrap();
    assert_eq!((keys.len(), keys.skipped().len()), (1, 6));
    for nothing in [r#"{"keys":[]}"#, r#"{"keys":[{}]}"#, "{}", "[]", "", "null", r#"{"keys":{}}"#]
    {
        assert!(KeySet::from_jwks(nothing).is_err(), "{nothing}");
    }
}

#[test]
fn r57_kid_is_only_compared_and_duplicates_are_all_tried() {
    let sign = |key: &SigningKey| key.sign(b"m").unwrap();
    let (a, b) = (SigningKey::generate_hs256().unwrap(), SigningKey::generate_hs256().unwrap());
    let named = |key: &SigningKey, id: &str| key.clone().with_key_id(id).verifying_key();
    let keys = KeySet::from_iter([named(&a, "1"), named(&b, "1"), named(&b, "2")]);
    let verify = |kid: Option<&str>, key: &SigningKey| {
        keys.verify(Some(Algorithm::HS256), kid, b"m", &sign(key))
    };
    assert_eq!(verify(Some("1"), &a), Ok(()));
    assert_eq!(verify(Some("1"), &b), Ok(()));
    assert_eq!(verify(None, &b), Ok(()), "no kid: every key of the algorithm");
    assert_eq!(verify(Some("2"), &a), Err(AuthErrorKind::InvalidSignature));
    let long = "k".repeat(10_000);
    for kid in ["", "1' OR '1'='1", "../../etc/passwd", "1\r\nx: y", long.as_str()] {
        assert_eq!(verify(Some(kid), &a), Err(AuthErrorKind::UnknownKey));
    }
}

#[test]
fn debug_shows_no_key() {
    let key = SigningKey::hs256(SECRET).unwrap().with_key_id("k1");
    let set = KeySet::from(&key);
    let shown = format!("{key:?} {:?} {set:?}", key.verifying_key());
    assert!(shown.contains("HS256") && shown.contains("k1"));
    assert!(!shown.contains(&SECRET[..8]) && !shown.contains("74, 56, 121"));
}
