//! tower-oauth2-resource-server: a layer, on jsonwebtoken 11.

use std::convert::Infallible;
use std::hint::black_box;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use serde::de::DeserializeOwned;
use tower::{Layer, service_fn};
use tower_oauth2_resource_server::layer::OAuth2ResourceServerLayer;
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use super::jsonwebtoken::algorithm;
use super::{Layered, has_scope};
use crate::backend::Backend;
use crate::candidate::Candidate;
use crate::case::{AUDIENCE, AllClaims, Case, ISSUER, Kind, SCOPE};
use crate::service::{answer, now, serve};

const NAME: &str = "tower-oauth2-resource-server 0.12 layer";

pub fn layer(case: &Case, backend: Backend) -> Layered {
    let service = self::of::<AllClaims>(case).layer(service_fn(answer));
    Candidate::new(NAME, case.requests(Kind::Good), serve(service)).with_backend(backend)
}

/// It has no policies: the handler takes the claims out of the extensions, as `Extension` does, and
/// looks for the scope.
pub fn policy(case: &Case, backend: Backend) -> Layered {
    let handler = service_fn(|request: Request<()>| async move {
        let claims = request.extensions().get::<AllClaims>().cloned();
        let mut response = Response::new(Empty::new());
        if !black_box(claims).is_some_and(|claims| has_scope(&claims.scope, SCOPE)) {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        Ok::<_, Infallible>(response)
    });
    let service = self::of::<AllClaims>(case).layer(handler);
    Candidate::new(NAME, case.requests(Kind::Good), serve(service)).with_backend(backend)
}

fn of<T>(case: &Case) -> OAuth2ResourceServerLayer<Empty<Bytes>, T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let audiences = vec![AUDIENCE.to_owned()];
    let tenant = TenantConfiguration::static_builder(&case.jwks)
        .claims_validation(ClaimsValidationSpec::new().iss(ISSUER).aud(&audiences).exp(true))
        .allowed_algorithms(&[algorithm(case.algorithm)])
        .build()
        .expect("the configuration is complete");
    let server = now(OAuth2ResourceServer::<T>::builder().add_tenant(tenant).build());
    server.expect("the keys are here").into_layer()
}
