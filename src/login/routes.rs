//! The routes of a [`LoginRouter`](crate::LoginRouter): what stands where, and who may ask.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::routing::MethodRouter;
use axum::{Router, middleware};

use super::endpoint::Endpoint;
use super::run;
use super::shared::Shared;
use crate::auth::JwtAuthLayer;

pub(super) type Handler<U, R> = MethodRouter<Arc<Shared<U, R>>>;

/// Endpoints by name, each once.
#[derive(Clone)]
pub(super) struct Routes<U, R>(BTreeMap<Endpoint, Route<U, R>>);

#[derive(Clone)]
struct Route<U, R> {
    path: String,
    handler: Handler<U, R>,
    access: Access,
}

/// Who may ask an endpoint.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// Whoever brings what its body must have.
    Anyone,
    /// Whoever has an access token.
    Bearer,
}

impl<U, R> Routes<U, R> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds an endpoint at its default path.
    pub(super) fn offer(&mut self, endpoint: Endpoint, handler: Handler<U, R>, access: Access) {
        let path = endpoint.default_path().to_owned();
        self.0.insert(endpoint, Route { path, handler, access });
    }

    /// Nothing happens where the endpoint is not offered.
    pub(super) fn rename(&mut self, endpoint: Endpoint, path: String) {
        if let Some(route) = self.0.get_mut(&endpoint) {
            route.path = path;
        }
    }

    pub(super) fn has(&self, endpoint: Endpoint) -> bool {
        self.0.contains_key(&endpoint)
    }

    /// Where it stands, if it is offered.
    pub(super) fn path(&self, endpoint: Endpoint) -> Option<&str> {
        self.0.get(&endpoint).map(|route| route.path.as_str())
    }

    /// Every endpoint that is offered, where it stands and who may ask.
    #[cfg(feature = "openapi")]
    pub(super) fn iter(&self) -> impl Iterator<Item = (Endpoint, &str, Access)> {
        self.0.iter().map(|(endpoint, route)| (*endpoint, route.path.as_str(), route.access))
    }

    pub(super) fn retain(&mut self, keep: impl Fn(Endpoint) -> bool) {
        self.0.retain(|endpoint, _| keep(*endpoint));
    }
}

impl<U: Send + Sync + 'static, R: Send + Sync + 'static> Routes<U, R> {
    #[track_caller]
    pub(super) fn into_router(self, auth: &JwtAuthLayer, shared: Arc<Shared<U, R>>) -> Router {
        let mut router = Router::new();
        for (name, Route { path, handler, access }) in self.0 {
            assert!(
                !name.has_id() || path.contains("{id}"),
                "the path {path:?} of {name:?} has no {{id}} in it"
            );
            let handler = match access {
                Access::Anyone => handler,
                Access::Bearer => handler.route_layer(auth.clone()),
            };
            router = router.route(&path, handler);
        }
        router.with_state(shared).layer(middleware::from_fn(run::to_its_end))
    }
}

impl<U, R> fmt::Debug for Routes<U, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, route)| (name, &route.path))).finish()
    }
}
