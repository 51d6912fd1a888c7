//! First-party bearer-token authentication for tower, hyper and axum.

mod auth;
mod body;
mod challenge;
mod clock;
mod error;
#[cfg(feature = "axum-core")]
mod extract;
mod gate;
mod issue;
mod key;
#[cfg(feature = "login")]
mod login;
#[cfg(feature = "password")]
mod password;
mod random;
mod reject;
mod require;
mod token;
mod trace;
mod verify;

pub use auth::{JwtAuth, JwtAuthLayer};
pub use body::AuthBody;
pub use clock::Clock;
pub use error::{AuthError, AuthErrorKind, ConfigError};
#[cfg(feature = "axum-core")]
pub use extract::Claims;
pub use gate::ResponseFuture;
pub use issue::{Grant, IssueError, Issuer};
pub use key::{Algorithm, KeySet, SigningKey, VerifyingKey};
#[cfg(feature = "login")]
pub use login::{Endpoint, LoginRouter};
#[cfg(feature = "password")]
pub use password::{
    Hasher, HasherBuilder, PasswordError, PasswordPolicy, PasswordRule, Verification,
};
pub use reject::Rejection;
pub use require::{
    AllScopes, AnyOf, AnyRole, AnyScope, AsyncCheck, Check, Denial, Policies, Policy,
    PolicyRequest, Require, RequireLayer, any_of, any_role, any_scope, check_async, require,
    require_any_role, require_any_scope, require_role, require_scopes, role, scopes,
};
pub use token::{ClaimsError, Token};
pub use verify::{Verifier, VerifierBuilder};
