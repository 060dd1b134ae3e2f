//! A client's connection that a handler can break off: closed without an answer, or reset.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tracing::warn;

/// How a connection ends when no answer is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breakage {
    /// An orderly end: the client reads end of file.
    Closed,
    /// A TCP reset: the client reads "connection reset by peer".
    Reset,
}

/// The handler's end of the connection it answers on.
#[derive(Debug, Default)]
pub(crate) struct Hangup {
    breakage: OnceLock<Breakage>,
    noticed: Notify,
}

impl Hangup {
    /// Breaks the connection off; no answer will leave on it.
    pub(crate) async fn break_off(&self, breakage: Breakage) -> ! {
        self.breakage.get_or_init(|| breakage);
        self.noticed.notify_one();
        // The connection's task drops this future together with the connection.
        std::future::pending().await
    }

    /// Waits until a handler breaks the connection off.
    pub(crate) async fn broken_off(&self) {
        self.noticed.notified().await;
    }
}

/// A TCP stream that ends the way its [`Hangup`] says.
pub(crate) struct Wire {
    stream: TcpStream,
    hangup: Arc<Hangup>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, hangup: Arc<Hangup>) -> Self {
        Self { stream, hangup }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.hangup.breakage.get() == Some(&Breakage::Reset)
            && let Err(error) = self.stream.set_zero_linger()
        {
            warn!(%error, "could not reset a connection, it is closed instead");
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
