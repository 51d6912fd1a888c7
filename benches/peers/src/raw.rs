//! The limit: the signature alone, checked or made with a key that was prepared once.

use std::hint::black_box;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use hmac_of_rust_crypto::Mac;
use rsa::signature::Verifier as _;
use tower::service_fn;
use tower_bearer::Algorithm;

use crate::candidate::Candidate;
use crate::case::{Case, Kind, requests, split};
use crate::groups::RAW;
use crate::peers::Layered;
use crate::service::{answer, serve};

/// Whether the signature of one token is that of what is given.
type Check = Box<dyn Fn(&[u8]) -> bool>;

pub fn aws_lc(case: &Case) -> Candidate<&'static str, bool> {
    verify("raw check, aws-lc-rs", case, aws_lc_check(case, case.token(Kind::Good)))
}

/// The bare call, with a check of the good token's signature before it.
pub fn service(case: &Case) -> Layered {
    service_of(case, case.token(Kind::Good))
}

/// The same, of another token.
pub fn service_of(case: &Case, token: &'static str) -> Layered {
    let (signed, check) = (split(token).0, aws_lc_check(case, token));
    let mut serve = serve(service_fn(answer));
    let call = move |request| {
        assert!(check(black_box(signed).as_bytes()), "the signature is right");
        serve(request)
    };
    Candidate::new(RAW, requests(Some(token)), call)
}

fn aws_lc_check(case: &Case, token: &str) -> Check {
    let signature = signature_of(token);
    match case.algorithm {
        Algorithm::HS256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, case.public.as_bytes());
            Box::new(move |signed| hmac::verify(&key, signed, &signature).is_ok())
        }
        algorithm => {
            let check: &'static dyn signature::VerificationAlgorithm = match algorithm {
                Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
                _ => &signature::ED25519,
            };
            let key = ParsedPublicKey::new(check, der(case.public)).expect("the key is good");
            Box::new(move |signed| key.verify_sig(signed, &signature).is_ok())
        }
    }
}

pub fn rust_crypto(case: &Case) -> Candidate<&'static str, bool> {
    let signature = signature_of(case.token(Kind::Good));
    let check: Check = match case.algorithm {
        Algorithm::RS256 => {
            let key = rsa::RsaPublicKey::from_public_key_pem(case.public).expect("the key is good");
            let key = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key);
            Box::new(move |signed| {
                let signature = rsa::pkcs1v15::Signature::try_from(signature.as_slice());
                signature.is_ok_and(|signature| key.verify(signed, &signature).is_ok())
            })
        }
        Algorithm::ES256 => {
            let key = p256::ecdsa::VerifyingKey::from_public_key_pem(case.public)
                .expect("the key is good");
            Box::new(move |signed| {
                let signature = p256::ecdsa::Signature::from_slice(&signature);
                signature.is_ok_and(|signature| key.verify(signed, &signature).is_ok())
            })
        }
        Algorithm::EdDSA => {
            let key = ed25519_dalek::VerifyingKey::from_public_key_pem(case.public)
                .expect("the key is good");
            Box::new(move |signed| {
                let signature = ed25519_dalek::Signature::from_slice(&signature);
                signature.is_ok_and(|signature| key.verify(signed, &signature).is_ok())
            })
        }
        _ => {
            let key =
                hmac_of_rust_crypto::Hmac::<sha2::Sha256>::new_from_slice(case.public.as_bytes())
                    .expect("any length is good");
            Box::new(move |signed| {
                key.clone().chain_update(signed).verify_slice(&signature).is_ok()
            })
        }
    };
    verify("raw check, RustCrypto", case, check)
}

/// The signature is decoded already, and is that of the good token.
fn verify(name: &str, case: &Case, check: Check) -> Candidate<&'static str, bool> {
    let good = case.token(Kind::Good);
    Candidate::new(name, move || good, move |token| check(split(black_box(token)).0.as_bytes()))
}

/// Signs what the good token signs.
pub fn sign(case: &Case) -> Candidate<(), usize> {
    let signed = split(case.token(Kind::Good)).0.as_bytes();
    let mut sign: Box<dyn FnMut() -> usize> = match case.algorithm {
        Algorithm::HS256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, case.private.as_bytes());
            Box::new(move || hmac::sign(&key, black_box(signed)).as_ref().len())
        }
        Algorithm::RS256 => {
            let key = RsaKeyPair::from_pkcs8(&der(case.private)).expect("the key is good");
            let mut signature = vec![0; key.public_modulus_len()];
            Box::new(move || {
                key.sign(
                    &signature::RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    black_box(signed),
                    &mut signature,
                )
                .expect("the key signs");
                signature.len()
            })
        }
        Algorithm::ES256 => {
            let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let key = signature::EcdsaKeyPair::from_pkcs8(algorithm, &der(case.private))
                .expect("the key is good");
            Box::new(move || {
                let signature = key.sign(&SystemRandom::new(), black_box(signed));
                signature.expect("the key signs").as_ref().len()
            })
        }
        _ => {
            let key =
                signature::Ed25519KeyPair::from_pkcs8(&der(case.private)).expect("the key is good");
            Box::new(move || key.sign(black_box(signed)).as_ref().len())
        }
    };
    Candidate::new("raw signature, aws-lc-rs", || (), move |()| sign())
}

fn signature_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(split(token).1).expect("it is base64url")
}

fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(text).expect("PEM is base64")
}
