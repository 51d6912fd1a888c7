//! `tasks user grant` and `tasks user revoke`.

use clap::Args;
use tower_bearer::{AccountStore, RevocationStore, UserChange};

use super::{change, shown};
use crate::cli::answer::{Answer, Failure};
use crate::cli::stores::{Older, Opened, revoke_older};

#[derive(Args)]
pub(in crate::cli) struct Rights {
    /// User name, e-mail address or ID
    user: String,
    /// May be given several times
    #[arg(long)]
    scope: Vec<String>,
    /// May be given several times
    #[arg(long)]
    role: Vec<String>,
}

impl Rights {
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.scope.is_empty() && self.role.is_empty() {
            return Err(Failure::usage("give a --scope or a --role"));
        }
        check_rights(&self.scope, &self.role)
    }
}

pub(super) async fn set_rights<U: AccountStore, R: RevocationStore>(
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
    // A list of which nothing is named stays as an administrator may have changed it since.
    let mut to_change = UserChange::new();
    if !rights.scope.is_empty() {
        to_change = to_change.scopes(changed(before.scopes.clone(), rights.scope));
    }
    if !rights.role.is_empty() {
        to_change = to_change.roles(changed(before.roles.clone(), rights.role));
    }
    let user = change(users, &before, to_change).await?;
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

pub(in crate::cli) fn is_scope(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.bytes().all(allowed)
}

pub(in crate::cli) fn is_role(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 128 && !text.chars().any(char::is_control)
}

/// Each once, in their order.
pub(super) fn once(mut texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}
