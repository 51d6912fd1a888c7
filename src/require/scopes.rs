//! Policies about scopes.

use std::borrow::Cow;

use super::policy::{Check, Policy, PolicyRequest};
use crate::token::is_scope_token;

/// Made by [`scopes`].
///
/// # Examples
///
/// See [`scopes`].
#[derive(Clone, Debug)]
pub struct AllScopes(Vec<String>);

/// All of these scopes.
///
/// # Panics
///
/// When there is none, or one is no scope by RFC 6749, section 3.3 (printable ASCII without
/// space, `"` and `\`): a policy that nobody, or everybody, satisfies is a mistake to be found at
/// the start.
///
/// # Examples
///
/// ```
/// use tower_bearer::{require, role, scopes};
///
/// let layer = require((scopes(["posts:read", "posts:write"]), role("editor")));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn scopes<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> AllScopes {
    AllScopes(checked(scopes))
}

impl Policy for AllScopes {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::scope_if(self.0.iter().all(|scope| request.token().has_scope(scope)))
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        Some(self.0.join(" ").into())
    }
}

/// Made by [`any_scope`].
///
/// # Examples
///
/// See [`any_scope`].
#[derive(Clone, Debug)]
pub struct AnyScope(Vec<String>);

/// At least one of these scopes. Its 403 names the first.
///
/// # Panics
///
/// As [`scopes`].
///
/// # Examples
///
/// ```
/// use tower_bearer::{any_scope, require};
///
/// let layer = require(any_scope(["posts:read", "posts:write"]));
/// # let _ = layer;
/// ```
#[track_caller]
pub fn any_scope<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> AnyScope {
    AnyScope(checked(scopes))
}

impl Policy for AnyScope {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::scope_if(self.0.iter().any(|scope| request.token().has_scope(scope)))
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        self.0.first().map(Into::into)
    }
}

#[track_caller]
fn checked<I: IntoIterator<Item = T>, T: Into<String>>(scopes: I) -> Vec<String> {
    let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
    assert!(!scopes.is_empty(), "a policy needs at least one scope");
    for scope in &scopes {
        assert!(
            is_scope_token(scope),
            "{scope:?} is no scope: printable ASCII without space, quote and backslash"
        );
    }
    scopes
}
