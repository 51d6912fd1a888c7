//! Mails to users, as the router has them.

use std::sync::Arc;

use axum::routing::post;

use super::LoginRouter;
use super::answer::Failure;
use super::bound::Bound;
use super::endpoint::Endpoint;
use super::routes::Access;
use super::shared::Shared;
use super::token_store::TokenStore;
use super::{reset, verify_email};
use crate::mail::{Mail, MailKind, MailLinks, MailQueue, Place};
use crate::meter::{self, MAILS, STORE_ERRORS};
use crate::one_time::{OneTimePurpose, OneTimeTokens};
use crate::store::{
    AccountStore, Email, OneTimeTokenStore, RefreshStore, StoreError, User, UserStore,
};

/// Mails: addresses that are confirmed, and passwords that are reset.
impl<U: AccountStore + OneTimeTokenStore, R: RefreshStore> LoginRouter<U, R> {
    /// Sends mails, and offers what needs them:
    ///
    /// | endpoint | default route | takes | answers |
    /// |---|---|---|---|
    /// | [`VerifyEmail`](Endpoint::VerifyEmail) | `POST /verify-email` | JSON `token` | 204; 400 `invalid_grant` the token is not good; 409 the address is another account's by now |
    /// | | | JSON `email` | 202; sends the mail again if it is wanted |
    /// | [`ForgotPassword`](Endpoint::ForgotPassword) | `POST /forgot-password` | JSON `email` | 202; sends a mail if an account has the address |
    /// | [`ResetPassword`](Endpoint::ResetPassword) | `POST /reset-password` | JSON `token`, `new_password` | 204; 400 `invalid_grant` the token is not good; 422 a rule is broken, and the token still good |
    ///
    /// Who registers with an address is sent a mail to confirm it, and who has a new password is told.
    /// So is the address of before when [another one](Self::accounts) is asked for, and again when that
    /// is confirmed (ASVS 5.0, 6.3.7).
    ///
    /// **Nobody is told who has an account.** The 202 are one answer, with one body, whether the account
    /// is there, unknown, confirmed or disabled, and nothing else is done before it: tokens and mails
    /// are made in a [queue](MailQueue). 202 therefore does not say that there was a mail.
    /// Requests from one address, and mails to one, are limited:
    /// [`LoginThrottle`](crate::LoginThrottle).
    ///
    /// **A reset** ends every session of the user and all other reset tokens, revokes the user's
    /// [API keys](Self::api_keys) where the router has them, clears the count of failed logins, and confirms the address, since its mail arrived there. It starts no session. A reset
    /// token is good for 30 minutes, for one use, and only as long as the user has the
    /// same password, the same address, and is not disabled: see [`one_time_tokens`](Self::one_time_tokens).
    /// A token that confirms an address is over with the password too: whoever changes it before
    /// confirming asks for another mail.
    ///
    /// Mails have links to pages of the application where the router has
    /// [`mail_links`](Self::mail_links), and else the token alone. Tokens are kept beside the users;
    /// [`mailer_with_store`](Self::mailer_with_store) keeps them elsewhere. Expired ones are
    /// deleted by [`Housekeeping`](crate::Housekeeping::one_time_tokens).
    ///
    /// It takes a [`Mailer`](crate::Mailer), or a [`MailQueue`] of one. Call it before
    /// [`without`](Self::without), [`only`](Self::only) and [`path`](Self::path); a second call
    /// replaces the first. The router must be served on a tokio runtime.
    ///
    /// # Examples
    ///
    /// A request for a reset, and the mail that comes of it:
    ///
    /// ```
    /// # use std::sync::mpsc::{Sender, channel};
    /// use std::time::Duration;
    /// use tower_bearer::{Issuer, LoginRouter, MailQueue, MemoryStore};
    /// # use tower_bearer::{Mail, MailError, Mailer};
    /// # struct Outbox(Sender<Mail>);
    /// # impl Mailer for Outbox {
    /// #     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
    /// #         self.0.send(mail.clone()).map_err(MailError::new)
    /// #     }
    /// # }
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let (sender, sent) = channel();
    /// let mails = MailQueue::new(Outbox(sender)); // a `Mailer` of one's own
    /// let router =
    ///     LoginRouter::new(store, Issuer::for_tests()).mailer(mails.clone()).into_router();
    ///
    /// let answer = post(&router, "/forgot-password", r#"{"email":"alice@example.com"}"#).await;
    /// assert_eq!(answer.status(), 202);
    /// assert!(mails.drain(Duration::from_secs(10)).await);
    /// assert!(sent.try_recv()?.token().is_some_and(|token| token.starts_with("reset_")));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn mailer(self, mails: impl Into<MailQueue>) -> Self {
        let store = self.users.clone();
        self.mailer_with_store(mails, store)
    }
}

