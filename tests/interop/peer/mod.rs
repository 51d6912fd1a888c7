//! The service that the tests talk to, on a free port of this machine.

mod jose;
mod login;
mod services;

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Runs until it is dropped.
pub(crate) struct Peer {
    pub(crate) url: String,
    _runtime: Runtime,
}

pub(crate) fn start() -> Peer {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .nest("/jose", jose::routes())
        .nest("/services", services::routes())
        .merge(login::routes(&url));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
    Peer { url, _runtime: runtime }
}
