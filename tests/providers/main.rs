//! Tokens and key sets in the shapes of identity providers, made by us after their documentation:
//! `docs/providers.md` says which. No token and no key of a real provider is among them.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod auth0;
mod cognito;
mod entra;
mod example;
mod google;
mod keycloak;
mod okta;
mod support;
