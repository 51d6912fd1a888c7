//! oauth-resource-server: a layer, on jsonwebtoken 9, which checks signatures with ring. It takes no
//! HMAC.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use oauth_resource_server::http_layer::HttpAuthLayer;
use oauth_resource_server::{AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator};
use tower::{Layer, service_fn};
use tower_bearer::Algorithm;

use super::Layered;
use crate::candidate::Candidate;
use crate::case::{AUDIENCE, Case, ISSUER, Kind, SCOPE};
use crate::service::{answer, now, serve};

const NAME: &str = "oauth-resource-server 0.4";

pub fn verify(case: &Case) -> Option<Candidate<&'static str, bool>> {
    let (good, validator) = (case.token(Kind::Good), validator(case, None)?);
    let verify = move |token| now(validator.validate(black_box(token))).is_ok();
    Some(Candidate::new(format!("{NAME} validate"), move || good, verify))
}

pub fn layer(case: &Case) -> Option<Layered> {
    let layer = HttpAuthLayer::builder().oauth(validator(case, None)?).build();
    let service = layer.expect("there is a credential").layer(service_fn(answer));
    Some(Candidate::new(format!("{NAME} layer"), case.requests(Kind::Good), serve(service)))
}

/// With the scope in its configuration. Claims it gives as a type of its own alone, which the
/// handler clones as its extractor does.
pub fn policy(case: &Case) -> Option<Layered> {
    let layer = HttpAuthLayer::builder().oauth(validator(case, Some(SCOPE))?).build();
    let handler = service_fn(|request: Request<()>| async move {
        black_box(request.extensions().get::<AuthorizedToken>().cloned());
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let service = layer.expect("there is a credential").layer(handler);
    Some(Candidate::new(format!("{NAME} layer"), case.requests(Kind::Good), serve(service)))
}

fn validator(case: &Case, scope: Option<&str>) -> Option<Arc<OAuthValidator>> {
    if case.algorithm == Algorithm::HS256 {
        return None;
    }
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.to_owned(),
        jwks_uri: Some(format!("{ISSUER}/keys")),
        audience: AUDIENCE.to_owned(),
        resource: format!("{ISSUER}/"),
        required_scope: scope.map(str::to_owned),
        allow_unscoped_tokens: scope.is_none(),
        algorithms: vec![case.algorithm.name().to_owned()],
        require_at_jwt: true,
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth")).expect("the configuration is good");
    let validator = OAuthValidator::builder(&config.expect("it is enabled"))
        // As fetched; nothing fetches here.
        .initial_jwks(&case.jwks)
        .build()
        .expect("the keys are good");
    Some(Arc::new(validator))
}
