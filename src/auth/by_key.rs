//! The verdict on requests that come with an API key.

use std::sync::Arc;

use http::{Extensions, Request};

use super::keys::{Checked, Keys};
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
                    kind if self.passes(kind) => self.judge_anonymous(),
                    AuthErrorKind::MultipleCredentials => Verdict::Refuse(self.rejection(kind)),
                    kind => Verdict::Refuse(self.rejection_by_key(kind)),
                });
            }
        };
        request.extensions_mut().insert(self.surroundings.clone().by_api_key());
        additions.carrier = Some(presented.carrier);
        if self.strips_credentials {
            source::strip_api_key(presented.carrier, request);
            source::strip(&self.sources, presented.carrier, request);
        }
        // What a policy sees of it: the request itself can't be lent to a future.
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        head.extensions_mut().insert(self.surroundings.clone().by_api_key());
        Some(self.wait_for_key(keys.check(presented.key), head))
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

    /// The key comes first, then its owner, then the policy, as for a token.
    fn wait_for_key(
        self: &Arc<Self>,
        checking: impl Future<Output = Checked> + Send + 'static,
        head: Request<()>,
    ) -> Verdict {
        let settings = Arc::clone(self);
        Verdict::Wait(Box::pin(async move {
            let token = match checking.await {
                Ok(token) => token,
                Err((kind, _)) if settings.passes(kind) => return settings.pass_anonymous(),
                Err((kind, retry_after)) => {
                    let refused = settings.rejection_by_key(kind).with_retry_after(retry_after);
                    return Err(refused);
                }
            };
            let permitted = match &settings.requirement {
                Some(requirement) => requirement.judge_token(&token, &head),
                None => Verdict::Pass,
            };
            let mut extensions = match &settings.users {
                None => Extensions::new(),
                Some(users) => match users.load(token.clone()).await {
                    Ok(extensions) => extensions,
                    Err(kind) if settings.passes(kind) => return settings.pass_anonymous(),
                    Err(kind) => return Err(settings.rejection_by_key(kind)),
                },
            };
            extensions.insert(token);
            match permitted {
                Verdict::Pass => {}
                Verdict::Refuse(rejection) => return Err(rejection),
                Verdict::Wait(permitted) => extensions.extend(permitted.await?),
            }
            Ok(extensions)
        }))
    }
}
