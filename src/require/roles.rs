//! Policies about roles.

use super::policy::{Check, Policy, PolicyRequest};

/// Made by [`role`] and [`any_role`].
///
/// # Examples
///
/// See [`any_role`].
#[derive(Clone, Debug)]
pub struct AnyRole(Vec<String>);

/// This role.
///
/// # Examples
///
/// See [`any_of`](crate::any_of).
pub fn role(role: impl Into<String>) -> AnyRole {
    AnyRole(vec![role.into()])
}

/// At least one of these roles.
///
/// # Panics
///
/// When there is none.
///
/// # Examples
///
/// ```
/// use tower_bearer::{any_role, require};
///
/// let layer = require(any_role(["teacher", "admin"]));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn any_role<I: IntoIterator<Item = T>, T: Into<String>>(roles: I) -> AnyRole {
    let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
    assert!(!roles.is_empty(), "a policy needs at least one role");
    AnyRole(roles)
}

impl Policy for AnyRole {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::allow_if(self.0.iter().any(|role| request.token().has_role(role)))
    }
}
