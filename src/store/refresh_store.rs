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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, RefreshStore, Session, StoredToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let over = now + Duration::from_secs(3600);
    /// let token = StoredToken::new([1; 32], [2; 32], over);
    /// let phone = Session::new("phone", "alice", "app", "me", now, over);
    /// let laptop = Session::new("laptop", "alice", "web", "me", now, over);
    /// assert!(store.insert_session(&phone, &token, 1).await?.is_empty());
    /// // There is room for one.
    /// assert_eq!(store.insert_session(&laptop, &token, 1).await?, ["phone"]);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let new = NewSession::new("alice", "web", "me").device("Firefox");
    /// let issued = RefreshTokens::new().issue(&store, new, now).await?;
    ///
    /// let (session, token) = store.find_session(&issued.session.id).await?.ok_or("it has ended")?;
    /// assert_eq!(session.device.as_deref(), Some("Firefox"));
    /// assert_eq!(token.expires_at, session.expires_at);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens, SessionUser};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let new = NewSession::new(&alice.id, "web", "data:read");
    /// let id = RefreshTokens::new().issue(&store, new, now).await?.session.id;
    ///
    /// let (_, _, user) = store.find_session_with_user(&store, &id).await?.ok_or("it has ended")?;
    /// assert!(matches!(user, SessionUser::Here(Some(user)) if user.username == "Alice"));
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, RefreshStore, Session, StoredToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let over = now + Duration::from_secs(3600);
    /// let session = Session::new("one", "alice", "web", "me", now, over);
    /// store.insert_session(&session, &StoredToken::new([1; 32], [2; 32], over), 100).await?;
    ///
    /// let next = StoredToken::new([1; 32], [3; 32], over);
    /// assert!(store.rotate_token("one", &[2; 32], &next, now).await?);
    /// assert!(!store.rotate_token("one", &[2; 32], &next, now).await?); // the token was used
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = NewSession::new("alice", "web", "me");
    /// # let session = RefreshTokens::new().issue(&store, new, now).await?.session;
    /// assert!(store.end_session(&session.id).await?);
    /// assert!(!store.end_session(&session.id).await?); // it is over already
    /// # Ok(())
    /// # }
    /// ```
    fn end_session(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a session if it is this user's, and says whether it did.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// What a user asks for who sees a list of sessions:
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let new = NewSession::new("alice", "web", "me");
    /// let session = RefreshTokens::new().issue(&store, new, now).await?.session;
    /// assert!(!store.end_session_of("mallory", &session.id).await?); // a 404
    /// assert!(store.end_session_of("alice", &session.id).await?);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let refresh = RefreshTokens::new().lifetime(Duration::from_secs(60));
    /// for (start, device) in [(0, "phone"), (30, "laptop")] {
    ///     let new = NewSession::new("alice", "web", "me").device(device);
    ///     refresh.issue(&store, new, now + Duration::from_secs(start)).await?;
    /// }
    /// let at = async |second| store.sessions_of("alice", now + Duration::from_secs(second)).await;
    /// assert_eq!(at(30).await?[0].device.as_deref(), Some("laptop")); // used last
    /// assert_eq!(at(60).await?.len(), 1); // that of the phone is over
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let refresh = RefreshTokens::new();
    /// # let new = NewSession::new("alice", "web", "me");
    /// let other = refresh.issue(&store, new, now).await?.session;
    /// let this = refresh.issue(&store, new, now).await?.session;
    /// // Everywhere but here, and then here too.
    /// assert_eq!(store.end_sessions_of("alice", Some(&this.id)).await?, [other.id]);
    /// assert_eq!(store.end_sessions_of("alice", None).await?, [this.id]);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = NewSession::new("alice", "web", "me");
    /// let session = RefreshTokens::new().issue(&store, new, now).await?.session;
    /// assert_eq!(store.delete_expired_sessions(now).await?, 0);
    /// assert_eq!(store.delete_expired_sessions(session.expires_at).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
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
