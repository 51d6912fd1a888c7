#![cfg_attr(not(doctest), doc = include_str!("links.md"))]
#![doc = include_str!("../../docs/guide/README.md")]

// Only documentation and its tests have this module. Where a page names another as `[label]`, its own
// last lines say which file that is; `links.md` stands before them, and of two definitions of a label
// the first counts. Tests go without, so that they tell the right file and line.
macro_rules! pages {
    ($($name:ident = $file:literal;)*) => {$(
        #[cfg_attr(not(doctest), doc = include_str!("links.md"))]
        #[doc = include_str!(concat!("../../docs/", $file, ".md"))]
        pub mod $name {}
    )*};
}

pages! {
    protect_an_api = "guide/protect-an-api";
    log_users_in = "guide/log-users-in";
    scopes_and_roles = "guide/scopes-and-roles";
    browser_apps = "guide/browser-apps";
    several_nodes = "guide/several-nodes";
    external_issuer = "guide/external-issuer";
    grpc = "guide/grpc";
    openapi = "guide/openapi";
    websocket = "guide/websocket";
    testing = "guide/testing";
    deployment = "guide/deployment";
    errors = "guide/errors";
    from_fastapi = "guide/from-fastapi";
    from_jwt_authorizer = "guide/from-jwt-authorizer";
    from_axum_login = "guide/from-axum-login";
    from_tower_sessions = "guide/from-tower-sessions";
    providers = "providers";
    mcp = "MCP";
    operating = "OPERATING";
    audit = "AUDIT";
    telemetry = "TELEMETRY";
    migrating_to_postgres = "MIGRATING-TO-POSTGRES";
}
