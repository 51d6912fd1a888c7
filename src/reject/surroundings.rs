//! What a layer leaves in the request extensions, so that policies and extractors inside it
//! answer as it would.

use std::sync::Arc;

use bytes::Bytes;
use http::{Extensions, Response, Uri};

use super::{Rejection, RejectionFormat};
use crate::challenge::{Challenge, is_description};
use crate::{AuthErrorKind, ConfigError, Token};

/// How a layer answers; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Surroundings(Arc<Answers>);

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
    others: Vec<Challenge>,
    resource_metadata: Option<String>,
    responder: Responder,
    hides_reason: bool,
    hides_scope: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            bearer: Challenge::default_bearer(),
            others: Vec::new(),
            resource_metadata: None,
            responder: Responder::Format(RejectionFormat::default()),
            hides_reason: false,
            hides_scope: false,
        }
    }
}

impl Surroundings {
    pub(crate) fn set_realm(&mut self, realm: &str) -> Result<(), ConfigError> {
        self.change().bearer = Challenge::new("Bearer", realm)?;
        Ok(())
    }

    pub(crate) fn add_other(&mut self, challenge: Challenge) {
        self.change().others.push(challenge);
    }

    /// RFC 9728, section 5.1.
    pub(crate) fn set_resource_metadata(&mut self, url: &str) -> Result<(), ConfigError> {
        if !is_metadata_url(url) {
            return Err(ConfigError::InvalidValue {
                setting: "URL of the resource metadata",
                rule: "it is absolute, with https, as https://api.example/.well-known/oauth-protected-resource",
            });
        }
        self.change().resource_metadata = Some(url.to_owned());
        Ok(())
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
        self.0.hides_scope
    }

    pub(super) fn bearer(&self) -> &Challenge {
        &self.0.bearer
    }

    pub(super) fn others(&self) -> &[Challenge] {
        &self.0.others
    }

    pub(super) fn resource_metadata(&self) -> Option<&str> {
        self.0.resource_metadata.as_deref()
    }

    pub(super) fn responder(&self) -> &Responder {
        &self.0.responder
    }

    pub(super) fn hides_reason(&self) -> bool {
        self.0.hides_reason
    }

    fn change(&mut self) -> &mut Answers {
        Arc::make_mut(&mut self.0)
    }
}

/// An absolute URL over https, or over http to this machine, in the characters that a challenge
/// carries as they stand.
fn is_metadata_url(url: &str) -> bool {
    let loopback = ["localhost", "127.0.0.1", "[::1]"];
    url.bytes().all(|byte| is_description(byte) && byte != b' ')
        && url.parse::<Uri>().is_ok_and(|uri| match uri.scheme_str() {
            Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
            Some("http") => uri.host().is_some_and(|host| loopback.contains(&host)),
            _ => false,
        })
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
            crate::trace::error!("no JwtAuthLayer around a route that asks for a token");
            Err(Rejection::new(AuthErrorKind::MissingLayer, Surroundings::default()))
        }
    }
}

/// The layer's surroundings, or the defaults.
pub(crate) fn surroundings_of(extensions: &Extensions) -> Surroundings {
    extensions.get::<Surroundings>().cloned().unwrap_or_default()
}
