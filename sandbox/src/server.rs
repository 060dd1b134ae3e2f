//! The sandbox as a running server: an accept loop of its own, so that a fault can close or reset a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::{debug, info, warn};

use crate::config::SandboxConfig;
use crate::connection::{Hangup, Wire};
use crate::world::{App, World};
use crate::{control, model, ozon, traffic, wildberries, yandex};

/// Longest wait for a request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for answers under way when the sandbox stops; a slow answer may be slower than that.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Pause after a failed accept, which is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The marketplaces on loopback.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that answers until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
    stop: CancellationToken,
    connections: TaskTracker,
    _stop_on_drop: DropGuard,
}

impl Sandbox {
    /// Reads ledger and reviews, binds the address and serves.
    ///
    /// Errs when the settings contradict themselves, a review cannot be used, the address or the ledger is taken, or
    /// the ledger is not one. A ledger that cannot be written does not stop it: reads are then served, and writes
    /// refused.
    pub async fn start(config: SandboxConfig) -> anyhow::Result<RunningSandbox> {
        let (bind, traffic) = (config.bind, config.traffic);
        if !bind.ip().is_loopback() {
            warn!(%bind, "the sandbox has no protection, and {bind} is open to other machines");
        }
        let opened = tokio::task::spawn_blocking(move || World::open(config));
        let app = App::new(opened.await.context("preparing the sandbox")??);
        let listener =
            TcpListener::bind(bind).await.with_context(|| format!("listening on {bind}"))?;
        let address = listener.local_addr().context("reading the address")?;
        let stop = CancellationToken::new();
        let connections = TaskTracker::new();
        connections.spawn(ozon::send_pushes(app.clone(), stop.clone()));
        connections.spawn(yandex::send_notifications(app.clone(), stop.clone()));
        if let Some(traffic) = traffic {
            connections.spawn(traffic::run(app.clone(), traffic, stop.clone()));
        }
        connections.spawn(accept(listener, router(app), stop.clone(), connections.clone()));
        info!(%address, "the sandbox listens on {address}");
        Ok(RunningSandbox { address, _stop_on_drop: stop.clone().drop_guard(), stop, connections })
    }
}

impl RunningSandbox {
    /// Where it listens, with the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base address for clients: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, lets answers under way finish for two seconds, and closes.
    pub async fn stop(self) {
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}

fn router(app: App) -> Router {
    Router::new()
        .merge(control::router())
        .merge(wildberries::router())
        .nest("/ozon", ozon::router())
        .nest("/yandex", yandex::router())
        .nest("/model", model::router())
        .fallback(any(unknown_path))
        .with_state(app)
}

/// Answers for a path of no marketplace.
async fn unknown_path(State(_): State<App>, request: Request) -> Response {
    let reason = format!("the sandbox does not play {} {}", request.method(), request.uri().path());
    (StatusCode::NOT_FOUND, reason).into_response()
}

async fn accept(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    connections: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, router.clone(), stop.clone()));
            }
            Err(error) => {
                warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection until it ends, is broken off, or the sandbox stops.
async fn serve(stream: TcpStream, router: Router, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection stays without TCP_NODELAY");
    }
    let hangup = Arc::new(Hangup::default());
    let service = service_fn({
        let hangup = Arc::clone(&hangup);
        move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Arc::clone(&hangup));
            router.clone().call(request)
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let wire = TokioIo::new(Wire::new(stream, Arc::clone(&hangup)));
    let mut connection = std::pin::pin!(builder.serve_connection(wire, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = hangup.broken_off() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = hangup.broken_off() => return,
                () = tokio::time::sleep(STOP_WITHIN) => return,
            }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}
