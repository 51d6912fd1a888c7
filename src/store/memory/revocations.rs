//! Revoked access tokens in memory.

use std::collections::HashMap;
use std::time::Duration;

use super::MemoryStore;
use crate::Token;
use crate::store::revocation_store::{issued_at, seconds};
use crate::store::{RevocationStore, StoreError};
use crate::subject::Revocations;

/// What is kept until it can make no difference any more.
#[derive(Default)]
pub(super) struct Revoked {
    /// When each may be forgotten, by ID.
    tokens: HashMap<String, Duration>,
    /// From when on tokens are good, and when that may be forgotten, by subject.
    not_before: HashMap<String, (Duration, Duration)>,
}

impl Revoked {
    pub(super) fn forget_expired(&mut self, now: Duration) {
        self.tokens.retain(|_, until| *until > now);
        self.not_before.retain(|_, (_, until)| *until > now);
    }
}

impl Revocations for MemoryStore {
    type Error = StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        let data = self.lock();
        let ended = token.session_id().is_some_and(|id| !data.sessions.contains_key(id));
        let revoked = token.id().is_some_and(|id| data.revoked.tokens.contains_key(id));
        let not_before =
            token.subject().and_then(|subject| data.revoked.not_before.get(subject)).copied();
        let too_old = not_before.is_some_and(|(time, _)| issued_at(token) < seconds(time));
        Ok(ended || revoked || too_old)
    }
}

impl RevocationStore for MemoryStore {
    async fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        now: Duration,
    ) -> Result<(), StoreError> {
        let mut data = self.lock();
        data.revoked.forget_expired(now);
        let kept = data.revoked.tokens.entry(id.to_owned()).or_default();
        *kept = until.max(*kept);
        Ok(())
    }

    async fn revoke_tokens_before(
        &self,
        subject: &str,
        not_before: Duration,
        until: Duration,
        now: Duration,
    ) -> Result<(), StoreError> {
        let mut data = self.lock();
        data.revoked.forget_expired(now);
        let (time, kept) = data.revoked.not_before.entry(subject.to_owned()).or_default();
        *time = not_before.max(*time);
        *kept = until.max(*kept);
        Ok(())
    }
}
