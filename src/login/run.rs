//! How the router runs a request: to its end, and with the address that axum knows.

use std::net::SocketAddr;
use std::panic;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Failure;
use crate::peer::PeerAddr;
use crate::trace;

/// Runs what has begun to its end, also when the client hangs up meanwhile: no client may be able to stop
/// it between a step of the store and its line in the audit trail, or between two steps. Only the end of
/// the process does.
pub(super) async fn to_its_end(mut request: Request, next: Next) -> Response {
    let extensions = request.extensions_mut();
    // Where axum's servers put it; other servers have put in their own by now.
    if let Some(ConnectInfo(address)) = extensions.get::<ConnectInfo<SocketAddr>>().copied()
        && extensions.get::<PeerAddr>().is_none()
    {
        extensions.insert(PeerAddr(address));
    }
    match tokio::spawn(trace::in_current_span(next.run(request))).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // What guards against panics stands outside, and has to see it.
            Ok(payload) => panic::resume_unwind(payload),
            // The runtime is shutting down.
            Err(_) => Failure::unavailable().into_response(),
        },
    }
}
