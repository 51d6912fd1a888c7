//! What registering says of what is taken, and whether it logs in.

use super::LoginRouter;
use crate::store::{RefreshStore, UserStore};

/// What is said to somebody who wants to register with a user name or an address that is taken.
///
/// # Examples
///
/// See [`LoginRouter::register_mode`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegisterMode {
    /// So much: 409, with the field. Whoever asks learns which names and addresses have accounts.
    #[default]
    Conflict,
    /// Nothing: 202, with the same body as for what is free. Everything else is said by mail.
    Private,
}

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// What [`Endpoint::Register`](crate::Endpoint::Register) says of what is taken. Default:
    /// [`RegisterMode::Conflict`].
    ///
    /// With [`RegisterMode::Private`] nobody learns from the router which addresses have accounts
    /// (ASVS 5.0, 6.3.8):
    ///
    /// - An address is required, and the answer is 202 in any case, with one body and one hash. The
    ///   account is made after the answer.
    /// - The new user is sent a mail to confirm the address. Whose address it is already is told that
    ///   somebody tried. If the user name alone is taken, whoever asked is told so by mail: user names
    ///   are thus known to those who read mail at an address, as often as
    ///   [mails](crate::LoginThrottle::mails) go there.
    /// - Nobody logs in before the address is confirmed, or the login would tell what the answer does
    ///   not. Users without an address are not asked for one; what has an address from before is
    ///   confirmed at [`Endpoint::VerifyEmail`](crate::Endpoint::VerifyEmail) or by a reset.
    ///
    /// Where the router has the endpoint, it needs a [`mailer`](Self::mailer).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MailQueue, MemoryStore, RegisterMode};
    ///
    /// fn router(store: MemoryStore, mails: MailQueue) -> axum::Router {
    ///     LoginRouter::new(store, Issuer::for_tests())
    ///         .mailer(mails)
    ///         .register_mode(RegisterMode::Private)
    ///         .into_router()
    /// }
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn register_mode(mut self, mode: RegisterMode) -> Self {
        self.register_mode = mode;
        self
    }

    /// Logs new users in: the answer to a registration has the members of a token answer beside
    /// `user`, and the request may have `client_id`, `client_secret` and `scope` as a login may.
    /// Default: no; the answer is the user.
    ///
    /// What the client may not have is refused before there is an account. Should the session fail
    /// to begin after that, the answer is an error and the account is there, to be logged in to.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .sign_in_on_register()
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn sign_in_on_register(mut self) -> Self {
        self.signs_in_on_register = true;
        self
    }
}
