//! Which candidates stand beside each other.

use crate::backend::Backend;
use crate::candidate::Candidate;
use crate::case::{Case, Kind};
use crate::peers::{
    Layered, axum_jwt_auth, jsonwebtoken, jwt_authorizer, oauth_resource_server,
    tower_oauth2_resource_server,
};
use crate::{ours, raw};

/// The names of rows that ratios are made of.
pub const BARE: &str = "bare call";
pub const BARE_JSON: &str = "bare call that is answered with JSON";
pub const RAW: &str = "bare call with a raw check, aws-lc-rs";
pub const OURS: &str = "tower-bearer";
pub const SEEN_BEFORE: &str = "tower-bearer, seen before";
pub const NEVER_SEEN: &str = "tower-bearer, never seen, with a cache";

/// A token, and whether it is good.
pub fn verify(case: &Case) -> Vec<Candidate<&'static str, bool>> {
    let mut candidates = vec![raw::aws_lc(case), raw::rust_crypto(case), ours::verify(case)];
    candidates.push(ours::verify_seen_before(case));
    candidates.extend(Backend::BOTH.map(|backend| jsonwebtoken::verify(case, backend)));
    candidates.extend(Backend::BOTH.map(|backend| jsonwebtoken::verify_two_claims(case, backend)));
    candidates.extend(Backend::BOTH.map(|backend| axum_jwt_auth::verify(case, backend)));
    candidates.push(jwt_authorizer::verify(case));
    candidates.extend(oauth_resource_server::verify(case));
    candidates
}

/// A layer, or an extractor, before a service that is ready. The bare call comes first, then one
/// that checks the signature and nothing else.
pub fn layer(case: &Case) -> Vec<Layered> {
    let mut candidates = vec![ours::bare(case), raw::service(case), ours::layer(case)];
    candidates.extend([ours::layer_seen_before(case), ours::layer_never_seen(case)]);
    candidates.extend(Backend::BOTH.map(|backend| axum_jwt_auth::layer(case, backend)));
    candidates.extend(Backend::BOTH.map(|backend| axum_jwt_auth::layer_two_claims(case, backend)));
    candidates.push(jwt_authorizer::layer(case));
    candidates
        .extend(Backend::BOTH.map(|backend| tower_oauth2_resource_server::layer(case, backend)));
    candidates.extend(oauth_resource_server::layer(case));
    candidates
}

/// The same, with a policy that asks for a scope and a handler that takes the claims.
pub fn policy(case: &Case) -> Vec<Layered> {
    let mut candidates = vec![ours::bare(case), ours::policy(case), ours::policy_seen_before(case)];
    candidates.extend(Backend::BOTH.map(|backend| axum_jwt_auth::policy(case, backend)));
    candidates.push(jwt_authorizer::policy(case));
    candidates
        .extend(Backend::BOTH.map(|backend| tower_oauth2_resource_server::policy(case, backend)));
    candidates.extend(oauth_resource_server::policy(case));
    candidates
}

/// What is refused, and by which of the two above.
pub const REFUSED: [(Kind, &str); 6] = [
    (Kind::NoToken, "no token"),
    (Kind::Malformed, "malformed"),
    (Kind::WrongSignature, "wrong signature"),
    (Kind::Expired, "expired"),
    (Kind::WrongAudience, "another audience"),
    (Kind::MissingScope, "a scope is missing"),
];

/// Candidates that refuse requests of a kind, the bare call first, which refuses none.
pub fn refuse(case: &Case, kind: Kind) -> Vec<Layered> {
    let mut candidates = match kind {
        Kind::MissingScope => policy(case),
        _ => layer(case),
    };
    candidates.insert(1, ours::bare_json(case));
    candidates.retain(|candidate| ![RAW, SEEN_BEFORE, NEVER_SEEN].contains(&&*candidate.name));
    candidates.into_iter().map(|candidate| candidate.with_input(case.requests(kind))).collect()
}

/// A signed token for a grant.
pub fn issue(case: &Case) -> Vec<Candidate<(), usize>> {
    let mut candidates = vec![raw::sign(case), ours::issue(case)];
    candidates.extend(Backend::BOTH.map(|backend| jsonwebtoken::issue(case, backend)));
    candidates
}
