//! axum-jwt-auth: an extractor, on jsonwebtoken 10.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;

use axum_jwt_auth::{Claims, Decoder, LocalDecoder};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use jsonwebtoken_10::{Algorithm as Algorithm10, DecodingKey, Validation};
use serde::de::DeserializeOwned;
use tower::service_fn;
use tower_bearer::Algorithm;

use super::{Layered, extract, has_scope};
use crate::backend::Backend;
use crate::candidate::Candidate;
use crate::case::{AUDIENCE, AllClaims, Case, ISSUER, Kind, SCOPE, TwoClaims};
use crate::service::{now, serve};

const NAME: &str = "axum-jwt-auth 0.7";

pub fn verify(case: &Case, backend: Backend) -> Candidate<&'static str, bool> {
    let (good, decoder) = (case.token(Kind::Good), decoder::<AllClaims>(case));
    let verify = move |token| now(decoder.decode(black_box(token))).is_ok();
    Candidate::new(format!("{NAME} decode"), move || good, verify).with_backend(backend)
}

pub fn layer(case: &Case, backend: Backend) -> Layered {
    candidate::<AllClaims>("", case, |_| true).with_backend(backend)
}

pub fn layer_two_claims(case: &Case, backend: Backend) -> Layered {
    candidate::<TwoClaims>(", two claims", case, |_| true).with_backend(backend)
}

/// It has no policies: the scope is looked for by the handler.
pub fn policy(case: &Case, backend: Backend) -> Layered {
    let allows = |claims: &AllClaims| has_scope(&claims.scope, SCOPE);
    candidate("", case, allows).with_backend(backend)
}

fn candidate<T>(variant: &str, case: &Case, allows: fn(&T) -> bool) -> Layered
where
    T: DeserializeOwned + 'static,
{
    let decoder = decoder::<T>(case);
    let service = service_fn(move |request: Request<()>| {
        // As the router does with its state.
        let decoder = decoder.clone();
        async move {
            let response = match extract::<Claims<T>, _>(request, &decoder).await {
                Ok(claims) => {
                    let mut response = Response::new(Empty::new());
                    if !allows(black_box(&claims.claims)) {
                        *response.status_mut() = StatusCode::FORBIDDEN;
                    }
                    response
                }
                Err(response) => response,
            };
            Ok::<_, Infallible>(response)
        }
    });
    Candidate::new(format!("{NAME} extractor{variant}"), case.requests(Kind::Good), serve(service))
}

fn decoder<T: DeserializeOwned>(case: &Case) -> Decoder<T> {
    let decoder = LocalDecoder::new(vec![key(case)], validation(case.algorithm));
    Arc::new(decoder.expect("key, algorithm and audience are there"))
}

fn key(case: &Case) -> DecodingKey {
    let public = case.public.as_bytes();
    let key = match case.algorithm {
        Algorithm::RS256 => DecodingKey::from_rsa_pem(public),
        Algorithm::ES256 => DecodingKey::from_ec_pem(public),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(public),
        _ => Ok(DecodingKey::from_secret(public)),
    };
    key.expect("the key is good")
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(match algorithm {
        Algorithm::RS256 => Algorithm10::RS256,
        Algorithm::ES256 => Algorithm10::ES256,
        Algorithm::EdDSA => Algorithm10::EdDSA,
        _ => Algorithm10::HS256,
    });
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation
}
