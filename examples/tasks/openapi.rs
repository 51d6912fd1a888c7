//! The document of this service at `/openapi.json`, and Swagger UI at `/docs`, where the button
//! "Authorize" signs in.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_bearer::{JwtAuthLayer, PasswordFlow, ResourceMetadata};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder};
use utoipa::openapi::{
    Content, Info, Object, OpenApi, PathItem, Ref, RefOr, Response as Answer, Type,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::answer::Fault;
use crate::app::ALL_SCOPES;
use crate::database::Database;

/// What each of [`ALL_SCOPES`] allows.
const MEANINGS: [&str; 4] =
    ["See your account", "Read items", "Add items", "Read your data with an API key"];

/// Swagger UI is scripts and styles in files, and sets styles of elements; nothing comes from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'";

/// Routes behind a layer, with what it asks for and answers in their document.
pub(crate) fn guarded(
    layer: &JwtAuthLayer,
    routes: OpenApiRouter<Database>,
) -> OpenApiRouter<Database> {
    let mut routes = routes.route_layer(layer.clone());
    add_faults(routes.get_openapi_mut());
    layer.document(routes.get_openapi_mut());
    routes
}

/// The document, and the page that reads it.
pub(crate) fn routes(mut api: OpenApi) -> Router {
    api.info = Info::new("Tasks", env!("CARGO_PKG_VERSION"));
    // Relative, so that it is right behind every host.
    let flow = ALL_SCOPES
        .into_iter()
        .zip(MEANINGS)
        .fold(PasswordFlow::new("/auth/token"), |flow, (scope, meaning)| {
            flow.scope(scope, meaning)
        });
    flow.document(&mut api);
    // The validator is a service of others.
    let config = Config::default().validator_url("none").try_it_out_enabled(true);
    Router::from(SwaggerUi::new("/docs").url("/openapi.json", api).config(config))
        .layer(middleware::from_fn(with_policy))
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policies: [(HeaderName, &'static str); 3] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, policy) in policies {
        response.headers_mut().insert(name, HeaderValue::from_static(policy));
    }
    response
}

/// The document that tells clients which server has tokens for this one (RFC 9728).
pub(crate) fn add_resource_metadata(api: &mut OpenApi, resource: &ResourceMetadata) {
    let mut answer = Answer::new("The document.");
    let content = Content::new(Some(Object::with_type(Type::Object)));
    answer.content.insert("application/json".to_owned(), content.into());
    let operation = OperationBuilder::new()
        .tag("auth")
        .operation_id(Some("read_resource_metadata"))
        .summary(Some("Says what clients have to know of this service (RFC 9728)"))
        .response("200", answer)
        .response("304", Answer::new("It is what `If-None-Match` names."));
    api.paths.add_path_operation(resource.path(), vec![HttpMethod::Get], operation);
}

/// What comes of a body that can't be read, and of a database that can't be asked.
fn add_faults(api: &mut OpenApi) {
    let add = |operation: &mut Operation, status: &str, description: &str| {
        let mut answer = Answer::new(description);
        let schema = RefOr::Ref(Ref::from_schema_name("Fault"));
        let content = Content::new(Some::<RefOr<utoipa::openapi::Schema>>(schema));
        answer.content.insert("application/json".to_owned(), content.into());
        operation.responses.responses.entry(status.to_owned()).or_insert(answer.into());
    };
    for item in api.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, .. } = item;
        for operation in [get, put, post, delete].into_iter().flatten() {
            add(operation, "500", "Something went wrong.");
            add(operation, "503", "The database is busy.");
            if operation.request_body.is_some() {
                add(operation, "400", "The body is not a JSON object.");
                add(operation, "413", "The body is too large.");
                add(operation, "415", "The body is not JSON.");
                add(operation, "422", "A field breaks its rule.");
            }
        }
    }
    let schemas = &mut api.components.get_or_insert_default().schemas;
    let fault = (<Fault as utoipa::ToSchema>::name(), <Fault as utoipa::PartialSchema>::schema());
    schemas.insert(fault.0.into_owned(), fault.1);
}
