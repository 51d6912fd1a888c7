//! The links in mails.

use http::Uri;

use super::MailKind;
use crate::ConfigError;

const PLACEHOLDER: &str = "{token}";

/// The pages of the application that take a token from a mail, and send it to the router.
///
/// A link is made of what is configured here and of the token, and of nothing in a request: whoever
/// asks for a reset with a `Host` of their own gets it mailed with this one.
///
/// A page must not send the token on: it should load nothing from elsewhere, or have
/// `Referrer-Policy: no-referrer`. Opening the link alone must change nothing, as programs that check
/// mails for viruses open it too: the page sends the token when the user presses a button.
///
/// # Examples
///
/// ```
/// use tower_bearer::MailLinks;
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// // https://app.example.org/verify-email?token=... and /reset-password?token=...
/// let links = MailLinks::new("https://app.example.org")?;
/// // A page that its script shows; what stands behind the `#` no server and no log sees.
/// let links = links.reset_password("https://app.example.org/#/reset/{token}")?;
/// # let _ = links;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MailLinks {
    verify_email: String,
    reset_password: String,
}

impl MailLinks {
    /// `<base>/verify-email?token=...` and `<base>/reset-password?token=...`.
    ///
    /// # Errors
    ///
    /// When the base does not begin with `https://`, or with `http://` and a name of this machine
    /// (`localhost`, `127.0.0.1` or `[::1]`), or has a character that no URL has.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::MailLinks;
    ///
    /// assert!(MailLinks::new("https://app.example.org").is_ok());
    /// assert!(MailLinks::new("http://localhost:3000").is_ok()); // this machine
    /// assert!(MailLinks::new("http://app.example.org").is_err()); // others could read along
    /// ```
    pub fn new(base: &str) -> Result<Self, ConfigError> {
        let base = base.trim_end_matches('/');
        Ok(Self {
            verify_email: template(&format!("{base}/verify-email?token={PLACEHOLDER}"))?,
            reset_password: template(&format!("{base}/reset-password?token={PLACEHOLDER}"))?,
        })
    }

    /// The page that confirms an address, with `{token}` where the token belongs.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when `{token}` does not stand in it once.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::MailLinks;
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let links = MailLinks::new("https://app.example.org")?;
    /// let links = links.verify_email("https://app.example.org/#/confirm/{token}")?;
    /// // Where is the token?
    /// assert!(links.verify_email("https://app.example.org/confirm").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_email(mut self, url: &str) -> Result<Self, ConfigError> {
        self.verify_email = template(url)?;
        Ok(self)
    }

    /// The page that sets a new password, with `{token}` where the token belongs.
    ///
    /// # Errors
    ///
    /// As [`verify_email`](Self::verify_email).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Mail, MailKind, MailLinks, MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let purpose = OneTimePurpose::ResetPassword;
    /// # let token = OneTimeTokens::new().issue(&store, purpose, "7", "", now).await?;
    /// let links = MailLinks::new("https://app.example.org")?
    ///     .reset_password("https://app.example.org/new-password#{token}")?;
    /// let mail = Mail::new(MailKind::ResetPassword, "alice@example.com", "alice")
    ///     .with_token(token, Duration::from_secs(1800), Some(&links));
    /// let link = mail.link().unwrap_or_default();
    /// assert!(link.starts_with("https://app.example.org/new-password#reset_"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset_password(mut self, url: &str) -> Result<Self, ConfigError> {
        self.reset_password = template(url)?;
        Ok(self)
    }

    pub(super) fn link(&self, kind: MailKind, token: &str) -> Option<String> {
        let template = match kind {
            MailKind::VerifyEmail => &self.verify_email,
            MailKind::ResetPassword => &self.reset_password,
            MailKind::EmailTaken
            | MailKind::UsernameTaken
            | MailKind::PasswordChanged
            | MailKind::EmailChangeRequested
            | MailKind::EmailChanged => return None,
        };
        Some(template.replace(PLACEHOLDER, token))
    }
}

fn template(url: &str) -> Result<String, ConfigError> {
    let invalid = |rule| ConfigError::InvalidValue { setting: "link in mails", rule };
    if url.matches(PLACEHOLDER).count() != 1 {
        return Err(invalid("it has {token} in it once, where the token belongs"));
    }
    let example = url.replace(PLACEHOLDER, "token");
    // The parser takes what stands behind a `#` for nothing.
    let is_text = example.bytes().all(|byte| byte.is_ascii_graphic());
    let uri = example.parse::<Uri>().ok().filter(|_| is_text);
    let uri = uri.ok_or(invalid("it is a URL, with other characters percent-encoded"))?;
    let is_this_machine = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => Ok(url.to_owned()),
        Some("http") if is_this_machine => Ok(url.to_owned()),
        _ => Err(invalid("it begins with https://, or with http://localhost")),
    }
}
