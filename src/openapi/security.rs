//! Security schemes, and the requirements of an operation: a list of ways, of which one will do.

use std::collections::BTreeMap;

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use super::components;

/// An access token in `Authorization`.
pub(crate) const BEARER: &str = "bearer";
/// The same, with a way to get one.
pub(super) const OAUTH2: &str = "oauth2";
/// An API key in `X-API-Key`.
pub(super) const API_KEY: &str = "apiKey";

/// The names of schemes and the scopes that are asked for in each.
pub(super) type Way = BTreeMap<String, Vec<String>>;

pub(super) fn bearer() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(scheme.description(Some("An access token (RFC 6750)")).build())
}

pub(super) fn api_key() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "X-API-Key",
        "The key of a program that acts for a user",
    )))
}

pub(super) fn cookie(name: &str) -> (String, SecurityScheme) {
    let value = ApiKeyValue::with_description(name, "An access token, in a cookie");
    (named("cookie", name), SecurityScheme::ApiKey(ApiKey::Cookie(value)))
}

pub(super) fn query(name: &str) -> (String, SecurityScheme) {
    let value = ApiKeyValue::with_description(name, "An access token, in the query");
    (named("query", name), SecurityScheme::ApiKey(ApiKey::Query(value)))
}

/// The name of a component has no other characters.
fn named(place: &str, name: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(c);
    let name: String = name.chars().map(|c| if is_allowed(&c) { c } else { '_' }).collect();
    format!("{place}.{name}")
}

/// Unless there is one of this name.
pub(super) fn declare(api: &mut OpenApi, name: &str, scheme: SecurityScheme) {
    let schemes = &mut components(api).security_schemes;
    schemes.entry(name.to_owned()).or_insert_with(|| scheme.into());
}

pub(super) fn ways_of(operation: &Operation) -> Vec<Way> {
    // The type shows what is in it as JSON alone.
    let read =
        |way: &SecurityRequirement| serde_json::from_value(serde_json::to_value(way).ok()?).ok();
    operation.security.iter().flatten().filter_map(read).collect()
}

pub(super) fn set_ways(operation: &mut Operation, ways: Vec<Way>) {
    let requirement = |way: Way| {
        way.into_iter()
            .fold(SecurityRequirement::default(), |all, (name, scopes)| all.add(name, scopes))
    };
    operation.security = Some(ways.into_iter().map(requirement).collect());
}

/// Adds those that are not there, in their order.
pub(super) fn add_scopes(held: &mut Vec<String>, more: &[String]) {
    for scope in more {
        if !held.contains(scope) {
            held.push(scope.clone());
        }
    }
}

pub(super) fn split(scope: Option<&str>) -> Vec<String> {
    scope.into_iter().flat_map(|scope| scope.split(' ')).map(str::to_owned).collect()
}
