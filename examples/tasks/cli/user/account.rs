//! `tasks user add` and `tasks user passwd`.

use clap::Args;
use tower_bearer::{
    AccountStore, ApiKeyStore, Clock, Email, InsertUserError, NewUser, PasswordContext,
    RevocationStore, Username,
};

use super::rights::{check_rights, once};
use super::shown;
use crate::app::USER_SCOPES;
use crate::cli::answer::{Answer, Failure};
use crate::cli::password;
use crate::cli::stores::{Opened, end_sessions};

#[derive(Args)]
pub(in crate::cli) struct Add {
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
    pub(super) source: password::Source,
}

pub(super) async fn add<U: AccountStore>(
    opened: &Opened,
    users: &U,
    new: Add,
) -> Result<Answer, Failure> {
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
pub(super) async fn passwd<U: AccountStore + ApiKeyStore, R: RevocationStore>(
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

/// The rule of the routes.
pub(in crate::cli) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.chars().count() > 256 {
        return Err("the name has more than 256 characters");
    }
    if name.chars().any(char::is_control) {
        return Err("the name contains a control character");
    }
    Ok(())
}

fn with_password(mut answer: Answer, generated: Option<String>) -> Answer {
    if let Some(password) = generated {
        answer.text.push_str(&format!("password: {password}\n"));
        answer.json["password"] = password.into();
    }
    answer
}
