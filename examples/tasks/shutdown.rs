//! Serves until a signal comes, and then lets open requests finish.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long open requests may take after the signal. A client that never finishes sending must
/// not keep the service from ending.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    // The limits of attempts count by the address of the client.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping; open requests have {GRACE:?} left");
        let _ = stopping.send(());
    });
    let out_of_time = async {
        // An error means that the server has ended by itself, which the other branch tells.
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server => result,
        () = out_of_time => {
            tracing::warn!("requests were still open and are cut off");
            Ok(())
        }
    }
}

/// Waits for SIGINT (Ctrl-C) or SIGTERM, from this call on.
#[cfg(unix)]
pub(crate) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C, which is all that there is elsewhere.
#[cfg(not(unix))]
pub(crate) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without the handler the system's own one ends the process, which is what is asked for.
        let _ = tokio::signal::ctrl_c().await;
    })
}
