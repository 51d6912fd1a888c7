//! `/me`: the own account, shown and changed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;

use super::LoginRouter;
use super::answer::{Failure, json};
use super::body;
use super::endpoint::Endpoint;
use super::params::{Params, optional};
use super::register::checked_name;
use super::register_mode::RegisterMode;
use super::routes::Access;
use super::sessions::{Live, live};
use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::error::AuthErrorKind;
use crate::mail::MailKind;
use crate::meter::RefusedBy;
use crate::reject::{Rejection, surroundings_of, token_of};
use crate::store::{AccountStore, Email, RefreshStore, User, UserChange, UserStore};

/// Accounts.
impl<U: AccountStore, R: RefreshStore> LoginRouter<U, R> {
    /// Lets users change their own account:
    ///
    /// | endpoint | default route | takes | answers |
    /// |---|---|---|---|
    /// | [`Me`](Endpoint::Me) | `GET /me` | a bearer token | the user |
    /// | | `PATCH /me` | a bearer token, JSON `name`?, `email`?, `profile`? | the user; 409 the address is taken; 422 a rule is broken |
    /// | | `PUT /me` | as `PATCH` | as `PATCH` |
    ///
    /// What is absent stays as it is, and the name or the [`profile`](Self::profile) that is `null` is
    /// cleared. So it is within the profile: members that are sent replace those that are there (RFC
    /// 7396). `PUT` does the same, for clients that know no `PATCH` and need not know each field. Nothing else
    /// of a body has any effect, whatever its members are called. A token whose session has ended
    /// changes nothing.
    ///
    /// # Addresses
    ///
    /// A new address is pending until it is confirmed: it is shown, as not verified, and signs nobody
    /// in. The old one goes on working until then, so that whoever mistypes is not locked out, and
    /// nobody gets hold of an account by an address that is not theirs. The old address, letter by
    /// letter, gives the new one up. `null` is an
    /// error where there is one, since an address can be replaced and not removed. The pending address
    /// under `PATCH` asks for its mail again; under `PUT`, where it comes back with the rest, it asks for
    /// nothing. A change of address, and asking again, count as a
    /// [registration](crate::LoginThrottle::registrations) does. Where the
    /// router has a [`mailer`](Self::mailer), a mail asks for the confirmation, and the old address is
    /// told, then and when the new one is confirmed. Under
    /// [`RegisterMode::Private`](crate::RegisterMode::Private) a taken address is no 409 here, but at
    /// its confirmation.
    ///
    /// Call it before [`without`](Self::without), [`only`](Self::only) and [`path`](Self::path).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// let router =
    ///     LoginRouter::new(MemoryStore::new(), Issuer::for_tests()).accounts().into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn accounts(mut self) -> Self {
        let all = get(me::<U, R>).patch(patch::<U, R>).put(put::<U, R>);
        self.routes.offer(Endpoint::Me, all, Access::Bearer);
        #[cfg(feature = "openapi")]
        {
            self.edits_accounts = true;
        }
        self
    }
}

/// `GET /me`: the user whom the token names, as the store has it now.
pub(super) async fn me<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let token = match token_of(request.extensions()) {
        Ok(token) => token,
        Err(rejection) => return rejection.into_response(),
    };
    match shared.users.find_user(token.subject().unwrap_or_default()).await {
        Ok(Some(user)) if user.is_active => json(StatusCode::OK, &shared.shown(&user)),
        Ok(_) => {
            let surroundings = surroundings_of(request.extensions());
            Rejection::new(AuthErrorKind::InactiveSubject, surroundings)
                .by(RefusedBy::Router)
                .into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// `PATCH /me`
async fn patch<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    edit(&shared, request, Verb::Patch).await
}

/// `PUT /me`
async fn put<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    edit(&shared, request, Verb::Put).await
}

/// All that it changes is what an address asks for that is pending already.
#[derive(Clone, Copy)]
enum Verb {
    Patch,
    /// Sends back what was shown, with what is to be another.
    Put,
}

