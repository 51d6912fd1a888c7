//! The first administrator, whom nobody could give the role otherwise.

use std::error::Error;

use tower_bearer::{
    Clock, Hasher, InsertUserError, NewUser, PasswordPolicy, StoreError, UserStore, Username,
};

use crate::app::ALL_SCOPES;
use crate::environment::Environment;

pub(crate) struct Admin {
    username: Username,
    password: String,
}

impl Admin {
    /// Both variables or none.
    pub(crate) fn from_environment(
        environment: &mut Environment,
        policy: &PasswordPolicy,
    ) -> Option<Self> {
        let username = environment.text("ADMIN_USERNAME");
        let password = environment.text("ADMIN_PASSWORD");
        match (&username, &password) {
            (Some(_), None) => environment
                .fault("ADMIN_PASSWORD must be set, as ADMIN_USERNAME is, or neither".to_owned()),
            (None, Some(_)) => environment
                .fault("ADMIN_USERNAME must be set, as ADMIN_PASSWORD is, or neither".to_owned()),
            _ => {}
        }
        let username = username.and_then(|text| {
            Username::new(&text)
                .map_err(|error| environment.fault(format!("ADMIN_USERNAME: {error}")))
                .ok()
        });
        let password = password.filter(|text| match policy.check(text) {
            Ok(()) => true,
            Err(error) => {
                environment.fault(format!("ADMIN_PASSWORD: {error}"));
                false
            }
        });
        Some(Self { username: username?, password: password? })
    }
}

/// Makes the account at the first start. Later ones leave it as it is: its password may have been
/// changed since, and the environment must not change it back.
pub(crate) async fn create(
    store: &impl UserStore,
    hasher: &Hasher,
    admin: &Admin,
) -> Result<(), Box<dyn Error>> {
    let name = &admin.username;
    if let Some(user) = store.find_user_by_username(name).await? {
        if user.roles.iter().any(|role| role == "admin") {
            tracing::info!("{name} is an administrator already and left as is");
        } else {
            tracing::warn!("{name} exists without the role admin and is left as is");
        }
        return Ok(());
    }
    let hash = hasher.hash(&admin.password).await?;
    let user = NewUser::new(name.clone(), hash).roles(["admin"]).scopes(ALL_SCOPES);
    match store.insert_user(user, Clock::system().now()).await {
        Ok(_) => tracing::info!("{name} is an administrator now"),
        // Another process has just started on the same database.
        Err(InsertUserError::UsernameTaken) => {}
        Err(InsertUserError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(StoreError::new(error).into()),
    }
    Ok(())
}