impl<U: AccountStore, R: RefreshStore> LoginRouter<U, R> {
    /// As [`mailer`](Self::mailer), with the tokens in a store of their own, such as `RedisStore`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MailQueue, MemoryStore};
    ///
    /// fn router(users: MemoryStore, mails: MailQueue) -> axum::Router {
    ///     // A `RedisStore`, for instance.
    ///     let tokens = MemoryStore::new();
    ///     LoginRouter::new(users, Issuer::for_tests()).mailer_with_store(mails, tokens).into_router()
    /// }
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn mailer_with_store(
        mut self,
        mails: impl Into<MailQueue>,
        tokens: impl OneTimeTokenStore,
    ) -> Self {
        let tokens = TokenStore::new(tokens);
        self.mailing = Some(Mailing { queue: mails.into(), tokens });
        self.routes.offer(Endpoint::VerifyEmail, post(verify_email::verify), Access::Anyone);
        self.routes.offer(Endpoint::ForgotPassword, post(reset::forgot), Access::Anyone);
        self.routes.offer(Endpoint::ResetPassword, post(reset::reset), Access::Anyone);
        self
    }
}

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// The pages that the links of mails lead to. Default: none; mails have the token alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::mpsc::{Sender, channel};
    /// # use std::time::Duration;
    /// use tower_bearer::{Issuer, LoginRouter, MailLinks, MailQueue, MemoryStore};
    /// # use tower_bearer::{Mail, MailError, Mailer};
    /// # struct Outbox(Sender<Mail>);
    /// # impl Mailer for Outbox {
    /// #     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
    /// #         self.0.send(mail.clone()).map_err(MailError::new)
    /// #     }
    /// # }
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let (sender, sent) = channel();
    /// # let mails = MailQueue::new(Outbox(sender));
    /// let router = LoginRouter::new(store, Issuer::for_tests())
    ///     .mailer(mails.clone())
    ///     .mail_links(MailLinks::new("https://app.example.org")?)
    ///     .into_router();
    /// post(&router, "/forgot-password", r#"{"email":"alice@example.com"}"#).await;
    /// # assert!(mails.drain(Duration::from_secs(10)).await);
    /// // What was sent:
    /// let mail = sent.try_recv()?;
    /// let link = mail.link().unwrap_or_default();
    /// assert!(link.starts_with("https://app.example.org/reset-password?token=reset_"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn mail_links(mut self, links: MailLinks) -> Self {
        self.mail_links = Some(links);
        self
    }

    /// How long tokens in mails are good, and how many a user has waiting. Default:
    /// [`OneTimeTokens::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::mpsc::{Sender, channel};
    /// use std::time::Duration;
    /// use tower_bearer::{Issuer, LoginRouter, OneTimePurpose, OneTimeTokens};
    /// # use tower_bearer::{MailQueue, MemoryStore};
    /// # use tower_bearer::{Mail, MailError, Mailer};
    /// # struct Outbox(Sender<Mail>);
    /// # impl Mailer for Outbox {
    /// #     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
    /// #         self.0.send(mail.clone()).map_err(MailError::new)
    /// #     }
    /// # }
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let (sender, sent) = channel();
    /// # let mails = MailQueue::new(Outbox(sender));
    /// let quarter = Duration::from_secs(15 * 60);
    /// let router = LoginRouter::new(store, Issuer::for_tests())
    ///     .mailer(mails.clone())
    ///     .one_time_tokens(OneTimeTokens::new().lifetime(OneTimePurpose::ResetPassword, quarter))
    ///     .into_router();
    /// post(&router, "/forgot-password", r#"{"email":"alice@example.com"}"#).await;
    /// # assert!(mails.drain(Duration::from_secs(10)).await);
    /// // What was sent:
    /// assert_eq!(sent.try_recv()?.lifetime, Some(quarter));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn one_time_tokens(mut self, rules: OneTimeTokens) -> Self {
        self.one_time_tokens = rules;
        self
    }
}

/// Where mails go, and where their tokens are kept.
#[derive(Clone)]
pub(super) struct Mailing {
    pub(super) queue: MailQueue,
    pub(super) tokens: TokenStore,
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Its endpoints are not there without a mailer.
    pub(super) fn mailing(&self) -> Result<&Mailing, Failure> {
        self.mailing.as_ref().ok_or(Failure::server_error())
    }

