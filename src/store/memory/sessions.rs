//! Sessions in memory.

use std::collections::HashMap;
use std::time::Duration;

use super::{Data, MemoryStore};
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken};

impl RefreshStore for MemoryStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        let mut data = self.lock();
        data.sessions.insert(session.id.clone(), session.clone());
        data.tokens.insert(token.selector.clone(), token.clone());
        Ok(())
    }

    async fn find_token(
        &self,
        selector: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        let data = self.lock();
        let token = data.tokens.get(selector);
        Ok(token
            .and_then(|token| Some((token.clone(), data.sessions.get(&token.session_id)?.clone()))))
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        let mut data = self.lock();
        let Some(token) = data.tokens.get_mut(selector) else { return Ok(Rotation::Unknown) };
        if token.used {
            let id = token.session_id.clone();
            data.end_sessions(|session, _| session.id == id);
            return Ok(Rotation::Reused);
        }
        token.used = true;
        data.tokens.insert(successor.selector.clone(), successor.clone());
        Ok(Rotation::Rotated)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.lock().end_sessions(|session, _| session.id == id) == 1)
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        Ok(self
            .lock()
            .end_sessions(|session, unused_until| session.expires_at <= now || unused_until <= now))
    }
}

impl Data {
    /// Ends the sessions that match, given with the time until which their one unused token
    /// lasts. Returns their number.
    pub(super) fn end_sessions(&mut self, matches: impl Fn(&Session, Duration) -> bool) -> u64 {
        let before = self.sessions.len();
        let unused: HashMap<&str, Duration> = self
            .tokens
            .values()
            .filter(|token| !token.used)
            .map(|token| (token.session_id.as_str(), token.expires_at))
            .collect();
        self.sessions.retain(|id, session| {
            !matches(session, unused.get(id.as_str()).copied().unwrap_or_default())
        });
        self.tokens.retain(|_, token| self.sessions.contains_key(&token.session_id));
        (before - self.sessions.len()) as u64
    }
}
