//! What the verifying side may ask of a store.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;

use http::Extensions;

use crate::Token;

/// Knows the users whom tokens name, for
/// [`JwtAuthLayer::users`](crate::JwtAuthLayer::users).
///
/// Every `UserStore` of the feature `store` is one, with its `User`. A service without it
/// implements this for whatever holds its users.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
/// use std::convert::Infallible;
/// use tower_bearer::{SubjectStore, Token};
///
/// #[derive(Clone)]
/// struct Person {
///     name: String,
///     is_blocked: bool,
/// }
///
/// struct People(HashMap<String, Person>);
///
/// impl SubjectStore for People {
///     type Subject = Person;
///     type Error = Infallible;
///
///     async fn active_subject(&self, token: &Token) -> Result<Option<Person>, Infallible> {
///         let person = token.subject().and_then(|subject| self.0.get(subject));
///         Ok(person.filter(|person| !person.is_blocked).cloned())
///     }
/// }
/// ```
pub trait SubjectStore: Send + Sync + 'static {
    /// A user, as handlers get it.
    type Subject: Clone + Send + Sync + 'static;
    /// Why the store can't tell. It is logged by its `Display`, so that should quote no secret.
    type Error: Error;

    /// The user whom the token is about: `None` where there is none, or none who may be here now.
    ///
    /// # Errors
    ///
    /// When the store can't tell. The request is then answered with 503.
    fn active_subject(
        &self,
        token: &Token,
    ) -> impl Future<Output = Result<Option<Self::Subject>, Self::Error>> + Send;
}

/// Knows which tokens are revoked though they have not expired, for
/// [`JwtAuthLayer::revocations`](crate::JwtAuthLayer::revocations).
///
/// Every store of the feature `store` is one. A service without it implements this for whatever
/// holds its list.
///
/// # Examples
///
/// ```
/// use std::collections::HashSet;
/// use std::convert::Infallible;
/// use tower_bearer::{Revocations, Token};
///
/// struct Revoked(HashSet<String>);
///
/// impl Revocations for Revoked {
///     type Error = Infallible;
///
///     async fn is_revoked(&self, token: &Token) -> Result<bool, Infallible> {
///         Ok(token.id().is_some_and(|id| self.0.contains(id)))
///     }
/// }
/// ```
pub trait Revocations: Send + Sync + 'static {
    /// Why the store can't tell. It is logged by its `Display`, so that should quote no secret.
    type Error: Error;

    /// Whether this token, which is valid otherwise, is good for nothing any more.
    ///
    /// # Errors
    ///
    /// When the store can't tell. The request is then answered with 503.
    fn is_revoked(&self, token: &Token) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// The user whom the token of the request is about, as
/// [`JwtAuthLayer::users`](crate::JwtAuthLayer::users) loaded it. With the feature `axum-core` it
/// is an extractor; [`of`](Self::of) is for services without axum.
///
/// # Examples
///
/// See [`JwtAuthLayer::users`](crate::JwtAuthLayer::users).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentUser<U>(pub U);

impl<U: Send + Sync + 'static> CurrentUser<U> {
    /// The user in the extensions of a request: `None` where no layer loaded one of this type.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use tower_bearer::CurrentUser;
    ///
    /// fn name(request: &Request<String>) -> Option<&str> {
    ///     CurrentUser::<String>::of(request.extensions()).map(String::as_str)
    /// }
    /// # assert_eq!(name(&Request::new(String::new())), None);
    /// ```
    pub fn of(extensions: &Extensions) -> Option<&U> {
        extensions.get::<LoadedUser>()?.0.downcast_ref()
    }
}

/// What is in the extensions: one type, whatever that of the user, so that a layer can take out
/// what another layer outside it put there for another token.
#[derive(Clone)]
pub(crate) struct LoadedUser(Arc<dyn Any + Send + Sync>);

impl LoadedUser {
    pub(crate) fn new<U: Send + Sync + 'static>(user: U) -> Self {
        Self(Arc::new(user))
    }
}
