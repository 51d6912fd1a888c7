//! Claims of the application's own in access tokens.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::LoginRouter;
use super::answer::Failure;
use crate::issue::{Grant, IssueError};
use crate::store::{RefreshStore, Session, StoreError, User, UserStore};

/// What the router itself says with claims of their own, and `scp`, which verifiers read for scopes
/// where there is no `scope`.
const RESERVED: [&str; 4] = ["auth_time", "amr", "acr", "scp"];

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Adds claims to every access token: what the hook makes of the user and the session, as a map or
    /// a struct. It is asked at the login and at each refresh, so that what has changed since is in the
    /// next token. Default: none. A second call replaces the first.
    ///
    /// The answer waits for it. If it fails, no token is issued: the answer is 503 where the error is
    /// [unavailable](StoreError::is_unavailable) and 500 otherwise, and a refresh token that was
    /// presented stays good.
    ///
    /// The claims that this crate sets are not the hook's to set (`iss`, `sub`, `aud`, `exp`, `nbf`, `iat`,
    /// `jti`, `client_id`, `sid`, `scope`, `scp`, `roles`, `cnf`, `auth_time`, `amr`, `acr`): a hook that
    /// does is a fault of the service, answered with 500 and named in the log. Whoever has a token
    /// can read its claims.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore, Session, StoreError, User};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Tenancy {
    ///     tenant: String,
    /// }
    ///
    /// async fn tenant_of(user_id: &str) -> Result<String, std::io::Error> {
    ///     Ok(format!("tenant-of-{user_id}")) // from your database
    /// }
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .claims(|user: User, _: Session| async move {
    ///         let tenant = tenant_of(&user.id).await.map_err(StoreError::unavailable)?;
    ///         Ok(Tenancy { tenant })
    ///     })
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn claims<F, C, T>(mut self, hook: F) -> Self
    where
        F: Fn(User, Session) -> C + Send + Sync + 'static,
        C: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Serialize,
    {
        self.claims = Some(ClaimsHook::new(hook));
        self
    }
}

/// A hook without its types.
#[derive(Clone)]
pub(super) struct ClaimsHook(Arc<Hook>);

type Hook = dyn Fn(User, Session) -> Pin<Box<dyn Future<Output = Made> + Send>> + Send + Sync;

type Made = Result<serde_json::Result<Value>, StoreError>;

impl ClaimsHook {
    fn new<F, C, T>(hook: F) -> Self
    where
        F: Fn(User, Session) -> C + Send + Sync + 'static,
        C: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Serialize,
    {
        Self(Arc::new(move |user, session| {
            let claims = hook(user, session);
            Box::pin(async move { claims.await.map(serde_json::to_value) })
        }))
    }

    /// The grant with the hook's claims.
    pub(super) async fn add_to(
        &self,
        grant: Grant,
        user: &User,
        session: &Session,
    ) -> Result<Grant, Failure> {
        let claims: Map<String, Value> = match (self.0)(user.clone(), session.clone()).await? {
            Ok(Value::Object(claims)) => claims,
            Ok(_) => return Err(fault("they are no map and no struct")),
            Err(_) => return Err(fault("they can't be written as JSON")),
        };
        if let Some(name) = claims.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(IssueError::ReservedClaim(name.clone()).into());
        }
        Ok(claims.into_iter().fold(grant, |grant, (name, value)| grant.claim(name, value)))
    }
}

impl fmt::Debug for ClaimsHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsHook").finish_non_exhaustive()
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
fn fault(reason: &'static str) -> Failure {
    crate::trace::error!(
        target: "tower_bearer::login",
        reason,
        "the claims of LoginRouter::claims can't be used"
    );
    Failure::server_error()
}
