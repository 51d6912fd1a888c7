//! `/users`: accounts, as administrators see and change them.

mod effects;
mod page;

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use http::{Extensions, StatusCode};
use serde::Deserialize;

use super::LoginRouter;
use super::answer::{Failure, json, no_content};
use super::body;
use super::endpoint::Endpoint;
use super::params::Params;
use super::revocations::Older;
use super::routes::{Access, Handler};
use super::sessions::{Live, live};
use super::shared::Shared;
use crate::audit::SessionEnd;
use crate::error::AuthErrorKind;
use crate::meter::RefusedBy;
use crate::reject::{Rejection, surroundings_of};
use crate::require::require_role;
use crate::store::{AccountStore, RefreshStore, User, UserChange, UserStore};
use crate::token::is_scope_token;
#[cfg(feature = "openapi")]
pub(super) use page::ShownAccount;
#[cfg(feature = "openapi")]
pub(super) use page::ShownPage as AccountPage;
use page::{Page, ShownPage};

/// In characters.
const LONGEST_ROLE: usize = 128;

/// Administration.
impl<U: AccountStore, R: RefreshStore> LoginRouter<U, R> {
    /// Lets users who hold this role see, change and delete accounts:
    ///
    /// | endpoint | default route | takes | answers |
    /// |---|---|---|---|
    /// | [`Users`](Endpoint::Users) | `GET /users` | `?limit=` (1 to 100, by default 50), `?after=` | `{users, next}` |
    /// | [`User`](Endpoint::User) | `GET /users/{id}` | | the user; 404 |
    /// | | `PATCH /users/{id}` | JSON `is_active`?, `roles`?, `scopes`? (arrays) | the user; 404; 409 the own account; 422 a rule is broken |
    /// | | `DELETE /users/{id}` | | 204; 404; 409 the own account |
    /// | [`UserSessions`](Endpoint::UserSessions) | `DELETE /users/{id}/sessions` | | 204; 404 |
    ///
    /// All of them take a bearer token with the role: 401 without a token, 403 without the role. The
    /// administrator is looked up too, so that one whose session has ended, who was disabled, or whose
    /// role was taken, is out at once.
    ///
    /// A user is shown as to themselves, with `created_at` in seconds since the Unix epoch. Users are
    /// listed in the order of their IDs; `next` is the `after` of the next page, and null on the
    /// last. Nothing else of a body has any effect: names, addresses and passwords are the user's.
    ///
    /// # When it takes effect
    ///
    /// Whoever is disabled or deleted can't log in or refresh any more, and all their sessions end. An
    /// API key works as long as its owner is active, and is deleted with its owner. New roles and scopes
    /// are in the next access token. Those that are out already last until they expire, unless
    /// [`revocations`](Self::revocations) is on: then all older ones of the user are refused from now
    /// on. When a role or a scope is lost, the tokens of the current second count as older, since their
    /// `iat` does not tell, and the answer comes when that second is over. With
    /// [`stateless_refresh_tokens`](Self::stateless_refresh_tokens) there are no sessions to end, and
    /// without `revocations` a refresh token is good until its owner is disabled or deleted; with it
    /// the user logs in again whose sessions were to end or who has lost a right.
    ///
    /// Administrators can't delete or disable themselves, nor take the role from themselves; two who do
    /// so to each other at once can leave none. The first gets the role from whoever runs the service,
    /// in the database.
    ///
    /// Call it before [`without`](Self::without), [`only`](Self::only) and [`path`](Self::path); a
    /// second call replaces the role.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .administration("admin")
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn administration(mut self, role: impl Into<String>) -> Self {
        let role = AdminRole(role.into().into());
        let mut offer = |endpoint, handler: Handler<U, R>| {
            let layer = require_role(&*role.0);
            let handler = handler.route_layer(Extension(role.clone())).route_layer(layer);
            self.routes.offer(endpoint, handler, Access::Bearer);
        };
        offer(Endpoint::Users, get(list::<U, R>));
        let one = get(show::<U, R>).patch(patch::<U, R>).delete(remove::<U, R>);
        offer(Endpoint::User, one);
        offer(Endpoint::UserSessions, delete(end_sessions::<U, R>));
        self
    }
}

/// What makes a user an administrator.
#[derive(Clone)]
struct AdminRole(Arc<str>);

impl AdminRole {
    fn of(extensions: &Extensions) -> Option<&str> {
        extensions.get::<Self>().map(|role| &*role.0)
    }
}

