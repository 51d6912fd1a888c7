//! Policies: who may do what, on a route or a router.

mod combine;
mod layer;
mod policy;
mod predicate;
mod roles;
mod scopes;
mod service;

pub use combine::{AnyOf, Not, Policies, any_of, not};
pub use layer::{
    RequireLayer, require, require_any_role, require_any_scope, require_role, require_scopes,
};
pub use policy::{Check, Denial, Policy, PolicyRequest};
pub use predicate::{AsyncCheck, Decision, check_async};
pub use roles::{AnyRole, any_role, role};
pub use scopes::{AllScopes, AnyScope, any_scope, scopes};
pub use service::Require;

pub(crate) use service::Requirement;