    /// Room for one mail. Taken before it is known whether there will be one.
    pub(super) fn mail_place(&self) -> Result<Place, Failure> {
        self.mailing()?.queue.place().ok_or(Failure::unavailable())
    }

    /// Asks a user to confirm an address, later. Without a mailer or without room, nobody is asked.
    pub(super) fn ask_to_verify(self: &Arc<Self>, user: &User, email: &str) {
        let Some(place) = self.mailing.as_ref().and_then(|mailing| mailing.queue.place()) else {
            return;
        };
        let (shared, user, email) = (Arc::clone(self), user.clone(), email.to_owned());
        place.send(async move { shared.verification(&user, &email).await });
    }

    /// The mail that asks a user to confirm an address.
    pub(super) async fn verification(&self, user: &User, email: &str) -> Option<Mail> {
        let mail = self.mail(MailKind::VerifyEmail, user, email).await?;
        self.with_token(mail, OneTimePurpose::VerifyEmail, user).await
    }

    /// Makes a mail to a user, unless the address had too many of the kind.
    pub(super) async fn mail(&self, kind: MailKind, user: &User, email: &str) -> Option<Mail> {
        let is_theirs = user.email.as_deref() == Some(email);
        let mut mail = Mail::new(kind, email, &user.username);
        mail.is_verified = is_theirs && user.email_verified;
        mail.name.clone_from(&user.name);
        self.may_send(&mail).await.then_some(mail)
    }

    /// Whether the address may get another mail of the kind.
    pub(super) async fn may_send(&self, mail: &Mail) -> bool {
        let name = match mail.kind {
            MailKind::VerifyEmail => "verify_email",
            MailKind::ResetPassword => "reset_password",
            MailKind::EmailTaken | MailKind::UsernameTaken => "register",
            MailKind::PasswordChanged => "password_changed",
            MailKind::EmailChangeRequested => "email_change_requested",
            MailKind::EmailChanged => "email_changed",
        };
        // One address has one count, however it is spelled.
        let key = Email::new(&mail.to);
        let key = key.as_ref().map_or(mail.to.as_str(), Email::key);
        let may = self.limiter.mail(name, key).await;
        if !may {
            meter::count(&MAILS, ["throttled"]);
            crate::trace::warn!(
                target: "tower_bearer::mail",
                kind = name,
                "a mail was not sent, as the address had too many"
            );
        }
        may
    }

    /// Gives a mail its token, which is bound to the address and the user's password.
    pub(super) async fn with_token(
        &self,
        mail: Mail,
        purpose: OneTimePurpose,
        user: &User,
    ) -> Option<Mail> {
        let (rules, tokens) = (&self.one_time_tokens, &self.mailing.as_ref()?.tokens);
        let payload = Bound::to(&mail.to, user).payload()?;
        match rules.issue(tokens, purpose, &user.id, &payload, self.now()).await {
            Ok(token) => {
                let lifetime = rules.lifetime_of(purpose);
                Some(mail.with_token(token, lifetime, self.mail_links.as_ref()))
            }
            Err(error) => {
                mail_lost(&error);
                None
            }
        }
    }

    /// What comes of a new password beside the ends of sessions: the user's reset tokens go, and the
    /// user is told.
    pub(super) async fn password_changed(self: &Arc<Self>, user: &User) {
        let Some(Mailing { tokens, .. }) = &self.mailing else { return };
        let reset = OneTimePurpose::ResetPassword.as_str();
        if let Err(error) = tokens.delete_one_time_tokens_of(&user.id, reset).await {
            // They are good for nothing any more: each is bound to the old password.
            meter::count(&STORE_ERRORS, ["mails"]);
            crate::trace::warn!(
                target: "tower_bearer::mail",
                %error,
                "used-up reset tokens could not be deleted"
            );
            let _ = error;
        }
        self.tell(MailKind::PasswordChanged, user);
    }

    /// Tells the address of a user what has happened, later. Without an address, a mailer or room,
    /// nobody is told.
    pub(super) fn tell(self: &Arc<Self>, kind: MailKind, user: &User) {
        let place = self.mailing.as_ref().and_then(|mailing| mailing.queue.place());
        let (Some(email), Some(place)) = (user.email.clone(), place) else { return };
        let (shared, user) = (Arc::clone(self), user.clone());
        place.send(async move { shared.mail(kind, &user, &email).await });
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
pub(super) fn mail_lost(error: &StoreError) {
    meter::count(&STORE_ERRORS, ["mails"]);
    crate::trace::error!(
        target: "tower_bearer::mail",
        %error,
        "the store failed; a mail was not sent"
    );
}
