//! The documents at well-known locations.

use http::StatusCode;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{Content, OpenApi, Response};

use super::draft::{Draft, JSON};
use super::{add, bodies, document};
use crate::login::metadata::AuthorizationServerMetadata;
use crate::metadata::JWKS_PATH;
use crate::openapi::{add_answer, header};

/// OpenAPI.
impl AuthorizationServerMetadata {
    /// The OpenAPI document of [`into_router`](Self::into_router), to merge at the root as that is.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// let login = LoginRouter::new(MemoryStore::new(), issuer);
    /// let api = login.metadata("https://me.example/auth")?.openapi();
    /// assert!(api.paths.paths.contains_key("/.well-known/oauth-authorization-server"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn openapi(&self) -> OpenApi {
        let mut api = document();
        let metadata =
            shown("Says what clients have to know of this server (RFC 8414)", bodies::metadata());
        add(&mut api, &self.path(), HttpMethod::Get, metadata);
        if self.has_public_keys() {
            let keys = shown("Shows the keys that sign (RFC 7517)", bodies::key_set());
            add(&mut api, JWKS_PATH, HttpMethod::Get, keys);
        }
        api
    }
}

fn shown(summary: &str, schema: bodies::Members) -> Draft {
    let mut draft = Draft::of_nothing(summary);
    let caches = |mut answer: Response| {
        for (name, description) in [
            ("Cache-Control", "How long it may be kept."),
            ("ETag", "What the document is now."),
            ("Access-Control-Allow-Origin", "Pages of every origin may read it."),
        ] {
            answer.headers.insert(name.to_owned(), header(description, None, true).into());
        }
        answer
    };
    let mut answer = caches(Response::new("The document."));
    answer.content.insert(JSON.to_owned(), Content::new(Some(schema)).into());
    add_answer(&mut draft.operation, StatusCode::OK, answer);
    let unchanged = caches(Response::new("It is what `If-None-Match` names."));
    add_answer(&mut draft.operation, StatusCode::NOT_MODIFIED, unchanged);
    draft
}
