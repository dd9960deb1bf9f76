//! A listener: HTTP/1.1 and HTTP/2 over TCP, with bounds on what a slow client can hold, and a
//! shutdown that answers what was admitted.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, sync::watch};
use tower::ServiceExt;

use crate::{config::EdgeConfig, prompt::Prompt};

/// The address a request's connection came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Says when to stop: it is dropped, or sent `true`.
pub type Shutdown = watch::Receiver<bool>;

/// The largest header section taken, in bytes.
const MAX_HEADERS: usize = 32 * 1024;
/// HTTP/2 streams a connection may have open.
const MAX_STREAMS: u32 = 128;

/// Serves `router` on `listener` until told to stop; then accepts nothing more, waits for requests
/// under way for `config.drain_ms`, and returns.
pub async fn serve(listener: TcpListener, router: Router, config: &EdgeConfig, mut shutdown: Shutdown) {
    let mut builder = Builder::new(TokioExecutor::new());
    let header_timeout = Duration::from_millis(config.header_timeout_ms);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Some(header_timeout));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(config.max_connections));

    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = router
            .clone()
            .map_request(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                request.map(axum::body::Body::new)
            });
        let connection = builder.serve_connection(
            TokioIo::new(Prompt::new(stream, header_timeout)),
            TowerToHyperService::new(service),
        );
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            // A client that breaks off or talks nonsense is its own affair.
            if let Err(fault) = connection.await {
                tracing::debug!(%fault, %peer, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_millis(config.drain_ms), graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still under way when the time to drain was up");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(fault) => {
            // Out of file descriptors, most likely: others have to close first.
            tracing::error!(%fault, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Returns once shutdown was asked for.
pub async fn stopped(shutdown: &mut Shutdown) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
