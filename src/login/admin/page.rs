//! Accounts as administrators see them, and which of them are asked for.

use http::Uri;
use serde::Serialize;

use crate::login::answer::{Failure, ShownUser};
use crate::login::shared::Shared;
use crate::store::{AccountStore, RefreshStore, User};

const LONGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 50;

impl<U: AccountStore, R: RefreshStore> Shared<U, R> {
    pub(super) fn account<'a>(&self, user: &'a User) -> ShownAccount<'a> {
        ShownAccount { user: self.shown(user), created_at: user.created_at.as_secs() }
    }
}

/// A user as administrators see one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Account))]
pub(in crate::login) struct ShownAccount<'a> {
    #[serde(flatten)]
    user: ShownUser<'a>,
    created_at: u64,
}

/// Some of all users, in the order of their IDs.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::AccountPage))]
pub(in crate::login) struct ShownPage<'a> {
    pub(super) users: Vec<ShownAccount<'a>>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub(super) next: Option<&'a str>,
}

/// Which users are asked for.
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) after: Option<String>,
}

impl Page {
    pub(super) fn of(uri: &Uri) -> Result<Self, Failure> {
        let (mut limit, mut after) = (None, None);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let found = match &*name {
                "limit" => &mut limit,
                "after" => &mut after,
                _ => continue,
            };
            if found.replace(value.into_owned()).is_some() {
                return Err(Failure::invalid_request("a parameter is repeated"));
            }
        }
        let limit = match limit {
            None => DEFAULT_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LONGEST_PAGE).contains(limit))
                .ok_or(Failure::invalid_request("limit must be a number from 1 to 100"))?,
        };
        Ok(Self { limit, after })
    }
}
