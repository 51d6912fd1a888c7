//! Sessions in memory.

use std::collections::HashMap;
use std::time::Duration;

use super::{Data, MemoryStore};
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken, by_last_use};

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
        Ok(token.and_then(|token| {
            let session = data.sessions.get(&token.session_id)?;
            Some((token.clone(), Session { last_used_at: token.issued_at, ..session.clone() }))
        }))
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
        Ok(!self.lock().end_sessions(|session, _| session.id == id).is_empty())
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let data = self.lock();
        let mut sessions: Vec<Session> = data
            .tokens
            .values()
            .filter(|token| !token.used && token.expires_at > now)
            .filter_map(|token| {
                let session = data.sessions.get(&token.session_id)?;
                Some(Session { last_used_at: token.issued_at, ..session.clone() })
            })
            .filter(|session| session.user_id == user_id && session.expires_at > now)
            .collect();
        sessions.sort_by(by_last_use);
        Ok(sessions)
    }

    async fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        Ok(self.lock().end_sessions(|session, _| {
            session.user_id == user_id && Some(session.id.as_str()) != except
        }))
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        let mut data = self.lock();
        data.revoked.forget_expired(now);
        let deleted = data
            .end_sessions(|session, unused_until| session.expires_at <= now || unused_until <= now);
        Ok(deleted.len() as u64)
    }
}

impl Data {
    /// Ends the sessions that match, given with the time until which their one unused token
    /// lasts. Returns their IDs.
    pub(super) fn end_sessions(
        &mut self,
        matches: impl Fn(&Session, Duration) -> bool,
    ) -> Vec<String> {
        let unused: HashMap<&str, Duration> = self
            .tokens
            .values()
            .filter(|token| !token.used)
            .map(|token| (token.session_id.as_str(), token.expires_at))
            .collect();
        let ended = self.sessions.extract_if(|id, session| {
            matches(session, unused.get(id.as_str()).copied().unwrap_or_default())
        });
        let ended: Vec<String> = ended.map(|(id, _)| id).collect();
        self.tokens.retain(|_, token| self.sessions.contains_key(&token.session_id));
        ended
    }
}
