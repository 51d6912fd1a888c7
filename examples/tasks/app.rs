//! The routes, and who may use them.

use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};
use tower_bearer::{
    AccountStore, ApiKeyStore, ApiKeyVerifier, ApiKeys, ConfigError, Endpoint, JwtAuthLayer,
    LoginRouter, MailQueue, OneTimeTokenStore, ResourceMetadata, RevocationStore, Settings,
    ThrottleStore, any_of, any_role, role, scopes,
};

use crate::answer::Failure;
use crate::database::Database;
use crate::profile::Profile;
use crate::{body, items, public_api, reports, tasks, web};

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
        .revocations()
        .profile::<Profile>()
        .mailer(mails)
        .api_keys(ApiKeys::new())
        .default_scopes(USER_SCOPES)
        .throttle_store(sessions)
        .body_limit(body::LIMIT);
    // The user is shown under two paths: a router of that one endpoint for the second.
    let me = login.clone().only([Endpoint::Me]).path(Endpoint::Me, "/users/me");
    let login = login.accounts().administration("admin");
    let mut well_known = Router::new();
    if let Some((url, resource)) = settings.public_url().zip(resource) {
        let server = login.metadata(&format!("{url}/auth"))?.scopes_supported(ALL_SCOPES)?;
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
    Ok(Router::new()
        .route("/tasks", get(tasks::list).post(tasks::create).route_layer(auth.clone()))
        .route(
            "/tasks/{id}",
            get(tasks::read).put(tasks::replace).delete(tasks::delete).route_layer(auth),
        )
        .route("/items", get(items::list).route_layer(reads_items))
        .route("/items", post(items::create).route_layer(writes_items))
        .route("/reports", get(reports::read).route_layer(sees_reports))
        .route("/reports/owners", get(reports::owners).route_layer(lists_owners))
        .route(
            "/public-api/data",
            get(public_api::data)
                .route_layer(reads_data)
                .route_layer(middleware::from_fn(public_api::one_credential)),
        )
        .merge(web::routes(with_user))
        .with_state(database)
        // Asks nobody, so that it says that the process is there and no more.
        .route("/health", get(health))
        .nest("/auth", login.into_router())
        .merge(me.into_router())
        .merge(well_known)
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .layer(middleware::from_fn(body::read_in_whole)))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
