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
/// ```
/// use tower_bearer::{Mail, MailKind};
///
/// let subject = |mail: &Mail| match mail.kind {
///     MailKind::VerifyEmail => "Bestätige deine Adresse".to_owned(),
///     MailKind::ResetPassword => "Neues Passwort".to_owned(),
///     _ => mail.text().subject, // in English
/// };
/// let mail = Mail::new(MailKind::ResetPassword, "alice@example.com", "alice");
/// assert_eq!(subject(&mail), "Neues Passwort");
/// ```
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
/// ```
/// use tower_bearer::{Mail, MailKind};
///
/// let mut mail = Mail::new(MailKind::PasswordChanged, "alice@example.com", "alice");
/// assert!(mail.text().body.starts_with("Hello,")); // whose address is it?
/// mail.is_verified = true;
/// assert!(mail.text().body.starts_with("Hello alice,"));
/// ```
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
    ///
    /// # Examples
    ///
    /// A test of a mailer of one's own:
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use tower_bearer::{Mail, MailError, MailKind, Mailer};
    ///
    /// #[derive(Default)]
    /// struct Outbox(Mutex<Vec<String>>);
    ///
    /// impl Mailer for Outbox {
    ///     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
    ///         self.0.lock().unwrap().push(mail.to.clone());
    ///         Ok(())
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///
    /// let outbox = Outbox::default();
    /// let mail = Mail::new(MailKind::PasswordChanged, "alice@example.com", "alice");
    /// outbox.send(&mail).await?;
    /// assert_eq!(*outbox.0.lock().unwrap(), ["alice@example.com"]);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{Mail, MailKind, MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, verify) = (OneTimeTokens::new(), OneTimePurpose::VerifyEmail);
    /// let token = rules.issue(&store, verify, "7", "alice@example.com", now).await?;
    /// let mail = Mail::new(MailKind::VerifyEmail, "alice@example.com", "alice")
    ///     .with_token(token, rules.lifetime_of(verify), None);
    /// assert!(mail.text().body.contains("confirm it within 24 hours:\n\nCode: verify_"));
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Mail, MailKind};
    /// # use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let purpose = OneTimePurpose::ResetPassword;
    /// # let token = OneTimeTokens::new().issue(&store, purpose, "7", "", now).await?;
    /// let mail = Mail::new(MailKind::ResetPassword, "alice@example.com", "alice");
    /// assert_eq!(mail.token(), None);
    /// let mail = mail.with_token(token, Duration::from_secs(1800), None);
    /// assert!(mail.token().is_some_and(|token| token.starts_with("reset_")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(OneTimeToken::as_str)
    }

    /// The page of the application that takes the token, with the token in it, where the router has
    /// [`mail_links`](crate::LoginRouter::mail_links).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{Mail, MailKind, MailLinks};
    /// # use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let purpose = OneTimePurpose::VerifyEmail;
    /// # let token = OneTimeTokens::new().issue(&store, purpose, "7", "", now).await?;
    /// let links = MailLinks::new("https://app.example.org")?;
    /// # let day = Duration::from_secs(24 * 3600);
    /// let mail = Mail::new(MailKind::VerifyEmail, "alice@example.com", "alice");
    /// let mail = mail.with_token(token, day, Some(&links));
    /// let link = mail.link().unwrap_or_default();
    /// assert!(link.starts_with("https://app.example.org/verify-email?token=verify_"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// Subject and body in plain English.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Mail, MailKind, MailText};
    ///
    /// let mail = Mail::new(MailKind::EmailTaken, "alice@example.com", "alice");
    /// let plain = mail.text();
    /// assert_eq!(plain.subject, "You have an account already");
    /// // As it is, with a line of the service's own below.
    /// let signed = MailText::new(plain.subject, plain.body + "\nThe people of example.org\n");
    /// assert!(signed.body.ends_with("\n\nThe people of example.org\n"));
    /// ```
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
