//! The first administrator, whom nobody could give the role otherwise.

use zeroize::Zeroizing;

use super::files::Found;
use super::{Settings, Variables};
use crate::clock::Clock;
use crate::password::{PasswordContext, PasswordPolicy};
use crate::store::{InsertUserError, NewUser, StoreError, UserStore, Username};
use crate::trace;

#[derive(Clone)]
pub(super) struct FirstAdmin {
    username: Username,
    password: Zeroizing<String>,
}

impl FirstAdmin {
    /// `ADMIN_USERNAME` and `ADMIN_PASSWORD`: both or none.
    pub(super) fn read(variables: &mut Variables, policy: &PasswordPolicy) -> Option<Self> {
        let username = variables.text("ADMIN_USERNAME");
        let password = variables.find_secret("ADMIN_PASSWORD");
        match (&username, &password) {
            (Some(_), Found::Absent) => {
                variables.fault("ADMIN_PASSWORD must be set, as ADMIN_USERNAME is, or neither");
            }
            (None, Found::Text(_)) => {
                variables.fault("ADMIN_USERNAME must be set, as ADMIN_PASSWORD is, or neither");
            }
            _ => {}
        }
        let username = username.and_then(|text| {
            Username::new(&text)
                .map_err(|error| variables.fault(format!("ADMIN_USERNAME: {error}")))
                .ok()
        });
        let Found::Text(password) = password else { return None };
        let context = PasswordContext::new();
        let context = match &username {
            Some(username) => context.username(username.as_str()),
            None => context,
        };
        if let Err(error) = policy.check_with(&password, &context) {
            variables.fault(format!("ADMIN_PASSWORD: {error}"));
            return None;
        }
        Some(Self { username: username?, password: Zeroizing::new(password) })
    }
}

impl Settings {
    /// Makes the account of `ADMIN_USERNAME` and `ADMIN_PASSWORD`, if they are set and there is none
    /// with this name, with what `grant` gives it. An account that is there is left as it is: its
    /// password may have been changed since, and the environment must not change it back.
    ///
    /// # Errors
    ///
    /// The store's fault, or the hasher's.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{MemoryStore, UserStore, Username};
    /// # use tower_bearer::Settings;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let settings = Settings::from_vars([
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"), ("JWT_ISSUER", "https://me"),
    /// #     ("JWT_AUDIENCE", "api"), ("DATABASE_URL", "sqlite::memory:"),
    /// #     ("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "correct horse battery"),
    /// # ])?;
    /// let store = MemoryStore::new();
    /// settings.create_admin(&store, |admin| admin.roles(["admin"])).await?;
    ///
    /// let root = store.find_user_by_username(&Username::new("root")?).await?;
    /// assert_eq!(root.unwrap().roles, ["admin"]);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(
        not(feature = "tracing"),
        allow(clippy::if_same_then_else, reason = "only the log differs")
    )]
    pub async fn create_admin<U: UserStore>(
        &self,
        users: &U,
        grant: impl FnOnce(NewUser) -> NewUser,
    ) -> Result<(), StoreError> {
        let Some(FirstAdmin { username, password }) = &self.admin else { return Ok(()) };
        if let Some(user) = users.find_user_by_username(username).await? {
            let wanted = grant(NewUser::new(username.clone(), ""));
            if wanted.roles.iter().all(|role| user.roles.contains(role)) {
                trace::info!(
                    target: "tower_bearer::settings",
                    %username,
                    "the user of ADMIN_USERNAME is an administrator already and left as is"
                );
            } else {
                trace::warn!(
                    target: "tower_bearer::settings",
                    %username, "the user of ADMIN_USERNAME exists without its roles and is left as is"
                );
            }
            return Ok(());
        }
        let hasher = self.hasher().map_err(StoreError::new)?;
        let hash = hasher.hash(password).await.map_err(StoreError::new)?;
        let admin = grant(NewUser::new(username.clone(), hash));
        match users.insert_user(admin, Clock::system().now()).await {
            Ok(_) => trace::info!(
                target: "tower_bearer::settings",
                %username,
                "the user of ADMIN_USERNAME is an administrator now"
            ),
            // Another process has just started on the same database.
            Err(InsertUserError::UsernameTaken) => {}
            Err(InsertUserError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::new(error)),
        }
        Ok(())
    }
}