async fn edit<U: AccountStore, R: RefreshStore>(
    shared: &Arc<Shared<U, R>>,
    request: Request,
    verb: Verb,
) -> Result<Response, Response> {
    let address = shared.address_of(&request);
    let extensions = request.extensions().clone();
    let Live { user, .. } = live(shared, extensions.clone()).await?;
    match change(shared, request, &user, verb, address).await? {
        Some(user) => Ok(json(StatusCode::OK, &shared.shown(&user))),
        // Deleted since.
        None => {
            let surroundings = surroundings_of(&extensions);
            let rejection = Rejection::new(AuthErrorKind::InactiveSubject, surroundings);
            Err(rejection.by(RefusedBy::Router).into_response())
        }
    }
}

/// What a body may change is written down here, and nothing else of it is looked at.
async fn change<U: AccountStore, R: RefreshStore>(
    shared: &Arc<Shared<U, R>>,
    request: Request,
    user: &User,
    verb: Verb,
    address: Option<IpAddr>,
) -> Result<Option<User>, Failure> {
    let params = body::json_params(request, shared.body_limit).await?;
    let name = optional(&params, "name")?.map(checked_name).transpose()?;
    let profile = shared.profile_in(&params, &user.profile)?;
    let address_change = wanted_address(&params, user, verb)?;
    if let AddressChange::New(email) = &address_change {
        shared.register_attempt(address).await?;
        let holder = shared.users.find_user_by_email(email).await?;
        // Where that is kept, the confirmation says it to whoever reads the mail.
        let is_told = shared.register_mode == RegisterMode::Conflict;
        if is_told && holder.is_some_and(|holder| holder.id != user.id) {
            return Err(Failure::taken("email", "the e-mail address is taken"));
        }
    }
    let mut change = UserChange::new();
    if params.value("name").is_some() {
        change = change.name(name);
    }
    change.profile = profile;
    change.pending_email = match &address_change {
        AddressChange::None => None,
        AddressChange::GivenUp => Some(None),
        AddressChange::New(email) => Some(Some(email.clone())),
    };
    let changed = shared.users.update_user(&user.id, &change).await?;
    if let (Some(user), AddressChange::New(email)) = (&changed, &address_change) {
        shared.address_change_requested(user, email, address);
    }
    Ok(changed)
}

enum AddressChange {
    None,
    /// The pending address is not wanted any more.
    GivenUp,
    New(Email),
}

fn wanted_address(params: &Params, user: &User, verb: Verb) -> Result<AddressChange, Failure> {
    let Some(text) = optional(params, "email")? else {
        let is_removed = params.value("email").is_some();
        return match (&user.email, &user.pending_email) {
            (None, Some(_)) if is_removed => Ok(AddressChange::GivenUp),
            (Some(_), _) if is_removed => {
                Err(Failure::field("email", "the e-mail address can be replaced, not removed"))
            }
            _ => Ok(AddressChange::None),
        };
    };
    let email = Email::new(text).map_err(|error| Failure::field("email", error.reason()))?;
    let wanted = Some(email.as_str());
    // What is shown comes back with the rest of a `PUT`, and asks for nothing. A `PATCH` means what it
    // names: it asks for the mail again.
    Ok(match (user.email.as_deref(), user.pending_email.as_deref()) {
        (_, pending @ Some(_)) if pending == wanted => match verb {
            Verb::Put => AddressChange::None,
            Verb::Patch => AddressChange::New(email),
        },
        (current, None) if current == wanted => AddressChange::None,
        (current, Some(_)) if current == wanted => AddressChange::GivenUp,
        _ => AddressChange::New(email),
    })
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Called when a user's new address is stored, and waits for its confirmation.
    fn address_change_requested(
        self: &Arc<Self>,
        user: &User,
        email: &Email,
        address: Option<IpAddr>,
    ) {
        self.record(address, AuditEvent::EmailChangeRequested { user_id: user.id.clone() });
        self.ask_to_verify(user, email.as_str());
        self.tell(MailKind::EmailChangeRequested, user);
    }
}
