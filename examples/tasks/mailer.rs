//! Mails of a service that has no mail server: into a file, or into the log.
//!
//! For trying it, and for tests. A service with users sends them: `SmtpMailer`, of the feature
//! `lettre`, takes the place of this.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;
use tower_bearer::{Mail, MailError, Mailer};

/// `MAIL_FILE`: a file that gets a line of JSON for each mail. Without it they go into the log, with
/// the codes that are in them.
pub(crate) struct Outbox(pub(crate) Option<PathBuf>);

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let text = mail.text();
        let Some(file) = self.0.clone() else {
            tracing::info!("mail to {}: {}\n\n{}", mail.to, text.subject, text.body);
            return Ok(());
        };
        let line = json!({
            "to": mail.to, "subject": text.subject, "body": text.body,
            "token": mail.token(), "link": mail.link(),
        });
        let write = move || {
            // In one piece, so that lines of several processes stay whole.
            let line = format!("{line}\n");
            OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(MailError::new)?;
        written.map_err(MailError::temporary)
    }
}
