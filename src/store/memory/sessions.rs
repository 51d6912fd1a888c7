//! Sessions in memory.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::MemoryStore;
use crate::store::{
    RefreshStore, Session, SessionUser, StoreError, StoredToken, UserStore, by_last_use,
};

impl RefreshStore for MemoryStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let sessions = &mut self.lock().sessions;
        if sessions.contains_key(&session.id) {
            return Err(StoreError::new("the ID of the session exists already"));
        }
        let mut others: Vec<Session> = sessions
            .values()
            .filter(|(own, _)| own.user_id == session.user_id)
            .map(|(own, _)| own.clone())
            .collect();
        others.sort_by(by_last_use);
        sessions.insert(session.id.clone(), (session.clone(), token.clone()));
        let surplus = others.drain(others.len().min(most.saturating_sub(1))..);
        let ended: Vec<String> = surplus.map(|session| session.id).collect();
        for id in &ended {
            sessions.remove(id);
        }
        Ok(ended)
    }

    async fn find_session(&self, id: &str) -> Result<Option<(Session, StoredToken)>, StoreError> {
        Ok(self.lock().sessions.get(id).cloned())
    }

    async fn find_session_with_user<U: UserStore>(
        &self,
        users: &U,
        id: &str,
    ) -> Result<Option<(Session, StoredToken, SessionUser)>, StoreError> {
        let users: &dyn Any = users;
        let here = users.downcast_ref::<Self>().is_some_and(|users| Arc::ptr_eq(&users.0, &self.0));
        let data = self.lock();
        Ok(data.sessions.get(id).cloned().map(|(session, token)| {
            let user = data.users.get(&session.user_id).map(|stored| stored.user.clone());
            let user =
                if here { SessionUser::Here(user.map(Box::new)) } else { SessionUser::Elsewhere };
            (session, token, user)
        }))
    }

    async fn rotate_token(
        &self,
        session_id: &str,
        old: &[u8; 32],
        new: &StoredToken,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let mut data = self.lock();
        let Some((session, token)) = data.sessions.get_mut(session_id) else { return Ok(false) };
        let is_current = token.secret_hash == *old;
        if is_current {
            session.last_used_at = now;
            *token = StoredToken { family_hash: token.family_hash, ..new.clone() };
        }
        Ok(is_current)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.lock().sessions.remove(id).is_some())
    }

    async fn end_session_of(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        let sessions = &mut self.lock().sessions;
        let is_theirs = sessions.get(id).is_some_and(|(session, _)| session.user_id == user_id);
        if is_theirs {
            sessions.remove(id);
        }
        Ok(is_theirs)
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let data = self.lock();
        let live = data.sessions.values().filter(|(session, token)| {
            session.user_id == user_id && session.expires_at > now && token.expires_at > now
        });
        let mut sessions: Vec<Session> = live.map(|(session, _)| session.clone()).collect();
        sessions.sort_by(by_last_use);
        Ok(sessions)
    }

    async fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let sessions = &mut self.lock().sessions;
        let ended = sessions.extract_if(|id, (session, _)| {
            session.user_id == user_id && Some(id.as_str()) != except
        });
        Ok(ended.map(|(id, _)| id).collect())
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        let mut data = self.lock();
        data.revoked.forget_expired(now);
        let before = data.sessions.len();
        data.sessions
            .retain(|_, (session, token)| session.expires_at > now && token.expires_at > now);
        Ok((before - data.sessions.len()) as u64)
    }
}
