//! What the environment decides: [`Settings`] has the variables. Here are the defaults of this service,
//! and its own variables: `TASKS_ADDR`, where it listens, `TASKS_METRICS_ADDR`, where it shows metrics, and
//! `MAIL_FILE`, where mails go.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tower_bearer::{Settings, SettingsError, Variables};

use crate::mailer::Outbox;

pub(crate) struct Read {
    pub(crate) settings: Settings,
    pub(crate) listener: TcpListener,
    /// For metrics, where they are wanted.
    pub(crate) metrics: Option<TcpListener>,
    pub(crate) outbox: Outbox,
}

/// All variables, those in `.env` included. Others are ignored.
///
/// # Errors
///
/// One line for each variable that breaks its rule.
pub(crate) async fn read() -> Result<Read, SettingsError> {
    let mut variables = variables().default("TASKS_ADDR", "127.0.0.1:8000");
    let (addr, listener) = bind(&mut variables, "TASKS_ADDR").await;
    // Two listeners can't have one address, so that metrics are never beside the routes of users.
    let (_, metrics) = bind(&mut variables, "TASKS_METRICS_ADDR").await;
    // The system may have chosen the port.
    let addr = listener.as_ref().and_then(|listener| listener.local_addr().ok()).or(addr);
    let addr = addr.map_or_else(|| "unknown".to_owned(), |addr| addr.to_string());
    let outbox = Outbox(variables.text("MAIL_FILE").map(PathBuf::from));
    let url = variables.text("PUBLIC_URL").unwrap_or_else(|| format!("http://{addr}"));
    let settings = Settings::read(variables.default("JWT_ISSUER", url.trim_end_matches('/')))?;
    let listener = listener.expect("otherwise there was a fault");
    Ok(Read { settings, listener, metrics, outbox })
}

/// Listens where a variable says, if it does.
async fn bind(
    variables: &mut Variables,
    name: &'static str,
) -> (Option<SocketAddr>, Option<TcpListener>) {
    let rule = "an IP address and a port, as 127.0.0.1:8000";
    let addr: Option<SocketAddr> = variables.parsed(name, rule, |text| text.parse().ok());
    let Some(addr) = addr else { return (None, None) };
    let listener = TcpListener::bind(addr).await;
    let listener = listener
        .map_err(|error| variables.fault(format!("{name} {addr} can't be used: {error}")))
        .ok();
    (Some(addr), listener)
}

/// The settings of a command beside the service, which listens nowhere and signs nothing. One that is
/// about users who are there makes no database: it would hide that this is the wrong directory.
pub(crate) fn of_commands(makes_users: bool) -> Result<Settings, SettingsError> {
    let mut variables = variables();
    if !makes_users {
        variables = variables.default("DATABASE_URL", "sqlite://tasks.db?mode=rw");
    }
    let url = variables.text("PUBLIC_URL").unwrap_or_else(|| "http://localhost".to_owned());
    Settings::read(variables.default("JWT_ISSUER", url.trim_end_matches('/')))
}

fn variables() -> Variables {
    Variables::from_env()
        .default("DATABASE_URL", "sqlite://tasks.db?mode=rwc")
        .default_random("JWT_SECRET")
        .default("JWT_AUDIENCE", "tasks")
        .default("JWT_LEEWAY_SECONDS", "0")
        // Browsers close pages, and lose networks, between a refresh and its answer.
        .default("REFRESH_REUSE_SECONDS", "30")
        .default("PASSWORD_POLICY", "asvs")
}
