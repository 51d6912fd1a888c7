//! `tasks user`.

mod account;
mod rights;

use clap::Subcommand;
use serde_json::{Value, json};
use tower_bearer::{AccountStore, RevocationStore, User, UserChange};

use super::answer::{Answer, Failure};
use super::stores::{Older, Opened, end_sessions, revoke_older, with_stores, with_users};
use super::{EXIT_CODES, import, password};
use account::{Add, add, passwd};
use rights::{Rights, set_rights};

pub(super) use account::check_name;
pub(super) use rights::{is_role, is_scope};

const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user
    #[command(after_help = "\
Examples:
  tasks user add alice --email alice@example.org
  echo 'correct horse battery' | tasks user add bob --password-stdin --role admin
  tasks user add carol --generate --json")]
    Add(Add),
    /// Set a password; ends all sessions of the user and revokes their API keys
    #[command(after_help = EXIT_CODES)]
    Passwd {
        /// User name, e-mail address or ID
        user: String,
        #[command(flatten)]
        source: password::Source,
    },
    /// Keep a user from logging in; ends all their sessions. Their API keys rest meanwhile
    #[command(after_help = EXIT_CODES)]
    Disable {
        /// User name, e-mail address or ID
        user: String,
    },
    /// Let a user log in again
    #[command(after_help = EXIT_CODES)]
    Enable {
        /// User name, e-mail address or ID
        user: String,
    },
    /// Give a user scopes and roles, beside those they have
    #[command(after_help = "\
Example:
  tasks user grant alice --scope items:write --role teacher

The scopes are written as a whole, and so are the roles, each only where one is named. Of two changes
of the same list at the same time the later one stays: look at the answer.")]
    Grant(Rights),
    /// Take scopes and roles from a user; refuses the access tokens that are out
    #[command(after_help = "\
Example:
  tasks user revoke alice --role teacher

The scopes are written as a whole, and so are the roles, each only where one is named. Of two changes
of the same list at the same time the later one stays: look at the answer.")]
    Revoke(Rights),
    /// List all users, in the order of their IDs
    #[command(after_help = EXIT_CODES)]
    List,
    /// Move users in from a CSV file, with the password hashes of another program
    #[command(after_help = import::HELP)]
    Import(import::Import),
}

pub(super) async fn run(command: Command, as_json: bool) -> Result<Answer, Failure> {
    // What can be known to be wrong makes no database.
    match &command {
        Command::Add(Add { source, .. }) | Command::Passwd { source, .. } => source.check()?,
        Command::Grant(rights) | Command::Revoke(rights) => rights.check()?,
        Command::Import(import) => import.check()?,
        _ => {}
    }
    let makes_users = matches!(command, Command::Add(_) | Command::Import(_));
    let opened = Opened::open(makes_users).await?;
    let done = match command {
        Command::Add(new) => with_users!(opened, |users| add(&opened, users, new).await),
        Command::Passwd { user, source } => with_stores!(opened, |users, sessions| {
            passwd(&opened, users, sessions, &user, &source).await
        }),
        Command::Disable { user } => with_stores!(opened, |users, sessions| {
            disable(&opened, users, sessions, &user).await
        }),
        Command::Enable { user } => with_users!(opened, |users| {
            let user = opened.find(users, &user).await?;
            let user = change(users, &user, UserChange::new().is_active(true)).await?;
            Ok(Answer::new(format!("{} is enabled\n", user.username), shown(&user)))
        }),
        Command::Grant(rights) => with_stores!(opened, |users, sessions| {
            set_rights(&opened, users, sessions, rights, true).await
        }),
        Command::Revoke(rights) => with_stores!(opened, |users, sessions| {
            set_rights(&opened, users, sessions, rights, false).await
        }),
        Command::List => with_users!(opened, |users| list(users).await),
        Command::Import(args) => with_users!(opened, |users| {
            import::run(users, &opened.settings, &args, as_json).await
        }),
    };
    opened.database.close().await;
    done
}

async fn disable<U: AccountStore, R: RevocationStore>(
    opened: &Opened,
    users: &U,
    sessions: &R,
    named: &str,
) -> Result<Answer, Failure> {
    let user = opened.find(users, named).await?;
    let user = change(users, &user, UserChange::new().is_active(false)).await?;
    let ended = end_sessions(sessions, &user).await?;
    revoke_older(sessions, &user, Older::BeforeThisSecond).await?;
    let mut json = shown(&user);
    json["sessions_ended"] = ended.into();
    Ok(Answer::new(format!("{} is disabled; {ended} sessions ended\n", user.username), json))
}

async fn list<U: AccountStore>(users: &U) -> Result<Answer, Failure> {
    let (mut text, mut all) = (String::new(), Vec::new());
    loop {
        let after = all.last().and_then(|last: &Value| last["id"].as_str());
        let page = users.list_users(after, PAGE).await?;
        for user in &page {
            let state = if user.is_active { "active" } else { "disabled" };
            let email = user.email.as_deref().unwrap_or("-");
            text.push_str(&format!("{} {} {email} {state}\n", user.id, user.username));
            all.push(shown(user));
        }
        if page.len() < PAGE {
            return Ok(Answer::new(text, json!({ "users": all })));
        }
    }
}

async fn change<U: AccountStore>(
    users: &U,
    user: &User,
    change: UserChange,
) -> Result<User, Failure> {
    let gone = || Failure::new("not_found", "the user was deleted meanwhile");
    users.update_user(&user.id, &change).await?.ok_or_else(gone)
}

/// Nothing of the hash.
fn shown(user: &User) -> Value {
    json!({
        "id": user.id, "username": user.username, "email": user.email,
        "email_verified": user.email_verified, "name": user.name, "is_active": user.is_active,
        "scopes": user.scopes, "roles": user.roles, "created_at": user.created_at.as_secs(),
    })
}