/// Whoever asks, if they are an administrator still.
async fn administrator<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    extensions: &Extensions,
) -> Result<User, Response> {
    let Live { user, .. } = live(shared, extensions.clone()).await?;
    if AdminRole::of(extensions).is_some_and(|role| user.roles.iter().any(|held| held == role)) {
        return Ok(user);
    }
    let rejection = Rejection::new(AuthErrorKind::Forbidden, surroundings_of(extensions));
    Err(rejection.by(RefusedBy::Router).into_response())
}

/// `GET /users`
async fn list<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    administrator(&shared, request.extensions()).await?;
    let Page { limit, after } = Page::of(request.uri())?;
    // One more tells whether there is another page.
    let mut users =
        shared.users.list_users(after.as_deref(), limit + 1).await.map_err(Failure::from)?;
    let is_last = users.len() <= limit;
    users.truncate(limit);
    let next = users.last().filter(|_| !is_last).map(|user| user.id.as_str());
    let page = ShownPage { users: users.iter().map(|user| shared.account(user)).collect(), next };
    Ok(json(StatusCode::OK, &page))
}

/// `GET /users/{id}`
async fn show<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<UserPath>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    administrator(&shared, request.extensions()).await?;
    let user = named(&shared, path).await?;
    Ok(json(StatusCode::OK, &shared.account(&user)))
}

/// `PATCH /users/{id}`
async fn patch<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<UserPath>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    let address = shared.address_of(&request);
    let extensions = request.extensions().clone();
    let admin = administrator(&shared, &extensions).await?;
    let params = body::json_params(request, shared.body_limit).await?;
    let is_active = params
        .flag("is_active")
        .map_err(|_| Failure::field("is_active", "the field is not true or false"))?;
    let roles =
        texts(&params, "roles", is_role, "a role is empty, too long or has controls in it")?;
    let scopes = texts(&params, "scopes", is_scope_token, "a scope is no scope by RFC 6749")?;
    let user = named(&shared, path).await?;
    let keeps_role = |roles: &Vec<String>| {
        AdminRole::of(&extensions).is_some_and(|role| roles.iter().any(|held| held == role))
    };
    if user.id == admin.id && (is_active == Some(false) || !roles.as_ref().is_none_or(keeps_role)) {
        return Err(Failure::conflict("nobody can lock themselves out").into());
    }
    let mut change = UserChange::new();
    change.is_active = is_active;
    change.roles = roles;
    change.scopes = scopes;
    let changed = shared.users.update_user(&user.id, &change).await.map_err(Failure::from)?;
    let changed = changed.ok_or_else(Failure::not_found)?;
    shared.take_effect(&user, &changed, &change, &admin, address).await?;
    Ok(json(StatusCode::OK, &shared.account(&changed)))
}

/// `DELETE /users/{id}`
async fn remove<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<UserPath>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    let address = shared.address_of(&request);
    let admin = administrator(&shared, request.extensions()).await?;
    let user = named(&shared, path).await?;
    if user.id == admin.id {
        return Err(Failure::conflict("nobody can lock themselves out").into());
    }
    shared.delete_account(&user, &admin, address).await?;
    Ok(no_content())
}

/// `DELETE /users/{id}/sessions`
async fn end_sessions<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<UserPath>, PathRejection>,
    request: Request,
) -> Result<Response, Response> {
    let address = shared.address_of(&request);
    administrator(&shared, request.extensions()).await?;
    let user = named(&shared, path).await?;
    shared.end_sessions(&user.id, None, SessionEnd::EndedByAdmin, address).await?;
    if shared.stateless.is_some() {
        let older = Older::WithThisSecond;
        shared.revoke_older_tokens_and_wait(&user.id, older).await.map_err(Failure::from)?;
    }
    Ok(no_content())
}

/// The user whom the path names.
async fn named<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    path: Result<Path<UserPath>, PathRejection>,
) -> Result<User, Failure> {
    let Ok(Path(UserPath { id })) = path else { return Err(Failure::not_found()) };
    shared.users.find_user(&id).await?.ok_or_else(Failure::not_found)
}

/// The one parameter of ours: the router may be nested under others.
#[derive(Deserialize)]
struct UserPath {
    id: String,
}

/// An array of texts that each keep a rule, each once, or nothing.
fn texts(
    params: &Params,
    field: &'static str,
    is_allowed: fn(&str) -> bool,
    reason: &'static str,
) -> Result<Option<Vec<String>>, Failure> {
    let texts = params
        .texts(field)
        .map_err(|_| Failure::field(field, "the field is not an array of texts"))?;
    let Some(texts) = texts else { return Ok(None) };
    if !texts.iter().all(|text| is_allowed(text)) {
        return Err(Failure::field(field, reason));
    }
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.iter().any(|other| other == text) {
            once.push(text.to_owned());
        }
    }
    Ok(Some(once))
}

fn is_role(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_ROLE && !text.chars().any(char::is_control)
}
