//! Why a request is refused.

use std::error::Error;
use std::fmt;

use http::StatusCode;

/// Why a request was refused: an opaque error with a [`kind`](AuthError::kind).
///
/// The layer puts it into the extensions of the response that it answers with, so that outer
/// layers can count or log refusals. Its text is one of a closed set of constants.
///
/// # Examples
///
/// ```
/// use tower_bearer::{AuthError, AuthErrorKind};
///
/// let error = AuthError::from(AuthErrorKind::Expired);
/// assert_eq!(error.kind(), AuthErrorKind::Expired);
/// assert_eq!(error.to_string(), "the token is expired");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthError {
    kind: AuthErrorKind,
}

impl AuthError {
    /// The reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AuthErrorKind, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Issuer::for_tests().verifier()?;
    /// let error = verifier.verify("no token").await.unwrap_err();
    /// assert_eq!(error.kind(), AuthErrorKind::MalformedToken);
    /// # Ok(())
    /// # }
    /// ```
    pub fn kind(&self) -> AuthErrorKind {
        self.kind
    }
}

impl From<AuthErrorKind> for AuthError {
    fn from(kind: AuthErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.description())
    }
}

impl Error for AuthError {}

/// [errors]: crate::guide::errors
#[doc = include_str!("../../docs/ERRORS.md")]
///
/// # Examples
///
/// See [`AuthError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// The request has no bearer credentials.
    MissingCredentials,
    /// The `Authorization` header is not `Bearer` and one token (RFC 6750, section 2.1).
    MalformedCredentials,
    /// More than one credential was sent.
    MultipleCredentials,
    /// The credentials are longer than the limit.
    CredentialsTooLong,
    /// The token is not a JWT in compact form (RFC 7519, section 7.2).
    MalformedToken,
    /// The header asks for something that is not supported: `crit`, `b64`, encryption.
    UnsupportedHeader,
    /// No key has the token's key ID.
    UnknownKey,
    /// The token's algorithm is not that of the key.
    AlgorithmMismatch,
    /// The signature is wrong.
    InvalidSignature,
    /// The `typ` of the token is not that of an access token.
    WrongTokenType,
    /// A claim is missing or has the wrong form.
    InvalidClaims,
    /// The token is expired.
    Expired,
    /// The token is not valid yet.
    NotYetValid,
    /// The token's `iat` lies in the future.
    IssuedInFuture,
    /// The token is of another issuer.
    InvalidIssuer,
    /// The token is meant for somebody else.
    InvalidAudience,
    /// The token is bound to a key that the request does not prove (RFC 9449, RFC 8705).
    KeyBound,
    /// The server that knows the token says that it is not active (RFC 7662, section 2.2), be it
    /// expired, revoked or made up.
    Inactive,
    /// The user whom the token names is gone or disabled.
    InactiveSubject,
    /// The token was revoked, or its session has ended.
    Revoked,
    /// The API key is unknown, revoked, expired, or of a user who is gone or disabled.
    InvalidApiKey,
    /// The API key was used more often than its rate allows.
    ApiKeyRateExceeded,
    /// The route asks for what an API key does not have: claims.
    ApiKeyNotAccepted,
    /// The token lacks a scope.
    InsufficientScope,
    /// The user may not do this, whatever the scope.
    Forbidden,
    /// A token came in a cookie, and the request does not show that a page of this service made it.
    CrossSite,
    /// Keys, stores or the server that knows the token are out of reach.
    Unavailable,
    /// An extractor or a policy has no `JwtAuthLayer` around it.
    MissingLayer,
}

