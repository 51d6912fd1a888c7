//! Policies that are functions.

use super::policy::{Check, Denial, Policy, PolicyRequest};
use crate::Token;

impl<F> Policy for F
where
    F: Fn(&Token) -> bool + Send + Sync + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::allow_if(self(request.token()))
    }
}

/// Made by [`check_async`].
///
/// # Examples
///
/// See [`check_async`].
#[derive(Clone, Debug)]
pub struct AsyncCheck<F>(F);

/// A predicate that has to wait, for a database or another service. The request waits with it.
///
/// It ends in a `bool`, or in a `Result<(), Denial>` where it has more to say: above all
/// [`Denial::Unavailable`], when it can't tell.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Denial, Token, check_async, require};
///
/// # async fn count_memberships(subject: &str) -> Result<u64, std::io::Error> { Ok(1) }
/// async fn is_member(token: Token) -> Result<(), Denial> {
///     let subject = token.subject().ok_or(Denial::Forbidden)?;
///     match count_memberships(subject).await {
///         Ok(0) => Err(Denial::Forbidden),
///         Ok(_) => Ok(()),
///         Err(_) => Err(Denial::Unavailable),
///     }
/// }
///
/// let layer = require(check_async(is_member));
/// # let _ = layer;
/// ```
pub fn check_async<F, Fut>(predicate: F) -> AsyncCheck<F>
where
    F: Fn(Token) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Decision> + Send + 'static,
{
    AsyncCheck(predicate)
}

impl<F, Fut> Policy for AsyncCheck<F>
where
    F: Fn(Token) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Decision> + Send + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        let decision = (self.0)(request.token().clone());
        Check::Later(Box::pin(async move { decision.await.into_verdict() }))
    }
}

/// What a predicate ends in: a `bool`, of which `false` is [`Denial::Forbidden`], or a
/// `Result<(), Denial>`.
///
/// # Examples
///
/// See [`check_async`].
pub trait Decision: sealed::Sealed {
    /// The verdict of the policy.
    #[doc(hidden)]
    fn into_verdict(self) -> Result<(), Denial>;
}

impl Decision for bool {
    fn into_verdict(self) -> Result<(), Denial> {
        if self { Ok(()) } else { Err(Denial::Forbidden) }
    }
}

impl Decision for Result<(), Denial> {
    fn into_verdict(self) -> Result<(), Denial> {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bool {}
    impl Sealed for Result<(), super::Denial> {}
}
