//! Who somebody is who gives a name and a password.

use super::answer::Failure;
use super::shared::{Asked, Shared};
use super::throttle::Permit;
use crate::audit::{AuditEvent, LoginFailure};
use crate::limit::Account;
use crate::password::{NewPasswordError, PasswordContext, PasswordError, Verification};
use crate::store::{LoginName, RefreshStore, User, UserStore};

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// The user whom name and password belong to; `typed` is the name as it came.
    ///
    /// An unknown name, a wrong password and a disabled account take the same way: one
    /// computation, one answer. A name that is no name is unknown.
    pub(super) async fn authenticate(
        &self,
        typed: &str,
        name: Option<LoginName>,
        password: &str,
        asked: &Asked<'_>,
    ) -> Result<User, Failure> {
        self.require_client(asked.client, asked.client_id(&self.issuer), asked.caller)?;
        let found = match &name {
            Some(name) => self.users.find_user_by_login(name).await?,
            None => None,
        };
        let account = match (&found, &name) {
            (Some(user), _) => Account::User(&user.id),
            (None, Some(LoginName::Username(username))) => Account::Unknown(username.key()),
            (None, Some(LoginName::Email(email))) => Account::Unknown(email.key()),
            (None, None) => Account::Unknown(typed),
        };
        let permit = self.attempt(Some(account), asked.address).await?;
        let hash = found.as_ref().map(User::password_hash);
        let (permit, verification) = self.verify_password(password, hash, permit).await?;
        let is_match = verification.as_ref().is_some_and(|it| it.is_match());
        let reason = match &found {
            None => LoginFailure::UnknownUser,
            Some(_) if !is_match => LoginFailure::WrongPassword,
            Some(user) if !user.is_active => LoginFailure::Disabled,
            Some(user) if self.awaits_verification(user) => LoginFailure::Unverified,
            Some(_) => {
                permit.succeeded().await;
                let mut user = found.ok_or(Failure::invalid_grant())?;
                if verification.is_some_and(|it| it.needs_rehash()) {
                    self.rehash(&mut user, password, asked).await;
                }
                return Ok(user);
            }
        };
        self.login_failed(found.map(|user| user.id), reason, asked);
        Err(Failure::invalid_grant())
    }

    /// What a password has to do with a hash, or with none: nothing if it is too long to be any. The
    /// permit comes back where something was compared.
    pub(super) async fn verify_password<'a>(
        &self,
        password: &str,
        hash: Option<&str>,
        permit: Permit<'a, U, R>,
    ) -> Result<(Permit<'a, U, R>, Option<Verification>), Failure> {
        match self.hasher.verify(password, hash).await {
            Ok(verification) => Ok((permit, Some(verification))),
            // No account has such a password.
            Err(PasswordError::TooLong) => Ok((permit, None)),
            Err(error) => {
                permit.unused().await;
                Err(error.into())
            }
        }
    }

    /// The hash of a password that a user chose, in this field, once it keeps all rules.
    pub(super) async fn hash_new_password(
        &self,
        field: &'static str,
        password: &str,
        context: &PasswordContext<'_>,
    ) -> Result<String, Failure> {
        let refused = |error| match error {
            NewPasswordError::Rule(rule) => Failure::field(field, rule.to_string()),
            NewPasswordError::Hasher(PasswordError::TooLong) => {
                Failure::field(field, "the password is too long")
            }
            NewPasswordError::Hasher(error) => error.into(),
        };
        self.policy.check_new(password, context, &self.hasher).await.map_err(refused)?;
        self.hasher.hash(password).await.map_err(|error| refused(error.into()))
    }

    pub(super) fn login_failed(
        &self,
        user_id: Option<String>,
        reason: LoginFailure,
        asked: &Asked<'_>,
    ) {
        let client_id = asked.client_id(&self.issuer).to_owned();
        self.record(asked.address, AuditEvent::LoginFailed { user_id, client_id, reason });
    }

    /// Replaces a hash with outdated parameters. What goes wrong here must not fail the login.
    async fn rehash(&self, user: &mut User, password: &str, asked: &Asked<'_>) {
        let Ok(hash) = self.hasher.hash(password).await else { return };
        match self.users.replace_password_hash(&user.id, user.password_hash(), &hash).await {
            Ok(true) => {
                user.set_password_hash(hash);
                let user_id = user.id.clone();
                self.record(asked.address, AuditEvent::PasswordRehashed { user_id });
            }
            // Another login has done so meanwhile, or the password is another.
            Ok(false) => {
                if let Ok(Some(other)) = self.users.find_user(&user.id).await
                    && let Ok(verification) =
                        self.hasher.verify(password, Some(other.password_hash())).await
                    && verification.is_match()
                {
                    *user = other;
                }
            }
            Err(_) => crate::trace::warn!(
                target: "tower_bearer::login",
                "a password hash could not be renewed"
            ),
        }
    }

    /// The user as the store has it by now. Fails for one who was disabled, or whose password was
    /// changed, since it was verified: that has ended the sessions which there were, and not one that
    /// begins now.
    pub(super) async fn still_standing(
        &self,
        user: &User,
        asked: &Asked<'_>,
    ) -> Result<User, Failure> {
        let now = self.users.find_user(&user.id).await?;
        let reason = match &now {
            Some(now) if !now.is_active => LoginFailure::Disabled,
            Some(now) if now.password_hash() != user.password_hash() => LoginFailure::WrongPassword,
            Some(_) => return now.ok_or(Failure::invalid_grant()),
            None => LoginFailure::UnknownUser,
        };
        self.login_failed(now.map(|now| now.id), reason, asked);
        Err(Failure::invalid_grant())
    }
}
