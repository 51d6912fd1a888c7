//! The text of a `WWW-Authenticate` header (RFC 6750, section 3; RFC 9110, section 11.6.1).

use std::fmt;

use http::HeaderValue;

use crate::{AuthErrorKind, ConfigError};

/// The protection space that a challenge names (RFC 9110, section 11.5), ready for the header.
#[derive(Clone, Debug)]
pub(crate) struct Realm(String);

impl Realm {
    /// Escapes the text for a quoted string; refuses what no header carries.
    pub(crate) fn new(text: &str) -> Result<Self, ConfigError> {
        let printable = |c: &char| matches!(c, ' '..='~');
        if let Some(character) = text.chars().find(|c| !printable(c)) {
            return Err(ConfigError::InvalidHeaderText { setting: "realm", character });
        }
        Ok(Self(text.replace('\\', r"\\").replace('"', "\\\"")))
    }
}

impl Default for Realm {
    fn default() -> Self {
        Self("api".to_owned())
    }
}

/// One challenge of the scheme `Bearer`.
///
/// Each parameter occurs at most once, quoted, with `realm` always there, so that there is never
/// a bare `Bearer`.
#[derive(Debug)]
pub(crate) struct Challenge<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) error: Option<&'static str>,
    pub(crate) description: Option<&'static str>,
    /// The scopes that the resource requires, never those that the token holds.
    pub(crate) scope: Option<&'a str>,
}

impl Challenge<'_> {
    pub(crate) fn to_header(&self) -> HeaderValue {
        // Every part is printable ASCII: the realm and the scope were checked when they were set,
        // the rest are constants. Should one ever not be, a challenge that says less remains.
        HeaderValue::try_from(self.to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer realm=\"api\""))
    }
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearer realm=\"{}\"", self.realm.0)?;
        let parameters =
            [("error", self.error), ("scope", self.scope), ("error_description", self.description)];
        for (name, value) in parameters {
            if let Some(value) = value {
                write!(f, ", {name}=\"{value}\"")?;
            }
        }
        Ok(())
    }
}

impl AuthErrorKind {
    /// The error code of RFC 6750, section 3.1, or the nearest that clients know.
    pub(crate) const fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingCredentials => return None,
            Self::MalformedCredentials | Self::MultipleCredentials | Self::CredentialsTooLong => {
                "invalid_request"
            }
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "temporarily_unavailable",
            Self::MissingLayer => "server_error",
            _ => "invalid_token",
        })
    }
}
