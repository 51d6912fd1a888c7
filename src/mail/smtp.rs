//! Mails over SMTP.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Mail, MailError, MailText, Mailer};
use crate::{ConfigError, random};

/// Sends mails over SMTP, as plain text.
///
/// Each mail has a connection of its own. The certificate of the server is checked against the roots
/// of the system.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Issuer, LoginRouter, MailLinks, MemoryStore, SmtpMailer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::ConfigError> {
/// let url = "smtps://service:secret@smtp.example.org";
/// let mailer = SmtpMailer::new(url, "Example <no-reply@example.org>")?;
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .mailer(mailer)
///     .mail_links(MailLinks::new("https://app.example.org")?)
///     .into_router();
/// # let _ = router;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    texts: Arc<Texts>,
}

type Texts = dyn Fn(&Mail) -> MailText + Send + Sync;

impl SmtpMailer {
    /// A mailer over the server of a URL, which connects when there is something to send:
    ///
    /// | URL | connection | default port |
    /// |---|---|---|
    /// | `smtps://user:password@host:port` | TLS from the start | 465 |
    /// | `smtp://user:password@host:port?tls=required` | TLS by `STARTTLS`, or none at all | 587 |
    /// | `smtp://host:port` | without TLS, to this machine: `localhost`, `127.0.0.1` or `[::1]` | 25 |
    /// | `smtp://host:port?tls=none` | without TLS, whoever listens on the way | 25 |
    ///
    /// User and password may be left out, and are percent-encoded. The path is the name by which the
    /// service introduces itself (`EHLO`), `127.0.0.1` without one. `from` is an address or
    /// `Name <address>`.
    ///
    /// # Errors
    ///
    /// When the URL or the address can't be read, or the URL asks for something else.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, where something else in the build turns on lettre's feature `pool`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::SmtpMailer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let from = "Example <no-reply@example.org>";
    /// assert!(SmtpMailer::new("smtps://user:secret@smtp.example.org", from).is_ok());
    /// assert!(SmtpMailer::new("smtp://user:secret@smtp.example.org?tls=required", from).is_ok());
    /// // Without TLS to another machine, unless `?tls=none` says that it is meant.
    /// assert!(SmtpMailer::new("smtp://smtp.example.org", from).is_err());
    /// # }
    /// ```
    pub fn new(url: &str, from: &str) -> Result<Self, ConfigError> {
        let from = from.parse().map_err(|_| ConfigError::InvalidValue {
            setting: "sender of mails",
            rule: "it is an address, or as `Name <name@example.org>`",
        })?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&checked(url)?);
        let transport = builder.map_err(|_| invalid("it can't be read"))?.build();
        Ok(Self { transport, from, texts: Arc::new(Mail::text) })
    }

    /// Writes the mails in other words than [`Mail::text`], for instance in other languages. A second
    /// call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{MailKind, MailText, SmtpMailer};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let mailer = SmtpMailer::new("smtp://localhost", "no-reply@example.org")?.texts(|mail| {
    ///     let way = mail.link().or(mail.token()).unwrap_or_default();
    ///     match mail.kind {
    ///         MailKind::ResetPassword => MailText::new("Neues Passwort", format!("Hier: {way}\n")),
    ///         _ => mail.text(),
    ///     }
    /// });
    /// # let _ = mailer;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn texts(mut self, texts: impl Fn(&Mail) -> MailText + Send + Sync + 'static) -> Self {
        self.texts = Arc::new(texts);
        self
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let text = (self.texts)(mail);
        let to: Address = mail.to.parse().map_err(|error| {
            MailError::new(error).with_reason("the address is none that mails can go to")
        })?;
        let id = random::id().map_err(MailError::new)?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text.subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text.body)
            .map_err(MailError::new)
    }
}

impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        self.transport.send(message).await.map(drop).map_err(failed)
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

/// The URL as lettre takes it: without TLS only where that was meant.
fn checked(url: &str) -> Result<String, ConfigError> {
    const RULE: &str = "it is smtps://host, smtp://host?tls=required, or without TLS \
                        smtp://localhost or smtp://host?tls=none";
    let uri: Uri = url.parse().map_err(|_| invalid(RULE))?;
    let is_this_machine = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match (uri.scheme_str(), uri.query()) {
        (Some("smtps"), None) | (Some("smtp"), Some("tls=required")) => Ok(url.to_owned()),
        (Some("smtp"), None) if is_this_machine => Ok(url.to_owned()),
        (Some("smtp"), Some("tls=none")) => Ok(url.replacen("?tls=none", "", 1)),
        _ => Err(invalid(RULE)),
    }
}

fn invalid(rule: &'static str) -> ConfigError {
    ConfigError::InvalidValue { setting: "URL of the mail server", rule }
}

fn failed(error: SmtpError) -> MailError {
    if error.is_permanent() {
        MailError::new(error).with_reason("the mail server refused the mail or the login")
    } else if error.is_transient() {
        MailError::temporary(error).with_reason("the mail server refuses the mail for now")
    } else if error.is_tls() {
        MailError::new(error).with_reason("the mail server and this end agree on no TLS")
    } else if error.is_client() {
        MailError::new(error).with_reason("the mail server can't do what the mail asks for")
    } else {
        MailError::temporary(error).with_reason("the mail server is out of reach")
    }
}

/// Tells other programs not to answer (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
