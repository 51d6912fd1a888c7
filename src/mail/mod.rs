//! Mails to users: what is in one, who sends it, and the queue between.

mod error;
mod links;
mod queue;
#[cfg(feature = "lettre")]
mod smtp;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::time::Duration;

pub use error::MailError;
pub use links::MailLinks;
pub(crate) use queue::Place;
pub use queue::{MailQueue, Mailer};
#[cfg(feature = "lettre")]
pub use smtp::SmtpMailer;
pub use text::MailText;

use crate::one_time::OneTimeToken;

/// What a mail is for.
///
/// # Examples
///
/// See [`Mailer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailKind {
    /// Confirm your address: to the new user, or to the new address of one. Has a token.
    VerifyEmail,
    /// Set a new password: to a user, because somebody asked for it. Has a token.
    ResetPassword,
    /// Somebody wanted to register with your address, which has an account:
    /// [`RegisterMode::Private`](crate::RegisterMode::Private).
    EmailTaken,
    /// The user name that you wanted is another's, so there is no new account:
    /// [`RegisterMode::Private`](crate::RegisterMode::Private).
    UsernameTaken,
    /// Your password was changed or reset.
    PasswordChanged,
    /// Another address was given for your account, and waits for its confirmation: to the address that
    /// the account has until then.
    EmailChangeRequested,
    /// Another address was confirmed, and took the place of yours: to the one that it replaced.
    EmailChanged,
}

/// A mail to a user, as a [`Mailer`] gets it. Debug hides the token and the link.
///
/// # Examples
///
/// See [`Mailer`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Mail {
    /// What it is for.
    pub kind: MailKind,
    /// The address that it goes to, in the form `name@domain`.
    pub to: String,
    /// Whether it is known that this is the user's address. If not, whoever made the account may have
    /// given somebody else's: print neither names nor anything else that they chose, or your server
    /// is one to send their words with.
    pub is_verified: bool,
    /// The user name: that of the account, or the one that was asked for.
    pub username: String,
    /// The person's name, where there is one.
    pub name: Option<String>,
    /// How long the token is good.
    pub lifetime: Option<Duration>,
    token: Option<OneTimeToken>,
    link: Option<String>,
}

impl Mail {
    /// A mail without a token, to an address of which nothing is known. The router makes its mails
    /// itself: this is for the tests of a [`Mailer`] of one's own.
    pub fn new(kind: MailKind, to: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            kind,
            to: to.into(),
            is_verified: false,
            username: username.into(),
            name: None,
            lifetime: None,
            token: None,
            link: None,
        }
    }

    /// Gives it a token, and the link that these make of it.
    #[must_use]
    pub fn with_token(
        mut self,
        token: OneTimeToken,
        lifetime: Duration,
        links: Option<&MailLinks>,
    ) -> Self {
        self.link = links.and_then(|links| links.link(self.kind, token.as_str()));
        self.token = Some(token);
        self.lifetime = Some(lifetime);
        self
    }

    /// The token that the user sends back, for mails that have one.
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(OneTimeToken::as_str)
    }

    /// The page of the application that takes the token, with the token in it, where the router has
    /// [`mail_links`](crate::LoginRouter::mail_links).
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// Subject and body in plain English.
    pub fn text(&self) -> MailText {
        text::plain(self)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .field("to", &self.to)
            .field("is_verified", &self.is_verified)
            .field("username", &self.username)
            .field("name", &self.name)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
