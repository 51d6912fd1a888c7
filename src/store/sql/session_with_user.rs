//! A session and its user in one look, where both are in one database.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::sessions::{SessionRow, session_and_token};
use super::users::{UserRow, user};
use crate::store::{Session, SessionUser, StoreError, StoredToken};

/// The columns of a session, then those of its user, which are null where there is none.
pub(in crate::store) const FIND_SESSION_WITH_USER: &str = "\
     SELECT s.id, s.user_id, s.client_id, s.scope, s.device, s.created_at, s.last_used_at, \
         s.expires_at, s.family_hash, s.secret_hash, s.salt, s.token_expires_at, \
         u.id, u.username, u.email, u.email_verified, u.pending_email, u.name, \
         CAST(u.profile AS TEXT), u.password_hash, u.is_active, u.roles, u.scopes, u.created_at \
     FROM tower_bearer_sessions AS s LEFT JOIN tower_bearer_users AS u ON u.id = s.user_id \
     WHERE s.id = $1";

/// Where the columns of the user begin.
const USER: usize = 12;

/// A row of [`FIND_SESSION_WITH_USER`]; of what type a list of texts is, is up to the database.
pub(in crate::store) struct SessionWithUser<L> {
    session: SessionRow,
    user: Result<Option<UserRow<L>>, sqlx::Error>,
}

impl<'r, R, L> FromRow<'r, R> for SessionWithUser<L>
where
    R: Row,
    SessionRow: FromRow<'r, R>,
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    L: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self { session: SessionRow::from_row(row)?, user: user_of(row) })
    }
}

fn user_of<'r, R, L>(row: &'r R) -> Result<Option<UserRow<L>>, sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    L: Decode<'r, R::Database> + Type<R::Database>,
{
    let Some(id) = row.try_get(USER)? else { return Ok(None) };
    Ok(Some((
        id,
        row.try_get(USER + 1)?,
        row.try_get(USER + 2)?,
        row.try_get(USER + 3)?,
        row.try_get(USER + 4)?,
        row.try_get(USER + 5)?,
        row.try_get(USER + 6)?,
        row.try_get(USER + 7)?,
        row.try_get(USER + 8)?,
        row.try_get(USER + 9)?,
        row.try_get(USER + 10)?,
        row.try_get(USER + 11)?,
    )))
}

pub(in crate::store) fn session_with_user<L>(
    row: SessionWithUser<L>,
    texts: impl Fn(L) -> Result<Vec<String>, StoreError>,
) -> Result<(Session, StoredToken, SessionUser), StoreError> {
    let (session, token) = session_and_token(row.session)?;
    let found = row.user.map_err(StoreError::from);
    let found = found.and_then(|found| found.map(|row| user(row, texts)).transpose());
    let user = match found {
        Ok(user) => SessionUser::Here(user.map(Box::new)),
        // A row that can't be read is no reason to pass over a token that was copied. Who asks for the
        // user by itself will be told.
        Err(_) => SessionUser::Elsewhere,
    };
    Ok((session, token, user))
}
