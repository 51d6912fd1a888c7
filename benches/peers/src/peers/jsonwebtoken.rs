//! jsonwebtoken: a token at a time, no layer.

use std::hint::black_box;

use jsonwebtoken::{DecodingKey, Header, Validation, decode, encode};
use serde::de::DeserializeOwned;
use tower_bearer::Algorithm;

use crate::backend::Backend;
use crate::candidate::Candidate;
use crate::case::{AUDIENCE, AllClaims, Case, ISSUER, KEY_ID, Kind, TwoClaims, encoding_key};

pub fn verify(case: &Case, backend: Backend) -> Candidate<&'static str, bool> {
    candidate::<AllClaims>("jsonwebtoken 11 decode", case).with_backend(backend)
}

pub fn verify_two_claims(case: &Case, backend: Backend) -> Candidate<&'static str, bool> {
    candidate::<TwoClaims>("jsonwebtoken 11 decode, two claims", case).with_backend(backend)
}

fn candidate<T: DeserializeOwned>(name: &str, case: &Case) -> Candidate<&'static str, bool> {
    let (good, key, validation) = (case.token(Kind::Good), key(case), validation(case.algorithm));
    let verify = move |token| decode::<T>(black_box(token), &key, &validation).is_ok();
    Candidate::new(name, move || good, verify)
}

/// Encodes the claims that our token has, of which it makes neither the ID nor the times.
pub fn issue(case: &Case, backend: Backend) -> Candidate<(), usize> {
    let key = encoding_key(case.algorithm, case.private).expect("the key is good");
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        kid: Some(KEY_ID.to_owned()),
        ..Header::new(algorithm(case.algorithm))
    };
    let claims: AllClaims =
        decode(case.token(Kind::Good), &self::key(case), &validation(case.algorithm))
            .expect("the token is good")
            .claims;
    let issue = move |()| encode(&header, black_box(&claims), &key).map_or(0, |token| token.len());
    Candidate::new("jsonwebtoken 11 encode", || (), issue).with_backend(backend)
}

pub fn key(case: &Case) -> DecodingKey {
    let public = case.public.as_bytes();
    let key = match case.algorithm {
        Algorithm::RS256 => DecodingKey::from_rsa_pem(public),
        Algorithm::ES256 => DecodingKey::from_ec_pem(public),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(public),
        _ => Ok(DecodingKey::from_secret(public)),
    };
    key.expect("the key is good")
}

pub fn validation(of: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm(of));
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation
}

pub fn algorithm(of: Algorithm) -> jsonwebtoken::Algorithm {
    match of {
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        _ => jsonwebtoken::Algorithm::HS256,
    }
}
