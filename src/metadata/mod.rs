//! What a service says of itself at well-known locations (RFC 8615): which resource it is and whose
//! tokens it takes (RFC 9728), and which keys its tokens are verified with.
//!
//! All of it is made of the configuration when the service starts, and of nothing in a request.

mod resource;
mod url;
mod well_known;

#[cfg(test)]
mod tests;

pub use resource::ResourceMetadata;
pub(crate) use url::ServiceUrl;
#[cfg(feature = "login")]
pub(crate) use url::check_link;
#[cfg(feature = "login")]
pub(crate) use well_known::JWKS_PATH;
pub use well_known::WellKnown;

use serde_json::{Map, Value};

use crate::ConfigError;
use crate::token::is_scope_token;

/// The members of a document of metadata.
pub(crate) type Members = Map<String, Value>;

/// A list of scopes, each of which a token may have.
pub(crate) fn scopes<T: Into<String>>(
    scopes: impl IntoIterator<Item = T>,
) -> Result<Vec<String>, ConfigError> {
    let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
    if scopes.iter().all(|scope| is_scope_token(scope)) {
        return Ok(scopes);
    }
    Err(ConfigError::InvalidValue {
        setting: "scopes_supported",
        rule: "a scope is printable ASCII without space, quote and backslash",
    })
}

/// Sets a member, unless it says nothing: an empty list or text is left out (RFC 8414, section 3.2;
/// RFC 9728, section 3.2).
pub(crate) fn set(members: &mut Members, name: &str, value: impl Into<Value>) {
    let value = value.into();
    let is_empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if is_empty {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}
