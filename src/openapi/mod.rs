//! What an OpenAPI document says of this crate: how to authenticate, with which scopes, and what
//! is answered to whoever may not.

mod answers;
mod layers;
mod password_flow;
mod security;

#[cfg(feature = "login")]
pub(crate) use answers::{add_answer, header};
pub use password_flow::PasswordFlow;
#[cfg(feature = "login")]
pub(crate) use security::BEARER;

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Components;
use utoipa::openapi::{OpenApi, PathItem};

/// Every operation of a document.
fn operations(api: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    api.paths.paths.values_mut().flat_map(|item| {
        let PathItem {
            get,
            put,
            post,
            delete,
            options,
            head,
            patch,
            trace,
            query,
            additional_operations,
            ..
        } = item;
        [get, put, post, delete, options, head, patch, trace, query]
            .into_iter()
            .flatten()
            .chain(additional_operations.values_mut())
    })
}

fn components(api: &mut OpenApi) -> &mut Components {
    api.components.get_or_insert_default()
}
