//! A registry from JSON.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Client, Clients};
use crate::ConfigError;

impl Clients {
    /// Reads a registry from JSON, the content of a file, say:
    ///
    /// - `clients`, an array of objects with an `id`, and where the client has a secret, one of `secret`
    ///   and `secret_sha256` (64 hexadecimal digits), and while that is changed, one of
    ///   `previous_secret` and `previous_secret_sha256`; `scopes`, an array; `may_introspect`, `true`
    ///   or `false`; `client_id` and `client_secret`, the names of RFC 7591, section 2, do as well;
    /// - `registered_only`, `true` or `false`.
    ///
    /// All are optional but `id`, with the defaults of [`Client`]'s methods and of
    /// [`registered_only`](Self::registered_only). Members with other names are errors, so that no
    /// limit is lost to a misspelled name.
    ///
    /// # Errors
    ///
    /// When the text is not such an object, or a client can't be registered. No secret is in the
    /// error.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Clients;
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let clients = Clients::from_json(
    ///     r#"{"clients": [
    ///         {"id": "page", "scopes": ["posts:read"]},
    ///         {"id": "gateway", "may_introspect": true, "secret_sha256":
    ///             "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
    ///     ]}"#,
    /// )?;
    /// # let _ = clients;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        // An array would be read too, as the members in their order: no clients where it is empty.
        if !json.trim_ascii_start().starts_with('{') {
            return Err(ConfigError::InvalidClients { line: 1 });
        }
        // The error of the parser may quote what it stumbled over.
        let file: File = serde_json::from_str(json)
            .map_err(|error| ConfigError::InvalidClients { line: error.line() })?;
        let mut clients = Self::new();
        for entry in file.clients {
            clients = clients.client(entry.into_client()?)?;
        }
        Ok(if file.registered_only { clients.registered_only() } else { clients })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    clients: Vec<Entry>,
    #[serde(default)]
    registered_only: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(alias = "client_id")]
    id: String,
    #[serde(default, alias = "client_secret")]
    secret: Option<String>,
    #[serde(default)]
    secret_sha256: Option<String>,
    #[serde(default)]
    previous_secret: Option<String>,
    #[serde(default)]
    previous_secret_sha256: Option<String>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default)]
    may_introspect: bool,
}

impl Entry {
    fn into_client(self) -> Result<Client, ConfigError> {
        let secret = self.secret.map(Zeroizing::new);
        let mut client = match (secret, self.secret_sha256) {
            (None, None) => Client::public(self.id)?,
            (Some(secret), None) => Client::confidential(self.id, &secret)?,
            (None, Some(hash)) => Client::confidential_sha256(self.id, &hash)?,
            (Some(_), Some(_)) => {
                let reason = "it has a secret and a secret_sha256; leave one out";
                return Err(ConfigError::InvalidClient { id: self.id, reason });
            }
        };
        match (self.previous_secret.map(Zeroizing::new), self.previous_secret_sha256) {
            (None, None) => {}
            (Some(secret), None) => client = client.previous_secret(&secret)?,
            (None, Some(hash)) => client = client.previous_secret_sha256(&hash)?,
            (Some(_), Some(_)) => {
                let reason = "it has two previous secrets; leave one out";
                let id = client.id().to_owned();
                return Err(ConfigError::InvalidClient { id, reason });
            }
        }
        if let Some(scopes) = self.scopes {
            client = client.scopes(scopes)?;
        }
        if self.may_introspect {
            client = client.may_introspect()?;
        }
        Ok(client)
    }
}
