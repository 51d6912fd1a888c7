//! What a token came as.

/// What a [`Token`](crate::Token) came as.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Token, TokenKind};
///
/// fn who(token: &Token) -> &'static str {
///     match token.kind() {
///         TokenKind::ApiKey => "a program",
///         _ => "a person",
///     }
/// }
/// # let _ = who;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// A token that another server vouches for (RFC 7662): see `Verifier::introspect`, of the feature
    /// `introspection`.
    Introspected,
    /// An API key: see [`JwtAuthLayer::api_keys`](crate::JwtAuthLayer::api_keys).
    ApiKey,
}
