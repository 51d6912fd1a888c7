//! The answer itself, byte for byte, and what is made of it for browsers.

use http::{Method, Request, StatusCode, Version};
use http_body::Body as _;
use tower::{Layer, ServiceExt, service_fn};
use tower_bearer::{AuthError, AuthErrorKind};

use super::support::{clock, issuer, layer};

#[tokio::test]
async fn a_refusal_is_headers_alone() {
    let layer = layer(&issuer(&clock()));
    let inner = service_fn(async |_: Request<String>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::from("inner")))
    });
    // The second is a copy of the first.
    for method in [Method::POST, Method::POST, Method::GET] {
        let mut request = Request::new(String::new());
        (*request.method_mut(), *request.version_mut()) = (method, Version::HTTP_2);
        let answer = layer.layer(inner).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let mut headers: Vec<(&str, &str)> = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        headers.sort_unstable();
        let expected = [
            ("cache-control", "no-store"),
            ("content-type", "application/grpc"),
            ("grpc-message", "authentication%20required"),
            ("grpc-status", "16"),
            ("www-authenticate", r#"Bearer realm="api""#),
        ];
        assert_eq!(headers, expected);
        let kind = answer.extensions().get::<AuthError>().map(AuthError::kind);
        assert_eq!(kind, Some(AuthErrorKind::MissingCredentials));
        assert!(answer.body().is_end_stream(), "no frame of data comes before the end");
    }
}
