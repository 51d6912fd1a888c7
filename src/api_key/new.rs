//! A key before and after it is made.

use std::time::Duration;

use super::ApiKey;
use crate::rate::Rate;
use crate::store::StoredApiKey;

/// A key that is about to be made.
///
/// # Examples
///
/// See [`ApiKeys`](crate::ApiKeys).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewApiKey<'a> {
    /// Whose key it will be.
    pub user_id: &'a str,
    /// What its owner calls it: up to 100 characters.
    pub name: &'a str,
    /// What it may do: at least one scope.
    pub scopes: Vec<String>,
    /// How long it lasts, in whole seconds. Default: [`ApiKeys::lifetime`](crate::ApiKeys::lifetime).
    pub lifetime: Option<Duration>,
    /// How often it may be used. Default: [`ApiKeys::rate`](crate::ApiKeys::rate).
    pub rate: Option<Rate>,
}

impl<'a> NewApiKey<'a> {
    /// A key of a user, with a name and without scopes.
    pub const fn new(user_id: &'a str, name: &'a str) -> Self {
        Self { user_id, name, scopes: Vec::new(), lifetime: None, rate: None }
    }

    /// Sets what it may do; a second call replaces the scopes.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long it lasts.
    #[must_use]
    pub fn lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.lifetime = lifetime.into();
        self
    }

    /// Sets how often it may be used, as [`ApiKeys::rate`](crate::ApiKeys::rate) does for all.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }
}

/// A key that was made.
///
/// # Examples
///
/// See [`ApiKeys`](crate::ApiKeys).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedApiKey {
    /// The key, for its owner, now or never.
    pub key: ApiKey,
    /// What the store has of it.
    pub stored: StoredApiKey,
}
