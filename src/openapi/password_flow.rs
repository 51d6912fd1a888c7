//! How to get an access token with a name and a password, for those who read the document.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityScheme};

use super::operations;
use super::security::{BEARER, OAUTH2, Way, declare, set_ways, ways_of};

/// The OAuth 2.0 password flow (RFC 6749, section 4.3) of an OpenAPI document: what the "Authorize"
/// button of Swagger UI signs in with. Its token endpoint is that of
/// `LoginRouter`.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Issuer, JwtAuthLayer, PasswordFlow, require_scopes};
/// use utoipa::OpenApi;
///
/// #[utoipa::path(get, path = "/posts", responses((status = 200, body = Vec<String>)))]
/// async fn posts() {}
///
/// #[derive(OpenApi)]
/// #[openapi(paths(posts))]
/// struct Posts;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let auth = JwtAuthLayer::new(Issuer::for_tests().verifier()?);
/// let mut api = Posts::openapi();
/// require_scopes(["posts:read"]).document(&mut api);
/// auth.document(&mut api);
/// PasswordFlow::new("/auth/token").scope("posts:read", "Read posts").document(&mut api);
///
/// let api: serde_json::Value = serde_json::from_str(&api.to_json()?)?;
/// let flow = &api["components"]["securitySchemes"]["oauth2"]["flows"]["password"];
/// assert_eq!(flow["tokenUrl"], "/auth/token");
/// assert_eq!(flow["scopes"]["posts:read"], "Read posts");
/// assert_eq!(api["paths"]["/posts"]["get"]["security"][0]["oauth2"][0], "posts:read");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PasswordFlow {
    token_url: String,
    refresh_url: String,
    scopes: Vec<(String, String)>,
}

impl PasswordFlow {
    /// A flow with the token endpoint at this URL, which refreshes too. A relative one is right
    /// behind every host: `/auth/token`, say.
    pub fn new(token_url: impl Into<String>) -> Self {
        let token_url = token_url.into();
        Self { refresh_url: token_url.clone(), token_url, scopes: Vec::new() }
    }

    /// Refreshes elsewhere. A second call replaces the first.
    #[must_use]
    pub fn refresh_url(mut self, url: impl Into<String>) -> Self {
        self.refresh_url = url.into();
        self
    }

    /// Describes a scope. One that an operation asks for, and that is not described, is listed
    /// without a description. A second call for a scope replaces the first.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>, description: impl Into<String>) -> Self {
        let scope = scope.into();
        self.scopes.retain(|(own, _)| *own != scope);
        self.scopes.push((scope, description.into()));
        self
    }

    /// Adds the flow to a document, when all else is in it: as the scheme `oauth2`, and as one more
    /// way wherever an operation takes a bearer token, with the same scopes.
    pub fn document(self, api: &mut OpenApi) {
        let mut scopes = self.scopes;
        for operation in operations(api) {
            let mut ways = ways_of(operation);
            let tokens: Vec<Way> = ways.iter().filter_map(with_flow).collect();
            for scope in tokens.iter().flat_map(Way::values).flatten() {
                if !scopes.iter().any(|(own, _)| own == scope) {
                    scopes.push((scope.clone(), String::new()));
                }
            }
            if !tokens.is_empty() {
                ways.splice(0..0, tokens);
                set_ways(operation, ways);
            }
        }
        let scopes = Scopes::from_iter(scopes);
        let flow = Password::with_refresh_url(self.token_url, scopes, self.refresh_url);
        let scheme = OAuth2::with_description(
            [Flow::Password(flow)],
            "Name and password, for an access token. Without a choice of scopes, all that the user holds.",
        );
        declare(api, OAUTH2, SecurityScheme::OAuth2(scheme));
    }
}

/// The same way with a token of this flow, where it is with a token.
fn with_flow(way: &Way) -> Option<Way> {
    let mut way = way.clone();
    let scopes = way.remove(BEARER)?;
    way.insert(OAUTH2.to_owned(), scopes);
    Some(way)
}