impl AuthErrorKind {
    /// The constant text of the reason, as clients see it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_bearer::AuthErrorKind;
    /// assert_eq!(AuthErrorKind::Forbidden.description(), "access denied");
    /// ```
    pub const fn description(self) -> &'static str {
        match self {
            Self::MissingCredentials => "authentication required",
            Self::MalformedCredentials => "the credentials are malformed",
            Self::MultipleCredentials => "more than one credential was sent",
            Self::CredentialsTooLong => "the credentials are too long",
            Self::MalformedToken => "the token is malformed",
            Self::UnsupportedHeader => "the token header is not supported",
            Self::UnknownKey => "the token's key is unknown",
            Self::AlgorithmMismatch => "the token's algorithm is not accepted",
            Self::InvalidSignature => "the signature is invalid",
            Self::WrongTokenType => "the token is of another type",
            Self::InvalidClaims => "the token's claims are invalid",
            Self::Expired => "the token is expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::InvalidIssuer => "the token is of another issuer",
            Self::InvalidAudience => "the token is meant for another audience",
            Self::KeyBound => "the token is bound to a key",
            Self::Inactive => "the token is not active",
            Self::InactiveSubject => "the token's subject is not active",
            Self::Revoked => "the token is revoked",
            Self::InvalidApiKey => "the API key is not valid",
            Self::ApiKeyRateExceeded => "the API key is used too often",
            Self::ApiKeyNotAccepted => "an API key is not accepted here",
            Self::InsufficientScope => "the token lacks a required scope",
            Self::Forbidden => "access denied",
            Self::CrossSite => "the request comes from another site",
            Self::Unavailable => "authentication is temporarily unavailable",
            Self::MissingLayer => "the JwtAuthLayer that this route needs is missing",
        }
    }

    /// The constant code of the reason, for programs: the member `error_code` of JSON answers. A
    /// request without credentials has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_bearer::AuthErrorKind;
    /// assert_eq!(AuthErrorKind::Expired.code(), Some("token_expired"));
    /// ```
    pub const fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingCredentials => return None,
            Self::MalformedCredentials => "malformed_credentials",
            Self::MultipleCredentials => "multiple_credentials",
            Self::CredentialsTooLong => "credentials_too_long",
            Self::MalformedToken => "malformed_token",
            Self::UnsupportedHeader => "unsupported_header",
            Self::UnknownKey => "unknown_key",
            Self::AlgorithmMismatch => "invalid_algorithm",
            Self::InvalidSignature => "invalid_signature",
            Self::WrongTokenType => "invalid_token_type",
            Self::InvalidClaims => "invalid_claims",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::IssuedInFuture => "token_issued_in_future",
            Self::InvalidIssuer => "invalid_issuer",
            Self::InvalidAudience => "invalid_audience",
            Self::KeyBound => "token_key_bound",
            Self::Inactive => "inactive_token",
            Self::InactiveSubject => "inactive_subject",
            Self::Revoked => "token_revoked",
            Self::InvalidApiKey => "invalid_api_key",
            Self::ApiKeyRateExceeded => "rate_exceeded",
            Self::ApiKeyNotAccepted => "api_key_not_accepted",
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden => "access_denied",
            Self::CrossSite => "cross_site_request",
            Self::Unavailable => "temporarily_unavailable",
            Self::MissingLayer => "missing_layer",
        })
    }

    /// The code of RFC 6750, section 3.1, or the nearest that clients know.
    pub(crate) const fn error(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingCredentials => return None,
            Self::MalformedCredentials | Self::MultipleCredentials | Self::CredentialsTooLong => {
                "invalid_request"
            }
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden | Self::CrossSite | Self::ApiKeyNotAccepted => "forbidden",
            Self::ApiKeyRateExceeded => "rate_exceeded",
            Self::Unavailable => "temporarily_unavailable",
            Self::MissingLayer => "server_error",
            _ => "invalid_token",
        })
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::MalformedCredentials | Self::MultipleCredentials | Self::CredentialsTooLong => {
                StatusCode::BAD_REQUEST
            }
            Self::InsufficientScope
            | Self::Forbidden
            | Self::CrossSite
            | Self::ApiKeyNotAccepted => StatusCode::FORBIDDEN,
            Self::ApiKeyRateExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingLayer => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}
