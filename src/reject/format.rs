//! The bodies that the crate can make.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde::Serialize;

use super::Rejection;

/// The shape of refusals. In all but `Grpc` that is the body: status and headers other than
/// `Content-Type` and `Content-Length` are the same.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Issuer, JwtAuthLayer, RejectionFormat};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let verifier = Issuer::for_tests().verifier()?;
/// let layer = JwtAuthLayer::new(verifier).rejection_format(RejectionFormat::Problem);
/// # let _ = layer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionFormat {
    /// `application/json` with `error`, `error_description` and `error_code`, as the errors of
    /// OAuth 2.0 (RFC 6749, section 5.2) with a code that tells more. Without credentials there is
    /// only an `error_description`.
    #[default]
    OAuth,
    /// `application/problem+json` (RFC 9457), with `error` and `error_code` as extensions.
    Problem,
    /// `application/json` with `detail`, as FastAPI answers.
    Detail,
    /// A status of gRPC, for services of tonic: HTTP 200 and `application/grpc`, with `grpc-status`
    /// and `grpc-message` in the headers and without a body ("Trailers-Only"). The challenges, the
    /// `error-code` and how long to wait are in the metadata, as in the `tonic::Status` that a
    /// [`Rejection`] becomes. Needs the feature `tonic`.
    ///
    /// **For services of tonic alone**: to whatever reads the status of HTTP, a health check or a
    /// log of requests, each refusal is a success. `TraceLayer::new_for_grpc` of tower-http reads
    /// `grpc-status`.
    #[cfg(feature = "tonic")]
    Grpc,
}

/// Why a request was refused (RFC 6750, section 3.1), with a code that tells more.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Rejection))]
struct OAuthBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error_description: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error_code: Option<&'static str>,
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Problem))]
struct ProblemBody {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error_code: Option<&'static str>,
}

/// Why a request was refused.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Detail))]
struct DetailBody {
    detail: &'static str,
}

impl RejectionFormat {
    pub(super) fn respond(self, rejection: &Rejection) -> Response<Bytes> {
        let response = match self {
            Self::OAuth => {
                let body = OAuthBody {
                    error: rejection.error(),
                    error_description: Some(rejection.description())
                        .filter(|_| !rejection.hides_reason()),
                    error_code: rejection.error_code(),
                };
                json("application/json", &body)
            }
            Self::Problem => {
                let status = rejection.status();
                let body = ProblemBody {
                    r#type: "about:blank",
                    title: status.canonical_reason().unwrap_or_default(),
                    status: status.as_u16(),
                    detail: rejection.description(),
                    error: rejection.error(),
                    error_code: rejection.error_code(),
                };
                json("application/problem+json", &body)
            }
            Self::Detail => {
                json("application/json", &DetailBody { detail: rejection.description() })
            }
            #[cfg(feature = "tonic")]
            Self::Grpc => return super::grpc::respond(rejection),
        };
        rejection.complete(response)
    }
}

#[cfg(feature = "openapi")]
type NamedSchema = (String, utoipa::openapi::RefOr<utoipa::openapi::Schema>);

#[cfg(feature = "openapi")]
impl RejectionFormat {
    /// The name and the schema of the body; a refusal of gRPC has none.
    pub(crate) fn schema(self) -> Option<NamedSchema> {
        fn of<T: utoipa::ToSchema>() -> Option<NamedSchema> {
            Some((T::name().into_owned(), T::schema()))
        }
        match self {
            Self::OAuth => of::<OAuthBody>(),
            Self::Problem => of::<ProblemBody>(),
            Self::Detail => of::<DetailBody>(),
            #[cfg(feature = "tonic")]
            Self::Grpc => None,
        }
    }
}

fn json(content_type: &'static str, body: &impl Serialize) -> Response<Bytes> {
    // Texts and numbers: they have no way to fail. The status and the headers say all the same.
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
