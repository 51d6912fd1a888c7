//! What a layer leaves in the request extensions, so that policies and extractors inside it
//! answer as it would.

use std::sync::Arc;

use bytes::Bytes;
use http::{Extensions, Response};

use super::ready::Ready;
use super::{Rejection, RejectionFormat};
use crate::challenge::Challenge;
use crate::metadata::ResourceMetadata;
use crate::{AuthErrorKind, ConfigError, Token};

/// How a layer answers, and what the request came with; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    answers: Arc<Answers>,
    by_api_key: bool,
}

#[derive(Clone)]
pub(crate) enum Responder {
    Format(RejectionFormat),
    Function(Arc<Respond>),
}

type Respond = dyn Fn(&Rejection) -> Response<Bytes> + Send + Sync;

#[derive(Clone)]
struct Answers {
    /// The challenge of the scheme `Bearer` without anything about a request.
    bearer: Challenge,
    /// Whether the layer takes tokens at all.
    takes_tokens: bool,
    /// The challenge of the scheme `ApiKey`, where the layer takes keys.
    api_keys: Option<Challenge>,
    others: Vec<Challenge>,
    resource_metadata: Option<String>,
    responder: Responder,
    hides_reason: bool,
    hides_scope: bool,
    /// Whether anything is not as it comes.
    is_changed: bool,
    ready: Ready,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            bearer: Challenge::default_bearer(),
            takes_tokens: true,
            api_keys: None,
            others: Vec::new(),
            resource_metadata: None,
            responder: Responder::Format(RejectionFormat::default()),
            hides_reason: false,
            hides_scope: false,
            is_changed: false,
            ready: Ready::default(),
        }
    }
}

impl Surroundings {
    pub(crate) fn set_realm(&mut self, realm: &str) -> Result<(), ConfigError> {
        let bearer = Challenge::new("Bearer", realm)?;
        let answers = self.change();
        answers.api_keys = answers.api_keys.take().map(|_| bearer.for_api_keys());
        answers.bearer = bearer;
        Ok(())
    }

    pub(crate) fn take_api_keys(&mut self, and_tokens: bool) {
        let answers = self.change();
        answers.api_keys = Some(answers.bearer.for_api_keys());
        answers.takes_tokens = and_tokens;
    }

    #[cfg(feature = "login")]
    pub(crate) fn take_no_api_keys(&mut self) {
        self.change().api_keys = None;
    }

    /// Those of a request that came with an API key: what is wrong is no matter of a token.
    pub(crate) fn by_api_key(mut self) -> Self {
        self.by_api_key = true;
        self
    }

    pub(crate) fn add_other(&mut self, challenge: Challenge) {
        self.change().others.push(challenge);
    }

    /// RFC 9728, section 5.1. A URL as [`ResourceMetadata`] makes it, which needs no escape.
    pub(crate) fn set_resource_metadata(&mut self, metadata: &ResourceMetadata) {
        self.change().resource_metadata = Some(metadata.url());
    }

    pub(crate) fn set_responder(&mut self, responder: Responder) {
        self.change().responder = responder;
    }

    pub(crate) fn hide_reason(&mut self) {
        self.change().hides_reason = true;
    }

    pub(crate) fn hide_scope(&mut self) {
        self.change().hides_scope = true;
    }

    pub(super) fn hides_scope(&self) -> bool {
        self.answers.hides_scope
    }

    pub(super) fn is_by_api_key(&self) -> bool {
        self.by_api_key
    }

    /// The challenge of the scheme `Bearer`, where the layer takes tokens.
    pub(super) fn bearer(&self) -> Option<&Challenge> {
        self.answers.takes_tokens.then_some(&self.answers.bearer)
    }

    /// The challenge of the scheme `ApiKey`, where the layer takes keys.
    pub(super) fn api_keys(&self) -> Option<&Challenge> {
        self.answers.api_keys.as_ref()
    }

    pub(super) fn others(&self) -> &[Challenge] {
        &self.answers.others
    }

    pub(super) fn resource_metadata(&self) -> Option<&str> {
        self.answers.resource_metadata.as_deref()
    }

    pub(crate) fn responder(&self) -> &Responder {
        &self.answers.responder
    }

    pub(super) fn hides_reason(&self) -> bool {
        self.answers.hides_reason
    }

    pub(super) fn ready(&self) -> &Ready {
        &self.answers.ready
    }

    fn change(&mut self) -> &mut Answers {
        let answers = Arc::make_mut(&mut self.answers);
        answers.is_changed = true;
        answers.ready = Ready::default();
        answers
    }
}

impl Surroundings {
    /// Leaves them in the extensions, whatever they are.
    pub(crate) fn put_into(&self, extensions: &mut Extensions) {
        extensions.insert(self.clone());
    }

    /// Leaves them beside a token. It tells that there is a layer, so that those of a layer as it comes
    /// are left out: an entry is an allocation in each request.
    pub(crate) fn put_beside_token(&self, extensions: &mut Extensions) {
        if self.answers.is_changed {
            self.put_into(extensions);
        }
    }
}

/// The token that a layer left in the extensions, or why there is none.
pub(crate) fn token_of(extensions: &Extensions) -> Result<&Token, Rejection> {
    if let Some(token) = extensions.get::<Token>() {
        return Ok(token);
    }
    match extensions.get::<Surroundings>() {
        Some(surroundings) => {
            Err(Rejection::new(AuthErrorKind::MissingCredentials, surroundings.clone()))
        }
        None => {
            // Never take a route for public because somebody forgot a layer.
            crate::trace::error!(
                target: "tower_bearer::request",
                "no JwtAuthLayer around a route that asks for a token"
            );
            Err(Rejection::new(AuthErrorKind::MissingLayer, Surroundings::default()))
        }
    }
}

impl Token {
    /// The token that a [`JwtAuthLayer`](crate::JwtAuthLayer) left in the extensions of a request,
    /// for handlers that have no extractors.
    ///
    /// # Errors
    ///
    /// Without a token a refusal with the status 401, and without a layer one with 500. Both answer
    /// in the format of the layer.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use tower_bearer::{AuthErrorKind, Rejection, Token};
    ///
    /// fn name<B>(request: &Request<B>) -> Result<&str, Rejection> {
    ///     Ok(Token::of(request.extensions())?.subject().unwrap_or_default())
    /// }
    ///
    /// // Nobody put a layer around it.
    /// let refused = name(&Request::new(())).unwrap_err();
    /// assert_eq!(refused.kind(), AuthErrorKind::MissingLayer);
    /// ```
    pub fn of(extensions: &Extensions) -> Result<&Self, Rejection> {
        token_of(extensions)
    }
}

/// The layer's surroundings, or the defaults.
pub(crate) fn surroundings_of(extensions: &Extensions) -> Surroundings {
    extensions.get::<Surroundings>().cloned().unwrap_or_default()
}
