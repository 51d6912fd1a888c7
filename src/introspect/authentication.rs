//! How the introspection endpoint knows who asks (RFC 7662, section 2.1).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use http::HeaderValue;

use crate::ConfigError;

/// By the names of the registry of OAuth (RFC 7591, section 2).
#[derive(Clone)]
pub(crate) enum ClientAuthentication {
    Basic { id: String, secret: String },
    Post { id: String, secret: String },
    Tls { id: String },
    Bearer { token: String },
}

impl ClientAuthentication {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rule = match self {
            Self::Basic { id, .. } | Self::Post { id, .. } | Self::Tls { id } if id.is_empty() => {
                "its ID is not empty"
            }
            Self::Basic { secret, .. } | Self::Post { secret, .. } if secret.is_empty() => {
                "its secret is not empty"
            }
            Self::Bearer { token } if !crate::token::wire::is_b64token(token.as_bytes()) => {
                "its token has the characters of RFC 6750, section 2.1, and no others"
            }
            _ => return Ok(()),
        };
        Err(ConfigError::InvalidValue { setting: "client that introspects", rule })
    }

    /// The value of `Authorization`.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Basic { id, secret } => {
                format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
            }
            Self::Bearer { token } => format!("Bearer {token}"),
            Self::Post { .. } | Self::Tls { .. } => return None,
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// What stands in the body beside the token.
    pub(super) fn append(&self, form: &mut Serializer<'_, String>) {
        match self {
            Self::Post { id, secret } => {
                form.append_pair("client_id", id).append_pair("client_secret", secret);
            }
            Self::Tls { id } => {
                form.append_pair("client_id", id);
            }
            Self::Basic { .. } | Self::Bearer { .. } => {}
        }
    }
}

/// As in a form (RFC 6749, section 2.3.1), so that a colon in the ID does not end it.
fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { id, .. } => f.debug_tuple("client_secret_basic").field(id).finish(),
            Self::Post { id, .. } => f.debug_tuple("client_secret_post").field(id).finish(),
            Self::Tls { id } => f.debug_tuple("tls_client_auth").field(id).finish(),
            Self::Bearer { .. } => f.write_str("bearer_token"),
        }
    }
}
