//! Statements about users, which both databases know, and their rows.

use crate::store::sql::time;
use crate::store::{StoreError, User};

/// Those of [`UserRow`], in its order.
macro_rules! user_columns {
    () => {
        "id, username, email, email_verified, pending_email, name, CAST(profile AS TEXT), \
         password_hash, is_active, roles, scopes, created_at"
    };
}
pub(in crate::store) use user_columns;

/// The columns of a user; of what type a list of texts is, is up to the database.
pub(in crate::store) type UserRow<L> = (
    String,
    String,
    Option<String>,
    bool,
    Option<String>,
    Option<String>,
    String,
    String,
    bool,
    L,
    L,
    i64,
);

pub(in crate::store) fn user<L>(
    row: UserRow<L>,
    texts: impl Fn(L) -> Result<Vec<String>, StoreError>,
) -> Result<User, StoreError> {
    let (id, username, email, verified, pending, name, profile, hash, is_active, roles, scopes, at) =
        row;
    let mut user = User::new(id, username, hash);
    user.email = email;
    user.email_verified = verified;
    user.pending_email = pending;
    user.name = name;
    user.profile = serde_json::from_str(&profile).map_err(StoreError::new)?;
    user.is_active = is_active;
    user.roles = texts(roles)?;
    user.scopes = texts(scopes)?;
    user.created_at = time(at);
    Ok(user)
}

/// With how a profile is written and read, which is all that differs.
macro_rules! insert_user {
    ($profile:literal) => {
        concat!(
            "INSERT INTO tower_bearer_users (id, username, username_key, email, email_key, \
             email_verified, name, profile, password_hash, is_active, roles, scopes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, ",
            $profile,
            ", $9, $10, $11, $12, $13)"
        )
    };
}
pub(in crate::store) use insert_user;

/// Each field that may be cleared comes with whether it changes; the others stay where they are null.
macro_rules! update_user {
    ($profile:literal) => {
        concat!(
            "UPDATE tower_bearer_users SET \
             name = CASE WHEN $2 THEN $3 ELSE name END, \
             pending_email = CASE WHEN $4 THEN $5 ELSE pending_email END, \
             profile = COALESCE(",
            $profile,
            ", profile), \
             is_active = COALESCE($7, is_active), \
             roles = COALESCE($8, roles), \
             scopes = COALESCE($9, scopes) \
             WHERE id = $1 RETURNING ",
            $crate::store::sql::users::user_columns!()
        )
    };
}
pub(in crate::store) use update_user;

/// The ID, the address as it is shown, and its key.
pub(in crate::store) const CONFIRM_EMAIL: &str = "UPDATE tower_bearer_users SET \
     email = CASE WHEN pending_email = $2 THEN $2 ELSE email END, \
     email_key = $3, \
     email_verified = TRUE, \
     pending_email = CASE WHEN pending_email = $2 THEN NULL ELSE pending_email END \
     WHERE id = $1 AND (pending_email = $2 OR email_key = $3)";

pub(in crate::store) const DELETE_USER: &str = "DELETE FROM tower_bearer_users WHERE id = $1";

/// Any text is greater than the empty one, which is no ID.
pub(in crate::store) const PAGE_OF_USERS: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM tower_bearer_users WHERE id > $1 ORDER BY id LIMIT $2"
);
