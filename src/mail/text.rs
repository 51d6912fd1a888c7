//! The words of mails.

use std::fmt;
use std::time::Duration;

use super::{Mail, MailKind};

/// Subject and body of a mail, as plain text. Debug hides the body, which may have a link in it.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Mail, MailKind};
///
/// let mail = Mail::new(MailKind::PasswordChanged, "alice@example.com", "alice");
/// assert_eq!(mail.text().subject, "Your password was changed");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailText {
    /// One line.
    pub subject: String,
    /// Lines that end with `\n`.
    pub body: String,
}

impl MailText {
    /// A text of one's own: a subject of one line, and a body of lines that end with `\n`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::MailText;
    ///
    /// let text = MailText::new("Neues Passwort", "Hier: https://app.example.org/reset\n");
    /// assert_eq!(text.subject, "Neues Passwort");
    /// assert!(!format!("{text:?}").contains("https")); // links stay out of logs
    /// ```
    pub fn new(subject: impl Into<String>, body: impl Into<String>) -> Self {
        Self { subject: subject.into(), body: body.into() }
    }
}

impl fmt::Debug for MailText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailText").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// What nobody asked for must be told apart by whoever gets it: each says what to do then.
pub(super) fn plain(mail: &Mail) -> MailText {
    let greeting =
        if mail.is_verified { format!("Hello {},", mail.username) } else { "Hello,".to_owned() };
    let (subject, words) = match mail.kind {
        MailKind::VerifyEmail => (
            "Confirm your e-mail address",
            format!(
                "Somebody gave this address for an account. If it was you, confirm it{}:\n\n\
                 {}\n\n\
                 If it was not you, there is nothing to do: without that, nobody can say that \
                 the address is theirs.",
                within(mail.lifetime),
                way(mail)
            ),
        ),
        MailKind::ResetPassword => (
            "Set a new password",
            format!(
                "Somebody asked for a new password for the account with this address. If it was \
                 you, set one{}:\n\n\
                 {}\n\n\
                 That also logs the account out everywhere. If it was not you, there is nothing to \
                 do: the password stays as it is.",
                within(mail.lifetime),
                way(mail)
            ),
        ),
        MailKind::EmailTaken => (
            "You have an account already",
            "Somebody wanted to register with this address, which has an account already. If it was \
             you, log in instead; if you don't know the password any more, ask for a new one. If it \
             was not you, there is nothing to do."
                .to_owned(),
        ),
        MailKind::UsernameTaken => (
            "The user name is taken",
            "Somebody wanted to register with this address and a user name that is another's, so \
             there is no new account. If it was you, register again under another name. If it was \
             not you, there is nothing to do."
                .to_owned(),
        ),
        MailKind::PasswordChanged => (
            "Your password was changed",
            "The password of the account with this address was changed. If it was not you, ask for \
             a new one at once: that ends every session of the account."
                .to_owned(),
        ),
        MailKind::EmailChangeRequested => (
            "Another e-mail address for your account",
            "Somebody who is logged in to the account with this address gave another address for it, \
             which takes the place of this one as soon as it is confirmed. If it was not you, ask for a \
             new password at once: that ends every session of the account, and what was mailed to the \
             other address is good for nothing any more."
                .to_owned(),
        ),
        MailKind::EmailChanged => (
            "Your e-mail address was changed",
            "The account that had this address has another one now, which was confirmed. Nobody can \
             log in or ask for a new password with this one any more. If it was not you, log in with \
             your user name at once, change the password and give this address again; if you can't, \
             write to whoever runs the service."
                .to_owned(),
        ),
    };
    MailText::new(subject, format!("{greeting}\n\n{words}\n"))
}

/// The link, or the code for where there is none.
fn way(mail: &Mail) -> String {
    match (mail.link(), mail.token()) {
        (Some(link), _) => link.to_owned(),
        (None, token) => format!("Code: {}", token.unwrap_or_default()),
    }
}

fn within(lifetime: Option<Duration>) -> String {
    let Some(lifetime) = lifetime else { return String::new() };
    let minutes = lifetime.as_secs().div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (hours @ 2.., 0) => format!(" within {hours} hours"),
        (1, 0) => " within an hour".to_owned(),
        (0, 1) => " within a minute".to_owned(),
        _ => format!(" within {minutes} minutes"),
    }
}
