//! jwt-authorizer: a layer, on jsonwebtoken 9, which checks signatures with ring.

use std::convert::Infallible;
use std::hint::black_box;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use jsonwebtoken_9::{Algorithm as Algorithm9, TokenData};
use jwt_authorizer::error::AuthError;
use jwt_authorizer::layer::AuthorizationLayer;
use jwt_authorizer::{Authorizer, IntoLayer, JwtAuthorizer, Validation};
use serde::de::DeserializeOwned;
use tower::{Layer, service_fn};
use tower_bearer::Algorithm;

use super::{Layered, has_scope};
use crate::candidate::Candidate;
use crate::case::{AUDIENCE, AllClaims, Case, ISSUER, Kind, SCOPE};
use crate::service::{call, now};

const NAME: &str = "jwt-authorizer 0.15";

/// Its refusals are responses of axum 0.7; the service's answer has to be made of them.
struct Answer(Response<Empty<Bytes>>);

impl From<AuthError> for Answer {
    fn from(error: AuthError) -> Self {
        let (parts, _) = Response::from(error).into_parts();
        Self(Response::from_parts(parts, Empty::new()))
    }
}

pub fn verify(case: &Case) -> Candidate<&'static str, bool> {
    let (good, authorizer) = (case.token(Kind::Good), authorizer::<AllClaims>(case, |_| true));
    let verify = move |token| now(authorizer.check_auth(black_box(token))).is_ok();
    Candidate::new(format!("{NAME} check_auth"), move || good, verify)
}

pub fn layer(case: &Case) -> Layered {
    candidate(case, authorizer::<AllClaims>(case, |_| true), drop)
}

/// With its check of claims, and the claims cloned as its extractor clones them.
pub fn policy(case: &Case) -> Layered {
    let authorizer = authorizer::<AllClaims>(case, |claims| has_scope(&claims.scope, SCOPE));
    candidate(case, authorizer, |request| {
        let token = request.extensions().get::<TokenData<AllClaims>>();
        black_box(token.map(|token| token.claims.clone()));
    })
}

fn candidate<T>(case: &Case, authorizer: Authorizer<T>, handle: fn(Request<()>)) -> Layered
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let layer: AuthorizationLayer<T> = authorizer.into_layer();
    let mut service = layer.layer(service_fn(move |request: Request<()>| async move {
        handle(request);
        Ok::<_, Infallible>(Answer(Response::new(Empty::new())))
    }));
    let serve = move |request| -> StatusCode { call(&mut service, request).0.status() };
    Candidate::new(format!("{NAME} layer"), case.requests(Kind::Good), serve)
}

fn authorizer<T>(case: &Case, allows: fn(&T) -> bool) -> Authorizer<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let (builder, algorithm) = match case.algorithm {
        Algorithm::RS256 => (JwtAuthorizer::from_rsa_pem_text(case.public), Algorithm9::RS256),
        Algorithm::ES256 => (JwtAuthorizer::from_ec_pem_text(case.public), Algorithm9::ES256),
        Algorithm::EdDSA => (JwtAuthorizer::from_ed_pem_text(case.public), Algorithm9::EdDSA),
        _ => (JwtAuthorizer::from_secret(case.public), Algorithm9::HS256),
    };
    let validation =
        Validation::new().iss(&[ISSUER]).aud(&[AUDIENCE]).nbf(true).algs(vec![algorithm]);
    now(builder.validation(validation).check(allows).build()).expect("the key is good")
}
