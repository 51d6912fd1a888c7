//! Any text as a token: only the two that are signed here are accepted, letter by letter, and the
//! reason of a refusal is the one that the text gives before its signature is right.

#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower_bearer::{AuthErrorKind, Verifier, VerifyingKey};
use tower_bearer_fuzz::{MAX_TOKEN, is_unsupported, jose_header, ready, sign, verifier};

const CLAIMS: &str = r#"{"iss":"https://me","aud":"api","exp":1700000060,"sub":"alice"}"#;

/// A verifier with two keys, and a token for each.
static BENCH: LazyLock<(Verifier, [String; 2])> = LazyLock::new(|| {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"{x}"}}"#);
    let verifier = verifier().key(VerifyingKey::from_jwk(&jwk).unwrap()).build().unwrap();

    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"ed"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(CLAIMS));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
    let hs256 = sign(br#"{"alg":"HS256"}"#, CLAIMS.as_bytes());
    (verifier, [hs256, format!("{signed}.{signature}")])
});

fuzz_target!(|text: &str| {
    let (verifier, signed) = &*BENCH;
    match ready(verifier.verify(text)) {
        Ok(token) => {
            assert!(signed.iter().any(|one| one == text), "accepted what was never signed");
            assert_eq!(token.subject(), Some("alice"));
        }
        Err(error) => {
            assert!(signed.iter().all(|one| one != text), "refused what was signed: {error}");
            assert!(faults(text).contains(&error.kind()), "{error}");
            assert_eq!(error.to_string(), error.kind().description());
        }
    }
});

/// Why a text without a right signature may be refused: mostly one reason, and never one that has
/// to do with its claims.
fn faults(text: &str) -> &'static [AuthErrorKind] {
    use AuthErrorKind::*;
    if text.len() > MAX_TOKEN {
        return &[CredentialsTooLong];
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else { return &[MalformedToken] };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok().filter(|bytes| !bytes.is_empty());
    let payload = decode(payload).and_then(|payload| String::from_utf8(payload).ok());
    let well_formed = payload.is_some() && decode(signature).is_some();
    let Some(header) = decode(header).and_then(|header| jose_header(&header)) else {
        return &[MalformedToken];
    };
    match header.get("alg") {
        _ if is_unsupported(&header) && well_formed => &[UnsupportedHeader],
        _ if is_unsupported(&header) => &[UnsupportedHeader, MalformedToken],
        Some(alg) if well_formed && is_for_a_key(alg, header.get("kid")) => &[InvalidSignature],
        Some(_) if well_formed => &[AlgorithmMismatch],
        _ => &[MalformedToken],
    }
}

fn is_for_a_key(alg: &Value, kid: Option<&Value>) -> bool {
    let second = alg == "EdDSA" || alg == "Ed25519";
    alg == "HS256" || (second && kid.is_none_or(|kid| kid == "ed"))
}
