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
#[cfg(feature = "store")]
mod refresh;
mod reject;
mod require;
#[cfg(feature = "store")]
mod store;
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
#[cfg(feature = "store")]
pub use refresh::{IssuedRefresh, RefreshError, RefreshToken, RefreshTokens, VerifiedRefresh};
pub use reject::Rejection;
pub use require::{
    AllScopes, AnyOf, AnyRole, AnyScope, AsyncCheck, Check, Denial, Policies, Policy,
    PolicyRequest, Require, RequireLayer, any_of, any_role, any_scope, check_async, require,
    require_any_role, require_any_scope, require_role, require_scopes, role, scopes,
};
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
#[cfg(feature = "store")]
pub use store::{
    Email, EmailError, InsertUserError, LoginName, MemoryStore, NewUser, RefreshStore, Rotation,
    Session, StoreError, StoredToken, User, UserStore, Username, UsernameError,
};
pub use token::{ClaimsError, Token};
pub use verify::{Verifier, VerifierBuilder};
