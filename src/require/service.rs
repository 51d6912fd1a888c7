//! The service that a policy layer makes, and the policy made ready to judge.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::policy::{Check, Denial, Policy, PolicyRequest};
use crate::body::AuthBody;
use crate::gate::{self, Additions, ResponseFuture, Verdict};
use crate::meter::RefusedBy;
use crate::reject::{Rejection, Surroundings, surroundings_of, token_of};
use crate::token::is_scope_token;
use crate::{AuthErrorKind, Token};

/// The service of [`RequireLayer`](super::RequireLayer).
///
/// # Examples
///
/// See [`require_scopes`](super::require_scopes).
#[derive(Clone)]
pub struct Require<S> {
    inner: S,
    requirement: Requirement,
}

impl<S> Require<S> {
    pub(super) fn new(inner: S, requirement: Requirement) -> Self {
        Self { inner, requirement }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Require<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<AuthBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // Only a layer outside knows that this is about a browser's question, and not about a
        // route that somebody forgot to protect.
        let guarded = request.extensions().get::<Surroundings>().is_some();
        let verdict = if guarded && gate::is_preflight(&request) {
            Verdict::Pass
        } else {
            self.requirement.judge(&request)
        };
        gate::pass(&mut self.inner, request, verdict, Additions::default())
    }
}

impl<S: fmt::Debug> fmt::Debug for Require<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Require").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// A policy, and the scopes that it requires.
#[derive(Clone)]
pub(crate) struct Requirement {
    policy: Arc<dyn Policy>,
    scope: Option<Arc<str>>,
}

impl Requirement {
    pub(crate) fn new(policy: impl Policy) -> Self {
        // A policy of somebody else's may name anything; what is no scope is not sent.
        let scope = policy
            .scopes()
            .filter(|scopes| scopes.split(' ').all(is_scope_token))
            .map(|scopes| Arc::from(scopes.as_ref()));
        Self { policy: Arc::new(policy), scope }
    }

    /// Both policies.
    pub(crate) fn and(self, policy: impl Policy) -> Self {
        Self::new((Shared(self.policy), policy))
    }

    /// The scopes to name in a 401 and a 403.
    pub(crate) fn scope(&self) -> Option<Arc<str>> {
        self.scope.clone()
    }

    pub(crate) fn judge<B>(&self, request: &Request<B>) -> Verdict {
        match token_of(request.extensions()) {
            Ok(token) => self.judge_token(token, request),
            Err(rejection) => {
                let rejection = rejection.with_scope(self.scope());
                Verdict::Refuse(rejection.by(RefusedBy::Policy))
            }
        }
    }

    /// Judges a request by a token that need not be in its extensions yet.
    pub(crate) fn judge_token<B>(&self, token: &Token, request: &Request<B>) -> Verdict {
        let extensions = request.extensions();
        let seen = PolicyRequest::new(token, request.method(), request.uri());
        match self.policy.check(&seen) {
            Check::Ready(Ok(())) => Verdict::Pass,
            Check::Ready(Err(denial)) => {
                Verdict::Refuse(rejection(denial, surroundings_of(extensions), self.scope()))
            }
            Check::Later(verdict) => {
                let (surroundings, scope) = (surroundings_of(extensions), self.scope());
                Verdict::Wait(Box::pin(async move {
                    match verdict.await {
                        Ok(()) => Ok(Extensions::new()),
                        Err(denial) => Err(rejection(denial, surroundings, scope)),
                    }
                }))
            }
        }
    }
}

fn rejection(denial: Denial, surroundings: Surroundings, scope: Option<Arc<str>>) -> Rejection {
    let kind = match denial {
        Denial::InsufficientScope => AuthErrorKind::InsufficientScope,
        Denial::Forbidden => AuthErrorKind::Forbidden,
        Denial::Unavailable => AuthErrorKind::Unavailable,
    };
    Rejection::new(kind, surroundings).with_scope(scope).by(RefusedBy::Policy)
}

struct Shared(Arc<dyn Policy>);

impl Policy for Shared {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        self.0.check(request)
    }

    fn scopes(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.0.scopes()
    }
}
