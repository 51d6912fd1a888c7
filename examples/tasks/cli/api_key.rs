//! `tasks api-key`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use tower_bearer::{AccountStore, ApiKeyError, ApiKeyStore, ApiKeys, Clock, NewApiKey, Rate};

use super::answer::{Answer, Failure};
use super::stores::{Opened, with_users};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an API key for a user, and print it: this once
    #[command(after_help = "\
Example:
  tasks api-key new alice --name backup --scope data:read --expires 90d

A key can do no more than its owner, now or later, and rests while its owner is disabled.")]
    New(New),
}

#[derive(Args)]
pub(super) struct New {
    /// User name, e-mail address or ID of the owner
    user: String,
    /// What the key is called: up to 100 characters
    #[arg(long)]
    name: String,
    /// What it may do; may be given several times
    #[arg(long, required = true)]
    scope: Vec<String>,
    /// When it ends: 12h, 90d or 52w from now, at most 365d
    #[arg(long, default_value = "90d", value_parser = lifetime)]
    expires: Duration,
    /// How often it may be used: 60/minute, for one process each
    #[arg(long)]
    rate: Option<Rate>,
}

pub(super) async fn run(command: Command) -> Result<Answer, Failure> {
    let Command::New(new) = command;
    let opened = Opened::open(false).await?;
    let done = with_users!(opened, |users| make(&opened, users, new).await);
    opened.database.close().await;
    done
}

async fn make<U: AccountStore + ApiKeyStore>(
    opened: &Opened,
    users: &U,
    new: New,
) -> Result<Answer, Failure> {
    let user = opened.find(users, &new.user).await?;
    // As the route for owners does: a key that can do nothing is a mistake.
    if let Some(scope) = new.scope.iter().find(|scope| !user.scopes.contains(scope)) {
        let message = format!("{} does not hold the scope {scope:?}", user.username);
        return Err(Failure::invalid(message));
    }
    let mut key = NewApiKey::new(&user.id, &new.name).scopes(new.scope).lifetime(new.expires);
    key.rate = new.rate;
    let issued = ApiKeys::new().issue(users, key, Clock::system().now()).await;
    let issued = issued.map_err(|error| match error {
        ApiKeyError::Store(error) => error.into(),
        error => Failure::invalid(error),
    })?;
    let stored = &issued.stored;
    let json = json!({
        "key": issued.key.as_str(), "id": stored.id, "name": stored.name, "user_id": user.id,
        "scopes": stored.scopes, "expires_at": stored.expires_at.as_secs(),
    });
    Ok(Answer::new(format!("{}\n", issued.key.as_str()), json))
}

fn lifetime(text: &str) -> Result<Duration, &'static str> {
    const RULE: &str = "a number and h, d or w, as 90d";
    let unit = match text.chars().last() {
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        Some('w') => 7 * 24 * 3600,
        _ => return Err(RULE),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| RULE)?;
    count.checked_mul(unit).map(Duration::from_secs).ok_or(RULE)
}
