//! What becomes of a user, by what is stored: of one who is there nothing is changed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use futures_util::future;
use tower_bearer::{AccountStore, InsertUserError, NewUser, StoreError, User};

const TAKEN_NAME: &str = "a user of this name is there with another password hash";
const TAKEN_EMAIL: &str = "another user has this e-mail address";
const TAKEN_MEANWHILE: &str =
    "the name or the address was taken meanwhile, and is free again: run it again";

/// What became of one user.
pub(super) enum Outcome {
    Imported,
    AlreadyThere,
    Refused(String),
}

pub(super) async fn store<U: AccountStore>(
    users: &U,
    step: Vec<NewUser>,
    now: Duration,
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes = Vec::new();
    for (user, stored) in step.iter().zip(users.insert_users(step.clone(), now).await?) {
        outcomes.push(match stored {
            Ok(_) => Outcome::Imported,
            Err(InsertUserError::Store(error)) => return Err(error),
            Err(_) => match look(users, user).await? {
                // Nothing is in the way any more, but nobody was stored.
                Outcome::Imported => Outcome::Refused(TAKEN_MEANWHILE.to_owned()),
                outcome => outcome,
            },
        });
    }
    Ok(outcomes)
}

/// What [`store`] would do.
pub(super) async fn look_at<U: AccountStore>(
    users: &U,
    step: &[NewUser],
) -> Result<Vec<Outcome>, StoreError> {
    future::try_join_all(step.iter().map(|user| look(users, user))).await
}

async fn look<U: AccountStore>(users: &U, user: &NewUser) -> Result<Outcome, StoreError> {
    if let Some(there) = users.find_user_by_username(&user.username).await? {
        return Ok(compare(&there, user));
    }
    if let Some(email) = &user.email
        && users.find_user_by_email(email).await?.is_some()
    {
        return Ok(Outcome::Refused(TAKEN_EMAIL.to_owned()));
    }
    Ok(Outcome::Imported)
}

/// Of a user whose name is there. With the same hash it is the same user: what else differs is
/// told, since it may be that somebody is to be disabled or to lose a role.
fn compare(there: &User, user: &NewUser) -> Outcome {
    if there.password_hash() != user.password_hash() {
        return Outcome::Refused(TAKEN_NAME.to_owned());
    }
    let email = user.email.as_ref().map(|email| email.as_str());
    let columns = [
        ("email", there.email.as_deref() == email),
        ("email_verified", there.email_verified == user.email_verified),
        ("name", there.name == user.name),
        ("is_active", there.is_active == user.is_active),
        ("scopes", set(&there.scopes) == set(&user.scopes)),
        ("roles", set(&there.roles) == set(&user.roles)),
    ];
    let other: Vec<&str> =
        columns.iter().filter(|(_, is_same)| !is_same).map(|(column, _)| *column).collect();
    match other.is_empty() {
        true => Outcome::AlreadyThere,
        false => Outcome::Refused(format!(
            "there already, and not changed, with another: {}",
            other.join(", ")
        )),
    }
}

fn set(texts: &[String]) -> BTreeSet<&String> {
    texts.iter().collect()
}

/// The users of the rows before, for a dry run, in which no store finds what is there twice: some
/// hundred bytes for each.
#[derive(Default)]
pub(super) struct Seen {
    users: HashMap<String, User>,
    emails: HashSet<String>,
}

impl Seen {
    pub(super) fn note(&mut self, user: &NewUser) -> Outcome {
        match self.users.entry(user.username.key().to_owned()) {
            Entry::Occupied(there) => return compare(there.get(), user),
            Entry::Vacant(free) => {
                let email = user.email.as_ref().map(|email| email.key().to_owned());
                if email.is_some_and(|email| !self.emails.insert(email)) {
                    return Outcome::Refused(TAKEN_EMAIL.to_owned());
                }
                free.insert(user.clone().into_user("", Duration::ZERO));
            }
        }
        Outcome::Imported
    }
}
