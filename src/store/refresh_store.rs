//! What a store of sessions promises.

use std::time::Duration;

use super::{Session, StoreError, StoredToken};

/// A store of sessions and their refresh tokens.
///
/// It keeps rows and makes steps atomic; what a token may do is decided by
/// [`RefreshTokens`](crate::RefreshTokens), which is the one caller of
/// [`insert_session`](Self::insert_session), [`find_token`](Self::find_token) and
/// [`rotate_token`](Self::rotate_token). Users may live in another store, so a user's ID is any
/// text here. A clone is a handle to the same sessions.
///
/// **Invariant:** a session has exactly one unused token, and a token lives no longer than its
/// session. A database can have both enforced: a foreign key that cascades, and a unique index
/// on the session's ID over the unused tokens.
///
/// **Durability:** what a method has done survives the end of the process, or the store says in
/// its documentation that it does not.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
pub trait RefreshStore: Clone + Send + Sync + 'static {
    /// Stores a session with its first token: both or neither.
    ///
    /// # Errors
    ///
    /// The store's own fault. IDs are random, so one that exists already is such a fault.
    fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The token with this selector and its session; used and expired tokens included, those of
    /// ended sessions not.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown selector is `None`.
    fn find_token(
        &self,
        selector: &str,
    ) -> impl Future<Output = Result<Option<(StoredToken, Session)>, StoreError>> + Send;

    /// Exchanges a token for its successor, which is of the same session, in one atomic step:
    ///
    /// - the token exists and is unused: it becomes used, the successor is stored,
    ///   [`Rotation::Rotated`];
    /// - the token exists and is used: its session ends, [`Rotation::Reused`];
    /// - there is no such token: nothing changes, [`Rotation::Unknown`].
    ///
    /// Of several calls at once for one token, one is `Rotated`, and no token of the session
    /// outlives the others' `Reused`.
    ///
    /// # Errors
    ///
    /// The store's own fault. Nothing has changed then, or the step has happened as a whole and
    /// only its acknowledgement was lost.
    fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> impl Future<Output = Result<Rotation, StoreError>> + Send;

    /// Ends a session: it and all its tokens are gone. Returns whether there was one: a session
    /// that has ended or never was is no error, and of several that end one at once, one did.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn end_session(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The sessions of a user that can still be refreshed at `now`, a time since the Unix epoch,
    /// with the one that was used last first.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user has none.
    fn sessions_of(
        &self,
        user_id: &str,
        now: Duration,
    ) -> impl Future<Output = Result<Vec<Session>, StoreError>> + Send;

    /// Ends all sessions of a user but one, or all. Returns the IDs of those that ended, whether
    /// they could still be refreshed or not. What is rotated at the same time ends too, or has
    /// begun after the call.
    ///
    /// # Errors
    ///
    /// The store's own fault; none or some have ended then.
    fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Deletes the sessions that can't be refreshed any more at `now`, a time since the Unix
    /// epoch: those that are over, and those whose one unused token has expired. Returns their
    /// number, zero for a store that forgets them by itself. A
    /// [`RevocationStore`](crate::RevocationStore) deletes what is over of its revocations too, and
    /// does not count it.
    ///
    /// Expired sessions are refused whether deleted or not: this only frees room, say once an
    /// hour.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn delete_expired_sessions(
        &self,
        now: Duration,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// What came of [`RefreshStore::rotate_token`].
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The token is used now and its successor stored.
    Rotated,
    /// The token had been used before: its session has ended.
    Reused,
    /// There is no such token; perhaps its session has ended.
    Unknown,
}
