//! The text of a `WWW-Authenticate` header (RFC 6750, section 3; RFC 9110, section 11.6.1).

use std::fmt::{self, Write as _};

use http::HeaderValue;

use crate::ConfigError;
use crate::token::is_scope_token;

/// A challenge: how a client can authenticate (RFC 9110, section 11.6.1).
///
/// The crate makes the challenge of the scheme `Bearer` itself. One of another scheme is for a
/// service that takes other credentials beside tokens:
/// [`JwtAuthLayer::other_challenge`](crate::JwtAuthLayer::other_challenge).
///
/// Every value is a quoted string and every parameter occurs once, so that whatever the values, a
/// client reads one challenge, with the values that were given.
///
/// # Examples
///
/// ```
/// use tower_bearer::Challenge;
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let challenge = Challenge::new("Basic", r#"the "office""#)?.parameter("charset", "UTF-8")?;
/// assert_eq!(challenge.to_string(), r#"Basic realm="the \"office\"", charset="UTF-8""#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    text: String,
    names: Vec<String>,
}

impl Challenge {
    /// A challenge with its protection space, the realm (RFC 9110, section 11.5).
    ///
    /// # Errors
    ///
    /// When the scheme is no token (RFC 9110, section 5.6.2), or the realm has a character that
    /// is not printable ASCII.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Challenge;
    ///
    /// assert_eq!(Challenge::new("Basic", "api").unwrap().to_string(), r#"Basic realm="api""#);
    /// assert!(Challenge::new("Two words", "api").is_err());
    /// ```
    pub fn new(scheme: &str, realm: &str) -> Result<Self, ConfigError> {
        if !is_token(scheme) {
            return Err(invalid(
                "scheme of a challenge",
                "a scheme is a token of RFC 9110, section 5.6.2",
            ));
        }
        let challenge = Self { text: scheme.to_owned(), names: Vec::new() };
        challenge.with("realm", realm, "realm")
    }

    /// Adds a parameter.
    ///
    /// # Errors
    ///
    /// When the name is no token, or there already, in whatever case; when the value has a
    /// character that is not printable ASCII; when the value of `error`, `error_description`,
    /// `error_uri` or `scope` has one that RFC 6750, section 3, keeps out of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Challenge;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let challenge = Challenge::new("Digest", "api")?.parameter("algorithm", "SHA-256")?;
    /// assert_eq!(challenge.to_string(), r#"Digest realm="api", algorithm="SHA-256""#);
    /// assert!(challenge.parameter("Algorithm", "MD5").is_err()); // it is there already
    /// # Ok(())
    /// # }
    /// ```
    pub fn parameter(self, name: &str, value: &str) -> Result<Self, ConfigError> {
        if !is_token(name) {
            return Err(invalid(
                "challenge parameter",
                "a name is a token of RFC 9110, section 5.6.2",
            ));
        }
        let allowed = match name.to_ascii_lowercase().as_str() {
            "error" | "error_description" => value.bytes().all(is_description),
            "error_uri" => value.bytes().all(|byte| is_description(byte) && byte != b' '),
            "scope" => value.split(' ').all(is_scope_token),
            _ => true,
        };
        if !allowed {
            return Err(invalid(
                "challenge parameter",
                "RFC 6750, section 3, limits its characters",
            ));
        }
        self.with(name, value, "challenge parameter")
    }

    fn with(mut self, name: &str, value: &str, setting: &'static str) -> Result<Self, ConfigError> {
        if self.names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(invalid("challenge parameter", "a challenge has each parameter once"));
        }
        if let Some(character) = value.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(ConfigError::InvalidHeaderText { setting, character });
        }
        let comma = if self.names.is_empty() { "" } else { "," };
        let quoted = value.replace('\\', r"\\").replace('"', "\\\"");
        // Writing to a String can't fail.
        let _ = write!(self.text, "{comma} {name}=\"{quoted}\"");
        self.names.push(name.to_owned());
        Ok(self)
    }

    /// What a layer challenges with unless it is given another realm.
    pub(crate) fn default_bearer() -> Self {
        Self { text: r#"Bearer realm="api""#.to_owned(), names: vec!["realm".to_owned()] }
    }

    /// The same challenge for the scheme `ApiKey`.
    pub(crate) fn for_api_keys(&self) -> Self {
        let parameters = self.text.split_once(' ').map_or("", |(_, parameters)| parameters);
        Self { text: format!("ApiKey {parameters}"), names: self.names.clone() }
    }

    pub(crate) fn is_bearer(&self) -> bool {
        self.is_of("Bearer")
    }

    pub(crate) fn is_of(&self, scheme: &str) -> bool {
        self.text.split(' ').next().is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    }

    pub(crate) fn to_header(&self) -> HeaderValue {
        header(&self.text)
    }

    /// The challenge of one refusal. The values are constants, or were checked when they were
    /// configured: none needs an escape, and none has a name that the challenge already has.
    pub(crate) fn to_header_with(&self, parameters: &[(&str, Option<&str>)]) -> HeaderValue {
        let mut text = self.text.clone();
        for (name, value) in parameters {
            if let Some(value) = value {
                let _ = write!(text, ", {name}=\"{value}\"");
            }
        }
        header(&text)
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every part is printable ASCII. Should one ever not be, a challenge that says less remains.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer realm=\"api\""))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(of_token)
}

/// RFC 6750, section 3: printable ASCII without `"` and `\`.
pub(crate) fn is_description(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

fn invalid(setting: &'static str, rule: &'static str) -> ConfigError {
    ConfigError::InvalidValue { setting, rule }
}
