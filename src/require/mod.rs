//! Policies: who may do what, on a route or a router.

mod combine;
mod layer;
mod policy;
mod service;

pub use combine::{AnyOf, Policies, any_of};
pub use layer::{
    RequireLayer, require, require_any_role, require_any_scope, require_role, require_scopes,
};
pub use policy::{
    AllScopes, AnyRole, AnyScope, AsyncCheck, Check, Denial, Policy, PolicyRequest, any_role,
    any_scope, check_async, role, scopes,
};
pub use service::Require;

pub(crate) use service::Requirement;
