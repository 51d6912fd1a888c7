//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::layer::{Settings, WithoutToken};
use super::source;
use crate::body::AuthBody;
use crate::gate::{self, ResponseFuture, Verdict};
use crate::reject::Rejection;
use crate::{AuthErrorKind, Token};

/// The service of [`JwtAuthLayer`](crate::JwtAuthLayer).
///
/// # Examples
///
/// See [`JwtAuthLayer`](crate::JwtAuthLayer).
#[derive(Clone)]
pub struct JwtAuth<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> JwtAuth<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for JwtAuth<S>
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

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let verdict = self.settings.judge(&mut request);
        gate::pass(&mut self.inner, request, verdict)
    }
}

impl Settings {
    fn judge<B>(&self, request: &mut Request<B>) -> Verdict {
        // A token that an outer layer verified is not this layer's: its rules may differ.
        request.extensions_mut().remove::<Token>();
        if gate::is_preflight(request) {
            request.extensions_mut().insert(self.surroundings.clone());
            return Verdict::Pass;
        }
        let verified = match source::bearer(request.headers()) {
            Ok(Some(credentials)) => self.verifier.check(credentials).map(Some),
            Ok(None) => Err(AuthErrorKind::MissingCredentials),
            Err(kind) => Err(kind),
        };
        let token = match verified {
            Ok(token) => token,
            Err(kind) if self.passes(kind) => None,
            Err(kind) => return Verdict::Refuse(self.rejection(kind)),
        };
        let extensions = request.extensions_mut();
        extensions.insert(self.surroundings.clone());
        if let Some(token) = token {
            extensions.insert(token);
        }
        match &self.requirement {
            Some(requirement) => requirement.judge(request),
            None => Verdict::Pass,
        }
    }

    fn passes(&self, kind: AuthErrorKind) -> bool {
        match self.without_token {
            WithoutToken::Refuse => false,
            WithoutToken::PassAbsent => kind == AuthErrorKind::MissingCredentials,
            // Keys out of reach say nothing about the token.
            WithoutToken::PassInvalid => kind != AuthErrorKind::Unavailable,
        }
    }

    fn rejection(&self, kind: AuthErrorKind) -> Rejection {
        crate::trace::debug!(reason = kind.description(), "request refused");
        let scope = self.requirement.as_ref().and_then(|requirement| requirement.scope());
        Rejection::new(kind, self.surroundings.clone()).with_scope(scope)
    }
}

impl<S: fmt::Debug> fmt::Debug for JwtAuth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuth").field("inner", &self.inner).finish_non_exhaustive()
    }
}
