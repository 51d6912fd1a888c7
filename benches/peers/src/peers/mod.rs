//! The other crates, each set up for the same algorithm, issuer and audience as we are.

pub mod axum_jwt_auth;
pub mod jsonwebtoken;
pub mod jwt_authorizer;
pub mod oauth_resource_server;
pub mod tower_oauth2_resource_server;

use axum::extract::FromRequestParts;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;

use crate::candidate::Candidate;

/// Something that stands before a service.
pub type Layered = Candidate<Request<()>, StatusCode>;

/// Calls an extractor as axum does, without its router: an answer costs no body then.
pub async fn extract<E, S>(request: Request<()>, state: &S) -> Result<E, Response<Empty<Bytes>>>
where
    E: FromRequestParts<S>,
    S: Send + Sync,
{
    let (mut parts, ()) = request.into_parts();
    E::from_request_parts(&mut parts, state).await.map_err(|rejection| {
        let (parts, _) = rejection.into_response().into_parts();
        Response::from_parts(parts, Empty::new())
    })
}

/// The policy of those who have none: a scope among those of a token.
pub fn has_scope(scopes: &str, scope: &str) -> bool {
    scopes.split(' ').any(|held| held == scope)
}
