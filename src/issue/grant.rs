//! What a token says.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{IssueError, Issuer};
use crate::token::is_scope_token;

/// What is granted to whom: the content of an access token, without what the issuer adds.
///
/// # Examples
///
/// ```
/// use tower_bearer::Grant;
///
/// let grant = Grant::new("u-17")
///     .scopes(["posts:read", "posts:write"])
///     .roles(["editor"])
///     .claim("tenant", "acme");
/// # let _ = grant;
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    subject: String,
    client_id: Option<String>,
    session_id: Option<String>,
    scopes: Vec<String>,
    roles: Vec<String>,
    claims: Map<String, Value>,
}

impl Grant {
    /// A grant to a subject: the ID of a user, which stays when the user is renamed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("user-17"))?).await?;
    /// assert_eq!(token.subject(), Some("user-17"));
    /// assert_eq!(token.scopes().count(), 0); // nothing is granted unasked
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            client_id: None,
            session_id: None,
            scopes: Vec::new(),
            roles: Vec::new(),
            claims: Map::new(),
        }
    }

    /// The client that asks. Default: the issuer's
    /// [`default_client_id`](Issuer::default_client_id).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").client_id("mobile-app"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.client_id(), Some("mobile-app"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The login session, for the claim `sid`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").session_id("7b1c"))?;
    /// assert_eq!(issuer.verifier()?.verify(&token).await?.session_id(), Some("7b1c"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session_id(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// Adds scopes, for the claim `scope`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let grant = Grant::new("alice").scopes(["posts:read"]).scopes(["posts:write"]);
    /// let token = issuer.verifier()?.verify(&issuer.issue(&grant)?).await?;
    /// assert_eq!(token.scopes().collect::<Vec<_>>(), ["posts:read", "posts:write"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Adds roles, for the claim `roles` (RFC 9068, section 2.2.3.1).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").roles(["editor"]))?;
    /// assert!(issuer.verifier()?.verify(&token).await?.has_role("editor"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn roles<T: Into<String>>(mut self, roles: impl IntoIterator<Item = T>) -> Self {
        self.roles.extend(roles.into_iter().map(Into::into));
        self
    }

    /// Adds a claim of the application's own. A second call with the same name replaces the
    /// first. The names that the issuer or this grant set otherwise are refused when the token is
    /// issued.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// #[derive(Deserialize)]
    /// struct Plan {
    ///     plan: String,
    /// }
    ///
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").claim("plan", "pro"))?;
    /// let claims: Plan = issuer.verifier()?.verify(&token).await?.claims()?;
    /// assert_eq!(claims.plan, "pro");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// The payload: the whole set of claims, as JSON.
    pub(super) fn claims(
        &self,
        issuer: &Issuer,
        audiences: &[String],
        lifetime: Duration,
        now: Duration,
        id: &str,
    ) -> Result<String, IssueError> {
        const RESERVED: [&str; 12] = [
            "iss",
            "aud",
            "sub",
            "client_id",
            "iat",
            "nbf",
            "exp",
            "jti",
            "sid",
            "scope",
            "roles",
            "cnf",
        ];
        if let Some(name) = self.claims.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(IssueError::ReservedClaim(name.clone()));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope_token(scope)) {
            return Err(IssueError::InvalidScope(scope.clone()));
        }
        let issued_at = now.as_secs();
        let mut claims = self.claims.clone();
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("iss", issuer.issuer.clone().into());
        set(
            "aud",
            match audiences {
                [audience] => audience.clone().into(),
                several => several.into(),
            },
        );
        set("sub", self.subject.clone().into());
        set("client_id", self.client_id.as_ref().unwrap_or(&issuer.client_id).clone().into());
        set("iat", issued_at.into());
        set("exp", issued_at.saturating_add(lifetime.as_secs()).into());
        set("jti", id.into());
        if let Some(session_id) = &self.session_id {
            set("sid", session_id.clone().into());
        }
        if !self.scopes.is_empty() {
            set("scope", self.scopes.join(" ").into());
        }
        if !self.roles.is_empty() {
            set("roles", self.roles.clone().into());
        }
        Ok(Value::Object(claims).to_string())
    }
}
