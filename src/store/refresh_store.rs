//! What a store of sessions promises.

use std::time::Duration;

use super::{Session, StoreError, StoredToken, User, UserStore};

/// A store of sessions, each with the one refresh token that is good.
///
/// It keeps one row for each session, however often that is refreshed, and makes steps atomic; what
/// a token may do is decided by [`RefreshTokens`](crate::RefreshTokens), which is the one caller of
/// [`insert_session`](Self::insert_session) and [`rotate_token`](Self::rotate_token). Users may live
/// in another store, so a user's ID is any text here. A clone is a handle to the same sessions.
///
/// **Durability:** what a method has done survives the end of the process, or the store says in
/// its documentation that it does not.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
pub trait RefreshStore: Clone + Send + Sync + 'static {
    /// Stores a session with its token. If its user has more than `most` then, those end that were
    /// used least recently, and never this one. Returns the IDs of those that ended.
    ///
    /// Of several calls at once each may leave one too many, which the next one ends.
    ///
    /// # Errors
    ///
    /// The store's own fault; the session is not stored then. IDs are random, so one that exists
    /// already is such a fault.
    fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
        most: usize,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// The session with this ID and its token, expired or not. Any text may be asked for.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown session is `None`.
    fn find_session(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<(Session, StoredToken)>, StoreError>> + Send;

    /// The same, and what this look tells of the session's user: all of it where `users` are in this
    /// very store, since one question is half the way of two; else nothing, which is the default. A
    /// refresh asks this, so a store of users and sessions does well to answer.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown session is `None`.
    fn find_session_with_user<U: UserStore>(
        &self,
        users: &U,
        id: &str,
    ) -> impl Future<Output = Result<Option<(Session, StoredToken, SessionUser)>, StoreError>> + Send
    {
        let _ = users;
        without_user(self, id)
    }

    /// Puts another token in the place of a session's own, if that still is the one with the
    /// `old` [`secret_hash`](StoredToken::secret_hash), and says whether it did. The session was
    /// used at `now` then, a time since the Unix epoch, and its `family_hash` stays.
    ///
    /// Of several calls at once for one `old`, one is true, and none is for a session that has
    /// ended.
    ///
    /// # Errors
    ///
    /// The store's own fault. Nothing has changed then, or the step has happened and only its
    /// acknowledgement was lost.
    fn rotate_token(
        &self,
        session_id: &str,
        old: &[u8; 32],
        new: &StoredToken,
        now: Duration,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a session: it and its token are gone. Returns whether there was one: a session
    /// that has ended or never was is no error, and of several that end one at once, one did.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn end_session(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a session if it is this user's, and says whether it did.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn end_session_of(
        &self,
        user_id: &str,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

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
    /// epoch. Returns their number, zero for a store that forgets them by itself. A
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

/// The session and its token alone.
pub(super) async fn without_user<S: RefreshStore>(
    sessions: &S,
    id: &str,
) -> Result<Option<(Session, StoredToken, SessionUser)>, StoreError> {
    let found = sessions.find_session(id).await?;
    Ok(found.map(|(session, token)| (session, token, SessionUser::Elsewhere)))
}

/// What a store of sessions knows of the user of one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{
///     MemoryStore, NewSession, NewUser, RefreshStore, RefreshTokens, SessionUser, UserStore, Username,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let alice = NewUser::new(Username::new("Alice")?, "$argon2id$...");
/// let alice = store.insert_user(alice, now).await?;
/// let new = NewSession::new(&alice.id, "first-party", "me");
/// let session = RefreshTokens::new().issue(&store, new, now).await?.session;
///
/// let found = store.find_session_with_user(&store, &session.id).await?;
/// assert!(matches!(found, Some((_, _, SessionUser::Here(Some(user)))) if *user == alice));
/// // Those are other users.
/// let found = store.find_session_with_user(&MemoryStore::new(), &session.id).await?;
/// assert!(matches!(found, Some((_, _, SessionUser::Elsewhere))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum SessionUser {
    /// The user, active or not; none if there is none by now.
    Here(Option<Box<User>>),
    /// Nothing: the store of users has to be asked.
    Elsewhere,
}
