//! The OpenAPI document of a [`LoginRouter`].

mod bodies;
mod draft;
mod endpoints;
mod facts;
mod metadata;

pub(super) use draft::NamedSchema;

use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, Info, Object, OpenApi, Paths, RefOr, Required, Type};

use super::LoginRouter;
use super::routes::Access;
use crate::require::require_role;
use crate::store::{RefreshStore, UserStore};
use draft::{CLIENT, Draft, REFRESH_COOKIE};
use facts::Facts;

const TAG: &str = "auth";

/// OpenAPI.
impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// The OpenAPI document (3.1) of the endpoints that the router offers, where they stand: to
    /// [`nest`](OpenApi::nest) as the router itself is nested, or to [`merge`](OpenApi::merge). Call it
    /// when all else is said, before [`into_router`](Self::into_router).
    ///
    /// Its operations have the tag `auth`, and an ID of method and path, as `auth_post_login`. Its
    /// schemas have names that begin with `auth.`, the schema of a
    /// [profile](Self::profile_with_schema) excepted. Every status that the router answers with is in it, with
    /// its headers and its body. Operations that take an access token ask for the schemes of the
    /// [layer](Self::auth), as [`JwtAuthLayer::document`](crate::JwtAuthLayer::document) does;
    /// [`PasswordFlow`](crate::PasswordFlow) adds a way to get one.
    ///
    /// # Panics
    ///
    /// When the issuer has no identifier or no audience, as [`into_router`](Self::into_router).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore, PasswordFlow};
    /// use utoipa::openapi::{Info, OpenApi, Paths};
    ///
    /// let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .path(Endpoint::Register, "/sign-up")
    ///     .without(Endpoint::Revoke);
    /// let mut api = OpenApi::new(Info::new("Posts", "1.0.0"), Paths::new());
    /// api = api.nest("/auth", login.openapi());
    /// PasswordFlow::new("/auth/token").document(&mut api);
    ///
    /// assert!(api.paths.paths.contains_key("/auth/sign-up"));
    /// assert!(!api.paths.paths.contains_key("/auth/revoke"));
    /// ```
    #[track_caller]
    pub fn openapi(&self) -> OpenApi {
        let facts = Facts::of(self);
        let (mut open, mut guarded, mut administered) = (document(), document(), document());
        for (endpoint, path, access) in self.routes.iter() {
            let part = match access {
                Access::Anyone => &mut open,
                Access::Bearer if endpoint.is_administration() => &mut administered,
                Access::Bearer => &mut guarded,
            };
            for (method, draft) in endpoints::operations(endpoint, &facts) {
                add(part, path, method, draft);
            }
        }
        // What the role is called makes no difference to the document.
        require_role("").document(&mut administered);
        guarded.merge(administered);
        self.guard().document_required(&mut guarded);
        open.merge(guarded);
        let components = open.components.get_or_insert_default();
        facts.fit(&mut components.schemas);
        if facts.knows_clients {
            let scheme = HttpBuilder::new()
                .scheme(HttpAuthScheme::Basic)
                .description(Some("The ID and the secret of a client (RFC 6749, section 2.3.1)"));
            components.add_security_scheme(CLIENT, SecurityScheme::Http(scheme.build()));
        }
        if let Some(cookie) = &facts.cookie {
            let cookie =
                ApiKeyValue::with_description(cookie.as_str(), "The refresh token of a browser");
            let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
            components.add_security_scheme(REFRESH_COOKIE, scheme);
        }
        let tag = TagBuilder::new().name(TAG).description(Some("Accounts and tokens"));
        open.tags = Some(vec![tag.build()]);
        open
    }
}

fn document() -> OpenApi {
    let mut api = OpenApi::new(Info::new(TAG, env!("CARGO_PKG_VERSION")), Paths::new());
    api.components = Some(Components::new());
    api
}

fn add(api: &mut OpenApi, path: &str, method: HttpMethod, draft: Draft) {
    let Draft { mut operation, schemas } = draft;
    operation.tags = Some(vec![TAG.to_owned()]);
    operation.operation_id = Some(operation_id(&method, path));
    add_path_parameters(&mut operation, path);
    api.components.get_or_insert_default().schemas.extend(schemas);
    api.paths.add_path_operation(path, vec![method], operation);
}

/// The same endpoint may stand in several places of a service.
fn operation_id(method: &HttpMethod, path: &str) -> String {
    let method = match method {
        HttpMethod::Get => "get",
        HttpMethod::Put => "put",
        HttpMethod::Patch => "patch",
        HttpMethod::Delete => "delete",
        _ => "post",
    };
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(format!("{TAG}_{method}"), |id, word| format!("{id}_{word}"))
}

fn add_path_parameters(operation: &mut Operation, path: &str) {
    for part in path.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        let mut parameter = Parameter::new(name);
        parameter.parameter_in = ParameterIn::Path;
        parameter.required = Required::True;
        parameter.schema = Some(Object::with_type(Type::String).into());
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    }
}
