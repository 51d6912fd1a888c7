//! `tasks user`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tower_bearer::{
    AccountStore, ApiKeyStore, Clock, Email, InsertUserError, NewUser, PasswordContext,
    RevocationStore, User, UserChange, Username,
};

use super::answer::{Answer, Failure};
use super::stores::{Older, Opened, end_sessions, revoke_older, with_stores, with_users};
use super::{EXIT_CODES, import, password};
use crate::app::USER_SCOPES;

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
    #[command(after_help = "Example:\n  tasks user grant alice --scope items:write --role teacher")]
    Grant(Rights),
    /// Take scopes and roles from a user; refuses the access tokens that are out
    #[command(after_help = "Example:\n  tasks user revoke alice --role teacher")]
    Revoke(Rights),
    /// List all users, in the order of their IDs
    #[command(after_help = EXIT_CODES)]
    List,
    /// Move users in from a CSV file, with the password hashes of another program
    #[command(after_help = import::HELP)]
    Import(import::Import),
}

#[derive(Args)]
pub(super) struct Add {
    /// 1 to 64 characters, without spaces and @
    username: String,
    #[arg(long)]
    email: Option<String>,
    /// It is known that the address is the user's
    #[arg(long, requires = "email")]
    email_verified: bool,
    /// The person's name
    #[arg(long)]
    name: Option<String>,
    /// May be given several times; by default what a user who registers gets
    #[arg(long)]
    scope: Vec<String>,
    /// May be given several times
    #[arg(long)]
    role: Vec<String>,
    #[command(flatten)]
    source: password::Source,
}

#[derive(Args)]
pub(super) struct Rights {
    /// User name, e-mail address or ID
    user: String,
    /// May be given several times
    #[arg(long)]
    scope: Vec<String>,
    /// May be given several times
    #[arg(long)]
    role: Vec<String>,
}

