//! Verdicts that wait: for keys, for a store, for a policy.

use std::sync::Arc;

use http::{Extensions, Request};

use super::keys::Checked;
use super::layer::Settings;
use super::users::Loaded;
use crate::Token;
use crate::gate::Verdict;
use crate::meter::{self, Credential};
use crate::reject::{Rejection, Surroundings};

impl Settings {
    /// The verdict on a request whose credential is being checked. That comes first, then whoever it
    /// is of, then the policy.
    pub(super) fn wait_for_credential<B>(
        self: &Arc<Self>,
        checking: impl Future<Output = Checked> + Send + 'static,
        request: &mut Request<B>,
        surroundings: Surroundings,
    ) -> Verdict {
        // What a policy sees of it: the request itself can't be lent to a future.
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        surroundings.put_into(head.extensions_mut());
        surroundings.put_into(request.extensions_mut());
        let settings = Arc::clone(self);
        Verdict::Wait(Box::pin(async move {
            let token = match checking.await {
                Ok(token) => token,
                Err((kind, _)) if settings.passes(kind) => return settings.pass_anonymous(),
                Err((kind, retry_after)) => {
                    let refused = settings.rejection_in(kind, surroundings);
                    return Err(refused.with_retry_after(retry_after));
                }
            };
            let permitted = match &settings.requirement {
                Some(requirement) => requirement.judge_token(&token, &head),
                None => Verdict::Pass,
            };
            settings.ask_stores_and_policy(token, permitted, surroundings).await
        }))
    }

    /// The verdict on a request whose token is valid, as far as the token goes.
    pub(super) fn wait_for_stores(
        self: &Arc<Self>,
        token: Token,
        permitted: Verdict,
        surroundings: Surroundings,
    ) -> Verdict {
        let settings = Arc::clone(self);
        Verdict::Wait(Box::pin(async move {
            settings.ask_stores_and_policy(token, permitted, surroundings).await
        }))
    }

    /// The stores come before the policy: whoever is gone is not told what is lacking.
    async fn ask_stores_and_policy(
        &self,
        token: Token,
        permitted: Verdict,
        surroundings: Surroundings,
    ) -> Result<Extensions, Rejection> {
        let credential = match token.is_api_key() {
            true => Credential::ApiKey,
            false => Credential::Token,
        };
        let mut extensions = match self.ask_stores(token).await {
            Ok(extensions) => extensions,
            Err(kind) if self.passes(kind) => return self.pass_anonymous(),
            Err(kind) => return Err(self.rejection_in(kind, surroundings)),
        };
        meter::authenticated(credential);
        match permitted {
            Verdict::Pass => {}
            Verdict::Refuse(rejection) => return Err(rejection),
            Verdict::Wait(permitted) => extensions.extend(permitted.await?),
        }
        Ok(extensions)
    }

    async fn ask_stores(&self, token: Token) -> Loaded {
        // An API key is no token of a session: its source has looked whether it was revoked.
        if let Some(revoked) = &self.revoked
            && !token.is_api_key()
        {
            revoked.check(&token).await?;
        }
        match &self.users {
            Some(users) => users.load(token).await,
            None => {
                let mut extensions = Extensions::new();
                extensions.insert(token);
                Ok(extensions)
            }
        }
    }
}
