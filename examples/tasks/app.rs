//! The routes, and who may use them.

use axum::{Json, Router, middleware};
use serde::Serialize;
use tower_bearer::{
    AccountStore, ApiKeyStore, ApiKeyVerifier, ApiKeys, ConfigError, Endpoint, JwtAuthLayer,
    LoginRouter, MailQueue, OneTimeTokenStore, ResourceMetadata, RevocationStore, Settings,
    ThrottleStore, TokenCookie, any_of, any_role, role, scopes,
};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Failure;
use crate::database::Database;
use crate::openapi::guarded;
use crate::profile::Profile;
use crate::{body, items, openapi, page, public_api, reports, tasks, web};

/// What a newly registered user may do.
pub(crate) const USER_SCOPES: [&str; 3] = ["me", "items:read", "data:read"];
/// What there is to be allowed.
pub(crate) const ALL_SCOPES: [&str; 4] = ["me", "items:read", "items:write", "data:read"];

/// Where things are kept: users and their API keys in the database, sessions there or in Redis.
#[derive(Clone)]
pub(crate) struct Stores<U, R> {
    pub(crate) users: U,
    pub(crate) sessions: R,
    /// The tables of our own.
    pub(crate) database: Database,
}

pub(crate) fn app<U, R>(
    stores: Stores<U, R>,
    settings: &Settings,
    mails: MailQueue,
) -> Result<Router, ConfigError>
where
    U: AccountStore + ApiKeyStore + OneTimeTokenStore,
    R: RevocationStore + ThrottleStore,
{
    let Stores { users, sessions, database } = stores;
    // A token whose session has ended is refused at once, whichever process ended it. Tokens of a
    // trusted issuer have no session here.
    let issuer = settings.issuer();
    let verifier = issuer.verifier_with(settings.trusted_keys())?;
    let mut auth = JwtAuthLayer::new(verifier).revocations(sessions.clone());
    // Where the service knows its URL, refusals name what clients have to know of it.
    let resource = match settings.public_url().zip(issuer.identifier()) {
        Some((url, issuer)) => {
            let resource = ResourceMetadata::new(url)?
                .authorization_server(issuer)?
                .scopes_supported(ALL_SCOPES)?;
            auth = auth.resource_metadata(&resource)?;
            Some(resource)
        }
        None => None,
    };
    let login = LoginRouter::with_stores(users.clone(), sessions.clone(), issuer)
        .settings(settings)?
        // Whoever logs in with every run of a script keeps the browser logged in.
        .refresh_tokens(settings.refresh_tokens().most_sessions(1000))
        .auth(auth.clone())
        // For the page: no script of it ever sees a refresh token.
        .refresh_cookie(TokenCookie::new("__Host-refresh").strict())
        .revocations()
        .profile_with_schema::<Profile>()
        .mailer(mails)
        .api_keys(ApiKeys::new())
        .default_scopes(USER_SCOPES)
        .throttle_store(sessions)
        .body_limit(body::LIMIT);
    // The user is shown under two paths: a router of that one endpoint for the second.
    let me = login.clone().only([Endpoint::Me]).path(Endpoint::Me, "/users/me");
    let login = login.accounts().administration("admin");
    let (mut well_known, mut well_known_api) = (Router::new(), OpenApi::default());
    if let Some((url, resource)) = settings.public_url().zip(resource) {
        let server = login.metadata(&format!("{url}/auth"))?.scopes_supported(ALL_SCOPES)?;
        well_known_api = server.openapi();
        openapi::add_resource_metadata(&mut well_known_api, &resource);
        well_known = server.into_router().route_service(&resource.path(), resource.service());
    }

    // Each route has its own layer, which verifies the token and asks for the route's scopes. So
    // the 401 can name them: one layer around all routes would refuse before it knows the route.
    // It also leaves unknown paths and wrong methods their 404 and 405.
    let reads_items = auth.clone().require(scopes(["items:read"]));
    let writes_items = auth.clone().require(scopes(["items:write"]));
    let sees_reports = auth.clone().require(any_role(["teacher", "admin"]));
    // Here the user is loaded with every request, so that one who is disabled is out at once. The
    // other routes save the question, and take tokens of a trusted issuer whose users are not ours.
    let with_user = auth.clone().users(users.clone());
    // One of several ways, each of which may ask for several things.
    let lists_owners = with_user
        .clone()
        .require(any_of((role("admin"), (role("teacher"), scopes(["items:write"])))));
    // For programs: no token opens it, and no key opens anything else.
    let reads_data =
        JwtAuthLayer::api_keys_only(ApiKeyVerifier::new(users)).require(scopes(["data:read"]));
    let own = OpenApiRouter::new()
        .merge(guarded(
            &auth,
            OpenApiRouter::new().routes(routes!(tasks::list, tasks::create)).routes(routes!(
                tasks::read,
                tasks::replace,
                tasks::delete
            )),
        ))
        .merge(guarded(&reads_items, OpenApiRouter::new().routes(routes!(items::list))))
        .merge(guarded(&writes_items, OpenApiRouter::new().routes(routes!(items::create))))
        .merge(guarded(&sees_reports, OpenApiRouter::new().routes(routes!(reports::read))))
        .merge(guarded(&lists_owners, OpenApiRouter::new().routes(routes!(reports::owners))))
        .merge(
            guarded(&reads_data, OpenApiRouter::new().routes(routes!(public_api::data)))
                .route_layer(middleware::from_fn(public_api::one_credential)),
        )
        .merge(web::routes(with_user))
        .with_state(database)
        // Asks nobody, so that it says that the process is there and no more.
        .routes(routes!(health));
    let (own, api) = own.split_for_parts();
    let api =
        api.nest("/auth", login.openapi()).merge_from(me.openapi()).merge_from(well_known_api);
    Ok(own
        .merge(page::routes())
        .merge(openapi::routes(api))
        .nest("/auth", login.into_router())
        .merge(me.into_router())
        .merge(well_known)
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .layer(middleware::from_fn(body::read_in_whole)))
}

/// Whether the process is there.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// Says that the process is there.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, description = "It is.", body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}
