//! What the environment decides: [`Settings`] has the variables. Here are the defaults of this service,
//! and its own variables: `TASKS_ADDR`, where it listens, and `MAIL_FILE`, where mails go.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tower_bearer::{Settings, SettingsError, Variables};

use crate::mailer::Outbox;

pub(crate) struct Read {
    pub(crate) settings: Settings,
    pub(crate) listener: TcpListener,
    pub(crate) outbox: Outbox,
}

/// All variables, those in `.env` included. Others are ignored.
///
/// # Errors
///
/// One line for each variable that breaks its rule.
pub(crate) async fn read() -> Result<Read, SettingsError> {
    let mut variables = variables().default("TASKS_ADDR", "127.0.0.1:8000");
    let rule = "an IP address and a port, as 127.0.0.1:8000";
    let addr: Option<SocketAddr> = variables.parsed("TASKS_ADDR", rule, |text| text.parse().ok());
    let listener = match addr {
        Some(addr) => TcpListener::bind(addr)
            .await
            .map_err(|error| variables.fault(format!("TASKS_ADDR {addr} can't be used: {error}")))
            .ok(),
        None => None,
    };
    // The system may have chosen the port.
    let addr = listener.as_ref().and_then(|listener| listener.local_addr().ok()).or(addr);
    let addr = addr.map_or_else(|| "unknown".to_owned(), |addr| addr.to_string());
    let outbox = Outbox(variables.text("MAIL_FILE").map(PathBuf::from));
    let url = variables.text("PUBLIC_URL").unwrap_or_else(|| format!("http://{addr}"));
    let settings = Settings::read(variables.default("JWT_ISSUER", url.trim_end_matches('/')))?;
    Ok(Read { settings, listener: listener.expect("otherwise there was a fault"), outbox })
}

/// The settings of a command beside the service, which listens nowhere and signs nothing.
pub(crate) fn of_commands() -> Result<Settings, SettingsError> {
    let mut variables = variables();
    let url = variables.text("PUBLIC_URL").unwrap_or_else(|| "http://localhost".to_owned());
    Settings::read(variables.default("JWT_ISSUER", url.trim_end_matches('/')))
}

fn variables() -> Variables {
    Variables::from_env()
        .default("DATABASE_URL", "sqlite://tasks.db?mode=rwc")
        .default_random("JWT_SECRET")
        .default("JWT_AUDIENCE", "tasks")
        .default("JWT_LEEWAY_SECONDS", "0")
        .default("PASSWORD_POLICY", "asvs")
}
