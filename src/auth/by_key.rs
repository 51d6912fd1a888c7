//! The verdict on requests that come with an API key.

use std::sync::Arc;

use http::Request;

use super::keys::Keys;
use super::layer::Settings;
use super::source::{self, Presented, RequestHead};
use crate::AuthErrorKind;
use crate::gate::{Additions, Verdict};

impl Settings {
    /// The verdict on a request with an API key, or with what is neither one key nor none.
    pub(super) fn judge_key<B>(
        self: &Arc<Self>,
        keys: &Keys,
        request: &mut Request<B>,
        additions: &mut Additions,
    ) -> Option<Verdict> {
        let presented = match self.find_key(request) {
            Ok(presented) => presented?,
            Err(kind) => {
                additions.selects_bearer = source::strip_websocket_protocol(&self.sources, request);
                return Some(match kind {
                    kind if self.passes(kind) => self.judge_anonymous(request),
                    AuthErrorKind::MultipleCredentials => Verdict::Refuse(self.rejection(kind)),
                    kind => Verdict::Refuse(self.rejection_by_key(kind)),
                });
            }
        };
        additions.carrier = Some(presented.carrier);
        if self.strips_credentials {
            source::strip_api_key(presented.carrier, request);
            source::strip(&self.sources, presented.carrier, request);
        }
        let surroundings = self.surroundings.clone().by_api_key();
        Some(self.wait_for_credential(keys.check(presented.key), request, surroundings))
    }

    fn find_key<B>(&self, request: &Request<B>) -> Result<Option<Presented>, AuthErrorKind> {
        let presented = source::find_api_key(request.headers())?;
        if presented.is_some() && self.verifier.is_some() {
            let head = RequestHead {
                method: request.method(),
                uri: request.uri(),
                headers: request.headers(),
                extensions: request.extensions(),
            };
            // Of two principals, nobody knows which was meant.
            if !matches!(source::find_asked(&self.sources, &head), Ok(None)) {
                return Err(AuthErrorKind::MultipleCredentials);
            }
        }
        Ok(presented)
    }
}
