//! Our own accept loop: `axum::serve` waits for a half-sent head for ever, and never stops while a stream is open.

mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tracing::{debug, info, warn};

use self::wire::{Phase, Wire};

/// Pause after a failed accept, which is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that are being told that there are too many; more are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 64;

/// How long to tell one of them.
const TURN_AWAY_LIMIT: Duration = Duration::from_secs(1);

/// What a connection too many is told. Written by hand, since it is not served.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\n\
    connection: close\r\n\r\n";

/// Limits of the accept loop.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Connections at once.
    pub connections_max: usize,
    /// From the first byte of a head, or from the connection's beginning, to the head's end.
    pub head_limit: Duration,
    /// How long a connection may stay open between two requests.
    pub idle_limit: Duration,
    /// How long a client may take nothing of what is written to it.
    pub stall_limit: Duration,
    /// How long requests under way may take at the stop.
    pub stop_limit: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            head_limit: Duration::from_secs(10),
            idle_limit: Duration::from_secs(75),
            stall_limit: Duration::from_secs(60),
            stop_limit: Duration::from_secs(8),
        }
    }
}

/// A bound address, not served yet: connections wait.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    options: ServerOptions,
}

impl Server {
    /// Binds `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr, options: ServerOptions) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, options })
    }

    /// Returns where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`, lets requests under way end, and closes what is still open after the stop limit.
    pub async fn run(self, router: Router, stop: CancellationToken) {
        let Self { listener, options } = self;
        let served = Connections {
            router,
            stop: stop.clone(),
            broken_off: CancellationToken::new(),
            open: Arc::new(Semaphore::new(options.connections_max)),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE)),
            tasks: TaskTracker::new(),
            options: options.clone(),
        };
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => served.accept(stream, peer),
                Err(error) => {
                    warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        served.tasks.close();
        if tokio::time::timeout(options.stop_limit, served.tasks.wait()).await.is_err() {
            info!(connections = served.tasks.len(), "closing connections that do not end");
            served.broken_off.cancel();
            served.tasks.wait().await;
        }
    }
}

/// The connections of a server.
struct Connections {
    router: Router,
    stop: CancellationToken,
    broken_off: CancellationToken,
    open: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    tasks: TaskTracker,
    options: ServerOptions,
}

impl Connections {
    fn accept(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection stays without TCP_NODELAY");
        }
        if let Ok(place) = Arc::clone(&self.open).try_acquire_owned() {
            let router = self.router.clone();
            let serve = serve(stream, peer, router, self.options.clone(), self.stop.clone());
            let broken_off = self.broken_off.clone();
            self.tasks.spawn(async move {
                broken_off.run_until_cancelled(serve).await;
                drop(place);
            });
        } else if let Ok(place) = Arc::clone(&self.turned_away).try_acquire_owned() {
            self.tasks.spawn(async move {
                // Whoever does not listen is closed without a word.
                let _ = tokio::time::timeout(TURN_AWAY_LIMIT, turn_away(stream)).await;
                drop(place);
            });
        }
    }
}

async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(TOO_MANY).await?;
    stream.shutdown().await?;
    // Closing with unread bytes would reset the connection and may take the answer with it.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

/// Serves one connection until it ends or the server stops; then its request under way is the last.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    options: ServerOptions,
    stop: CancellationToken,
) {
    let phase = Phase::new();
    let wire = Wire::new(stream, phase.clone(), options.head_limit, options.stall_limit);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = phase.answering();
        let mut router = router.clone();
        async move {
            let response = router.call(request).await?;
            Ok::<_, std::convert::Infallible>(response.map(|body| answering.until_sent(body)))
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.idle_limit);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(wire), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = &error as &dyn std::error::Error, "a connection ended early");
    }
}