pub(super) async fn run(command: Command, as_json: bool) -> Result<Answer, Failure> {
    // What can be known to be wrong makes no database.
    match &command {
        Command::Add(Add { source, .. }) | Command::Passwd { source, .. } => source.check()?,
        Command::Grant(rights) | Command::Revoke(rights) => {
            if rights.scope.is_empty() && rights.role.is_empty() {
                return Err(Failure::usage("give a --scope or a --role"));
            }
            check_rights(&rights.scope, &rights.role)?;
        }
        _ => {}
    }
    let opened = Opened::open().await?;
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

async fn add<U: AccountStore>(opened: &Opened, users: &U, new: Add) -> Result<Answer, Failure> {
    let username =
        Username::new(&new.username).map_err(|error| Failure::invalid(error.reason()))?;
    let email = new.email.as_deref().map(Email::new).transpose();
    let email = email.map_err(|error| Failure::invalid(error.reason()))?;
    check_rights(&new.scope, &new.role)?;
    if let Some(name) = &new.name {
        check_name(name).map_err(Failure::invalid)?;
    }
    let mut context = PasswordContext::new().username(username.as_str());
    if let Some(email) = &email {
        context = context.email(email.as_str());
    }
    if let Some(name) = &new.name {
        context = context.name(name);
    }
    let password = new.source.new_password(&opened.settings, &context).await?;
    let mut user = NewUser::new(username.clone(), password.hash).roles(once(new.role));
    user = match new.scope.is_empty() {
        true => user.scopes(USER_SCOPES),
        false => user.scopes(once(new.scope)),
    };
    user.email.clone_from(&email);
    user.email_verified = new.email_verified;
    user.name.clone_from(&new.name);
    let user =
        users.insert_user(user, Clock::system().now()).await.map_err(|error| match error {
            InsertUserError::Store(error) => error.into(),
            taken => Failure::new("taken", taken.to_string()),
        })?;
    let text = format!("{} is added, with the ID {}\n", user.username, user.id);
    Ok(with_password(Answer::new(text, shown(&user)), password.generated))
}

/// As a reset by mail: sessions and keys end before the hash is another and after it, so that none is
/// left that was made in between.
async fn passwd<U: AccountStore + ApiKeyStore, R: RevocationStore>(
    opened: &Opened,
    users: &U,
    sessions: &R,
    named: &str,
    source: &password::Source,
) -> Result<Answer, Failure> {
    let user = opened.find(users, named).await?;
    let mut context = PasswordContext::new().username(&user.username);
    if let Some(email) = &user.email {
        context = context.email(email);
    }
    if let Some(name) = &user.name {
        context = context.name(name);
    }
    let password = source.new_password(&opened.settings, &context).await?;
    let mut ended = end_sessions(sessions, &user).await?;
    let mut revoked = users.revoke_api_keys_of(&user.id).await?.len();
    // A login may have hashed the password anew since it was read.
    let mut old = user.password_hash().to_owned();
    while !users.replace_password_hash(&user.id, &old, &password.hash).await? {
        old = opened.find(users, &user.id).await?.password_hash().to_owned();
    }
    ended += end_sessions(sessions, &user).await?;
    revoked += users.revoke_api_keys_of(&user.id).await?.len();
    let text = format!(
        "{} has another password; {ended} sessions ended, {revoked} API keys revoked\n",
        user.username
    );
    let mut json = shown(&user);
    json["sessions_ended"] = ended.into();
    json["api_keys_revoked"] = revoked.into();
    Ok(with_password(Answer::new(text, json), password.generated))
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

async fn set_rights<U: AccountStore, R: RevocationStore>(
    opened: &Opened,
    users: &U,
    sessions: &R,
    rights: Rights,
    grant: bool,
) -> Result<Answer, Failure> {
    let before = opened.find(users, &rights.user).await?;
    let changed = |mut held: Vec<String>, named: Vec<String>| {
        held.retain(|right| !named.contains(right));
        if grant {
            held.extend(once(named));
        }
        held
    };
    let scopes = changed(before.scopes.clone(), rights.scope);
    let roles = changed(before.roles.clone(), rights.role);
    let user = change(users, &before, UserChange::new().scopes(scopes).roles(roles)).await?;
    // As the routes of administrators do it.
    let older = if grant { Older::BeforeThisSecond } else { Older::WithThisSecond };
    revoke_older(sessions, &user, older).await?;
    let list = |texts: &[String]| match texts {
        [] => "none".to_owned(),
        texts => texts.join(" "),
    };
    let text = format!(
        "{} has the scopes {} and the roles {}\n",
        user.username,
        list(&user.scopes),
        list(&user.roles)
    );
    Ok(Answer::new(text, shown(&user)))
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

fn with_password(mut answer: Answer, generated: Option<String>) -> Answer {
    if let Some(password) = generated {
        answer.text.push_str(&format!("password: {password}\n"));
        answer.json["password"] = password.into();
    }
    answer
}

/// The rules of the routes for administrators.
pub(super) fn check_rights(scopes: &[String], roles: &[String]) -> Result<(), Failure> {
    if let Some(scope) = scopes.iter().find(|scope| !is_scope(scope)) {
        return Err(Failure::invalid(format!("{scope:?} is no scope by RFC 6749")));
    }
    if let Some(role) = roles.iter().find(|role| !is_role(role)) {
        let rule = "it is empty, has more than 128 characters or controls in it";
        return Err(Failure::invalid(format!("{role:?} is no role: {rule}")));
    }
    Ok(())
}

pub(super) fn is_scope(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.bytes().all(allowed)
}

pub(super) fn is_role(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 128 && !text.chars().any(char::is_control)
}

pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.chars().count() > 256 {
        return Err("the name has more than 256 characters");
    }
    if name.chars().any(char::is_control) {
        return Err("the name contains a control character");
    }
    Ok(())
}

/// Each once, in their order.
fn once(mut texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}
