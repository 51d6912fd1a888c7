//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::layer::{Settings, WithoutToken};
use super::source::{self, RequestHead, TokenSource, is_b64token};
use crate::body::AuthBody;
use crate::gate::{self, Additions, Carrier, ResponseFuture, Verdict};
use crate::meter::{self, Credential, RefusedBy};
use crate::reject::{Rejection, Surroundings};
use crate::subject::LoadedUser;
use crate::verify::Checked;
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
        let mut additions = self.settings.additions();
        let verdict = self.settings.judge(&mut request, &mut additions);
        gate::pass(&mut self.inner, request, verdict, additions)
    }
}

impl Settings {
    fn judge<B>(self: &Arc<Self>, request: &mut Request<B>, additions: &mut Additions) -> Verdict {
        // What an outer layer verified and loaded is not this layer's: its rules may differ.
        request.extensions_mut().remove::<Token>();
        request.extensions_mut().remove::<LoadedUser>();
        request.extensions_mut().remove::<Surroundings>();
        if gate::is_preflight(request) {
            self.surroundings.put_into(request.extensions_mut());
            return Verdict::Pass;
        }
        if let Some(keys) = &self.keys
            && let Some(verdict) = self.judge_key(keys, request, additions)
        {
            return verdict;
        }
        let found = self.find_token(request);
        additions.selects_bearer = source::strip_websocket_protocol(&self.sources, request);
        let (checked, carrier) = match found {
            Ok((Checked::Now(Err(kind)), _)) | Err(kind) => {
                return self.judge_without_token(kind, request);
            }
            Ok((Checked::Now(Ok(token)), carrier)) => (Ok(token), carrier),
            Ok((Checked::Later(checking), carrier)) => (Err(checking), carrier),
        };
        additions.carrier = Some(carrier);
        if self.strips_credentials {
            source::strip(&self.sources, carrier, request);
        }
        let token = match checked {
            Ok(token) => token,
            Err(checking) => {
                let checking = async { checking.await.map_err(|kind| (kind, None)) };
                return self.wait_for_credential(checking, request, self.surroundings.clone());
            }
        };
        let asks_stores = self.revoked.is_some() || self.users.is_some();
        if asks_stores {
            // They may leave a request without a token.
            self.surroundings.put_into(request.extensions_mut());
        } else {
            self.surroundings.put_beside_token(request.extensions_mut());
        }
        let permitted = match &self.requirement {
            Some(requirement) => requirement.judge_token(&token, request),
            None => Verdict::Pass,
        };
        if asks_stores {
            return self.wait_for_stores(token, permitted, self.surroundings.clone());
        }
        meter::authenticated(Credential::Token);
        request.extensions_mut().insert(token);
        permitted
    }

    /// What the verifier says of the token, and where it was.
    fn find_token<B>(&self, request: &Request<B>) -> Result<(Checked, Carrier), AuthErrorKind> {
        let head = RequestHead {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        };
        let verifier = self.verifier.as_ref().ok_or(AuthErrorKind::MissingCredentials)?;
        let found = source::find(&self.sources, &head)?;
        let credentials = found.ok_or(AuthErrorKind::MissingCredentials)?;
        let checked = verifier.check_bytes(&credentials.token);
        // What was let through, or may yet be, is made of the characters of a token. Of what was not,
        // a look tells whether it was one at all.
        if credentials.carrier == Carrier::Authorization
            && matches!(checked, Checked::Now(Err(_)))
            && !is_b64token(&credentials.token)
        {
            return Err(AuthErrorKind::MalformedCredentials);
        }
        Ok((checked, credentials.carrier))
    }

    fn judge_without_token<B>(&self, kind: AuthErrorKind, request: &mut Request<B>) -> Verdict {
        if self.passes(kind) {
            return self.judge_anonymous(request);
        }
        Verdict::Refuse(self.rejection(kind))
    }

    pub(super) fn judge_anonymous<B>(&self, request: &mut Request<B>) -> Verdict {
        self.surroundings.put_into(request.extensions_mut());
        match self.pass_anonymous() {
            Ok(_) => Verdict::Pass,
            Err(rejection) => Verdict::Refuse(rejection),
        }
    }

    pub(super) fn pass_anonymous(&self) -> Result<Extensions, Rejection> {
        match &self.requirement {
            Some(_) => Err(self.rejection(AuthErrorKind::MissingCredentials)),
            None => {
                meter::authenticated(Credential::Nobody);
                Ok(Extensions::new())
            }
        }
    }

    fn additions(&self) -> Additions {
        let public = self.without_token != WithoutToken::Refuse;
        Additions {
            varies_by_header: public,
            varies_by_api_key: public && self.keys.is_some(),
            varies_by_cookie: public && self.sources.iter().any(TokenSource::is_cookie),
            varies_by_anything: public && self.sources.iter().any(TokenSource::is_custom),
            ..Additions::default()
        }
    }

    pub(super) fn passes(&self, kind: AuthErrorKind) -> bool {
        match self.without_token {
            WithoutToken::Refuse => false,
            WithoutToken::PassAbsent => kind == AuthErrorKind::MissingCredentials,
            // Keys out of reach say nothing about the token, and whoever asks too often has to wait.
            WithoutToken::PassInvalid => {
                !matches!(kind, AuthErrorKind::Unavailable | AuthErrorKind::ApiKeyRateExceeded)
            }
        }
    }

    pub(super) fn rejection(&self, kind: AuthErrorKind) -> Rejection {
        self.rejection_in(kind, self.surroundings.clone())
    }

    pub(super) fn rejection_by_key(&self, kind: AuthErrorKind) -> Rejection {
        self.rejection_in(kind, self.surroundings.clone().by_api_key())
    }

    pub(super) fn rejection_in(
        &self,
        kind: AuthErrorKind,
        surroundings: Surroundings,
    ) -> Rejection {
        let scope = self.requirement.as_ref().and_then(|requirement| requirement.scope());
        Rejection::new(kind, surroundings).with_scope(scope).by(RefusedBy::Layer)
    }
}

impl<S: fmt::Debug> fmt::Debug for JwtAuth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuth").field("inner", &self.inner).finish_non_exhaustive()
    }
}
